"""Full-width letters, digits and punctuation as their half-width twins, one character for one: places in the text stay valid."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_MARKS = {
    "\u3000": " ",
    "\xa0": " ",
    "。": "。",
    "〔": "(",
    "〕": ")",
    "【": "【",
    "】": "】",
    "﹣": "-",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "–": "—",
    "―": "—",
    "─": "—",
    "━": "—",
    "～": "~",
    "〜": "~",
    "∼": "~",
    "〇": "〇",
    "○": "〇",
    "◯": "〇",
    "０": "0",
    "\u2028": " ",
}
_HALF = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {mark: plain for mark, plain in _MARKS.items() if mark != plain}
_WIDE = re.compile(f"[{re.escape(''.join(_HALF))}]")
#: what most notices consist of: characters that NFKC replaces one by one, or not at all
_MIXED = "\t\n\u0020-\u007e·—‘’“”…\u3000-\u3002\u3008-\u3011\uff01-\uff5e"
_EASY = f"{_MIXED}\u4e00-\u9fff"  # of these it replaces none
_ALL_EASY = re.compile(f"[{_EASY}]*")
_FOLDED = {
    mark: plain
    for mark in re.findall(f"[{_MIXED}]", "".join(map(chr, range(0x10000))))
    if (plain := unicodedata.normalize("NFKC", mark)) != mark
}
_UNFOLDED = re.compile(f"[{re.escape(''.join(_FOLDED))}]")


def half(text: str) -> str:
    """``text`` with full-width forms made half-width; the result has the same length, so spans found in it hold in the original.

    >>> half("２０２５年（第一轮）")
    '2025年(第一轮)'
    """
    return replaced(text, _WIDE, _HALF)


def replaced(text: str, marks: re.Pattern[str], table: Mapping[str, str]) -> str:
    """``text`` with every character that ``marks`` matches replaced from ``table``, which gives none of its own keys.

    A text holds few different marks, and to replace one is a loop in C: several times quicker than `str.translate`.
    """
    for mark in set(marks.findall(text)):
        text = text.replace(mark, table[mark])
    return text


def is_easy(text: str) -> bool:
    """Whether ``text`` has only characters of Chinese prose: none is invisible, none combines with the next."""
    return _ALL_EASY.fullmatch(text) is not None


def nfkc(text: str, easy: bool | None = None) -> str:
    """NFKC of ``text``; where it `is_easy` without the library's search for combining characters, and easy again.

    ``easy``: whether it is, where that is known already.

    >>> nfkc("（１）…　㎡")
    '(1)... m2'
    """
    return replaced(text, _UNFOLDED, _FOLDED) if (is_easy(text) if easy is None else easy) else unicodedata.normalize("NFKC", text)
