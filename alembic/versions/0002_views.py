"""Views for readers of the database: notices_current, events, open_windows

Revision: 0002, after 0001. What the columns mean stands in docs/data-dictionary.md. A step that changes a table under a view
drops the views first and makes them again afterwards: SQLite refuses to rename a table that a view names.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VIEWS = ("open_windows", "events", "notices_current")

#: the day in China, and a truth value inside JSON, are said differently
DIALECTS = {
    "sqlite": {"today": "date('now', '+8 hours')", "estimated": "coalesce(revision.fields -> 'publicity' ->> 'estimated', 0) = 1"},
    "postgresql": {
        "today": "cast(now() at time zone 'UTC' + interval '8 hours' as date)",
        "estimated": "coalesce(revision.fields -> 'publicity' ->> 'estimated', 'false') = 'true'",
    },
}

NOTICES_CURRENT = """
create view notices_current as
select
    notice.id,
    notice.url,
    notice.title,
    notice.doc_type,
    notice.state,
    revision.fields ->> 'stage' as stage,
    revision.fields ->> 'level' as level,
    cast(revision.fields ->> 'round' as integer) as round,
    revision.fields ->> 'task_numbers' as task_numbers,
    revision.fields ->> 'task_keys' as task_keys,
    revision.fields ->> 'issuer' as issuer,
    revision.fields ->> 'responsible_units' as responsible_units,
    revision.fields ->> 'rectification_status' as rectification_status,
    coalesce(notice.adcode, source.region) as adcode,
    revision.fields ->> 'province' as province,
    revision.fields ->> 'city' as city,
    revision.fields ->> 'county' as county,
    notice.publish_date,
    notice.window_start,
    notice.window_end,
    {estimated} as window_estimated,
    notice.source_id as source,
    coalesce(source.name, notice.source_id) as source_name,
    notice.group_id,
    notice.is_repost,
    notice.revision,
    notice.first_seen,
    notice.last_seen,
    notice.missing_since,
    notice.news,
    revision.text,
    revision.fields
from notice
join revision on revision.notice_id = notice.id and revision.number = notice.revision
left join source on source.id = notice.source_id
"""

EVENTS = """
create view events as
select
    change.seq,
    change.kind,
    change.notice_id,
    change.revision,
    change.at,
    change.changes,
    change.news,
    notice.title,
    notice.url,
    notice.doc_type,
    coalesce(notice.adcode, source.region) as adcode,
    notice.source_id as source
from change
join notice on notice.id = change.notice_id
left join source on source.id = notice.source_id
"""

OPEN_WINDOWS = """
create view open_windows as
select
    id, title, url, doc_type, issuer, adcode, province, city, county, publish_date,
    window_start, window_end, window_estimated, source, source_name
from notices_current
where window_end >= {today} and state in ('live', 'missing') and group_id = id
"""


def upgrade() -> None:
    words = DIALECTS[op.get_bind().dialect.name]
    for statement in (NOTICES_CURRENT, EVENTS, OPEN_WINDOWS):
        op.execute(statement.format(**words))


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"drop view {name}")
