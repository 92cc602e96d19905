"""Rows of hosts: who may ask a host now, and when next. All times are seconds of the database's own clock.

One statement reserves a host: it gives the lease to whoever finds it free, run out, or his own. A clock that jumped cannot lock a
host up: a lease or a moment further ahead than any that is ever given counts as run out.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, text

#: no lease is given for longer, seconds
LONGEST_LEASE = 7200.0
#: no pause or stop is longer, seconds
LONGEST_PAUSE = 86400.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The host is ours. ``wait``: seconds until the next moment; ``stopped``: seconds for which it is not asked at all."""

    wait: float
    stopped: float
    delay: float
    failures: int


@dataclass(frozen=True, slots=True)
class Held:
    """Another process has the host, at most for ``seconds`` more."""

    holder: str
    seconds: float


_NOW = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "(extract(epoch from clock_timestamp())::double precision)",
}

_RESERVE = """
    INSERT INTO host (key, next_at, lease_until, holder, delay, failures, stopped_until)
    VALUES (:key, 0, {now} + :seconds, :holder, 0, 0, 0)
    ON CONFLICT (key) DO UPDATE SET lease_until = excluded.lease_until, holder = excluded.holder
    WHERE host.lease_until <= {now} OR host.lease_until > {now} + :longest OR host.holder IS NULL OR host.holder IN (:holder, :dead)
    RETURNING next_at - {now} AS wait, stopped_until - {now} AS stopped, delay, failures
"""
_HELD = "SELECT holder, lease_until - {now} AS seconds FROM host WHERE key = :key"
_SETTLE = """
    UPDATE host SET next_at = {now} + :pause, stopped_until = {now} + :stop, failures = :failures,
        lease_until = CASE WHEN :keep THEN lease_until ELSE 0 END, holder = CASE WHEN :keep THEN holder ELSE NULL END
    WHERE key = :key AND holder = :holder
"""
_PACE = """
    INSERT INTO host (key, next_at, lease_until, holder, delay, failures, stopped_until) VALUES (:key, 0, 0, NULL, :delay, 0, 0)
    ON CONFLICT (key) DO UPDATE SET delay = excluded.delay
"""


def _statement(connection: Connection, template: str) -> TextClause:
    return _STATEMENTS[connection.dialect.name, template]


_TEMPLATES = (_RESERVE, _HELD, _SETTLE, _PACE)
_STATEMENTS = {(name, template): text(template.format(now=now)) for name, now in _NOW.items() for template in _TEMPLATES}


def reserve(connection: Connection, key: str, holder: str, seconds: float, dead: str | None = None) -> Lease | Held:
    """Take the host for ``seconds``, or say who has it. ``dead``: a holder known to have ended, whose lease may be taken."""
    values = {"key": key, "holder": holder, "seconds": seconds, "longest": LONGEST_LEASE, "dead": dead or holder}
    row = connection.execute(_statement(connection, _RESERVE), values).first()
    if row is not None:
        wait, stopped = (seconds if seconds <= LONGEST_PAUSE else 0.0 for seconds in (row.wait, row.stopped))
        return Lease(max(0.0, wait), max(0.0, stopped), row.delay, row.failures)
    row = connection.execute(_statement(connection, _HELD), {"key": key}).first()
    return Held(row.holder or "", row.seconds) if row else Held("", 0.0)


def settle(
    connection: Connection, key: str, holder: str, *, pause: float, stop: float = 0.0, failures: int = 0, keep: bool = False
) -> None:
    """After a request: the next one in ``pause`` seconds, none at all for ``stop``; the lease is given back unless ``keep``."""
    values = {"key": key, "holder": holder, "pause": pause, "stop": stop, "failures": failures, "keep": keep}
    connection.execute(_statement(connection, _SETTLE), values)


def set_pace(connection: Connection, key: str, delay: float) -> None:
    """Note the ``Crawl-delay`` a host asks for, seconds; 0 for none."""
    connection.execute(_statement(connection, _PACE), {"key": key, "delay": delay})
