"""Word's automatic numbers: 一、 （一） 1. are counted by the program and stand nowhere in the text.

A notice that says "第（二）项" means such a number, so it is put back before its paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.extract.document.formats.safe_xml import Element, attribute, child, local

_LEVEL = re.compile(r"%([1-9])")
_DIGITS = "〇一二三四五六七八九"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_CHINESE = frozenset({"chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand"})


@dataclass(frozen=True, slots=True)
class _Level:
    text: str
    form: str
    start: int


class Numbering:
    """Counters of all lists of one document, moved on paragraph by paragraph."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, dict[int, _Level]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if root is not None:
            self._load(root)

    def _load(self, root: Element) -> None:
        abstract = {attribute(node, "abstractNumId"): node for node in root if local(node) == "abstractNum"}
        for node in root:
            source = abstract.get(_val(node, "abstractNumId")) if local(node) == "num" else None
            number = attribute(node, "numId")
            if source is not None and number:
                self._lists[number] = {level: read for item in source if local(item) == "lvl" for level, read in [_level(item)]}

    def next(self, properties: Element | None) -> str:
        """The number of the paragraph with these properties, ``""`` for one outside any list."""
        node = child(properties, "numPr")
        name, depth = (_val(node, "numId"), _whole(_val(node, "ilvl"))) if node is not None else ("", 0)
        level = self._lists.get(name, {}).get(depth)
        if level is None:
            return ""
        counts = self._counts.setdefault(name, {})
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [key for key in counts if key > depth]:
            del counts[deeper]
        return self._spelled(level, name, counts)

    def _spelled(self, level: _Level, name: str, counts: dict[int, int]) -> str:
        if level.form in {"bullet", "none"}:
            return ""

        def figure(match: re.Match[str]) -> str:
            depth = int(match[1]) - 1
            other = self._lists[name].get(depth)
            return spell(counts.get(depth, 1), other.form) if other is not None else ""

        return _LEVEL.sub(figure, level.text)


def _level(node: Element) -> tuple[int, _Level]:
    form = _val(node, "numFmt") or "decimal"
    start = _val(node, "start")
    return _whole(attribute(node, "ilvl") or ""), _Level(_val(node, "lvlText"), form, _whole(start) if start else 1)


def _val(node: Element, name: str) -> str:
    found = child(node, name)
    return (attribute(found, "val") or "") if found is not None else ""


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def spell(number: int, form: str) -> str:
    """A counter in one of Word's forms: Chinese, circled, roman letters; plain digits for all others.

    >>> spell(12, "chineseCounting"), spell(3, "decimalEnclosedCircle"), spell(7, "decimal")
    ('十二', '③', '7')
    """
    if form in _CHINESE and 0 < number < 100:
        return _chinese(number)
    if form.startswith("decimalEnclosedCircle") and 0 < number <= len(_CIRCLED):
        return _CIRCLED[number - 1]
    if form in {"lowerLetter", "upperLetter"} and 0 < number <= 26:
        return chr((97 if form == "lowerLetter" else 65) + number - 1)
    return str(number)


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return lead + (_DIGITS[ones] if ones else "")
