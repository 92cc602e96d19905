"""Crawls as forks of this process, which has loaded the program's modules: each starts as a new process does, only sooner."""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from replica_farm import Signoff
from scrapy.settings import Settings
from scrapy.utils.misc import load_object

import crawler.settings
from crawler import cli

#: seconds after which a crawl counts as hung: the slowest faults cost ten time-outs a host, and a busy machine triples them
HUNG = 300


@dataclass(frozen=True)
class Ended:
    """How a crawl's process ended. ``status`` None: it had to be killed."""

    status: int | None
    lines: dict[str, dict[str, Any]]
    errors: str
    seconds: float


def load() -> None:
    """Load what a crawl loads, once and not in each fork; the reactor is each fork's own."""
    settings = Settings()
    settings.setmodule(crawler.settings)
    groups = (settings.getdict(name) for name in settings if name.removesuffix("_BASE") in GROUPS)
    handlers = filter(None, crawler.settings.DOWNLOAD_HANDLERS.values())
    for name in {*(name for group in groups for name in group), *handlers, *(settings[name] for name in SINGLE)}:
        load_object(name)


GROUPS = ("EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "ITEM_PIPELINES")
SINGLE = ("SPIDER_LOADER_CLASS", "SCHEDULER", "SCHEDULER_MEMORY_QUEUE", "SCHEDULER_DISK_QUEUE", "DUPEFILTER_CLASS", "LOG_FORMATTER")


def crawl(
    program: Signoff,
    clock: str,
    *words: str,
    fork: bool = True,
    doom: Callable[[], object] | None = None,
    kill_after: float = HUNG,
) -> Ended:
    """Crawl in a process of its own, a fork of this one or a new one; returns when it ended, or was killed after some seconds.

    ``doom``: what the fork does before it becomes the program.
    """
    command, environment = program.command("crawl", "--json", *words), program.env(clock)
    out, err, began = program.folder / "stdout", program.folder / "stderr", time.monotonic()
    with out.open("wb") as told, err.open("wb") as errors:
        files = ((1, told.fileno()), (2, errors.fileno()))
        child = _fork(command[3:], environment, files, doom) if fork else _spawn(command, environment, files)
    status: int | None = None
    while status is None and time.monotonic() - began < kill_after:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
        else:
            time.sleep(0.005)
    if status is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    whole = out.read_text("utf-8").rpartition("\n")[0]  # a killed one may have stopped within a line
    lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    return Ended(status, {line["source"]: line for line in lines}, err.read_text("utf-8", "replace"), time.monotonic() - began)


Files = Sequence[tuple[int, int]]


def _spawn(command: list[str], environment: dict[str, str], files: Files) -> int:
    actions = [(os.POSIX_SPAWN_DUP2, file, number) for number, file in files]
    return os.posix_spawn(command[0], command, environment, file_actions=actions, setsid=True)


def _fork(arguments: list[str], environment: dict[str, str], files: Files, doom: Callable[[], object] | None) -> int:
    """A child of this process that becomes ``signoff`` and ends."""
    if child := os.fork():
        return child
    status = 70
    try:
        os.setsid()
        atexit._clear()  # what this process has to clean up is not the child's
        os.environ.clear()
        os.environ.update(environment)
        for number, file in files:
            os.dup2(file, number)
        if doom:
            doom()
        status = cli.run(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - a crash is what we look for
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
