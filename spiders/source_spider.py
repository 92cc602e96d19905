"""The walk all sources share: list → pages → detail → attachments. A family only says how its lists read."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler import urls
from crawler.errors import AddressError, BlockedError, LayoutError
from crawler.extract.blocks import Link, Page
from crawler.extract.page import charset, read_page, response_kind
from crawler.extract.titles import is_interesting
from crawler.items import Ask, Entry, Fetched, IgnoredItem, ListItem, ListPage, MissItem, PageItem, UnchangedItem
from crawler.policy.plan import UNREAD, KnownAddress, Mode, Plan, conditional
from crawler.policy.verdict import Facts, ListWalk, Trouble
from crawler.registry.registry import Source
from spiders.families.base import Family, ListResponse
from spiders.page_queue import Waiting
from spiders.responses import (
    TROUBLE,
    body_of,
    content_type,
    embodied,
    fetched,
    is_same,
    is_same_address,
    is_unchanged,
    list_item,
    presence,
    same_site,
    validators,
    why,
)
from spiders.samples import Samples, is_worth_its_files
from spiders.walk import Walk

Item = PageItem | MissItem | UnchangedItem | IgnoredItem | ListItem
MAX_FILES = 40
MAX_FILE_BYTES = 96 * 2**20
LIST_PRIORITY, DETAIL_PRIORITY = 10, 0


class SourceSpider(Spider):
    """Walks one source. The plan comes from `crawler.crawl.session` before `start`."""

    source: ClassVar[Source]
    family: ClassVar[Family]
    plan: Plan | None = None
    over = False  # nothing more is asked: the hours of the source are over

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.walks = [Walk(url) for url in self.source.list_urls]
        self.asked: set[str] = set()  # pages asked for in this crawl
        self.samples = Samples()
        self.waiting = Waiting()  # pages to ask for, once the lists leave room
        self.looked: dict[str, str] = {}  # page → what the look found: there, gone, unknown
        self.unread = self.given_up = self.blocked = self.read = 0
        self.alive: set[str] = set()  # hosts of pages that were read
        self.closed: list[str] = []  # hosts of pages that have refused us for long
        manners = {"cluster": self.source.cluster, "delay": self.source.delay, "tls": self.source.tls}
        self.manners = {name: value for name, value in manners.items() if value is not None}
        self.hosts = frozenset(urls.host_of(url) for url in self.source.list_urls)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.idle, signals.spider_idle)
        return spider

    # ------------------------------------------------------------------------------------------------------------ beginning

    async def start(self) -> AsyncIterator[Any]:
        if self.plan is None:
            return
        for request in self.first_requests(self.plan):
            request.meta["is_start_request"] = True  # Scrapy's mark: it waits until nothing of the list before it is queued
            yield request
        for address in self.plan.rechecks():
            self.waiting.add(address, broken=address.is_broken)

    def first_requests(self, plan: Plan) -> Iterator[Request]:
        for url in plan.run.urls:
            if urls.host_of(url) in self.hosts:  # those on other hosts are other sources' of the same run
                yield self.detail_request(url, None)
        if plan.walks_lists:
            for walk in self.walks:
                yield self.list_request(walk, self.family.first(walk.url))

    def next_waiting(self) -> Request | None:
        """The next page to ask for, made into a request only now: those of a large source would fill the memory."""
        while page := self.waiting.pop():
            if isinstance(page, Entry):
                return self.detail_request(page.url, page)
            if page.notice_id or urls.identity(page.url) not in self.asked:  # a page never read so far may stand in a list too
                return self.detail_request(page.url, None)
        return None

    def meta(self, role: str) -> dict[str, Any]:
        """What the layers below must know of a request: see `crawler.fetch`."""
        assert self.plan is not None
        meta: dict[str, Any] = {
            "role": role,
            "source_id": self.source.id,
            "crawl_id": self.plan.crawl_id,
            "allowed_hosts": self.hosts,
            **self.manners,
        }
        if self.plan.replay_since:
            meta["replay_since"] = self.plan.replay_since
        if self.source.browser:
            meta["browser"] = True
        return meta

    def list_meta(self, walk: Walk, ask: Ask) -> dict[str, Any]:
        """The same for a page of a list; one that has no address of its own says how it is reached."""
        meta = self.meta("list")
        if self.family.clicks:
            meta |= {"stand": walk.url, "click": (ask.click.css, ask.click.words, ask.click.times) if ask.click else None}
            meta.pop("replay_since", None)  # the archive knows pages by address
        return meta

    def list_request(self, walk: Walk, ask: Ask) -> Request:
        assert self.plan is not None
        known = None if walk.pages or self.plan.to_end else self.plan.at(walk.url)
        headers = dict(ask.headers) | (conditional(known, self.plan.now) if known else {})
        kind, body = body_of(ask)
        if kind:
            headers["Content-Type"] = kind
        return Request(
            ask.url, method=ask.method, headers=headers, body=body, callback=self.parse_list, errback=self.failed_list, dont_filter=True,
            priority=LIST_PRIORITY, cb_kwargs={"walk": walk, "ask": ask}, meta=self.list_meta(walk, ask),
        )  # fmt: skip

    def detail_request(self, url: str, entry: Entry | None) -> Request:
        assert self.plan is not None
        known = self.plan.at(url)
        self.asked.add(urls.identity(url))
        whole = known is None or bool(known.files) or self.plan.run.mode is Mode.BACKFILL
        headers = {} if known is None or whole else conditional(known, self.plan.now)
        role = "recheck" if known and known.notice_id else "detail"
        return Request(
            url, headers=headers, callback=self.parse_detail, errback=self.failed_detail, dont_filter=True,
            priority=DETAIL_PRIORITY, cb_kwargs={"asked": url, "entry": entry}, meta=self.meta(role),
        )  # fmt: skip

    # ---------------------------------------------------------------------------------------------------------------- lists

    async def parse_list(self, response: Response, walk: Walk, ask: Ask) -> AsyncIterator[Item | Request]:
        assert self.plan is not None
        self.count("fetch/answers")
        if response.status == 304:
            walk.unchanged()
            yield ListItem(self.source.id, walk.url, None, None, None, (), None)
            return
        page = self.read_list(response, walk, ask)
        if page is None:
            return
        heads = self.plan.heads.get(walk.url, frozenset())
        shown = not walk.seen and bool(page.entries)
        following = walk.take(page, ground=frozenset() if self.plan.to_end else heads, since=self.plan.run.since)
        if shown:
            yield list_item(self.source.id, walk, response, page.entries)
        for entry in page.entries:
            for chosen in self.choose(entry, walk, response):
                yield chosen
        if following:
            yield self.list_request(walk, following)

    def read_list(self, response: Response, walk: Walk, ask: Ask) -> ListPage | None:
        """One list page as its family reads it; None when it cannot be read, and the walk says why.

        The family has the first word: titles of a list may well speak of errors and logins. What it cannot read is judged.
        """
        text = charset.decode(response.body, content_type(response)).text
        try:
            if response.status == 200:
                return self.family.read_list(ListResponse(response.url, response.body, text, ask, walk.url))
            why = f"status {response.status}"
        except LayoutError as error:
            why = str(error)
        found = response_kind.judge(response.status, response.url, ask.url, response.body, content_type(response))
        walk.stop(TROUBLE.get(found.answer, Trouble.BROKEN), found.why if found.answer in TROUBLE else why)
        return None

    def failed_list(self, failure: Failure) -> None:
        request: Request = failure.request  # type: ignore[attr-defined]
        walk: Walk = request.cb_kwargs["walk"]
        if self.over or not self.crawler.crawling:
            return
        walk.stop(Trouble.BLOCKED if isinstance(failure.value, BlockedError) else Trouble.FAILED, why(failure))
        self.count("fetch/errors")

    def choose(self, entry: Entry, walk: Walk, response: Response) -> Iterator[Item | Request]:
        """A row becomes a request, or is counted with the reason why not."""
        assert self.plan is not None
        self.count("list/rows")
        same = urls.identity(entry.url)
        if not self.plan.in_range(entry.date):
            self.count("ignored/out_of_range")
        elif not same_site(entry.url, self.hosts):
            self.count("ignored/other_host")
        elif not is_interesting(entry.title):
            self.count("ignored/title")
            yield from self.sample(entry, walk, response)
        else:
            walk.interesting += 1
            known = self.plan.at(entry.url)
            if same in self.asked or not self.plan.wants(known, entry.title):
                return
            if entry.body is not None:
                self.asked.add(same)
                yield embodied(self.source.id, entry, response, known)
            else:
                self.asked.add(same)
                self.waiting.add(entry, broken=bool(known and known.is_broken))

    def sample(self, entry: Entry, walk: Walk, response: Response) -> Iterator[Item]:
        """A refused row, looked at all the same now and then: at once where the list carries its body, else when all is done."""
        assert self.plan is not None
        if not self.samples.takes(entry, self.plan, self.plan.heads.get(walk.url, frozenset())):
            return
        self.count("sample/taken")
        if entry.body is None:
            self.samples.waiting.append(entry)
        else:
            yield embodied(self.source.id, entry, response, None)

    def idle(self) -> None:
        """All else is done: now the sample."""
        waiting, self.samples.waiting = self.samples.waiting, []
        engine = self.crawler.engine
        if waiting and engine is not None:
            for entry in waiting:
                engine.crawl(self.detail_request(entry.url, entry))
            raise DontCloseSpider

    # --------------------------------------------------------------------------------------------------------------- details

    async def parse_detail(self, response: Response, asked: str, entry: Entry | None) -> AsyncIterator[Item]:
        assert self.plan is not None
        self.count("fetch/answers")
        known = self.plan.at(asked)
        if response.status == 304 and known:
            self.saw(asked, "there")
            yield UnchangedItem(self.source.id, asked, known.notice_id, False)
            return
        if known and is_same(known, response):
            self.saw(asked, "there")
            yield UnchangedItem(self.source.id, asked, known.notice_id, True, validators(response), known.body_sha256)
            return
        kind = content_type(response)
        page = read_page.read_page(response.body, self.address_of(response, asked), kind) if response.status == 200 else None
        found = response_kind.judge(response.status, response.url, asked, response.body, kind, page)
        if found.answer is response_kind.Answer.GONE:
            self.saw(asked, "gone")
            yield self.gone(asked, entry, known, response.meta["capture_id"], found.why)
        elif page and found.answer in (response_kind.Answer.PAGE, response_kind.Answer.NOT_HTML):
            self.saw(asked, "there")
            yield await self.page_item(response, asked, entry, page if found.answer is response_kind.Answer.PAGE else None)
        else:
            self.refused(asked, known, blocked=found.answer in (response_kind.Answer.CHALLENGE, response_kind.Answer.LOGIN))
            yield IgnoredItem(
                self.source.id, asked, entry.title if entry else "", "unread", {"why": found.why}, response.meta["capture_id"]
            )

    def address_of(self, response: Response, asked: str) -> str:
        """The address of a page: the one asked for, unless the site sent us elsewhere."""
        return asked if is_same_address(asked, response.url) else urls.canonical(response.url)

    def gone(self, asked: str, entry: Entry | None, known: KnownAddress | None, capture: int, how: str) -> Item:
        if known and known.notice_id:
            return MissItem(self.source.id, known.notice_id, asked, capture, how)
        return IgnoredItem(self.source.id, asked, entry.title if entry else "", "gone", {}, capture)

    async def page_item(self, response: Response, asked: str, entry: Entry | None, page: Page | None) -> Item:
        """A page with its files. Without ``page`` a row led straight to a file: it is a page that is nothing but this file."""
        assert self.plan is not None
        url, known = self.address_of(response, asked), self.plan.at(asked)
        if page is None:
            title = entry.title if entry else url.rsplit("/", 1)[-1]
            page = Page(url, title, (), attachments=(Link(response.url, title),))
            files = [fetched(page.attachments[0], response)]
        else:
            mere = self.samples.has(asked) and not is_worth_its_files(page, self.source)
            files = [] if mere else await self.fetch_files(page)
        sha256 = hashlib.sha256(response.body).hexdigest()
        if known and url == asked and is_unchanged(known, sha256, files, self.plan):
            return UnchangedItem(self.source.id, asked, known.notice_id, True, validators(response), sha256)
        return PageItem(
            self.source.id, asked, url, response.meta["capture_id"], sha256, response.body, validators(response), entry, tuple(files), page
        )

    def failed_detail(self, failure: Failure) -> Iterator[Item]:
        request: Request = failure.request  # type: ignore[attr-defined]
        asked, entry = request.cb_kwargs["asked"], request.cb_kwargs["entry"]
        if self.over or not self.crawler.crawling:
            return  # the user ended the crawl: nothing is known against the page
        known = self.plan.at(asked) if self.plan else None
        self.refused(asked, known, blocked=isinstance(failure.value, BlockedError))
        yield IgnoredItem(self.source.id, asked, entry.title if entry else "", "unread", {"why": why(failure)})

    def refused(self, asked: str, known: KnownAddress | None, *, blocked: bool) -> None:
        """A look that says nothing about the notice: neither there nor gone. Of a sample nothing is said about the source."""
        self.saw(asked, "unknown")
        if self.samples.has(asked):
            return
        self.count("fetch/errors")
        if blocked and known and known.is_broken:
            self.closed.append(urls.host_of(asked))
        elif blocked:
            self.blocked += 1
        elif known and known.is_broken:
            self.given_up += 1
        else:
            self.unread += 1

    def promised(self, item: PageItem) -> str | None:
        """The title under which a page was asked for: the list's, else the one it had at the last look."""
        known = self.plan.at(item.requested_url) if self.plan else None
        return item.entry.title if item.entry else known.title if known else None

    def is_patient(self, item: PageItem) -> bool:
        """Whether a page nobody can make sense of may still come right by itself."""
        known = self.plan.at(item.requested_url) if self.plan else None
        return known is None or not known.is_broken

    def undecided(self, item: PageItem, why: str) -> IgnoredItem:
        """A page that was read to no end: the next crawl asks again, and this one is not ``ok``."""
        assert self.plan is not None
        self.refused(item.requested_url, self.plan.at(item.requested_url), blocked=False)
        return IgnoredItem(self.source.id, item.requested_url, self.promised(item) or "", UNREAD, {"why": why}, item.capture)

    def saw(self, url: str, what: str) -> None:
        self.looked[url] = what
        if what != "unknown" and not self.samples.has(url):
            self.read += 1
            self.alive.add(urls.host_of(url))

    async def look(self, url: str) -> str:
        """Whether a page is ``there``, ``gone`` or ``unknown`` now: asked by dedupe when a known text turns up elsewhere."""
        if url not in self.looked:
            self.asked.add(urls.identity(url))
            try:
                response = await self.download(Request(url, dont_filter=True, meta=self.meta("recheck")))
                self.looked[url] = presence(url, response, self.plan.at(url) if self.plan else None)
            except Exception as error:  # noqa: BLE001 - whatever a download raises, the look says nothing
                self.logger.info("%s: %s: %s", self.source.id, url, error)
                self.looked[url] = "unknown"
        return self.looked[url]

    # ----------------------------------------------------------------------------------------------------------- attachments

    async def fetch_files(self, page: Page) -> list[Fetched]:
        """Fetch the files of a page one after the other. One that fails costs neither the others nor the notice."""
        files: list[Fetched] = []
        room = MAX_FILE_BYTES
        for link in page.attachments[:MAX_FILES]:
            file = await self.fetch_file(link, room)
            room -= len(file.body or b"")
            files.append(file)
        return files

    async def fetch_file(self, link: Link, room: int) -> Fetched:
        assert self.plan is not None
        known = self.plan.at(link.url)
        if room <= 0:
            return Fetched(link, None, None, error="refused: too many bytes hang on this page")
        headers = conditional(known, self.plan.now) if known and known.body_sha256 else {}
        try:
            response = await self.download(Request(link.url, headers=headers, dont_filter=True, meta=self.meta("attachment")))
        except Exception as error:  # noqa: BLE001 - whatever a download raises, the notice stands and the file says why
            self.count("attachment/failed")
            return Fetched(link, None, None, error=("refused: " if isinstance(error, AddressError) else "failed: ") + str(error)[:200])
        if response.status == 304 and known:
            return Fetched(link, None, 304, known.body_sha256)
        return fetched(link, response)

    async def download(self, request: Request) -> Response:
        engine = self.crawler.engine
        assert engine is not None
        self.count("fetch/answers")
        return await engine.download_async(request)

    # ------------------------------------------------------------------------------------------------------------------- end

    def count(self, key: str) -> None:
        if self.crawler.stats:
            self.crawler.stats.inc_value(key)

    def facts(self, interrupted: str | None) -> Facts:
        """What the walk met, for the verdict."""
        walked = self.plan is not None and self.plan.walks_lists
        lists: list[ListWalk] = [walk.facts() for walk in self.walks] if walked else []
        had = self.plan.had_interesting if self.plan else False
        closed = sum(host in self.alive for host in self.closed)  # where no page of a host was read, it is the host that is closed
        blocked = self.blocked + len(self.closed) - closed
        return Facts(lists, had, self.unread, blocked, self.read, interrupted, not walked, self.given_up, closed)
