"""Many files or lines to notice JSON, for the command ``extract``: what is done in one process, and how work is dealt out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

from crawler.cli import explain
from crawler.extract.document.formats.limits import MIB, Limits
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.standalone import LineError, Offline, as_line, read_file, read_line

#: of one file; what is longer is no page and no document
MOST_BYTES = 256 * MIB
#: of one line of JSON: a page of 32 MiB, its characters escaped
MOST_LINE = 192 * MIB
#: seconds one document may take where text recognition and LibreOffice are allowed
DOCUMENT_SECONDS = 300.0
#: seconds after which a parcel is given up
SECONDS = DOCUMENT_SECONDS + 60
_PARCEL_LINES, _PARCEL_BYTES = 32, MIB


@dataclass(frozen=True, slots=True)
class Piece:
    """One file, or one line of a file. ``number``: of the line, from 1; 0 for a file. ``data``: None where the file is still to be read."""

    name: str
    number: int = 0
    data: bytes | None = field(default=None, repr=False)
    error: str | None = None


#: what goes out for a piece, and whether reading it failed
Answer = tuple[bytes, bool]


@dataclass(frozen=True, slots=True)
class Work:
    """Reads pieces. ``url``: of pages that state none. ``why``: reports for a person, ``width`` cells wide, instead of JSON."""

    url: str = ""
    why: bool = False
    width: int | None = None

    def __call__(self, pieces: Sequence[Piece]) -> list[Answer]:
        return [self.one(piece) for piece in pieces]

    def one(self, piece: Piece) -> Answer:
        """The answer for one piece; what is wrong with it is told in its place."""
        try:
            return self._line(piece) if piece.number else self._file(piece)
        except LineError as error:
            return refusal(piece, str(error), error.name)
        except OSError as error:
            return failed(piece, error.strerror or type(error).__name__)

    def _line(self, piece: Piece) -> Answer:
        if piece.error:
            raise LineError(None, piece.error)
        name, found = read_line(piece.data or b"", self.url)
        return self._report(str(name), found) if self.why else written({"id": name, "notice": found.notice.as_json()}), False

    def _file(self, piece: Piece) -> Answer:
        data = content(Path(piece.name)) if piece.data is None else piece.data
        if len(data) > MOST_BYTES:
            return failed(piece, f"larger than {MOST_BYTES // MIB} MiB")
        found = read_file(data, Path(piece.name).name, self.url, _documents())
        return self._report(piece.name, found) if self.why else written(as_line(piece.name, found)), found.failed

    def _report(self, name: str, found: Offline) -> bytes:
        told = "\n".join(explain.lines(name, found.page, found.notice, self.width))
        return told.encode("utf-8", "replace") + b"\n\n"


def content(path: Path) -> bytes:
    """The bytes of a file, one more than may be at most: devices and pipes have no end. Raises `OSError`."""
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)


@cache
def _documents() -> DocumentReader:
    """One for each process that reads; what it starts ends with the process."""
    return DocumentReader(Limits(seconds=DOCUMENT_SECONDS), workers=1, ocr=True, office=True)


def written(value: Any) -> bytes:
    """One line of JSON in UTF-8. Half of a surrogate pair, which UTF-8 has no bytes for, stands there as the escape JSON has for it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"


def failed(piece: Piece, why: str) -> Answer:
    """The line for a piece that could not be read."""
    return refusal(piece, why, _name_of(piece.data)) if piece.number else (written({"file": piece.name, "error": why}), True)


def refusal(piece: Piece, why: str, name: Any) -> Answer:
    """The line for a line that is none of ours."""
    return written({"id": name, "error": f"line {piece.number}: {why}"}), True


def _name_of(raw: bytes | None) -> Any:
    try:
        given = json.loads(raw or b"")
    except (ValueError, RecursionError):
        return None
    return given.get("id") if isinstance(given, dict) else None


def lines_of(name: str, stream: IO[bytes]) -> Iterator[Piece]:
    """The lines of a file that say something, one after the other; an endless one is told and passed over."""
    with stream:
        number = 0
        while raw := stream.readline(MOST_LINE):
            number += 1
            if len(raw) == MOST_LINE and not raw.endswith(b"\n"):
                _skip(stream)
                yield Piece(name, number, None, f"longer than {MOST_LINE // MIB} MiB")
            elif raw.strip():
                yield Piece(name, number, raw)


def _skip(stream: IO[bytes]) -> None:
    """To the end of the line."""
    while (rest := stream.readline(MIB)) and not rest.endswith(b"\n"):
        pass


def parcels(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Pieces dealt out: lines some at a time, for one alone is read faster than it is handed over; files one by one."""
    parcel: list[Piece] = []
    size = 0
    for piece in pieces:
        parcel.append(piece)
        size += len(piece.data or b"")
        if not piece.number or len(parcel) >= _PARCEL_LINES or size >= _PARCEL_BYTES:
            yield parcel
            parcel, size = [], 0
    if parcel:
        yield parcel
