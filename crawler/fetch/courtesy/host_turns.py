"""One request at a time per host, and the pause between two: over all crawlers, processes and machines, also after a kill.

Within a process requests queue at the `Gate` of their host. The process itself holds a lease in the database that outlasts the
longest request; a process that dies leaves it to run out, or to be taken where its end can be seen. With a pause of half a
second or more the lease goes back after every request, so that processes take turns; with less it is kept for some seconds,
so that a crawl of a sample site does not spend its time on leases.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from time import monotonic

from crawler.db import hosts
from crawler.db.database import Database
from crawler.db.hosts import Lease
from crawler.errors import DatabaseError
from crawler.fetch.courtesy import lease_holder
from crawler.fetch.refusals import CrawlEndedError, HostStoppedError

#: seconds a lease outlasts the longest request
MARGIN = 15.0
#: a pause this long gives the lease back
SHORT = 0.5
#: seconds one process keeps a host for itself, and leaves it to others afterwards
TURN, YIELD = 10.0, 0.3
#: seconds without a request after which the lease goes back
LINGER = 0.5
#: a waiting request looks up this often whether its crawl goes on
LOOK_UP = 1.0
#: the longest wait of a request, seconds; beyond, the host counts as stopped
PATIENCE = 600.0
#: a refusal weighs 2, a breakdown 1; at this weight in a row the host is stopped
STOP_AT = 10
#: how long, in pauses; at the usual 3 s ten minutes
STOP_PAUSES = 200.0
#: the first step back where there is no pause, and the longest, seconds
BACK_OFF, LONGEST_BACK_OFF = 0.1, 600.0


class Outcome(Enum):
    """What a request tells about its host. Values: weight towards the stop; None leaves all as it was."""

    ANSWERED = 0
    BROKE = 1
    REFUSED = 2
    NEUTRAL = None


@dataclass(eq=False, slots=True)
class Turn:
    """A request's stay in the gate. ``delay``: seconds it leaves to the next one; ``safety`` ends it should nobody do."""

    delay: float
    safety: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows a request: seconds until the next, seconds of stop, weight of the failures in a row."""

    pause: float
    stop: float
    failures: int


def plan(outcome: Outcome, failures: int, delay: float, retry_after: float | None) -> Plan:
    """Decide what follows a request.

    Failures in a row double the pause, up to `LONGEST_BACK_OFF`; at `STOP_AT` the host rests for `STOP_PAUSES` pauses.
    ``retry_after`` (seconds) is waited for; beyond `PATIENCE` the host is stopped for it, at most for a day.

    >>> plan(Outcome.REFUSED, 4, 3.0, None)
    Plan(pause=12.0, stop=0.0, failures=6)
    """
    total = failures if outcome is Outcome.NEUTRAL else failures + outcome.value if outcome.value else 0
    pause, stop = delay, 0.0
    if outcome in {Outcome.BROKE, Outcome.REFUSED}:
        pause = max(delay, min(LONGEST_BACK_OFF, max(delay, BACK_OFF) * 2.0 ** min(20, (total - 1) // 2)))
        stop = STOP_PAUSES * delay if total >= STOP_AT else 0.0
    if retry_after is not None:
        wanted = min(max(0.0, retry_after), hosts.LONGEST_PAUSE)
        pause, stop = (max(pause, wanted), stop) if wanted <= PATIENCE else (pause, max(stop, wanted))
    return Plan(pause, stop, min(total, 1000))


class Gate:
    """One host: the queue before it, and the lease of this process."""

    def __init__(self, key: str, database: Database, timeout: float, fail: Callable[[DatabaseError], None]) -> None:
        self.key, self._database, self._timeout, self._fail = key, database, timeout, fail
        self.pace: float | None = None  # Crawl-delay, as robots.txt said it to this process
        self._lock = asyncio.Lock()
        self._turn: Turn | None = None
        self._next = self._lease_end = self._lease_begin = self._stopped = 0.0
        self._failures = 0
        self._settling: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def enter(self, delay: float, ended: Callable[[], bool] = bool) -> Turn:
        """Wait for this request's moment, or until its crawl has ``ended``.

        Raises `HostStoppedError`, `CrawlEndedError`, `DatabaseError`.
        """
        await self._lock.acquire()
        try:
            await self._wait(delay, ended)
        except BaseException:
            self._lock.release()
            raise
        turn = self._turn = Turn(max(delay, self.pace or 0.0))
        turn.safety = asyncio.get_running_loop().call_later(self._timeout + 2 * MARGIN, self.leave, turn, Outcome.BROKE)
        return turn

    async def _wait(self, delay: float, ended: Callable[[], bool]) -> None:
        while True:
            now = monotonic()
            if ended():
                raise CrawlEndedError(f"the crawl was stopped before {self.key} could be asked")
            if self._stopped > now:
                raise HostStoppedError(f"{self.key} is not asked for another {self._stopped - now:.0f} s")
            pause = self._next - now
            if pause > max(PATIENCE, 2 * delay, 2 * (self.pace or 0.0)):
                raise HostStoppedError(f"{self.key} may be asked again in {pause:.0f} s only")
            if pause > 0:
                await asyncio.sleep(min(pause, LOOK_UP))
            elif self._lease_end - now >= self._timeout + MARGIN:
                return
            else:
                await self._reserve(max(delay, self.pace or 0.0), ended)

    async def _reserve(self, delay: float, ended: Callable[[], bool]) -> None:
        """Get the lease, or renew it. Another process's lease is waited for; one of a process that ended is taken."""
        if self._settling is not None:
            await self._settling
        seconds = min(self._timeout + 2 * MARGIN + TURN + delay, hosts.LONGEST_LEASE)
        me, dead, nap = lease_holder.name(), None, 0.02
        while True:
            begun = monotonic()
            found = await self._database.write(partial(hosts.reserve, key=self.key, holder=me, seconds=seconds, dead=dead))
            if isinstance(found, Lease):
                break
            if ended():
                return
            if lease_holder.has_ended(found.holder):
                dead = found.holder
                continue
            await asyncio.sleep(nap)
            nap = min(0.25, nap * 2)
        self._take(found, begun, seconds, gap=delay if dead else 0.0)

    def _take(self, lease: Lease, begun: float, seconds: float, gap: float) -> None:
        """``gap``: the process that ended may have asked a moment ago."""
        now = monotonic()
        self._next = max(self._next, now + lease.wait, now + gap)
        if self._lease_end <= now:  # otherwise ours went on, and we know better than the row
            self._failures, self._lease_begin = lease.failures, now
            self._stopped = max(self._stopped, now + lease.stopped) if lease.stopped else self._stopped
            self.pace = lease.delay if self.pace is None else self.pace
        self._lease_end = begun + seconds

    def leave(self, turn: Turn, outcome: Outcome, retry_after: float | None = None) -> bool:
        """The request is over. Returns whether the host has to be left alone now."""
        if turn is not self._turn:
            return False
        self._turn = None
        if turn.safety is not None:
            turn.safety.cancel()
        now, after = monotonic(), plan(outcome, self._failures, turn.delay, retry_after)
        self._next, self._stopped = now + after.pause, max(self._stopped, now + after.stop) if after.stop else self._stopped
        changed, self._failures = after.failures != self._failures, after.failures
        weary = now - self._lease_begin >= TURN
        keep = after.pause < SHORT and not weary and not after.stop
        if not keep or changed:
            self._settle(after, keep=keep)
        if keep and self._idle is None:
            self._idle = asyncio.get_running_loop().call_later(LINGER, self._look_if_idle)
        elif weary:
            self._next = max(self._next, now + YIELD)
        self._lock.release()
        return after.stop > 0 or (outcome in {Outcome.BROKE, Outcome.REFUSED} and after.failures >= STOP_AT)

    def _look_if_idle(self) -> None:
        self._idle = None
        if self._lease_end <= monotonic():
            return
        if self._lock.locked() or monotonic() - self._next < LINGER:
            self._idle = asyncio.get_running_loop().call_later(LINGER, self._look_if_idle)
        else:
            self.release()

    def release(self) -> asyncio.Task[None] | None:
        """Give the lease back if no request is under way; what is left of the pause stays in the row."""
        if self._lock.locked() or self._lease_end <= monotonic():
            return self._settling
        return self._settle(Plan(max(0.0, self._next - monotonic()), max(0.0, self._stopped - monotonic()), self._failures), keep=False)

    def _settle(self, after: Plan, *, keep: bool) -> asyncio.Task[None]:
        if not keep:
            self._lease_end = 0.0
        before = self._settling
        self._settling = asyncio.get_running_loop().create_task(self._write(after, keep, before))
        return self._settling

    async def _write(self, after: Plan, keep: bool, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        work = partial(
            hosts.settle, key=self.key, holder=lease_holder.name(), pause=after.pause, stop=after.stop, failures=after.failures, keep=keep
        )
        try:
            await self._database.write(work)
        except DatabaseError as error:
            self._fail(error)


class Gates:
    """The gates of a process."""

    def __init__(self, database: Database, *, delay: float, timeout: float, fail: Callable[[DatabaseError], None]) -> None:
        self.delay = delay
        self._database, self._timeout, self._fail = database, timeout, fail
        self._gates: dict[str, Gate] = {}

    def __getitem__(self, key: str) -> Gate:
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = Gate(key, self._database, self._timeout, self._fail)
        return gate

    async def set_pace(self, key: str, delay: float) -> None:
        """Note a host's ``Crawl-delay``, seconds, 0 for none. Raises `DatabaseError`."""
        gate = self[key]
        if gate.pace != delay:
            gate.pace = delay
            await self._database.write(partial(hosts.set_pace, key=key, delay=delay))

    async def release_idle(self) -> None:
        """Give back every lease that no request needs."""
        tasks = [gate.release() for gate in list(self._gates.values())]
        await asyncio.gather(*(task for task in tasks if task is not None and not task.done()))
