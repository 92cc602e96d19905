"""What may leave the house: texts made harmless, personal data left out, other people's texts only quoted. Pure.

Every feed, table, listing and page takes its notices and events through here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from crawler.db.queries import ChangeRow, iso
from crawler.text.personal import has_mobile, without_personal_values

#: longest piece, in characters, of a text that no authority published
QUOTE = 120
#: control characters but tab and newline, bidirectional and zero-width marks, non-characters; lone surrogates are told apart below
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTS = ("problem", "goal", "measures", "completion", "acceptance")
#: of the changes of an event: addresses and ids, which stay whole
_NAMES = ("url", "same_text_as")
_FACTLESS = ("text", "sections", "tasks", "plan_tasks")


def clean(text: str) -> str:
    """``text`` as any reader may show it: no terminal escapes, nothing XML forbids, nothing that turns reading order or hides.

    >>> clean("公\\x1b[31m示\\u202e")
    '公[31m示'
    """
    return _SURROGATE.sub("\ufffd", _UNSEEN.sub("", text.replace("\r\n", "\n")))


def quote(text: str, length: int = QUOTE) -> str:
    """The beginning of a text on one line, at most ``length`` characters; an ellipsis tells of more."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def outgoing(notice: dict[str, Any], reposting: Collection[str] = ()) -> dict[str, Any]:
    """Notice JSON as it goes out. ``reposting``: ids of sources that are no authorities (newspapers, portals): of their texts
    only facts and a short quote remain."""
    value = _plain(notice)
    value["phones"] = [phone for phone in _cleaned(notice.get("phones") or []) if not has_mobile(phone)]
    return _facts(value) if notice.get("source") in reposting else value


def outgoing_change(row: ChangeRow, reposting: Collection[str] = ()) -> dict[str, Any]:
    """An event as JSON, in the order of the interface."""
    changes = outgoing_changes(row.changes)
    if row.source in reposting:
        changes = {name: pair for name, pair in changes.items() if name.partition(".")[0] not in _FACTLESS}
    return {
        "seq": row.seq, "kind": row.kind.value, "notice_id": row.notice_id, "revision": row.revision, "url": clean(row.url),
        "title": _plain(row.title), "at": iso(row.at), "source": row.source, "changes": changes, "news": row.news,
        "adcode": row.adcode, "doc_type": row.doc_type.value,
    }  # fmt: skip


def outgoing_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """The ``changes`` of an event; of telephone lists those numbers that may go out, or nothing if only others changed."""
    found: dict[str, Any] = {clean(name): _cleaned(pair) if name in _NAMES else _plain(pair) for name, pair in changes.items()}
    if "phones" in changes:
        sides = [[phone for phone in _cleaned(side or []) if not has_mobile(phone)] for side in changes["phones"]]
        found["phones"] = sides
        if sides[0] == sides[-1]:
            del found["phones"]
    return found


def outgoing_text(text: str) -> str:
    """One text, made harmless and without personal data."""
    return str(_plain(text))


def _plain(value: Any) -> Any:
    return without_personal_values(_cleaned(value))


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(str(key)): _cleaned(item) for key, item in value.items()}
        case list() | tuple():
            return [_cleaned(item) for item in value]
        case _:
            return value


def _facts(notice: dict[str, Any]) -> dict[str, Any]:
    """Names, numbers, dates and places; no sentence but the quote."""
    silent = dict.fromkeys(_TEXTS)
    return notice | {
        "text": quote(notice.get("text") or ""),
        "sections": silent,
        "tasks": [{"number": task.get("number"), **silent} for task in notice.get("tasks") or []],
        "plan_tasks": [task | {"problem": None} for task in notice.get("plan_tasks") or []],
        "attachments": [file | {"text": None} for file in notice.get("attachments") or []],
        "evidence": {},
        "derived": {},
    }
