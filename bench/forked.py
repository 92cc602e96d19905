"""Crawls as forks of this process, which has loaded the program's modules: each starts as a new process does, only sooner."""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from replica_farm import Signoff

import crawler.fetch.archive
import crawler.fetch.handler
import crawler.fetch.replay
import crawler.fetch.robots
import crawler.session
import pipelines.archive
import pipelines.dedupe
import pipelines.extract
import pipelines.normalise
import pipelines.store
import spiders.loader
from crawler import cli

#: loaded before the forks, and not in each of them
LOADED = (crawler.session, pipelines.store, spiders.loader)

#: seconds after which a crawl counts as hung; the slowest faults cost ten time-outs a host
HUNG = 150


@dataclass(frozen=True)
class Ended:
    """How a crawl's process ended. ``status`` None: it had to be killed."""

    status: int | None
    lines: dict[str, dict[str, Any]]
    errors: str
    seconds: float


def crawl(program: Signoff, clock: str, *words: str, fork: bool = True) -> Ended:
    """Crawl in a process of its own, a fork of this one or a new one; returns when it ended, or was killed for hanging."""
    command, environment = program.command("crawl", "--json", *words), program.env(clock)
    out, err, began = program.folder / "stdout", program.folder / "stderr", time.monotonic()
    with out.open("wb") as told, err.open("wb") as errors:
        files = ((1, told.fileno()), (2, errors.fileno()))
        child = _fork(command[3:], environment, files) if fork else _spawn(command, environment, files)
    status: int | None = None
    while status is None and time.monotonic() - began < HUNG:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
        else:
            time.sleep(0.01)
    if status is None:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines() if line.startswith("{")]
    return Ended(status, {line["source"]: line for line in lines}, err.read_text("utf-8", "replace"), time.monotonic() - began)


Files = Sequence[tuple[int, int]]


def _spawn(command: list[str], environment: dict[str, str], files: Files) -> int:
    actions = [(os.POSIX_SPAWN_DUP2, file, number) for number, file in files]
    return os.posix_spawn(command[0], command, environment, file_actions=actions, setsid=True)


def _fork(arguments: list[str], environment: dict[str, str], files: Files) -> int:
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
