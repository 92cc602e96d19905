"""What a reader asks for, and the SQL that says so on SQLite and PostgreSQL alike."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crawler.clock import CHINA
from crawler.db.models import Change, Notice, Revision, Source
from crawler.notice.model import ChangeKind, DocType
from crawler.text.personal import has_mobile, without_personal
from crawler.text.widths import half


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of the data. Everything given must hold; of the values of one field any may; empty means all.

    ``regions``: six-digit codes, each with all that lies in it; the place of a notice is its ``adcode``, else its source's
    region. ``since`` and ``until``: of events the time they were seen, of notices the site's date of publication (else the
    day we first saw them), or, together with ``kinds``, the time of such an event. A day counts in China, whole and
    included; an ``until`` with a time is excluded. ``task``: a task key, or a number as printed. ``query``: words that all
    stand in title or text. ``include_not_news``: also events that are not news (backfill, first crawl); notices are all there
    anyway.
    """

    regions: tuple[str, ...] = ()
    types: tuple[DocType, ...] = ()
    kinds: tuple[ChangeKind, ...] = ()
    since: date | datetime | None = None
    until: date | datetime | None = None
    task: str | None = None
    query: str | None = None
    sources: tuple[str, ...] = ()
    include_not_news: bool = False

    def with_(self, **changes: Any) -> Selection:
        return replace(self, **changes)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the query, half-width and lower case."""
        return tuple(half(self.query or "").lower().split())


@dataclass(frozen=True, slots=True)
class Span:
    """Events with ``after`` < seq ≤ ``upto``; ``upto`` None: to the last."""

    after: int = 0
    upto: int | None = None

    def holds(self) -> list[ColumnElement[bool]]:
        return [Change.seq > self.after] + ([Change.seq <= self.upto] if self.upto is not None else [])


def of_changes(selection: Selection) -> list[ColumnElement[bool]]:
    """Conditions on `Change` joined with `Notice`, and with the `Revision` it tells of."""
    conditions = [*_of_notice(selection), *_between(Change.at, selection)]
    if selection.kinds:
        conditions.append(_is_kind(selection.kinds))
    if not selection.include_not_news:
        conditions.append(Change.news.is_(True))
    return conditions


def of_notices(selection: Selection, span: Span | None) -> list[ColumnElement[bool]]:
    """Conditions on `Notice` joined with its current `Revision`. With ``span``: only notices with an event in it."""
    conditions = _of_notice(selection)
    if selection.kinds or span:
        told = [Change.notice_id == Notice.id, *(span.holds() if span else [])]
        told += [_is_kind(selection.kinds), *_between(Change.at, selection)] if selection.kinds else []
        conditions.append(select(Change.seq).where(*told).exists())
    if not selection.kinds:
        conditions += _published_between(selection)
    return conditions


def of_sources(selection: Selection) -> list[ColumnElement[bool]]:
    """Conditions on `Source`: those asked for, those inside the regions, and those above, which tell of them too."""
    conditions: list[ColumnElement[bool]] = []
    if selection.sources:
        conditions.append(Source.id.in_(selection.sources))
    if selection.regions:
        above = {code[:digits].ljust(6, "0") for code in selection.regions for digits in (0, 2, 4)}
        conditions.append(or_(Source.region.in_(sorted(above)), *(Source.region.between(*_range(code)) for code in selection.regions)))
    return conditions


def mentions(selection: Selection, title: str, text: str) -> bool:
    """Whether the words of the query stand in what goes out of a notice: nobody is found by their mobile number or name."""
    open_text = half(without_personal(f"{title}\n{text}")).lower()
    return all(word in open_text for word in selection.words)


def _of_notice(selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if selection.regions:
        conditions.append(or_(*(_inside(code) for code in selection.regions)))
    if selection.types:
        # not by its index: a class is too large a part, and the planner would sort it all instead of walking the events
        conditions.append(Notice.doc_type.concat("").in_(selection.types))
    if selection.sources:
        conditions.append(Notice.source_id.in_(selection.sources))
    if selection.task:
        conditions.append(_has_task(selection.task))
    if any(has_mobile(word) for word in selection.words):
        conditions.append(false())
    return conditions + [_has_word(word) for word in (selection.query or "").split()]


def _is_kind(kinds: tuple[ChangeKind, ...]) -> ColumnElement[bool]:
    """Most kinds are said by what is left out: an index on the kind helps to find few, and misleads the planner where it finds all."""
    others = [kind for kind in ChangeKind if kind not in kinds]
    return Change.kind.not_in(others) if len(others) < len(kinds) else Change.kind.in_(kinds)


def _inside(code: str) -> ColumnElement[bool]:
    first, last = _range(code)
    there = select(Source.id).where(Source.region.between(first, last))
    return or_(Notice.adcode.between(first, last), and_(Notice.adcode.is_(None), Notice.source_id.in_(there)))


def _range(code: str) -> tuple[str, str]:
    """The first and the last code in a region. A range instead of a prefix: an index serves it on both databases."""
    stem = code
    while stem.endswith("00"):
        stem = stem[:-2]
    return stem.ljust(6, "0"), stem.ljust(6, "9")


def _has_task(task: str) -> ColumnElement[bool]:
    """A whole element of the lists: the quotes of its JSON spelling, escaped or not, stand around it."""
    spellings = {json.dumps(task), json.dumps(task, ensure_ascii=False)}
    lists = (Revision.fields["task_keys"].as_string(), Revision.fields["task_numbers"].as_string())
    return or_(*(column.contains(spelling, autoescape=True, escape="/") for column in lists for spelling in sorted(spellings)))


def _has_word(word: str) -> ColumnElement[bool]:
    """A first sieve, `mentions` is the second: marks may stand in either width, so any character may stand for them."""
    loose = "".join(char if char.isalnum() else "_" for char in word)
    forms = [loose] if loose.strip("_") else [re.sub("([%_/])", r"/\1", form) for form in {word, half(word)}]
    return or_(*(column.ilike(f"%{form}%", escape="/") for form in sorted(forms) for column in (Notice.title, Revision.text)))


def _between(column: InstrumentedAttribute[datetime], selection: Selection) -> list[ColumnElement[bool]]:
    conditions = []
    if selection.since is not None:
        conditions.append(column >= _start(selection.since))
    if selection.until is not None:
        conditions.append(column < _start(selection.until, after=True))
    return conditions


def _start(moment: date | datetime, *, after: bool = False) -> datetime:
    """The instant itself, or the start of the day in China (``after``: of the day after it)."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment + timedelta(days=after), time(), CHINA)


def _published_between(selection: Selection) -> list[ColumnElement[bool]]:
    def both(day: ColumnElement[bool], seen: ColumnElement[bool]) -> ColumnElement[bool]:
        return or_(day, and_(Notice.publish_date.is_(None), seen))

    conditions = []
    if selection.since is not None:
        conditions.append(both(Notice.publish_date >= _day(selection.since), Notice.first_seen >= _start(selection.since)))
    if selection.until is not None:
        conditions.append(both(Notice.publish_date <= _day(selection.until), Notice.first_seen < _start(selection.until, after=True)))
    return conditions


def _day(moment: date | datetime) -> date:
    return moment.astimezone(CHINA).date() if isinstance(moment, datetime) else moment


def region_of() -> ColumnElement[str | None]:
    """The place of a notice: its own, else its source's."""
    return func.coalesce(Notice.adcode, Source.region)
