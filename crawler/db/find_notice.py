"""What the database knows of a notice: at an address, by its id, by the paragraphs it shares. Read-only."""

from __future__ import annotations

import hashlib
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable, TextClause, bindparam, select, text

from crawler.db.compiled import fetch
from crawler.db.models import AttachmentRow, NoticeUrl, Revision
from crawler.db.models import Notice as NoticeRow
from crawler.notice import identity
from crawler.notice.model import DocType, State
from crawler.policy import history


@dataclass(frozen=True, slots=True)
class KnownFile:
    url: str
    name: str
    sha256: str | None
    text: str | None
    status: str
    media_type: str | None
    capture_id: int | None
    confidence: dict[str, float] | None = None

    def compared(self) -> history.File:
        return history.File(self.name, self.url, self.sha256, digest(self.text) if self.text and self.status == "read" else None)


@dataclass(frozen=True, slots=True)
class Known:
    """A notice as the database has it, with its current revision."""

    id: str
    source_id: str
    url: str
    state: State
    doc_type: DocType
    group_id: str
    is_repost: bool
    number: int
    wording_sha256: str
    body_sha256: str
    extractor: int
    capture_id: int
    title: str
    text: str
    fields: dict[str, Any]
    publish_date: date | None
    files: tuple[KnownFile, ...] = ()

    def wording(self) -> identity.Wording:
        """What is compared when the same text is looked for elsewhere."""
        numbers = frozenset(self.fields.get("task_numbers") or ())
        window = (_day(self.fields.get("publicity_start")), _day(self.fields.get("publicity_end")))
        shas = frozenset(file.sha256 for file in self.files if file.sha256)
        return identity.Wording(identity.paragraphs_of(self.text), numbers, window, shas)


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def digest(text: str) -> str:
    """The digest under which two texts are the same: NFKC, no white space."""
    return hashlib.sha256("".join(identity.paragraphs_of(text)).encode("utf-8", "surrogatepass")).hexdigest()


def known_at(connection: Connection, url: str) -> Known | None:
    """The notice whose page stands at ``url`` (canonical spelling) now, or stood there last."""
    found = notice_at(connection, url)
    return known(connection, found) if found else None


def notice_at(connection: Connection, url: str) -> str | None:
    """The id of the notice whose page stands at ``url``, or stood there last."""
    rows = fetch(connection, _AT, {"url": url})
    return rows[0][0] if rows else None


_AT = (
    select(NoticeUrl.notice_id)
    .where(NoticeUrl.url == bindparam("url"))
    .order_by(NoticeUrl.until.is_(None).desc(), NoticeUrl.id.desc())
    .limit(1)
)


def known(connection: Connection, notice_id: str) -> Known | None:
    return next(iter(known_all(connection, [notice_id])), None)


def known_all(connection: Connection, notice_ids: Sequence[str]) -> list[Known]:
    """Notices by their ids, in this order; an id that none has is passed over."""
    if not notice_ids:
        return []
    wanted = {"notices": notice_ids}
    files: dict[str, list[KnownFile]] = {}
    for file in connection.execute(_FILES, wanted):
        files.setdefault(file.notice_id, []).append(KnownFile(*file[1:]))
    found = {row.id: _known(row, files.get(row.id, ())) for row in connection.execute(_KNOWN, wanted)}
    return [found[notice_id] for notice_id in notice_ids if notice_id in found]


def _known(row: Any, files: Sequence[KnownFile]) -> Known:
    return Known(
        id=row.id, source_id=row.source_id, url=row.url, state=State(row.state), doc_type=DocType(row.doc_type), group_id=row.group_id,
        is_repost=row.is_repost, number=row.revision, wording_sha256=row.wording_sha256, body_sha256=row.body_sha256, extractor=row.extractor,
        capture_id=row.capture_id, title=row.title, text=row.text, fields=row.fields, publish_date=row.publish_date, files=tuple(files),
    )  # fmt: skip


_KNOWN = (
    select(
        *NoticeRow.__table__.c,
        Revision.wording_sha256, Revision.body_sha256, Revision.extractor, Revision.capture_id, Revision.text, Revision.fields,
    )
    .join(Revision, (Revision.notice_id == NoticeRow.id) & (Revision.number == NoticeRow.revision))
    .where(NoticeRow.id.in_(bindparam("notices", expanding=True)))
)  # fmt: skip
_A = AttachmentRow
_FILES = (
    select(_A.notice_id, _A.url, _A.name, _A.sha256, _A.text, _A.status, _A.media_type, _A.capture_id, _A.confidence)
    .where(_A.notice_id.in_(bindparam("notices", expanding=True)), _A.last_revision.is_(None))
    .order_by(_A.id)
)

#: a paragraph that so many notices share says nothing about any of them
COMMON = 40
CANDIDATES = 5
#: so many common paragraphs are remembered
REMEMBERED = 20_000


class Common:
    """Keys of paragraphs met in so many notices that they say nothing: what is common stays so, and need not be counted again."""

    def __init__(self) -> None:
        self._keys: set[int] = set()

    def without(self, keys: Sequence[int]) -> Sequence[int]:
        """Those not known to be common; all of them where there is no other."""
        return [key for key in keys if key not in self._keys] or keys

    def add(self, keys: set[int]) -> None:
        if len(self._keys) > REMEMBERED:
            self._keys.clear()
        self._keys |= keys


@dataclass(frozen=True, slots=True)
class Near:
    """A notice that shares much of a text. Of form letters there are many: the rest of it is asked for when its text is the same."""

    id: str
    extractor: int
    text: str


@lru_cache(maxsize=CANDIDATES)
def _near(count: int) -> Executable:
    return (
        select(Revision.notice_id, Revision.extractor, Revision.text)
        .join(NoticeRow, (Revision.notice_id == NoticeRow.id) & (Revision.number == NoticeRow.revision))
        .where(Revision.notice_id.in_([bindparam(f"n{n}") for n in range(count)]))
    )


def look_up(connection: Connection, url: str, keys: Sequence[int], common: Common) -> tuple[Known | None, list[Near]]:
    """The notice whose page stands at ``url``, as `known_at`; else those with much of the text whose keys these are.

    Nearly all keys must be shared, most shared first, at most `CANDIDATES` notices. One paragraph in four may differ: a copy
    opens with a lead of its own, and adds a word of its own at the end. Paragraphs shared by many do not count where rarer
    ones are at hand.
    """
    asked = common.without(keys)
    rows = fetch(connection, _looking(len(asked)), {"url": url} | {f"k{n}": key for n, key in enumerate(asked)})
    here = [notice_id for key, notice_id in rows if key == _HERE]
    if here:
        return known(connection, here[0]), []
    many = {key for key, n in Tally(map(itemgetter(0), rows)).items() if n >= COMMON}
    common.add(many)
    rare = len(asked) - len(many)
    if not rare and len(asked) < len(keys):
        return look_up(connection, url, keys, common)  # all are common: then all count
    counted = [row for row in rows if row[0] not in many] if rare and many else rows
    wanted = (rare or len(asked)) - max(1, (rare or len(asked)) // 4)
    near = sorted((-n, notice_id) for notice_id, n in Tally(map(itemgetter(1), counted)).items() if n >= max(1, wanted))[:CANDIDATES]
    if not near:
        return None, []
    found = fetch(connection, _near(len(near)), {f"n{n}": notice_id for n, (_, notice_id) in enumerate(near)})
    texts = {row[0]: Near(*row) for row in found}
    return None, [texts[notice_id] for _, notice_id in near if notice_id in texts]


#: stands for a key in the row of the address: no key of a paragraph is negative
_HERE = -1
_AT_ADDRESS = """SELECT * FROM (
    SELECT CAST(-1 AS BIGINT) AS key, notice_id FROM notice_url WHERE url = :url ORDER BY until IS NULL DESC, id DESC LIMIT 1
) AS here"""
_WITH_KEY = "SELECT * FROM (SELECT key, notice_id FROM text_key WHERE key = :k{0} LIMIT {1}) AS t{0}"


@lru_cache(maxsize=64)
def _looking(count: int) -> TextClause:
    """The address, and one bounded look-up a key, in one statement."""
    return text(" UNION ALL ".join([_AT_ADDRESS, *(_WITH_KEY.format(n, COMMON) for n in range(count))]))
