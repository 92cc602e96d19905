"""The words of the domain: what a notice is made of, and the closed vocabularies. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any


class DocType(StrEnum):
    """Classes of documents (domain guide, section 3)."""

    SIGNOFF_NOTICE = "signoff_notice"
    RECTIFICATION_STATUS = "rectification_status"
    RECTIFICATION_PLAN = "rectification_plan"
    INSPECTION_FEEDBACK = "inspection_feedback"
    OTHER_INSPECTION = "other_inspection"
    COMPLAINT_HANDLING = "complaint_handling"
    NEWS = "news"
    UNRELATED = "unrelated"


#: these become notices with history and events; of complaints only the bare facts are kept, of the rest address and reason
KEPT = frozenset(
    {
        DocType.SIGNOFF_NOTICE,
        DocType.RECTIFICATION_STATUS,
        DocType.RECTIFICATION_PLAN,
        DocType.INSPECTION_FEEDBACK,
        DocType.OTHER_INSPECTION,
    }
)


class Stage(StrEnum):
    """How far a sign-off has come. Never ``signed_off`` because of a 公示 alone."""

    SELF_ACCEPTED = "self_accepted"
    ACCEPTED_PENDING = "accepted_pending"
    COMPLETED_PUBLICISED = "completed_publicised"
    SIGNED_OFF = "signed_off"
    REOPENED = "reopened"
    UNKNOWN = "unknown"


class ChangeKind(StrEnum):
    """Kinds of events. They come from what a site served, never from our own edits."""

    NEW = "new"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    MOVED = "moved"
    EXPIRED = "expired"
    REPOST = "repost"


class State(StrEnum):
    """Where a notice stands now. ``missing`` is a state between first miss and verdict, not an event."""

    LIVE = "live"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Verdict(StrEnum):
    """How a crawl of one source ended. Only ``ok`` counts as success anywhere."""

    OK = "ok"
    PARTIAL = "partial"
    SILENT = "silent"
    BLOCKED = "blocked"
    BROKEN = "broken"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words a value was read from, and where they stand.

    ``block``: index into the blocks of ``where`` ("" is the page, else an attachment's name); -1 title, -2 publish line,
    -3 header table.
    """

    words: str
    block: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class Publicity:
    """The public-comment window (公示期): stated and computed values side by side, never mixed.

    Days are calendar days in China, both ends included. ``estimated``: the end was computed from a stated length.
    ``consistent``: ``None`` where there is nothing to compare.
    """

    start: date | None = None
    end: date | None = None
    stated_days: int | None = None
    stated_unit: str | None = None  # "working" or "natural"
    natural_days: int | None = None
    working_days: int | None = None
    consistent: bool | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """整改时限: as printed, its kind, and the last day where there is one."""

    raw: str
    kind: str
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Sections:
    problem: str | None = None
    goal: str | None = None
    measures: str | None = None
    completion: str | None = None
    acceptance: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One of several tasks that a notice deals with."""

    number: str
    problem: str | None = None
    goal: str | None = None
    measures: str | None = None
    completion: str | None = None
    acceptance: str | None = None


@dataclass(frozen=True, slots=True)
class PlanTask:
    number: str | None
    problem: str | None
    units: tuple[str, ...] = ()
    deadline_text: str | None = None
    deadline_date: date | None = None
    deadline_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a notice. ``status``: ``read``, ``kept`` (not read), ``needs: TOOL``, ``failed: WHY``, ``refused: WHY``, ``unread``.

    ``confidence``: of each of its pages that had to be recognised, 0 to 1; None where its text is its own.
    """

    name: str
    url: str
    media_type: str | None = None
    sha256: str | None = None
    text: str | None = None
    status: str = "unread"
    confidence: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who runs the site a page was found on, from the registry. ``reposts``: it only reposts what others published."""

    name: str
    adcode: str
    reposts: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """What one page says, as read by the rules named in ``extractor``. ``None`` or empty: the page does not say.

    Keys and meanings: docs/data-dictionary.md. ``id`` is not read from the page: the store gives it.
    """

    url: str
    title: str
    doc_type: DocType
    stage: Stage | None = None
    level: str | None = None
    round: int | None = None
    lookback: bool | None = None
    special: str | None = None
    task_numbers: tuple[str, ...] = ()
    task_keys: tuple[str, ...] = ()
    province: str | None = None
    city: str | None = None
    county: str | None = None
    adcode: str | None = None
    issuer: str | None = None
    responsible_units: tuple[str, ...] = ()
    publish_date: date | None = None
    publicity_start: date | None = None
    publicity_end: date | None = None
    publicity_days_text: str | None = None
    publicity: Publicity = field(default_factory=Publicity)
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    deadline: Deadline | None = None
    acceptance_date: date | None = None
    completion_as_of: date | None = None
    sections: Sections = field(default_factory=Sections)
    tasks: tuple[Task, ...] = ()
    plan_titles: tuple[str, ...] = ()
    plan_tasks: tuple[PlanTask, ...] = ()
    attachment_names: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    rectification_status: str | None = None
    is_repost: bool = False
    repost_source: str | None = None
    text: str = ""
    evidence: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    extractor: int = 0

    def as_json(self) -> dict[str, Any]:
        """The notice JSON of the public interface, without what only the store knows."""
        json: dict[str, Any] = plain(self)
        return json


def plain(value: Any) -> Any:
    """A value of the model as JSON types: dataclasses become objects, dates ISO strings, tuples lists."""
    return _plainer(value.__class__)(value)


def opened(value: Any) -> Any:
    """One step of `plain`, as an encoder of JSON asks for it that knows dictionaries, lists, tuples and words itself. Raises `TypeError`."""
    if isinstance(value, date):
        return date.isoformat(value)
    names, values_of = _parts(value.__class__)
    return dict(zip(names, values_of(value), strict=True))


@cache
def _parts(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of a dataclass's fields, and what takes their values."""
    names = tuple(each.name for each in fields(kind))
    return names, (attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),))


@cache
def _plainer(kind: type[Any]) -> Callable[[Any], Any]:
    """How values of a type become JSON; chosen once, as a notice has a hundred values."""
    if is_dataclass(kind):
        names = tuple(each.name for each in fields(kind))
        return lambda value: {name: _plainer((item := getattr(value, name)).__class__)(item) for name in names}
    if issubclass(kind, dict):
        return lambda value: {key: plain(item) for key, item in value.items()}
    if issubclass(kind, list | tuple):
        return lambda value: [_plainer(item.__class__)(item) for item in value]
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    return date.isoformat if issubclass(kind, date) else _as_is


def _as_is(value: Any) -> Any:
    return value
