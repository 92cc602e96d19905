"""Notices as a table for spreadsheets: one row a notice, the same columns for ever (new ones are added at the end). Pure."""

from __future__ import annotations

import csv as csv_format
import io
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from crawler.publish.safe_output import outgoing

#: a spreadsheet runs what begins with these, also after white space, also in their full-width forms
_RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
#: Excel cuts a cell at 32,767 characters
_LONGEST = 32_000
_CHUNK = 200
_BOM = "\ufeff"


def _of(*path: str) -> Callable[[dict[str, Any]], Any]:
    def value(notice: dict[str, Any]) -> Any:
        found: Any = notice
        for name in path:
            found = found.get(name) if found else None
        return found

    return value


def _of_each(name: str, part: str) -> Callable[[dict[str, Any]], Any]:
    return lambda notice: [row.get(part) for row in notice.get(name) or [] if row.get(part)]


#: column → how its value is found in notice JSON; meanings stand in docs/data-dictionary.md
COLUMNS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "id": _of("id"),
    "title": _of("title"),
    "url": _of("url"),
    "doc_type": _of("doc_type"),
    "stage": _of("stage"),
    "state": _of("state"),
    "level": _of("level"),
    "round": _of("round"),
    "lookback": _of("lookback"),
    "special": _of("special"),
    "task_numbers": _of("task_numbers"),
    "task_keys": _of("task_keys"),
    "adcode": _of("adcode"),
    "province": _of("province"),
    "city": _of("city"),
    "county": _of("county"),
    "issuer": _of("issuer"),
    "responsible_units": _of("responsible_units"),
    "publish_date": _of("publish_date"),
    "publicity_start": _of("publicity_start"),
    "publicity_end": _of("publicity_end"),
    "publicity_days_text": _of("publicity_days_text"),
    "window_start": _of("publicity", "start"),
    "window_end": _of("publicity", "end"),
    "window_natural_days": _of("publicity", "natural_days"),
    "window_working_days": _of("publicity", "working_days"),
    "window_consistent": _of("publicity", "consistent"),
    "window_estimated": _of("publicity", "estimated"),
    "deadline": _of("deadline", "raw"),
    "deadline_kind": _of("deadline", "kind"),
    "deadline_date": _of("deadline", "date"),
    "acceptance_date": _of("acceptance_date"),
    "completion_as_of": _of("completion_as_of"),
    "rectification_status": _of("rectification_status"),
    "phones": _of("phones"),
    "emails": _of("emails"),
    "problem": _of("sections", "problem"),
    "goal": _of("sections", "goal"),
    "measures": _of("sections", "measures"),
    "completion": _of("sections", "completion"),
    "acceptance": _of("sections", "acceptance"),
    "tasks": _of_each("tasks", "number"),
    "plan_titles": _of("plan_titles"),
    "attachment_names": _of("attachment_names"),
    "attachment_urls": _of_each("attachments", "url"),
    "is_repost": _of("is_repost"),
    "repost_source": _of("repost_source"),
    "source": _of("source"),
    "group": _of("group"),
    "revision": _of("revision"),
    "first_seen": _of("first_seen"),
    "last_seen": _of("last_seen"),
    "urls": _of("urls"),
}


def csv(notices: Iterable[dict[str, Any]], *, bom: bool = True, reposting: Collection[str] = ()) -> Iterator[bytes]:
    """CSV (RFC 4180) in UTF-8, with a byte order mark unless told otherwise: Excel takes it for another charset without one.

    ``reposting``: ids of sources that are no authorities; of their texts no sentence goes out.
    """
    buffer = io.StringIO(newline="")
    writer = csv_format.writer(buffer)
    buffer.write(_BOM if bom else "")
    writer.writerow(COLUMNS)
    for number, notice in enumerate(notices, 1):
        writer.writerow(row(outgoing(notice, reposting)))
        if number % _CHUNK == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def row(notice: dict[str, Any]) -> list[str]:
    """The cells of a notice that may go out, in the order of `COLUMNS`."""
    return [inert(_cell(find(notice))) for find in COLUMNS.values()]


def _drained(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8")


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return "; ".join(map(str, value))
        case _:
            return str(value)


def inert(cell: str) -> str:
    """A cell that no spreadsheet runs: what looks like a formula gets an apostrophe in front.

    >>> inert("=1+1"), inert("第3项")
    ("'=1+1", '第3项')
    """
    short = cell if len(cell) <= _LONGEST else cell[: _LONGEST - 1] + "…"
    return f"'{short}" if short.startswith(_RUNS) or short.lstrip().startswith(_RUNS) else short
