"""A loopback server that answers as it is told, and real crawls against it in a process of their own."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Answer = Callable[[asyncio.StreamWriter, int], Awaitable[None]]


def plain(body: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """An ordinary answer. Underscores in header names stand for hyphens."""

    async def answer(writer: asyncio.StreamWriter, _: int) -> None:
        lines = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body)

    return answer


def raw(*pieces: bytes, pause: float = 0.0, close: bool = True) -> Answer:
    """Bytes as they are, with a pause after each piece; then the connection is closed."""

    async def answer(writer: asyncio.StreamWriter, _: int) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if close:
            writer.close()

    return answer


def in_turn(*answers: Answer) -> Answer:
    """The first request gets the first answer, and so on; the last one is repeated."""

    async def answer(writer: asyncio.StreamWriter, count: int) -> None:
        await answers[min(count, len(answers) - 1)](writer, count)

    return answer


@dataclass
class Asked:
    path: str
    begin: float
    end: float
    head: bytes


@dataclass
class Site:
    """A server on a free port of 127.0.0.1. ``log``: what was asked, with the monotonic times of request and answer.

    ``connections``: how many were opened, whatever came over them.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    port: int = 0
    linger: float = 0.0
    tls: ssl.SSLContext | None = None
    connections: int = 0

    def __enter__(self) -> Site:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}{path}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.log if asked.path != "/robots.txt"]

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                await self._answer(await reader.readuntil(b"\r\n\r\n"), reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begin = time.monotonic()
        path = head.split(b" ")[1].decode()
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await reader.readexactly(int(line.partition(b":")[2]))
        count = sum(asked.path == path for asked in self.log)
        asked = Asked(path, begin, begin, head)
        self.log.append(asked)
        await asyncio.sleep(self.linger)
        await self.answers.get(path, plain(b"not here", "404 Not Found"))(writer, count)
        await writer.drain()
        asked.end = time.monotonic()


def start(folder: Path, asks: list[dict[str, Any]], **config: Any) -> subprocess.Popen[str]:
    """Begin a crawl of ``asks`` (url, and meta, method, body, headers) in a process of its own."""
    values = {"data_dir": str(folder), "delay": 0.0, "allow_addresses": "127.0.0.0/8", "timeout": 5.0, **config}
    job = json.dumps({"asks": asks, "config": values})
    return subprocess.Popen([sys.executable, __file__, job], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> dict[str, dict[str, Any]]:
    """What each address came to: ``status body meta flags`` or ``errors`` (names of the error's classes)."""
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    return {found["url"]: found for found in map(json.loads, out.splitlines())}


def crawl(folder: Path, asks: list[dict[str, Any]], **config: Any) -> dict[str, dict[str, Any]]:
    return finish(start(folder, asks, **config))


def _main(job: dict[str, Any]) -> None:
    from datetime import datetime

    import scrapy
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler.config import Config
    from crawler.db.database import Database
    from crawler.db.engine import open_engine, ready
    from crawler.fetch import process as context

    def shown(url: str, **found: Any) -> None:
        print(json.dumps({"url": url, **found}, default=str), flush=True)  # noqa: T201

    class Asking(scrapy.Spider):
        name = "asking"

        async def start(self) -> Any:
            for ask in job["asks"]:
                meta = {"role": "detail", "source_id": "test", "is_start_request": True, **ask.get("meta", {})}
                if "replay_since" in meta:
                    meta["replay_since"] = datetime.fromisoformat(meta["replay_since"])
                yield scrapy.Request(
                    ask["url"], self.parse, meta=meta, method=ask.get("method", "GET"), body=ask.get("body"), headers=ask.get("headers"),
                    cb_kwargs={"asked": ask.get("as", ask["url"])}, errback=self.failed, dont_filter=True,
                )  # fmt: skip

        def parse(self, response: Any, asked: str) -> None:
            body = response.body.decode("latin-1")[:300]
            shown(asked, final=response.url, status=response.status, body=body, size=len(response.body), meta=response.meta)

        def failed(self, failure: Any) -> None:
            names = [kind.__name__ for kind in type(failure.value).__mro__]
            shown(failure.request.cb_kwargs["asked"], errors=names, words=str(failure.value), meta=failure.request.meta)

    config = Config(**job["config"])
    engine = open_engine(config.url)
    ready(engine, create=True)
    shared = context.use(config, Database(engine))
    settings = Settings()
    settings.setmodule("crawler.settings")
    settings.setdict({"ITEM_PIPELINES": {}, "SPIDER_LOADER_CLASS": "scrapy.spiderloader.SpiderLoader", "LOG_LEVEL": "CRITICAL"})
    settings.set("EXTENSIONS", {name: at for name, at in settings.getdict("EXTENSIONS").items() if not name.startswith("crawler.")})
    process = AsyncCrawlerProcess(settings)
    process.crawl(Asking)
    process.start()
    shared.close()
    shared.database.close()
    if shared.error is not None:
        sys.exit(f"{type(shared.error).__name__}: {shared.error}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    _main(json.loads(sys.argv[1]))
