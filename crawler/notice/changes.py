"""What a revision changed, field by field: the ``changes`` of a ``revised`` event. Pure; standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crawler.text.widths import half

#: ours, not the agency's (text has a diff of its own; an address that changed is an event of its own kind)
IGNORED = frozenset({"text", "evidence", "extractor", "derived", "flags", "url"})
#: lists whose rows have a name of their own: compared row by row, so that one changed row does not show the whole list
_ROWS = frozenset({"tasks", "plan_tasks"})


def field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Say which fields differ between two readings of a notice (`Notice.as_json`), in the order of ``new``: name → [old, new].

    Parts of a field are named with a dot (``sections.completion``, ``publicity.end``), rows of a list by their number
    (``tasks.序号3.completion``; ``tasks`` as a whole where the numbers are not unique). White space and full- or half-width
    forms make no difference. Of attachments only names and content count; a file not fetched on one side says nothing
    of its content.

    >>> field_changes({"title": "公示", "text": "a"}, {"title": "公示（更正）", "text": "b"})
    {'title': ['公示', '公示（更正）']}
    """
    before, after = _flat(old), _flat(new)
    names = [*after, *(name for name in before if name not in after)]
    found = {name: [before.get(name), after.get(name)] for name in names if _plain(before.get(name)) != _plain(after.get(name))}
    return found | _files(old.get("attachments") or [], new.get("attachments") or [])


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if name in IGNORED or name == "attachments":
            continue
        rows = _by_number(value) if name in _ROWS else None
        if rows:
            found |= {f"{name}.{number}.{part}": item for number, row in rows.items() for part, item in row.items()}
        elif isinstance(value, Mapping):
            found |= {f"{name}.{part}": item for part, item in value.items()}
        else:
            found[name] = value
    return found


def _by_number(rows: list[dict[str, Any]] | None) -> dict[str, dict[str, Any]] | None:
    """Rows by their number without the number itself; ``None`` where a number is missing or stands twice."""
    numbers = [row.get("number") for row in rows or []]
    if not rows or None in numbers or len(set(numbers)) < len(numbers):
        return None
    return {row["number"]: {"number": row["number"]} | {part: item for part, item in row.items() if part != "number"} for row in rows}


def _plain(value: Any) -> Any:
    """The value without white space and widths; nothing, an empty string and an empty list are one."""
    match value:
        case str():
            return "".join(half(value).split()) or None
        case Mapping():
            return {name: _plain(item) for name, item in value.items()} or None
        case list() | tuple():
            return [_plain(item) for item in value] or None
        case _:
            return value


def _files(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> dict[str, list[Any]]:
    before, after = ({_plain(file["name"]): file.get("sha256") for file in files} for files in (old, new))
    same_content = all(before[name] == after[name] or None in (before[name], after[name]) for name in before.keys() & after.keys())
    if before.keys() == after.keys() and same_content:
        return {}
    return {"attachments": [[{"name": file["name"], "sha256": file.get("sha256")} for file in files] for files in (old, new)]}
