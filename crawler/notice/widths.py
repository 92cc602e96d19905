"""Full-width letters, digits and punctuation as their half-width twins, one character for one: places in the text stay valid."""

from __future__ import annotations

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
_TABLE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {ord(mark): plain for mark, plain in _MARKS.items()}


def half(text: str) -> str:
    """``text`` with full-width forms made half-width; the result has the same length, so spans found in it hold in the original.

    >>> half("２０２５年（第一轮）")
    '2025年(第一轮)'
    """
    return text.translate(_TABLE)
