"""One spelling for every field of a notice: widths of letters and digits, white space, telephone numbers. Meaning stays."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from crawler.notice.model import Notice
from crawler.text.widths import half

_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ＠]+")
_PHONE = re.compile(r"\(?(0\d{2,3})\)?[-—\s]{0,3}(\d{7,8})((?:转|-|—|分机)\d{1,5})?")
_TEXTS = ("title", "issuer", "special", "publicity_days_text", "repost_source")
_LISTS = ("task_numbers", "responsible_units", "attachment_names", "plan_titles")


def plain_width(text: str) -> str:
    """Letters and digits half-width, white space single; punctuation as printed.

    >>> plain_width(" 第２１项　（一期） ")
    '第21项 （一期）'
    """
    return " ".join(_WIDE.sub(lambda match: half(match[0]), text).split())


def phone(printed: str) -> str:
    """A telephone number as area code, hyphen, number: （0311）87803671 → 0311-87803671. Others keep their digits as they stand.

    >>> phone("（0311）87803671"), phone("12345"), phone("０９３１－１２３４５６７")
    ('0311-87803671', '12345', '0931-1234567')
    """
    plain = re.sub(r"\s", "", half(printed)).replace("—", "-")
    found = _PHONE.fullmatch(plain)
    return f"{found[1]}-{found[2]}{found[3] or ''}" if found else plain


def email(printed: str) -> str:
    """An address without inner spaces, half-width, its host in lower case."""
    name, at, host = re.sub(r"\s", "", half(printed)).partition("@")
    return f"{name}{at}{host.lower()}"


def normalise(notice: Notice) -> tuple[Notice, tuple[str, ...]]:
    """The notice with one spelling per field, and the names of the fields that changed. Drops nothing, adds nothing."""
    changes: dict[str, Any] = {}
    for name in _TEXTS:
        value = getattr(notice, name)
        changes[name] = None if value is None else plain_width(value)
    for name in _LISTS:
        changes[name] = _unique(plain_width(value) for value in getattr(notice, name))
    changes["phones"] = _unique(phone(value) for value in notice.phones)
    changes["emails"] = _unique(email(value) for value in notice.emails)
    touched = tuple(name for name, value in changes.items() if value != getattr(notice, name))
    return (replace(notice, **{name: changes[name] for name in touched}), touched) if touched else (notice, ())


def _unique(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
