"""Serves the sample sites on loopback, from a thread of this process.

Each site has an address of its own (127.77.n.1, one port for all) where the system lets us bind it, as on Linux; elsewhere
all stand on 127.0.0.1 with a port each. The one state is the simulated day.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

from crawler.clock import CHINA
from crawler.demo import families
from crawler.demo.families import Answer
from crawler.demo.sites import DAYS, ExpectedEvent, Page, SampleSite, calendar_day, sample_sites
from crawler.errors import CannotRunError

#: the sites put their changes on line at half past seven in the morning
PUBLISHING_HOUR = time(7, 30)
TRIES = 20


class SampleServer(ThreadingHTTPServer):
    """One site on one socket. ``day`` is shared with all other sites through ``sites``."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], site: SampleSite, sites: SampleSites) -> None:
        super().__init__(address, Handler)
        self.site, self.sites = site, sites
        self.visits: Counter[str] = Counter()

    @property
    def base_url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD of what the site serves on the present day."""

    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    sys_version = ""
    timeout = 30
    server: SampleServer

    def do_GET(self) -> None:
        self.send(self.answer())

    def do_HEAD(self) -> None:
        self.send(self.answer())

    def answer(self) -> Answer:
        site, day = self.server.site, self.server.sites.day
        if self.path == "/robots.txt":
            return families.robots(site)
        if day in site.blocked:
            return families.refusal(site)
        found = families.answers(site, day).get(self.path)
        if found is None:
            return families.missing(site)
        return self.counted(found) if families.VISITS in found.body else self.validated(found)

    def counted(self, answer: Answer) -> Answer:
        """The page with its number of visits, another one at each look."""
        self.server.visits[self.path] += 1
        visits = 100 + 7 * self.server.visits[self.path]
        return Answer(answer.body.replace(families.VISITS, str(visits).encode()), answer.status, answer.content_type)

    def validated(self, answer: Answer) -> Answer:
        """The answer with the site's validators, or a 304 where the client's still hold."""
        site, day = self.server.site, self.server.sites.day
        headers = dict(validators(site, day, self.path, answer))
        if self.unchanged(headers):
            return Answer(b"", 304, answer.content_type, headers)
        return Answer(answer.body, answer.status, answer.content_type, headers)

    def unchanged(self, headers: dict[str, str]) -> bool:
        asked = self.headers.get("If-None-Match")
        if asked is not None:
            return headers.get("ETag") in [tag.strip() for tag in asked.split(",")]
        since, modified = self.headers.get("If-Modified-Since"), headers.get("Last-Modified")
        if since is None or modified is None:
            return False
        with suppress(ValueError):  # an unreadable date is no condition (RFC 9110, 13.1.3)
            return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
        return False

    def send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing: the crawler tells what was fetched."""


def validators(site: SampleSite, day: int, path: str, answer: Answer) -> Iterator[tuple[str, str]]:
    if "etag" in site.validators:
        yield "ETag", f'"{hashlib.sha256(answer.body).hexdigest()[:20]}"'
    if "modified" in site.validators:
        yield "Last-Modified", format_datetime(modified(site, day, path, answer.body), usegmt=True)


def modified(site: SampleSite, day: int, path: str, body: bytes) -> datetime:
    """When the bytes at ``path`` came on line: on the first of the days up to ``day`` from which on they have been the same."""
    since = day
    for earlier in sorted((other for other in DAYS if other < day), reverse=True):
        before = families.answers(site, earlier).get(path)
        if before is None or before.body != body:
            break
        since = earlier
    shown = calendar_day(since) - timedelta(days=1 if since == 0 else 0)
    return datetime.combine(shown, PUBLISHING_HOUR, CHINA).astimezone(UTC)


class SampleSites:
    """All sample sites, running while the ``with`` block lasts. ``port`` 0 takes any free one.

    Raises `CannotRunError` on entering if no address of the loopback network can be bound.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.day = DAYS[0]
        self.servers: dict[str, SampleServer] = {}

    def __enter__(self) -> Self:
        self.servers = {server.site.id: server for server in self.bound()}
        for server in self.servers.values():
            threading.Thread(target=server.serve_forever, args=(0.05,), name=server.site.id, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        for server in self.servers.values():
            server.shutdown()
            server.server_close()
        self.servers = {}

    def set_day(self, day: int) -> None:
        """Let the sites change to ``day``. Raises `ValueError` for a day that is not among `DAYS`."""
        if day not in DAYS:
            raise ValueError(f"day {day} is not one of {DAYS}")
        self.day = day

    def base_url(self, source_id: str) -> str:
        return self.servers[source_id].base_url

    def registry_dir(self, folder: Path) -> Path:
        """Write the sample registry with the actual addresses into ``folder`` and return it."""
        folder.mkdir(parents=True, exist_ok=True)
        for template in (files(__package__) / "registry").iterdir():
            if template.name.endswith(".toml"):
                (folder / template.name).write_text(self.addressed(template.read_text("utf-8")), "utf-8")
        return folder

    def addressed(self, text: str) -> str:
        """``text`` with each site's stand-in host replaced by where the site really is."""
        for source_id in self.servers:
            text = text.replace(f"http://{source_id.replace('_', '-')}.invalid", self.base_url(source_id))
        return text

    def expected_events(self, day: int) -> list[ExpectedEvent]:
        """The events that the crawl of ``day`` must report, and no other."""
        return [event for site in sample_sites() for page in site.pages for event in self.expected_of(site, page, day)]

    def expected_of(self, site: SampleSite, page: Page, day: int) -> Iterator[ExpectedEvent]:
        version = page.at(day)
        for when, kind in page.events:
            if when == day and version is not None:
                yield ExpectedEvent(kind, site.id, self.base_url(site.id) + families.article_path(site, page, version), version.title)

    def bound(self) -> list[SampleServer]:
        """A server for each site: an address each if possible, else a port each."""
        try:
            SampleServer(("127.77.1.1", 0), sample_sites()[0], self).server_close()
        except OSError:
            return self.on_ports()
        return self.on_addresses()

    def on_ports(self) -> list[SampleServer]:
        try:
            return [SampleServer(("127.0.0.1", 0), site, self) for site in sample_sites()]
        except OSError as error:
            raise CannotRunError(f"the sample sites cannot listen on 127.0.0.1: {error.strerror}") from error

    def on_addresses(self) -> list[SampleServer]:
        """One port on all addresses; a port found free on the first may be taken on another, then the next is tried."""
        problem: OSError | None = None
        for _ in range(1 if self.port else TRIES):
            servers: list[SampleServer] = []
            try:
                for site in sample_sites():
                    port = servers[0].server_address[1] if servers else self.port
                    servers.append(SampleServer((f"127.77.{site.number}.1", port), site, self))
                return servers
            except OSError as error:
                problem = error
                for server in servers:
                    server.server_close()
        raise CannotRunError(f"the sample sites cannot listen on 127.77.0.0/16: {problem.strerror if problem else 'no port'}")
