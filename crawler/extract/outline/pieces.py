"""Blocks cut to pieces: single paragraphs and cells with their half-width twin, and what was found in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from crawler.extract.blocks import Block, BlockKind
from crawler.extract.outline.labels import Heading, heading, strip_enumerator, unmarked
from crawler.extract.outline.line_cache import Answers, Question, answers_about, ask
from crawler.notice.model import Evidence
from crawler.text.dates import first_day, lost_day
from crawler.text.widths import half

T = TypeVar("T")

TITLE, PUBLISH_LINE, HEADER = -1, -2, -3
#: leftovers of Word in pages made from it
_RESIDUE = re.compile(r"\[bookmark:[^\]]{0,40}\]\s?")
_WORDS = 200


class Sign(Enum):
    """What of a signature a line is."""

    BODY = "body"
    DATE = "date"


def sign_of(text: str) -> Sign | None:
    """Whether a line `is_body` or `is_date_line`."""
    return Sign.BODY if is_body(text) else Sign.DATE if is_date_line(text) else None


@dataclass(slots=True)
class Look:
    """What every line is asked: its enumerator, the section that it opens, with a mark or by type alone, and its place in a signature."""

    enumerated: tuple[int, int]
    opens: Heading | None
    unmarked: Heading | None
    sign: Sign | None


def look_of(text: str) -> Look:
    """How a line looks by itself."""
    enumerated = strip_enumerator(text)
    return Look(enumerated, heading(text, enumerated), unmarked(text, enumerated), sign_of(text))


@dataclass(slots=True)
class Piece:
    """A paragraph or the content of a cell. ``text``: the half-width twin of ``raw``, of the same length.

    Nobody changes a piece; it is not frozen because a page makes hundreds, and a frozen one takes three times as long to make.
    """

    raw: str
    text: str
    block: int
    where: str = ""
    right: bool = False
    heading: bool = False
    _known: Answers | None = field(default=None, init=False, repr=False, compare=False)
    _look: Look | None = field(default=None, init=False, repr=False, compare=False)

    def ask(self, question: Question[T]) -> T:
        """What ``question`` says of the text; of a text that was asked before, on whatever page, it is known."""
        if self._known is None:
            self._known = answers_about(self.text)
        return ask(self.text, question, self._known)

    @property
    def look(self) -> Look:
        if self._look is None:
            self._look = self.ask(look_of)
        return self._look

    @property
    def enumerated(self) -> tuple[int, int]:
        """The length and level of the enumerator at the start (`strip_enumerator`)."""
        return (self._look or self.look).enumerated

    @property
    def opens(self) -> Heading | None:
        """The section that the piece opens (`labels.heading`)."""
        return (self._look or self.look).opens

    def cut(self, start: int, end: int | None = None) -> Piece:
        """The part of the piece between two offsets, without white space around it."""
        raw, text = self.raw[start:end], self.text[start:end]
        lead, stop = len(raw) - len(raw.lstrip()), len(raw.rstrip())
        return Piece(raw[lead:stop], text[lead:stop], self.block, self.where, self.right, self.heading)


@dataclass(slots=True)
class Found(Generic[T]):
    """A value, the words it was read from, and the block they stand in."""

    value: T
    words: str
    block: int
    where: str = ""

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.words[:_WORDS], self.block, self.where)


def piece(raw: str, block: int, where: str = "", *, right: bool = False, heading: bool = False) -> Piece:
    return Piece(*ask(raw, _tidied), block, where, right, heading)


def _tidied(raw: str) -> tuple[str, str]:
    """A paragraph without stray white space and residue, and its half-width twin."""
    tidy = " ".join((_RESIDUE.sub("", raw) if "[bookmark" in raw else raw).split())
    return tidy, half(tidy)


def found_in(value: T, source: Piece, start: int = 0, end: int | None = None) -> Found[T]:
    """``value`` as read from the words of a piece."""
    return Found(value, source.raw[start:end].strip() or source.raw, source.block, source.where)


def pieces_of(block: Block, index: int) -> list[Piece]:
    """The paragraphs of a block; of a table, its lines."""
    heading, right = block.kind is BlockKind.HEADING, block.align == "right"
    found: list[Piece] = []
    for raw in block.text.split("\n"):
        line = piece(raw, index, block.where, right=right, heading=heading)
        if line.text[-1:] in _LAST_OF_CLOSING:
            found += split_closing(line)
        elif line.raw:
            found.append(line)
    return found


def cell_pieces(cell: str, block: Block, index: int) -> list[Piece]:
    """The paragraphs inside one cell of a table."""
    return [line for part in cell.split("\n") if (line := piece(part, index, block.where)).raw]


def joined(pieces: Iterable[Piece]) -> str:
    """Paragraphs as one text, joined by a space, as published."""
    return " ".join([line.raw for line in pieces])


_BODIES = (
    "人民政府|政府|局|厅|委员会|委|党工委|办公室|办|中心|公司|领导小组|小组|工作组|组|指挥部|部|处|院|站|所|大队|支队|队|集团|"
    "管委会|协会|市委|县委|区委|党委|党组|分局|街道|镇|乡|专班"
)
_BODY = f"(?:{_BODIES})"
_LAST_OF_BODY = frozenset(name[-1] for name in _BODIES.split("|")) | {")"}
#: a body's name that stands alone on its line, spaces inside allowed, several bodies with spaces between
_SIGNATURE = re.compile(
    rf"^(?!附\s?件|关于|责任|联系|来源|根据|按照|现将)[\u4e00-\u9fffA-Za-z\s()·“”\"、]{{3,60}}{_BODY}(?:\([^()]{{1,12}}\))?$"
)
_STOPS = re.compile(r"[。;:!?,]")
_DATE_LINE = re.compile(r"^\(?[\d〇零一二三四五六七八九十年月日号./\-—\s]{6,24}\)?$")


def is_body(text: str) -> bool:
    """Whether a line is nothing but the name of a body (河北省水利厅), as in a signature."""
    return 4 <= len(text) <= 60 and text[-1] in _LAST_OF_BODY and not _STOPS.search(text) and _SIGNATURE.match(text) is not None


def is_date_line(text: str) -> bool:
    """Whether a line is nothing but a date, with or without its 年月日."""
    return (
        len(text) <= 26
        and _DATE_LINE.match(text) is not None
        and (
            first_day(text) is not None or lost_day(text, None) is not None or re.fullmatch(r"20\d{4,6}", text.replace(" ", "")) is not None
        )
    )


_CLOSING = re.compile(
    rf"(?:(?<=[。;!])|^)\s{{0,3}}(?P<body>[\u4e00-\u9fff]{{3,40}}{_BODY})\s{{0,4}}(?P<date>(?:(?:19|20)\d{{2}}|"
    rf"二[〇零○]..)\s?年?[\d〇零一二三四五六七八九十年月日.\-/ ]{{2,14}})$"
)


_LAST_OF_CLOSING = frozenset("0123456789日")


def split_closing(line: Piece) -> list[Piece]:
    """A paragraph with body and date at its end (…。某某局 2025年4月30日), cut to text, body and date."""
    found = _CLOSING.search(line.text, max(0, len(line.text) - 80))
    if found is None or not is_date_line(found["date"].strip()) or not is_body(found["body"]):
        return [line]
    parts = (line.cut(0, found.start("body")), line.cut(*found.span("body")), line.cut(*found.span("date")))
    return [part for part in parts if part.raw]


def is_signed(pieces: Sequence[Piece], at: int) -> bool:
    """Whether the piece at ``at`` belongs to a signature: at the right, or a body's name beside a date."""
    line = pieces[at]
    if line.right and len(line.text) <= 60:
        return True
    sign = line.look.sign
    if sign is None:
        return False
    last = at + 1 == len(pieces)
    if sign is Sign.DATE:
        return last or (at > 0 and pieces[at - 1].look.sign is Sign.BODY)
    after = None if last else pieces[at + 1].look.sign
    return (
        after is Sign.DATE or (after is Sign.BODY and len(pieces) > at + 2 and pieces[at + 2].look.sign is Sign.DATE) or (last and at > 1)
    )
