"""What a feed says of one event, in words and inert HTML, whatever the feed's format. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from crawler.db.queries import Announced
from crawler.notice.model import ChangeKind, Stage
from crawler.publish import diff
from crawler.publish.safe_output import clean, outgoing, outgoing_changes, outgoing_text, quote
from crawler.publish.vocabulary import FIELDS, KINDS, LEVELS, SAYS, STAGES, TYPES, Lang, field_name, say

#: of a new notice's text, where it has no sections; characters
_BODY = 1500
_SECTIONS = ("problem", "goal", "measures", "completion", "acceptance")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event for a reader. ``published``: an ISO day as the site says; ``url``: None where it is none to click on.

    ``categories``: (scheme, term, label). ``html``: tags of ours alone. ``replaces``: tag of the entry that a withdrawal ends.
    """

    tag: str
    title: str
    url: str | None
    published: str | None
    updated: datetime
    author: str
    summary: str
    html: str
    categories: tuple[tuple[str, str, str], ...]
    ended: str | None = None


def entry(event: Announced, authority: str, reposting: Collection[str], lang: Lang) -> Entry:
    """Put an event into words. ``authority``: of the tags (RFC 4151), as ``signoff.example,2026``."""
    change = event.change
    quoted = change.source in reposting
    fields = outgoing(event.fields | {"source": change.source}, reposting)
    facts = list(_facts(fields, event, lang))
    return Entry(
        tag=_tag(authority, change.notice_id, change.seq),
        title=f"[{say(KINDS[change.kind], lang)}] {outgoing_text(' '.join(change.title.split())) or change.notice_id}",
        url=link(change.url),
        published=event.publish_date.isoformat() if event.publish_date else None,
        updated=change.at,
        author=fields.get("issuer") or clean(event.source_name),
        summary="；".join(f"{name}：{value}" for name, value in facts),
        html=_table(facts) + _body(event, fields, quoted, lang),
        categories=tuple(_categories(event, fields, lang)),
        ended=_tag(authority, change.notice_id, event.replaces) if event.replaces else None,
    )


def link(url: str) -> str | None:
    """An address fit to be clicked on, else None."""
    return clean(url).strip() if url.lower().startswith(("http://", "https://")) else None


def _tag(authority: str, notice_id: str, seq: int) -> str:
    return f"tag:{authority}:notice/{notice_id}/event/{seq}"


def _categories(event: Announced, fields: dict[str, Any], lang: Lang) -> Iterator[tuple[str, str, str]]:
    yield "kind", event.change.kind.value, say(KINDS[event.change.kind], lang)
    yield "doc_type", event.change.doc_type.value, say(TYPES[event.change.doc_type], lang)
    if event.change.adcode:
        yield "region", event.change.adcode, _place(fields) or event.change.adcode
    if event.is_repost:
        yield "copy", "copy", say(KINDS[ChangeKind.REPOST], lang)


def _place(fields: dict[str, Any]) -> str:
    return "".join(fields.get(part) or "" for part in ("province", "city", "county"))


def _facts(fields: dict[str, Any], event: Announced, lang: Lang) -> Iterator[tuple[str, str]]:
    """Name and value of what an officer looks for first; nothing for what the page does not say."""
    values = {
        "window": window(fields, lang),
        "publish_date": event.publish_date.isoformat() if event.publish_date else None,
        "task_numbers": "、".join(fields.get("task_numbers") or []),
        "level": inspection(fields, lang),
        "stage": say(STAGES[Stage(fields["stage"])], lang) if fields.get("stage") else None,
        "place": _place(fields),
        "issuer": fields.get("issuer"),
        "responsible_units": "、".join(fields.get("responsible_units") or []),
        "phones": "、".join(fields.get("phones") or []),
        "emails": "、".join(fields.get("emails") or []),
        "source": clean(event.source_name),
    }
    return ((say(FIELDS[name], lang), " ".join(value.split())) for name, value in values.items() if value)


def window(fields: dict[str, Any], lang: Lang) -> str | None:
    """The comment window: what is stated, else what was computed, marked as such."""
    publicity = fields.get("publicity") or {}
    start = fields.get("publicity_start") or publicity.get("start")
    end = fields.get("publicity_end") or publicity.get("end")
    if not start and not end:
        return fields.get("publicity_days_text")
    mark = say(SAYS["estimated"], lang) if publicity.get("estimated") else ""
    return f"{start or '？'} — {end or '？'}{mark}"


def inspection(fields: dict[str, Any], lang: Lang) -> str | None:
    """Level and round of the inspection, as far as the page says."""
    level = say(LEVELS[fields["level"]], lang) if fields.get("level") in LEVELS else None
    number = say(SAYS["round"], lang).format(n=fields["round"]) if fields.get("round") else None
    return " ".join(filter(None, (number, level, fields.get("special")))) or None


def _body(event: Announced, fields: dict[str, Any], quoted: bool, lang: Lang) -> str:
    if quoted:
        return f"<p>{escape(say(SAYS['quoted'], lang))}</p><blockquote>{escape(fields['text'])}</blockquote>"
    match event.change.kind:
        case ChangeKind.REVISED:
            return _table(list(changed(event.change.changes, lang))) + _text_diff(event, lang)
        case ChangeKind.MOVED:
            was = event.change.changes.get("url") or [""]
            return f"<p>{escape(say(SAYS['was'], lang))}: {escape(clean(str(was[0])))}</p>"
        case ChangeKind.NEW | ChangeKind.RESTORED | ChangeKind.REPOST | ChangeKind.WITHDRAWN | ChangeKind.EXPIRED:
            return _sections(fields, lang)


def _text_diff(event: Announced, lang: Lang) -> str:
    if event.old_text is None:
        return ""
    return f"<p>{diff.html(outgoing_text(event.old_text), outgoing_text(event.fields.get('text') or ''), lang)}</p>"


def changed(changes: dict[str, Any], lang: Lang) -> Iterator[tuple[str, str]]:
    """Name and "before → after" of every field an event names; of texts the diff tells more."""
    for name, pair in outgoing_changes(changes).items():
        if name == "attachments" and isinstance(pair, dict):
            files = (f"{say(SAYS[how], lang)} {'、'.join(names)}" for how, names in pair.items() if how in SAYS)
            yield field_name(name, lang), "；".join(files)
        elif name not in ("text", "same_text_as") and isinstance(pair, list) and len(pair) == 2:
            before, after = (quote(_value(side)) for side in pair)
            yield field_name(name, lang), f"{before or '∅'} → {after or '∅'}"


def _value(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return "、".join(_value(item) for item in value)
        case dict():
            return " ".join(_value(item) for item in value.values() if item)
        case _:
            return str(value)


def _sections(fields: dict[str, Any], lang: Lang) -> str:
    sections = fields.get("sections") or {}
    rows = [(field_name(name, lang), sections[name]) for name in _SECTIONS if sections.get(name)]
    for task in fields.get("tasks") or []:
        rows += [(f"{task.get('number') or ''} {field_name(name, lang)}", task[name]) for name in _SECTIONS if task.get(name)]
    return _table(rows) if rows else f"<p>{escape(quote(fields.get('text') or '', _BODY))}</p>"


def _table(rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f"<dl>{lines}</dl>" if lines else ""
