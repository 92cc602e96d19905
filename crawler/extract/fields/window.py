"""The comment window of a notice (公示期): where its words stand, and what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import Piece
from crawler.extract.outline.sections import Outline
from crawler.notice.model import Evidence
from crawler.notice.periods import Window, may_state_length, read_window

_MENTIONS = re.compile("公|异议|反馈|监督|意见|受理|反映")


@dataclass(slots=True)
class FoundWindow:
    """A window, with the words of its days and of its length."""

    window: Window
    days: Evidence | None = None
    length: Evidence | None = None


def find_window(outline: Outline, published: date | None) -> FoundWindow:
    """Read the window: a section or cell of that name first, then the closing words, then the lead; never a section's text."""
    labelled = [line for entry in outline.entries for line in entry.pieces(Label.WINDOW)]
    best = FoundWindow(Window())
    for lines, named in ((labelled, True), (outline.tail, False), (outline.lead, False), (outline.outside, False)):
        if best.window.start is not None and not any(line.ask(may_state_length) for line in lines):
            continue  # to a window whose days are known only a length can be added
        found = _read(lines, published, named)
        best = _merge(best, found)
        if best.window.start is not None and (best.window.end is not None or best.window.contradiction) and best.window.length is not None:
            break
    return best


def _read(lines: list[Piece], published: date | None, named: bool) -> FoundWindow:
    if not lines or not (named or any(_MENTIONS.search(line.text) for line in lines)):
        return FoundWindow(Window())
    raw = "\n".join([line.raw for line in lines])
    window = read_window(raw, published, labelled=named, plain="\n".join([line.text for line in lines]))
    return FoundWindow(window, _words(lines, raw, window.span), _words(lines, raw, window.length_span))


def _words(lines: list[Piece], raw: str, span: tuple[int, int] | None) -> Evidence | None:
    """The evidence for a span of the joined lines."""
    if span is None:
        return None
    at = 0
    for line in lines:
        if at <= span[0] <= at + len(line.raw):
            return Evidence(raw[span[0] : span[1]].strip(), line.block, line.where)
        at += len(line.raw) + 1
    return None


def _merge(best: FoundWindow, other: FoundWindow) -> FoundWindow:
    """The better of two readings; a length stated elsewhere joins days without one."""
    if other.window.empty:
        return best
    if best.window.empty or (best.window.start is None and best.window.end is None and other.window.start is not None):
        first, second = other, best
    else:
        first, second = best, other
    if first.window.length is None and second.window.length is not None and second.window.start in (None, first.window.start):
        window = Window(
            first.window.start,
            first.window.end,
            second.window.length,
            second.window.days,
            second.window.unit,
            first.window.contradiction,
            first.window.span,
            second.window.length_span,
        )
        return FoundWindow(window, first.days, second.length)
    return first
