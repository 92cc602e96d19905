"""The last downloader middleware before the network: each request waits for its host's next moment."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.errors import CannotRunError, CrawlerError
from crawler.fetch.courtesy.host_turns import Gate, Outcome, Turn
from crawler.fetch.http.guard import is_own, netloc
from crawler.fetch.process import Context, of
from crawler.fetch.refusals import HostDownError, HostStoppedError

#: refused as a robot, or told to slow down (521: a challenge of a common Chinese shield)
REFUSALS = frozenset({403, 412, 418, 429, 521})


def key_of(request: Request) -> str:
    """The unit of courtesy: the cluster of the source for its own hosts (``meta["cluster"]``), else the host."""
    cluster = request.meta.get("cluster")
    return f"cluster {cluster}" if cluster and is_own(request) else netloc(request)


def outcome_of(status: int) -> Outcome:
    """What a status tells about the host."""
    if status in REFUSALS:
        return Outcome.REFUSED
    return Outcome.BROKE if status >= 500 else Outcome.ANSWERED


def retry_after(value: str, date: str | None) -> float | None:
    """Seconds a ``Retry-After`` header asks for; None for one that says nothing.

    A moment is measured from the answer's own ``Date``, so that a server's wrong clock does no harm.

    >>> retry_after("120", None), retry_after("soon", None)
    (120.0, None)
    """
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    moment, sent = _moment(value), _moment(date or "") or datetime.now(UTC)
    return max(0.0, (moment - sent).total_seconds()) if moment else None


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Courtesy:
    """Downloader middleware: waits before a request, judges its outcome after it.

    ``meta["delay"]`` is the source's own pause in seconds; the longest of it, the setting and ``Crawl-delay`` counts.
    Sets ``meta["fetch_seconds"]``. A host that was stopped stays so for this crawler, however short its rest is.
    """

    def __init__(self, crawler: Crawler, context: Context) -> None:
        self._crawler, self._context, self._gates = crawler, context, context.gates
        self._turns: dict[Request, tuple[Gate, Turn, float]] = {}
        self._stopped: dict[str, Outcome] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Courtesy:
        return cls(crawler, of(crawler))

    async def process_request(self, request: Request) -> None:
        key = key_of(request)
        self._refuse_if_stopped(key)
        gate = self._gates[key]
        try:
            turn = await gate.enter(max(self._gates.delay, request.meta.get("delay") or 0.0), self._ended)
        except CannotRunError as error:
            self._context.fail(error)
            raise
        if key in self._stopped:
            gate.leave(turn, Outcome.NEUTRAL)
            self._refuse_if_stopped(key)
        self._turns[request] = (gate, turn, monotonic())

    def _ended(self) -> bool:
        return not self._crawler.crawling or self._context.error is not None or getattr(self._crawler.spider, "over", False)

    def _refuse_if_stopped(self, key: str) -> None:
        why = self._stopped.get(key)
        if why is Outcome.BROKE:
            raise HostDownError(f"{key} broke down too often in a row: not asked any more in this crawl")
        if why is not None:
            raise HostStoppedError(f"{key} refused us too often in a row: not asked any more in this crawl")

    def process_response(self, request: Request, response: Response) -> Response:
        if request in self._turns:
            asked = response.headers.get(b"Retry-After") if response.status >= 400 else None
            date = response.headers.get(b"Date")
            wait = retry_after(asked.decode("latin-1"), date.decode("latin-1") if date else None) if asked else None
            self._leave(request, outcome_of(response.status), wait)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if request in self._turns:
            ours = isinstance(exception, IgnoreRequest | CrawlerError)
            self._leave(request, Outcome.NEUTRAL if ours else Outcome.BROKE, None)

    def _leave(self, request: Request, outcome: Outcome, wait: float | None) -> None:
        gate, turn, begun = self._turns.pop(request)
        request.meta["fetch_seconds"] = monotonic() - begun
        if gate.leave(turn, outcome, wait):
            self._stopped[gate.key] = outcome
