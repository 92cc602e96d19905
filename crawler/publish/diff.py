"""What changed between two texts, for people: clauses first, words inside them. Pure.

Both steps use the bit-parallel comparison of rapidfuzz: its time is bounded whatever the texts are, also for hostile ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from itertools import groupby

from rapidfuzz.distance import LCSseq, Levenshtein

from crawler.publish.vocabulary import SAYS, Lang, say
from crawler.text.widths import half

#: a clause with the mark or break that ends it: nothing is lost, the pieces joined are the text
_CLAUSE = re.compile(r"[^，。；！？,;!?\n\t]*[，。；！？,;!?\n\t]+|[^，。；！？,;!?\n\t]+")
#: what is changed as a whole: a run of digits or letters; else a character
_TOKEN = re.compile(r"\d+|[A-Za-z]+|.", re.DOTALL)
#: beyond this many pairs a comparison is not worth its memory (25 MB): the whole is shown as replaced
_MOST_PAIRS = 100_000_000
#: below this share of common tokens two passages are shown as one for the other, not interwoven
_LIKE = 0.4
_CONTEXT = 30


class Op(StrEnum):
    EQUAL = "equal"
    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Span:
    """A passage: ``old`` became ``new``. All ``old`` joined are the first text, all ``new`` the second."""

    op: Op
    old: str
    new: str


def diff(old: str, new: str) -> tuple[Span, ...]:
    """Compare two texts. White space and full- or half-width forms make no difference (such passages are ``EQUAL``)."""
    spans: list[Span] = []
    for span in clause_diff(old, new):
        spans += _inside(span) if span.op is Op.REPLACE else [span]
    return tuple(spans)


def clause_diff(old: str, new: str) -> tuple[Span, ...]:
    """The same by whole clauses."""
    before, after = _CLAUSE.findall(old), _CLAUSE.findall(new)
    head = _same(before, after)
    tail = _same(before[head:][::-1], after[head:][::-1])
    ends = ("".join(before[:head]), "".join(before[len(before) - tail :]))
    middle = _spans(before[head : len(before) - tail], after[head : len(after) - tail])
    spans = [*([Span(Op.EQUAL, ends[0], ends[0])] if head else []), *middle, *([Span(Op.EQUAL, ends[1], ends[1])] if tail else [])]
    return tuple(_joined(spans))


def _same(before: Sequence[str], after: Sequence[str]) -> int:
    """How many pieces at the beginning are the same: most of a text is, and needs no comparison."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(before), len(after)))


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Unchanged passages side by side are one."""
    for equal, group in groupby(spans, key=lambda span: span.op is Op.EQUAL):
        parts = list(group)
        yield from [Span(Op.EQUAL, "".join(p.old for p in parts), "".join(p.new for p in parts))] if equal else parts


def _inside(span: Span) -> list[Span]:
    before, after = _TOKEN.findall(span.old), _TOKEN.findall(span.new)
    if len(before) * len(after) > _MOST_PAIRS or Levenshtein.normalized_similarity(_keys(before), _keys(after)) < _LIKE:
        return [span]
    return list(_calmed(_levenshtein(before, after)))


def _levenshtein(before: Sequence[str], after: Sequence[str]) -> Iterator[Span]:
    for op in Levenshtein.opcodes(_keys(before), _keys(after)):
        yield _span("".join(before[op.src_start : op.src_end]), "".join(after[op.dest_start : op.dest_end]), equal=op.tag == "equal")


def _spans(before: Sequence[str], after: Sequence[str]) -> Iterator[Span]:
    if len(before) * len(after) > _MOST_PAIRS:
        yield _span("".join(before), "".join(after), equal=False)
        return
    pending_old, pending_new = "", ""
    for op in LCSseq.opcodes(_keys(before), _keys(after)):
        source, target = "".join(before[op.src_start : op.src_end]), "".join(after[op.dest_start : op.dest_end])
        if op.tag != "equal":
            pending_old, pending_new = pending_old + source, pending_new + target
            continue
        if pending_old or pending_new:
            yield _span(pending_old, pending_new, equal=False)
        pending_old, pending_new = "", ""
        yield _span(source, target, equal=True)
    if pending_old or pending_new:
        yield _span(pending_old, pending_new, equal=False)


def _keys(pieces: Sequence[str]) -> list[str]:
    return ["".join(half(piece).split()) for piece in pieces]


def _span(old: str, new: str, *, equal: bool) -> Span:
    if equal:
        return Span(Op.EQUAL, old, new)
    return Span(Op.REPLACE if old and new else Op.DELETE if old else Op.INSERT, old, new)


def _calmed(spans: Iterator[Span]) -> Iterator[Span]:
    """Changes side by side, or with a single equal character between them, are one change: easier on the eye."""
    held: Span | None = None
    between: Span | None = None
    for span in spans:
        if span.op is not Op.EQUAL:
            parts = [part for part in (held, between, span) if part]
            held, between = _span("".join(p.old for p in parts), "".join(p.new for p in parts), equal=False), None
        elif held and between is None and len(span.new) < 2:
            between = span
        else:
            yield from filter(None, (held, between))
            yield span
            held, between = None, None
    yield from filter(None, (held, between))


def unified(old: str, new: str, lang: Lang = "zh") -> Iterator[str]:
    """Lines for a terminal: changed clauses after ``- `` and ``+ ``, what stands beside them after two spaces."""
    spans = clause_diff(old, new)
    if all(span.op is Op.EQUAL for span in spans):
        yield say(SAYS["same"], lang)
        return
    for place, span in enumerate(spans):
        if span.op is not Op.EQUAL:
            yield from (f"{mark} {line}" for mark, text in (("-", span.old), ("+", span.new)) for line in _lines(text))
        else:
            yield from (f"  {line}" for line in _lines(_beside(span.new, first=place == 0, last=place == len(spans) - 1, lang=lang)))


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _beside(text: str, *, first: bool, last: bool, lang: Lang) -> str:
    """An unchanged passage, its middle left out: only what touches a change helps to read it."""
    head, tail = (0 if first else _CONTEXT), (0 if last else _CONTEXT)
    left_out = len(text) - head - tail
    if left_out < _CONTEXT:
        return text
    return text[:head] + say(SAYS["unseen"], lang).format(n=left_out) + text[len(text) - tail :]


def html(old: str, new: str, lang: Lang = "zh") -> str:
    """The same as HTML that does nothing: text, ``<del>``, ``<ins>`` and ``<br>``; everything else is escaped."""
    spans = diff(old, new)
    return "".join(_marked(span, first=place == 0, last=place == len(spans) - 1, lang=lang) for place, span in enumerate(spans))


def _marked(span: Span, *, first: bool, last: bool, lang: Lang) -> str:
    if span.op is Op.EQUAL:
        return _escaped(_beside(span.new, first=first, last=last, lang=lang))
    return (f"<del>{_escaped(span.old)}</del>" if span.old else "") + (f"<ins>{_escaped(span.new)}</ins>" if span.new else "")


def _escaped(text: str) -> str:
    return escape(text).replace("\n", "<br/>")
