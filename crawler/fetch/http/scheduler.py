"""The scheduler of a crawl: requests in the queue first, then the pages that the spider has in mind."""

from __future__ import annotations

from collections.abc import Sized
from itertools import chain
from typing import Protocol, runtime_checkable

from scrapy import Request, Spider
from scrapy.core import scheduler
from twisted.internet.defer import Deferred


@runtime_checkable
class Patient(Protocol):
    """A spider that knows which pages are to come, and makes a request of the next one when asked."""

    waiting: Sized

    def next_waiting(self) -> Request | None: ...


class Scheduler(scheduler.Scheduler):
    """Asks a patient spider for its next page when nothing is queued: a large source never stands in memory as requests."""

    patient: Patient | None = None

    def open(self, spider: Spider) -> Deferred[None] | None:
        self.patient = spider if isinstance(spider, Patient) else None
        return super().open(spider)

    def has_pending_requests(self) -> bool:
        return super().has_pending_requests() or (self.patient is not None and len(self.patient.waiting) > 0)

    def next_request(self) -> Request | None:
        request = super().next_request()
        if request or self.patient is None or self._lists_under_way():
            return request
        return self.patient.next_waiting()

    def _lists_under_way(self) -> bool:
        """Whether a list is fetched or read just now. What follows on it comes before any page: lists shift while they are walked."""
        assert self.crawler is not None
        engine = self.crawler.engine
        assert engine is not None
        reading = engine.scraper.slot.active if engine.scraper.slot else ()
        return any(request.meta.get("role") == "list" for request in chain(engine.downloader.active, reading))
