"""signoff extract, reextract: reading without crawling."""

from __future__ import annotations

import json as jsons
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.cli.common import FINDINGS, emit, leave
from crawler.errors import UsageError
from crawler.extract import html, judge, reader
from crawler.extract.blocks import Document, Page
from crawler.extract.documents import read_document
from crawler.notice.model import Notice


def add_to(app: typer.Typer) -> None:
    app.command()(extract)


def extract(
    files: Annotated[list[Path], typer.Argument(help="pages or documents; - is standard input", metavar="FILE…")],
    url: Annotated[str, typer.Option("--url", help="where the page stood", metavar="U")] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="lines with id, url, and html or text; writes lines with id and notice")] = False,
) -> None:
    """Read pages or documents with no database and print the notice JSON.

    $ signoff extract notice.html --url http://sthjj.example.gov.cn/a.html
    """
    found = False
    for path in files:
        for line in _lines(path, url) if jsonl else [_one(path, url)]:
            found |= "error" in line
            emit(line)
    leave(FINDINGS if found else 0)


def _bytes(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _one(path: Path, url: str) -> dict[str, Any]:
    data = _bytes(path)
    if judge.judge(200, url, url, data).answer is not judge.Answer.NOT_HTML and _is_page(path, data):
        return reader.read_bytes(data, url).as_json()
    document = read_document(data, path.name)
    return {"file": path.name, "status": document.status, "media_type": document.media_type, **reader.read(_page(document)).as_json()}


def _page(document: Document) -> Page:
    """A file on its own is a page of the file's name and blocks."""
    return Page("", document.name, document.blocks)


def _is_page(path: Path, data: bytes) -> bool:
    return b"<" in data[:4096] and path.suffix.lower() in ("", ".html", ".htm", ".shtml", ".jsp", ".asp", ".aspx", ".php", ".xml")


def _lines(path: Path, url: str) -> Iterator[dict[str, Any]]:
    for number, raw in enumerate(_bytes(path).splitlines(), 1):
        if raw.strip():
            yield _line(raw, number, url)


def _line(raw: bytes, number: int, url: str) -> dict[str, Any]:
    try:
        given = jsons.loads(raw)
        notice = _notice(given, url)
    except (ValueError, KeyError, TypeError) as error:
        return {"id": None, "error": f"line {number}: {error}"}
    return {"id": given["id"], "notice": notice.as_json()}


def _notice(given: dict[str, Any], url: str) -> Notice:
    address = given.get("url") or url
    if given.get("html") is not None:
        return reader.read_bytes(given["html"].encode("utf-8", "replace"), address, "text/html; charset=utf-8")
    return reader.read(html.from_text(given["text"], address))
