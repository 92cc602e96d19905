"""Named moments at which a process can be killed: around a sync, within a record, around a commit, within a transaction.

They are found below the program, at the operating system and the database driver, so they do not depend on how it is built.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

POINTS = ("before a sync", "after a sync", "within a record", "before a commit", "after a commit", "within a transaction", "around a name")


@dataclass(frozen=True)
class Doom:
    """Makes this process die when it comes to ``point`` for the ``number``-th time; ``counts``: where to write what was passed."""

    point: str | None = None
    number: int = 0
    counts: Path | None = None

    def __call__(self) -> None:
        """Put the points into this process, which is a fork made for it."""
        _Watch(self).install()


class _Watch:
    def __init__(self, doom: Doom) -> None:
        self.doom = doom
        self.passed: Counter[str] = Counter()
        self.lock = threading.Lock()

    def due(self, point: str) -> bool:
        with self.lock:
            self.passed[point] += 1
            return (self.doom.point, self.doom.number) == (point, self.passed[point])

    def passes(self, point: str) -> None:
        if self.due(point):
            _die()

    def install(self) -> None:
        for name in ("fsync", "fdatasync"):
            setattr(os, name, self._around(getattr(os, name), "before a sync", "after a sync"))
        for name in ("rename", "replace", "unlink"):
            setattr(os, name, self._around(getattr(os, name), "around a name", "around a name"))
        DefaultDialect.do_commit = self._around(DefaultDialect.do_commit, "before a commit", "after a commit")  # type: ignore[method-assign]
        event.listen(Engine, "after_cursor_execute", self._executed)
        os.write = self._torn(os.write)
        if self.doom.counts:
            atexit.register(self._tell, self.doom.counts)

    def _tell(self, file: Path) -> None:
        file.write_text(json.dumps(self.passed), "utf-8")

    def _around(self, real: Callable[..., Any], before: str, after: str) -> Callable[..., Any]:
        def watched(*words: Any, **options: Any) -> Any:
            self.passes(before)
            result = real(*words, **options)
            self.passes(after)
            return result

        return watched

    def _torn(self, real: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        def write(file: int, data: Any) -> int:
            if _is_archive(file) and self.due("within a record"):
                real(file, bytes(data)[: len(data) // 2])
                _die()
            return real(file, data)

        return write

    def _executed(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            self.passes("within a transaction")


def _is_archive(file: int) -> bool:
    return Path(f"/proc/self/fd/{file}").readlink().name.endswith(".warc.gz")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # until the signal is there
