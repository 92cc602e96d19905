"""Drives the real program against the bundled sample sites: what a user types, what the sites were asked, what came of it.

A `World` is one installation: a registry, a data folder, perhaps a database elsewhere. Several may look at the same `Sites`.
Nothing here reaches into the program; where a test asks the database, it asks as a reader with SQL would.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from crawler.demo.families import Answer
from crawler.demo.server import Handler, SampleServer, SampleSites
from crawler.demo.sites import clock_of
from crawler.urls import canonical

ROOT = Path(__file__).parents[1]
#: seconds after which a command that does not end fails its test
PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as a site saw it."""

    source: str
    path: str
    status: int


class Listening(Handler):
    """The sample sites' handler; tells what it is asked before it answers."""

    def answer(self) -> Answer:
        answer = super().answer()
        server: Any = self.server
        server.told(Asked(server.site.id, self.path, answer.status))
        return answer


class Sites(SampleSites):
    """The sample sites with a log of requests, and something that may happen at the n-th of them."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Asked] = []
        self.lock = threading.Lock()
        self.at: tuple[int, Callable[[], None]] | None = None

    def bound(self) -> list[SampleServer]:
        servers = super().bound()
        for server in servers:
            server.RequestHandlerClass = Listening
            server.told = self.told  # type: ignore[attr-defined]
        return servers

    def told(self, asked: Asked) -> None:
        with self.lock:
            self.log.append(asked)
            due = self.at is not None and len(self.log) >= self.at[0]
            what = self.at[1] if self.at and due else None
            self.at = None if due else self.at
        if what:
            what()

    def forget(self) -> None:
        """Start a new log."""
        with self.lock:
            self.log, self.at = [], None

    def on_request(self, number: int, what: Callable[[], None]) -> None:
        """Do something when the log has ``number`` requests, before the last of them is answered."""
        with self.lock:
            self.at = (number, what)

    def pages(self) -> list[Asked]:
        """The log without robots.txt."""
        with self.lock:
            return [asked for asked in self.log if asked.path != "/robots.txt"]


@contextmanager
def sites() -> Iterator[Sites]:
    with Sites() as running:
        yield running


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str
    raw: bytes = b""

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def said(self) -> list[str]:
        """The lines of standard error."""
        return [line for line in self.err.splitlines() if line.strip()]


@dataclass
class World:
    """One installation of the program."""

    folder: Path
    registry: Path
    database: str | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return self.database or f"sqlite:///{self.data / 'signoff.sqlite'}"

    def env(self, day: float, more: dict[str, str]) -> dict[str, str]:
        """The program's environment: all settings by ``SIGNOFF_*``, as ``scrapy crawl`` needs them."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIGNOFF_")}
        ours = {
            "SIGNOFF_CLOCK": (clock_of(0) + timedelta(days=day)).isoformat(), "SIGNOFF_ALLOW_ADDRESSES": "127.0.0.0/8",
            "SIGNOFF_DELAY": "0", "SIGNOFF_BROWSER": "never", "SIGNOFF_SOURCES": str(self.registry),
            "SIGNOFF_DATA_DIR": str(self.data), "SIGNOFF_DATABASE_URL": self.url,
            "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8",
        }  # fmt: skip
        return inherited | ours | more

    def start(
        self, *words: str, day: float = 0, env: dict[str, str] | None = None, program: Sequence[str] = ("-m", "crawler"), **more: Any
    ) -> subprocess.Popen[bytes]:
        """Start a command and do not wait for it."""
        command = [sys.executable, *program, *words]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": self.folder} | more
        return subprocess.Popen(command, env=self.env(day, env or {}), **pipes)

    def call(self, *words: str, day: float = 0, env: dict[str, str] | None = None, given: bytes | None = None, **more: Any) -> Done:
        """Run a command to its end."""
        if given is not None:
            more["stdin"] = subprocess.PIPE
        return ended(self.start(*words, day=day, env=env, **more), given)

    def killed(self, sites: Sites, number: int, *words: str, day: float = 0) -> int:
        """Run a command and kill it when the sites are asked for the ``number``-th time from now; returns its exit status."""
        sites.forget()
        process = self.start(*words, day=day)
        sites.on_request(number, process.kill)
        status = ended(process).status
        sites.on_request(1 << 30, process.kill)
        return status

    def ask(self, query: str) -> list[Any]:
        """Ask the database with SQL."""
        parsed = make_url(self.url)
        engine = create_engine(parsed if parsed.get_backend_name() == "sqlite" else parsed.set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            rows = list(connection.execute(text(query)).all())
        engine.dispose()
        return rows

    def events(self) -> list[tuple[str, str, str]]:
        """Kind, source and address of every event, in their order."""
        query = "SELECT c.kind, n.source_id, n.url FROM change c JOIN notice n ON n.id = c.notice_id ORDER BY c.seq"
        return [(row.kind, row.source_id, row.url) for row in self.ask(query)]


def ended(process: subprocess.Popen[bytes], given: bytes | None = None, patience: float = PATIENCE) -> Done:
    """Wait for a command. One that hangs is killed and fails the test."""
    try:
        out, err = process.communicate(given, timeout=patience)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        raise
    return Done(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), out)


def expected(running: SampleSites, *days: int, sources: Sequence[str] = ()) -> Counter[tuple[str, str, str]]:
    """The events that crawls of these days must report, by kind, source and address."""
    wanted = [event for day in days for event in running.expected_events(day)]
    return Counter((e.kind.value, e.source_id, canonical(e.url)) for e in wanted if not sources or e.source_id in sources)


def one_line(done: Done) -> str:
    """The one line a mistake gets. Fails where there are more, or a traceback."""
    assert "Traceback" not in done.err, done.err
    assert len(done.said) == 1, done.err
    return done.said[0]


#: runs several commands in one process, as the program's entry point would one by one, and prints what each came to
_SEVERAL = """
import contextlib, io, json, os, sys, traceback
from crawler.cli import run
environment = dict(os.environ)
for words, more in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(environment | more)
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = run(words)
        except BaseException:
            status = 1
            traceback.print_exc()
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8", "replace"))
    print(json.dumps([status, *texts]))
"""


def several(
    world: World,
    commands: Sequence[Sequence[str]],
    *,
    day: float = 0,
    env: dict[str, str] | None = None,
    envs: Sequence[dict[str, str]] = (),
) -> list[Done]:
    """Run commands that end at once (help, misuse, look-ups) in one process: starting a process costs more than they do.

    ``env`` is for all of them, ``envs`` for each its own.
    """
    given = list(zip(commands, envs or [{}] * len(commands), strict=True))
    done = world.call("-c", _SEVERAL, day=day, env=env, given=json.dumps(given).encode(), program=())
    assert done.status == 0, done.err
    return [Done(status, out, err, out.encode()) for status, out, err in done.lines]
