"""The tables: what was seen, when, and what it meant. Rows of history are only added.

A change happened *between* two looks; a page is not a URL; what an agency changed and what we changed are kept apart.
Every table and column is described for readers of the data in docs/data-dictionary.md.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps no zone: what is stored there is UTC, what comes back is aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive instant {value}: every stored instant has a zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: SQLite counts rows of INTEGER keys only; PostgreSQL gets 64 bits
Key = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant(),
        date: Date(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        str: Text(),
    }


class Source(Base):
    """What is known of a source beyond its TOML: the registry stays the truth about name, region and lists."""

    __tablename__ = "source"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str]
    region: Mapped[str] = mapped_column(String(6))
    first_seen: Mapped[datetime]
    first_ok: Mapped[datetime | None]  # before it, only recent notices are news
    last_ok: Mapped[datetime | None]
    last_verdict: Mapped[str | None] = mapped_column(String(10))
    last_walk: Mapped[datetime | None]  # every list read to its proved end
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    claimed_by: Mapped[str | None] = mapped_column(String(120))  # host:pid of the process that crawls it now
    claimed_until: Mapped[datetime | None]


class Crawl(Base):
    """One crawl of one source, with its verdict and the proof for it."""

    __tablename__ = "crawl"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    source_id: Mapped[str] = mapped_column(String(80), index=True)
    mode: Mapped[str] = mapped_column(String(10))  # crawl, due, backfill, capture, reextract
    started: Mapped[datetime]
    finished: Mapped[datetime | None]
    verdict: Mapped[str | None] = mapped_column(String(10))
    why: Mapped[str | None]  # one line for a person
    complete: Mapped[bool] = mapped_column(default=False)  # every list to its proved end
    proof: Mapped[dict[str, Any]] = mapped_column(default=dict)  # list address → why its end is the end
    stats: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Capture(Base):
    """One archived response: where it stands in the WARC files. ``sha256`` is of the payload as sent."""

    __tablename__ = "capture"
    __table_args__ = (Index("ix_capture_url_fetched", "url", "fetched"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    url: Mapped[str]
    method: Mapped[str] = mapped_column(String(8), default="GET")
    request_sha256: Mapped[str | None] = mapped_column(String(64))  # of the request body, where there was one
    status: Mapped[int]
    fetched: Mapped[datetime]
    content_type: Mapped[str | None]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    warc_file: Mapped[str | None]  # None once the bytes were let go
    warc_offset: Mapped[int | None] = mapped_column(BigInteger)
    record_id: Mapped[str] = mapped_column(String(64))
    original_id: Mapped[int | None] = mapped_column(ForeignKey("capture.id"))  # a revisit record: the payload stands there
    tls: Mapped[str] = mapped_column(String(12), default="none")  # verified, unverified, none
    source_id: Mapped[str | None] = mapped_column(String(80), index=True)
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawl.id"), index=True)


class Fetch(Base):
    """One attempt to fetch something, failures too."""

    __tablename__ = "fetch"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawl.id"), index=True)
    source_id: Mapped[str | None] = mapped_column(String(80))
    url: Mapped[str]
    role: Mapped[str] = mapped_column(String(12))  # list, detail, recheck, attachment, robots; of a browser: document, data
    at: Mapped[datetime]
    status: Mapped[int | None]
    error: Mapped[str | None]
    size: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(Float, default=0.0)
    capture_id: Mapped[int | None] = mapped_column(ForeignKey("capture.id"))


class Host(Base):
    """Courtesy: one row per host or shared cluster. Times are seconds of the database's own clock."""

    __tablename__ = "host"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    next_at: Mapped[float] = mapped_column(Float, default=0.0)
    lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    holder: Mapped[str | None] = mapped_column(String(64))
    delay: Mapped[float] = mapped_column(Float, default=0.0)  # Crawl-delay or a slower pace the host asked for
    failures: Mapped[int] = mapped_column(default=0)
    stopped_until: Mapped[float] = mapped_column(Float, default=0.0)


class Address(Base):
    """One address we know: list, detail page or file, what came last, and when to look again."""

    __tablename__ = "address"

    url: Mapped[str] = mapped_column(String(2000), primary_key=True)  # canonical spelling
    source_id: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(12))
    title: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(String(40))  # notice, list, file, refused, or why the page was not kept: news, unrelated …
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of a complaint: case number, place, dates, result
    notice_id: Mapped[str | None] = mapped_column(String(32), index=True)
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    due_at: Mapped[datetime | None]
    body_sha256: Mapped[str | None] = mapped_column(String(64))  # of the decoded body last read
    capture_id: Mapped[int | None] = mapped_column(ForeignKey("capture.id"))
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    agreements: Mapped[int] = mapped_column(default=0)  # full reads on which the validators told the truth
    distrust_until: Mapped[datetime | None]
    unread_looks: Mapped[int] = mapped_column(default=0)  # looks in a row answered 304
    failures: Mapped[int] = mapped_column(default=0)  # looks in a row that ended in an error
    sampled: Mapped[datetime | None]  # its title refused it, and it was looked at all the same, to measure the rule

    __table_args__ = (Index("ix_address_source_due", "source_id", "due_at"),)


class Notice(Base):
    """One announcement of one publisher, wherever its page stands. The id is made once and kept."""

    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    source_id: Mapped[str] = mapped_column(String(80), index=True)
    url: Mapped[str]
    doc_type: Mapped[str] = mapped_column(String(24), index=True)
    state: Mapped[str] = mapped_column(String(10), default="live", index=True)
    title: Mapped[str]
    adcode: Mapped[str | None] = mapped_column(String(6), index=True)
    publish_date: Mapped[date | None] = mapped_column(index=True)
    window_start: Mapped[date | None]
    window_end: Mapped[date | None] = mapped_column(index=True)  # stated, else computed: see publicity.estimated in the fields
    revision: Mapped[int]
    group_id: Mapped[str] = mapped_column(String(32), index=True)  # id of the original of the same text
    is_repost: Mapped[bool] = mapped_column(default=False)
    first_seen: Mapped[datetime] = mapped_column(index=True)
    last_seen: Mapped[datetime]
    missing_since: Mapped[datetime | None]
    held: Mapped[bool] = mapped_column(default=False)  # went missing with a fifth of its source: a move of the site, not a withdrawal
    news: Mapped[bool] = mapped_column(default=True)


class NoticeUrl(Base):
    """The addresses of a notice over time. ``until`` None: it stands there now."""

    __tablename__ = "notice_url"
    __table_args__ = (UniqueConstraint("notice_id", "url", "since"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"), index=True)
    url: Mapped[str] = mapped_column(index=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Revision(Base):
    """One wording of a notice, as an agency published it. Only ``last_seen`` and our reading of it may change."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("notice_id", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"))
    number: Mapped[int]  # 1, 2, 3 … within the notice
    wording_sha256: Mapped[str] = mapped_column(String(64))  # of title and text as read by ``extractor``; never compared across extractors
    body_sha256: Mapped[str] = mapped_column(String(64))  # of the decoded page: equal bytes mean no change
    text: Mapped[str]
    fields: Mapped[dict[str, Any]]
    extractor: Mapped[int]
    capture_id: Mapped[int] = mapped_column(ForeignKey("capture.id"))
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]


class AttachmentRow(Base):
    """A file of a notice, from its first revision with it to its last. Bytes stand in the capture."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"), index=True)
    first_revision: Mapped[int]
    last_revision: Mapped[int | None]  # None: it hangs there now
    url: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str]
    text: Mapped[str | None]
    capture_id: Mapped[int | None] = mapped_column(ForeignKey("capture.id"))
    tries: Mapped[int] = mapped_column(default=1)
    confidence: Mapped[dict[str, float] | None] = mapped_column(JSON(none_as_null=True))


class Look(Base):
    """A look that found a notice's page gone. Counts towards withdrawal if its crawl ended ``ok``; cleared when the page is back."""

    __tablename__ = "look"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"), index=True)
    crawl_id: Mapped[int] = mapped_column(ForeignKey("crawl.id"), index=True)
    at: Mapped[datetime]
    how: Mapped[str]
    capture_id: Mapped[int] = mapped_column(ForeignKey("capture.id"))


class Change(Base):
    """One event. ``seq`` has no gaps: it is raised by the last statement of the transaction that writes it."""

    __tablename__ = "change"

    seq: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10), index=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"), index=True)
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    news: Mapped[bool] = mapped_column(default=True)
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawl.id"))
    captures: Mapped[list[Any]] = mapped_column(default=list)  # the captures that prove it


class Counter(Base):
    """A number raised by one statement: ``seq`` of the changes."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class TextKey(Base):
    """Finds notices that share whole paragraphs: 63-bit keys of normalised paragraphs, for reposts and moves."""

    __tablename__ = "text_key"
    __table_args__ = ({"sqlite_with_rowid": False},)  # the key is all there is to it: half the pages written

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"), primary_key=True, index=True)


class ExportCursor(Base):
    """How far a named reader of the changes has come."""

    __tablename__ = "export_cursor"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
