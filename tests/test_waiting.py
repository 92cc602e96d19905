"""Pages wait in the spider, not as requests: what is asked next, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.utils.test import get_crawler

from crawler import urls
from crawler.fetch.http.scheduler import Scheduler
from crawler.items import Entry
from crawler.policy.plan import UNREAD, KnownAddress, Plan, Run
from crawler.registry.model import Expect, Source
from spiders.loader import spider_of
from spiders.page_queue import Waiting
from spiders.source_spider import SourceSpider

URL = "http://sthjj.example.gov.cn/a/{}.html"
SOURCE = Source("gansu_lanzhou", "兰州市生态环境局", "620100", "trs", (URL.format("index"),), Expect(120, date(2022, 5, 1)))
KNOWN = [KnownAddress(URL.format(n), "detail", "notice", f"n{n}") for n in range(2)]


@pytest.fixture
def spider() -> SourceSpider:
    made = spider_of(SOURCE)()
    assert isinstance(made, SourceSpider)
    made.plan = Plan(Run(), 1, datetime(2025, 6, 4, 1, tzinfo=UTC))
    return made


@pytest.fixture
def scheduler(spider: SourceSpider) -> Scheduler:
    # the default queue asks the downloader, which there is none of
    crawler = get_crawler(SourceSpider, {"SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.ScrapyPriorityQueue"})
    crawler.engine = SimpleNamespace(downloader=SimpleNamespace(active=set()), scraper=SimpleNamespace(slot=None))  # type: ignore[assignment]
    made = Scheduler.from_crawler(crawler)
    made.open(spider)
    return made


def test_what_is_queued_comes_before_what_waits(scheduler: Scheduler, spider: SourceSpider) -> None:
    for known in KNOWN:
        spider.waiting.add(known, broken=False)
    spider.waiting.add(Entry(URL.format(7), "整改销号公示"), broken=False)
    scheduler.enqueue_request(Request(URL.format("index_1"), dont_filter=True))
    asked = [scheduler.next_request() for _ in range(5)]
    assert [request and request.url for request in asked] == [URL.format(name) for name in ("index_1", 0, 1, 7)] + [None]


def test_no_page_is_asked_for_while_a_list_is_under_way(scheduler: Scheduler, spider: SourceSpider) -> None:
    spider.waiting.add(KNOWN[0], broken=False)
    under_way: set[Request] = scheduler.crawler.engine.downloader.active  # type: ignore[union-attr]
    under_way.add(Request(URL.format("index"), meta={"role": "list"}))
    held = scheduler.next_request()
    under_way.clear()
    assert (held, scheduler.next_request() is not None) == (None, True)


def test_a_crawl_is_not_over_while_pages_wait(scheduler: Scheduler, spider: SourceSpider) -> None:
    spider.waiting.add(KNOWN[0], broken=False)
    before = scheduler.has_pending_requests()
    scheduler.next_request()
    assert (before, scheduler.has_pending_requests()) == (True, False)


def test_a_page_never_read_that_a_list_shows_as_well_is_asked_for_once(spider: SourceSpider) -> None:
    unread = KnownAddress(URL.format(1), "detail", UNREAD)
    spider.waiting.add(unread, broken=False)
    spider.waiting.add(Entry(unread.url, "整改销号公示"), broken=False)
    spider.asked.add(urls.identity(unread.url))  # as its row did
    asked = [spider.next_waiting(), spider.next_waiting()]
    assert [request and request.cb_kwargs["entry"] for request in asked] == [Entry(unread.url, "整改销号公示"), None]


def test_a_known_notice_is_looked_at_though_somebody_asked_whether_it_is_there(spider: SourceSpider) -> None:
    spider.waiting.add(KNOWN[0], broken=False)
    spider.asked.add(urls.identity(KNOWN[0].url))
    assert spider.next_waiting() is not None


def test_what_is_known_to_be_broken_comes_last() -> None:
    waiting = Waiting()
    for page in KNOWN:
        waiting.add(page, broken=page is KNOWN[0])
    assert [waiting.pop(), waiting.pop(), waiting.pop()] == [KNOWN[1], KNOWN[0], None]
