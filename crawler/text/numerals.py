"""Chinese numerals: 二十一, 一百零三, 二〇二五, and their Arabic twins."""

from __future__ import annotations

DIGITS = {mark: value for value, mark in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_UNITS = {"十": 10, "百": 100}
#: characters a numeral is made of, for use inside a character class
CHINESE = "〇零一二三四五六七八九十百"


def number(words: str) -> int | None:
    """The value of an Arabic or Chinese numeral below 1000, or of a row of Chinese digits (二〇二五); ``None`` if it is neither.

    >>> number("二十一"), number("一百零三"), number("二〇二五"), number("07"), number("十百")
    (21, 103, 2025, 7, None)
    """
    if words.isascii():
        return int(words) if words.isdigit() else None
    if all(mark in DIGITS for mark in words):
        return int("".join(str(DIGITS[mark]) for mark in words)) if words else None
    return _counted(words)


def _counted(words: str) -> int | None:
    """A numeral with 十 or 百; every unit stands lower than the one before it."""
    total, pending, last_unit = 0, None, 1000
    for mark in words:
        if mark in _UNITS:
            unit = _UNITS[mark]
            if unit >= last_unit or (pending is None and (unit != 10 or total)):
                return None
            total += (1 if pending is None else pending) * unit
            pending, last_unit = None, unit
        elif mark in "零〇" and pending is None and total:
            continue
        elif mark in DIGITS and pending is None:
            pending = DIGITS[mark]
        else:
            return None
    return total + (pending or 0)
