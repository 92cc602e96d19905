"""Notices and events as lines for a terminal: plain text, columns that hold with Chinese characters of double width. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len, set_cell_size

from crawler.clock import CHINA
from crawler.db.queries import ChangeRow, NoticeDetail, RevisionFact
from crawler.errors import UsageError
from crawler.notice.model import ChangeKind, DocType, Stage, State
from crawler.publish import diff
from crawler.publish.event_words import changed, inspection, window
from crawler.publish.safe_output import clean, outgoing, outgoing_change, outgoing_text
from crawler.publish.vocabulary import FIELDS, KINDS, SAYS, STAGES, STATES, TYPES, Lang, field_name, say

_GAP = "  "
_LEAST_TITLE = 20
_SECTIONS = ("problem", "goal", "measures", "completion", "acceptance")
_LISTS = ("task_numbers", "responsible_units", "phones", "emails", "plan_titles", "attachment_names")


def table(rows: Sequence[Sequence[str]], width: int | None = None) -> Iterator[str]:
    """Rows in columns as wide as their widest cell; the last one is cut after ``width`` cells, where a terminal ends."""
    if not rows:
        return
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    room = max(width - sum(widths) - len(_GAP) * len(widths), _LEAST_TITLE) if width else None
    for row in rows:
        cells = [set_cell_size(cell, wide) for cell, wide in zip(row[:-1], widths, strict=True)]
        yield _GAP.join([*cells, _cut(row[-1], room)]).rstrip()


def _cut(text: str, room: int | None) -> str:
    return text if room is None or cell_len(text) <= room else set_cell_size(text, room - 1).rstrip() + "…"


def _line(text: str) -> str:
    """A text that cannot break out of its line."""
    return " ".join(outgoing_text(text).split())


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def change_lines(changes: Iterable[ChangeRow], width: int | None = None, lang: Lang = "zh") -> Iterator[str]:
    """Events: number, time in China, kind, source, title and what changed."""
    rows = [(str(row.seq), _time(row.at), say(KINDS[row.kind], lang), clean(row.source), _change_words(row, lang)) for row in changes]
    yield from table(rows, width) if rows else [say(SAYS["nothing"], lang)]


def _change_words(row: ChangeRow, lang: Lang) -> str:
    if row.kind is not ChangeKind.REVISED:
        return _line(row.title)
    return "  ".join([_line(row.title), *(_line(f"{name}: {words}") for name, words in changed(row.changes, lang))])


def notice_lines(notices: Iterable[dict[str, Any]], width: int | None = None, lang: Lang = "zh") -> Iterator[str]:
    """Notices: id, date of publication, state, comment window, title. ``notices`` is notice JSON as `notices` gives it."""
    rows = [_notice_cells(outgoing(notice), lang) for notice in notices]
    yield from table(rows, width) if rows else [say(SAYS["nothing"], lang)]


def _notice_cells(notice: dict[str, Any], lang: Lang) -> tuple[str, ...]:
    state = say(STATES[State(notice["state"])], lang)
    return (str(notice["id"]), notice.get("publish_date") or "-", state, window(notice, lang) or "-", _line(notice["title"]))


def detail_lines(detail: NoticeDetail, lang: Lang = "zh", reposting: Collection[str] = (), *, history: bool = False) -> Iterator[str]:
    """One notice: what it is, its facts, its texts, with ``history`` its life. Of sources in ``reposting`` a short quote alone."""
    yield from _detail(detail, lang, reposting)
    if history:
        yield ""
        yield from history_lines(detail, lang, reposting)


def _detail(detail: NoticeDetail, lang: Lang, reposting: Collection[str]) -> Iterator[str]:
    notice = outgoing(detail.notice, reposting)
    yield _line(notice["title"])
    for name, value in _facts(notice, detail, lang):
        if value:
            yield f"{say(FIELDS[name], lang)}: {value}"
    texts = [*_texts(notice.get("sections") or {}, "", lang)]
    for task in notice.get("tasks") or []:
        texts += _texts(task, task.get("number") or "", lang)
    for name, text in texts or [(say(FIELDS["text"], lang), notice.get("text") or "")]:
        yield from ["", f"[{_line(name)}]", *text.split("\n")]


def _facts(notice: dict[str, Any], detail: NoticeDetail, lang: Lang) -> Iterator[tuple[str, str | None]]:
    yield "doc_type", " · ".join(_kinds(notice, lang))
    yield "url", notice["url"]
    yield "source", f"{clean(detail.source_name)} ({notice['source']})"
    yield "place", "".join(notice.get(part) or "" for part in ("province", "city", "county"))
    yield "level", inspection(notice, lang)
    yield "issuer", notice.get("issuer")
    yield "publish_date", notice.get("publish_date")
    yield "window", window(notice, lang)
    yield "deadline", (notice.get("deadline") or {}).get("raw")
    for name in _LISTS:
        yield name if name in FIELDS else "attachments", _line("、".join(notice.get(name) or []))
    yield "revision", str(notice["revision"])


def _kinds(notice: dict[str, Any], lang: Lang) -> Iterator[str]:
    yield say(TYPES[DocType(notice["doc_type"])], lang)
    if notice.get("stage"):
        yield say(STAGES[Stage(notice["stage"])], lang)
    yield say(STATES[State(notice["state"])], lang)


def _texts(texts: dict[str, Any], number: str, lang: Lang) -> Iterator[tuple[str, str]]:
    return ((f"{number} {field_name(name, lang)}".strip(), texts[name]) for name in _SECTIONS if texts.get(name))


def history_lines(detail: NoticeDetail, lang: Lang = "zh", reposting: Collection[str] = ()) -> Iterator[str]:
    """What happened to a notice, oldest first: events with what they changed, then wordings, then addresses."""
    for change in detail.changes:
        yield f"{_time(change.at)}  {say(KINDS[change.kind], lang)}  #{change.seq}  {say(FIELDS['revision'], lang)} {change.revision}"
        yield from (f"    {_line(f'{name}: {words}')}" for name, words in changed(outgoing_change(change, reposting)["changes"], lang))
    for revision in detail.revisions:
        yield f"{say(FIELDS['revision'], lang)} {revision.number}  {_time(revision.first_seen)} — {_time(revision.last_seen)}"
    for address in detail.urls:
        yield f"{_time(address.since)} — {_time(address.until) if address.until else ''}  {clean(address.url)}"


def diff_lines(detail: NoticeDetail, first: int, second: int, lang: Lang = "zh", reposting: Collection[str] = ()) -> Iterator[str]:
    """Two wordings of a notice compared. Raises `UsageError` for a number that it does not have."""
    before, after = _revision(detail, first), _revision(detail, second)
    if detail.notice["source"] in reposting:
        yield say(SAYS["quoted"], lang)
        return
    titles = [outgoing_text(str(revision.fields.get("title") or "")) for revision in (before, after)]
    if titles[0] != titles[1]:
        yield from diff.unified(titles[0], titles[1], lang)
    yield from diff.unified(outgoing_text(before.text), outgoing_text(after.text), lang)


def _revision(detail: NoticeDetail, number: int) -> RevisionFact:
    found = next((revision for revision in detail.revisions if revision.number == number), None)
    if found is None:
        there = ", ".join(str(revision.number) for revision in detail.revisions)
        raise UsageError(f"notice {detail.notice['id']} has no revision {number}; it has {there}")
    return found
