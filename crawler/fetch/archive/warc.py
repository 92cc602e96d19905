"""WARC 1.1 files: each process has its own; a record is on disk before a row names it.

A file being written has a companion ``<name>.open`` that its writer keeps locked. After a kill the lock is free: the next
process cuts the torn tail and removes the companion. Every record is a gzip member of its own, so an offset suffices to read it.
"""

from __future__ import annotations

import fcntl
import io
import os
import secrets
import uuid
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import responses
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import BaseWARCWriter

from crawler.errors import ArchiveError

#: bytes after which a new file begins
FILE_SIZE = 10**9
#: 3 packs a page to within 4 % of level 9 in half the time
LEVEL = 3
CHUNK = 1 << 20

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer as they went over the line; Transfer-Encoding undone, Content-Encoding kept."""

    url: str
    method: str
    request_headers: tuple[Header, ...]
    request_body: bytes
    status: int
    headers: tuple[Header, ...]
    body: bytes
    fetched: datetime


@dataclass(frozen=True, slots=True)
class Reference:
    """The record whose payload a revisit record repeats."""

    url: str
    fetched: datetime
    record_id: str


@dataclass(frozen=True, slots=True)
class Block:
    """A record read back: HTTP status, headers as received, payload (empty for a revisit)."""

    status: int
    headers: tuple[Header, ...]
    payload: bytes


class _Head(StatusAndHeaders):  # type: ignore[misc]  # warcio is untyped
    """An HTTP head kept byte by byte: warcio would escape what is not ASCII."""

    def __init__(self, raw: bytes) -> None:
        super().__init__("", [])
        self._raw = raw

    def __bool__(self) -> bool:
        return True

    def compute_headers_buffer(self, header_filter: object = None) -> None:  # noqa: ARG002
        self.headers_buff = self._raw


class _Records(BaseWARCWriter):  # type: ignore[misc]
    """Makes records and packs them. One serves all: warcio asks the system for its name whenever a writer is made."""

    def member(self, record: Any, level: int) -> bytes:
        buffer = io.BytesIO()
        self._write_warc_record(buffer, record)
        window = min(zlib.MAX_WBITS, max(9, buffer.tell().bit_length()))  # a larger one than the record takes longer to make than to use
        packer = zlib.compressobj(level, zlib.DEFLATED, window | 16)
        return packer.compress(buffer.getbuffer()) + packer.flush()


_RECORDS = _Records(gzip=False, warc_version="1.1")


def new_record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def response_member(exchange: Exchange, digest: str, record_id: str, original: Reference | None) -> bytes:
    """The gzip member of a response, or of a revisit record when ``original`` holds the payload already. ``digest``: SHA-256, hex."""
    head = _Head(_head(f"HTTP/1.1 {exchange.status} {responses.get(exchange.status, 'Unknown')}", exchange.headers))
    fields = {"WARC-Record-ID": record_id, "WARC-Date": _date(exchange.fetched)}
    if original is None:
        fields["WARC-Payload-Digest"] = f"sha256:{digest}"
        payload = io.BytesIO(exchange.body)
        record = _RECORDS.create_warc_record(
            exchange.url, "response", payload=payload, length=len(exchange.body), http_headers=head, warc_headers_dict=fields
        )
    else:
        fields["WARC-Refers-To"] = original.record_id
        record = _RECORDS.create_revisit_record(
            exchange.url, f"sha256:{digest}", original.url, _date(original.fetched), http_headers=head, warc_headers_dict=fields
        )
    return _RECORDS.member(record, 1 if _is_packed(exchange.headers) else LEVEL)


def request_member(exchange: Exchange, response_id: str) -> bytes:
    """The gzip member of the request that led to the response ``response_id``."""
    target = exchange.url.split("#")[0].split("/", 3)
    path = "/" + (target[3] if len(target) > 3 else "")
    headers = exchange.request_headers
    if not any(name.lower() == b"host" for name, _ in headers):
        headers = ((b"Host", target[2].encode("ascii", "replace")), *headers)
    fields = {"WARC-Record-ID": new_record_id(), "WARC-Date": _date(exchange.fetched), "WARC-Concurrent-To": response_id}
    head = _Head(_head(f"{exchange.method} {path} HTTP/1.1", headers))
    body = io.BytesIO(exchange.request_body)
    record = _RECORDS.create_warc_record(
        exchange.url, "request", payload=body, length=len(exchange.request_body), http_headers=head, warc_headers_dict=fields
    )
    return _RECORDS.member(record, LEVEL)


def _info_member(name: str, software: str) -> bytes:
    lines = {"software": software, "format": "WARC File Format 1.1", "robots": "obey"}
    return _RECORDS.member(_RECORDS.create_warcinfo_record(name, lines), LEVEL)


def _is_packed(headers: Iterable[Header]) -> bool:
    return any(name.lower() == b"content-encoding" for name, _ in headers)


def _head(first: str, headers: Iterable[Header]) -> bytes:
    lines = [name + b": " + value.replace(b"\r", b" ").replace(b"\n", b" ") for name, value in headers]
    return b"\r\n".join([first.encode("ascii", "replace"), *lines, b"", b""])


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Writer:
    """The file this process writes. Not for several threads at once."""

    def __init__(self, folder: Path, software: str, limit: int = FILE_SIZE) -> None:
        self.folder, self._software, self._limit = folder, software, limit
        self.name: str | None = None
        self._file = self._mark = -1
        self._size = 0

    def append(self, members: Sequence[bytes]) -> tuple[str, list[int]]:
        """Write members and sync them; returns the file's name and their offsets.

        Raises `ArchiveError`; then nothing of them stays in the file.
        """
        try:
            if self.name is None or self._size >= self._limit:
                self._begin()
            offsets, at = [], self._size
            for member in members:
                offsets.append(at)
                at += len(member)
            self._write(b"".join(members))
        except OSError as error:
            if self._size == 0:
                self.close()
            why = error.strerror or error
            raise ArchiveError(f"archive {self.folder}: {why}: make room or choose another --data-dir; nothing is half-written") from None
        assert self.name is not None
        return self.name, offsets

    def _begin(self) -> None:
        self.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"signoff-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}-{secrets.token_hex(4)}.warc.gz"
        self._mark = _locked(self.folder / f"{name}.open")
        self._file = os.open(self.folder / name, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o644)
        self.name, self._size = name, 0
        self._write(_info_member(name, self._software))
        _sync_folder(self.folder)

    def _write(self, data: bytes) -> None:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise
        self._size += len(data)

    def close(self) -> None:
        """Finish the file. A writer can be used again: it begins another one."""
        if self.name is not None:
            os.close(self._file)
            (self.folder / f"{self.name}.open").unlink(missing_ok=True)
        if self._mark >= 0:
            os.close(self._mark)
        self.name, self._file, self._mark = None, -1, -1


def _locked(mark: Path) -> int:
    """Make a companion and lock it, before the file itself is there. One that `repair` saw unlocked and removed is made anew."""
    while True:
        handle = os.open(mark, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(folder: Path, name: str, offset: int) -> Block:
    """Read one response or revisit record. Raises `ArchiveError`."""
    try:
        with (folder / name).open("rb") as file:
            file.seek(offset)
            record = next(iter(ArchiveIterator(file, no_record_parse=True)))
            block = record.raw_stream.read()
    except (OSError, StopIteration, ArchiveLoadFailed) as error:
        raise ArchiveError(f"archive {folder / name}: no record at {offset}: {error}") from None
    head, _, payload = block.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    return Block(int(status.split(b" ")[1]), tuple((name, value.strip()) for name, _, value in pairs), payload)


def repair(folder: Path, known: Callable[[str], int | None]) -> list[str]:
    """Cut torn tails of files whose writers are dead; returns the names of the files looked at.

    ``known`` tells the offset of the last record that a row names: the search for the tail begins there.
    """
    names = []
    for mark in sorted(folder.glob("*.open")):
        handle = os.open(mark, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # its writer lives
        else:
            names.append(mark.name.removesuffix(".open"))
            _cut(folder / names[-1], known(names[-1]) or 0)
            mark.unlink(missing_ok=True)
        finally:
            os.close(handle)
    return names


def _cut(path: Path, start: int) -> None:
    if not path.exists():
        return
    with path.open("r+b") as file:
        end = start
        while (following := _member_end(file, end)) is not None:
            end = following
        if end < path.stat().st_size:
            file.truncate(end)
            os.fsync(file.fileno())


def _member_end(file: io.BufferedRandom, start: int) -> int | None:
    """Where the whole gzip member at ``start`` ends; None when there is no whole one."""
    file.seek(start)
    packer, at = zlib.decompressobj(zlib.MAX_WBITS | 16), start
    while data := file.read(CHUNK):
        at += len(data)
        try:
            while data and not packer.eof:
                packer.decompress(data, CHUNK)
                data = packer.unconsumed_tail
        except zlib.error:
            return None
        if packer.eof:
            return at - len(packer.unused_data)
    return None
