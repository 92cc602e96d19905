"""Visits a site to learn or to check how it reads: lists, pages of interest, a file, validators. Nothing is stored but captures.

Sequential on purpose: one request after the other, each answer read by as many families as may fit. `crawler.survey.visit` starts it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from types import MappingProxyType
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response

from crawler import urls
from crawler.errors import BlockedError, CannotRunError, LayoutError, SignoffError
from crawler.extract.blocks import BlockKind, Page
from crawler.extract.page import charset, read_page, response_kind
from crawler.extract.page.tree import MAX_TAGS
from crawler.extract.titles import is_interesting
from crawler.items import Ask, Entry, ListPage
from crawler.policy.verdict import Trouble
from crawler.registry.families import OptionValue
from crawler.registry.registry import Source
from crawler.survey.findings import Answer, DetailFound, ListFound, Site, Twice, Visit, Walked, Wish
from crawler.survey.rules import built_by_script, is_plain_challenge, organiser_in, refusal, source_named
from spiders.families import Family, ListResponse, family_of
from spiders.families.detect import likely
from spiders.families.pager import read_pager
from spiders.families.rows import lists_by_shape, seen_text
from spiders.families.script import Script
from spiders.families.script_pager import script_pager
from spiders.responses import TROUBLE, body_of, content_type, same_site, validators
from spiders.sites import SITES
from spiders.walk import MOST_PAGES, Walk

#: pages opened in search of one with an attachment
MOST_DETAILS = 6
#: characters of a paragraph that is more than the title of a row
SENTENCE = 25
#: options tried where a family's default does not read a list to its end
_VARIANTS: Mapping[str, tuple[Mapping[str, OptionValue], ...]] = {
    "jpage": ({"paging": "page"}, {"method": "GET"}, {"paging": "page", "method": "GET"}),
    "trs": ({"first": 0}, {"first": 1}),
    "epoint": ({"first": 1},),
    "ucap": ({"first": 0}, {"first": 1}, {"api": True}),
}
_FILE_NAME = re.compile(r"/([\w-]{1,60})\.(s?html?|jhtml|aspx?|jsp|php)$")


@dataclass(frozen=True, slots=True)
class _Got:
    """An answer with its bytes, read."""

    answer: Answer
    body: bytes = b""
    text: str = ""


class ProbeSpider(Spider):
    """One visit. ``told`` gets the `Visit` when it is over."""

    name = "probe"

    def __init__(self, wish: Wish, told: Callable[[Visit], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.wish, self.told = wish, told
        self.hosts = frozenset(urls.host_of(url) for url in wish.list_urls)
        self.in_vain: str | None = None
        self.kept: dict[tuple[str, str, str], _Got] = {}  # list answers, so that trying another family asks nobody twice
        source = wish.source
        self.manners = manners_of(source) if source else {}

    async def start(self) -> AsyncIterator[Any]:
        self.told(await self.visit())
        return
        yield  # an iterator without requests: the visit asks by itself

    async def visit(self) -> Visit:
        source, disagreeing, plain = self.wish.source, tuple[str, ...](), tuple[ListFound, ...]()
        if source:
            lists = await self.known_lists(source)
        else:
            lists, disagreeing = await self.new_lists()
        if self.wish.may_browse and any(found.wants_browser for found in lists):
            lists, disagreeing, plain = await self.with_browser(lists, disagreeing)
        entries = [entry for found in lists if found.walked for entry in found.walked.entries]
        details = [detail async for detail in self.details(entries)]
        twice = [found async for found in self.twice(lists, details)] if self.wish.deep else []
        shown = bool(self.manners.get("browser"))
        return Visit(self.wish, tuple(lists), tuple(details), tuple(twice), disagreeing, shown, plain, in_vain=self.in_vain)

    async def with_browser(
        self, plain: list[ListFound], disagreeing: tuple[str, ...]
    ) -> tuple[list[ListFound], tuple[str, ...], tuple[ListFound, ...]]:
        """The same lists shown by a browser; as they were where that brings no row either."""
        self.kept.clear()
        self.manners["browser"] = True
        lists, differing = await self.new_lists()
        if any(found.walked and found.walked.entries for found in lists):
            return lists, differing, tuple(plain)
        del self.manners["browser"]
        self.in_vain = "; ".join(refusal(found) for found in lists)
        return plain, disagreeing, ()

    # ---------------------------------------------------------------------------------------------------------------- lists

    async def known_lists(self, source: Source) -> list[ListFound]:
        """The lists as the registry reads them."""
        reading = (SITES.get(source.id) or family_of(source.family))(source.options)
        found = []
        for url in self.wish.list_urls:
            walked = await self.walk(reading, url, {})
            found.append(await self.listed(url, reading, walked))
        return found

    async def listed(self, url: str, family: Family, walked: Walked) -> ListFound:
        try:
            ask = family.first(url)
        except LayoutError:
            ask = Ask(url.partition("#")[0])
        got = await self.get(ask, url if family.clicks else None)
        return ListFound(url, got.answer, site_of(got), walked)

    async def new_lists(self) -> tuple[list[ListFound], tuple[str, ...]]:
        """Try the likely families on every list; one family must read them all."""
        firsts = {url: await self.get(Ask(url.partition("#")[0])) for url in self.wish.list_urls}
        readable = {url: got for url, got in firsts.items() if got.body and got.answer.status == 200}
        names = dict.fromkeys(name for url, got in readable.items() for name in likely(response_of(got, Ask(url), url)))
        names |= dict.fromkeys([Script.name] if self.manners.get("browser") else [])
        tries = [(name, options) for name in names for options in self.options_for(name, list(readable))]
        best: dict[str, Walked] = {}
        for name, options in tries:
            walks = {url: await self.walk(family_of(name)(options), url, options) for url in readable}
            if not best or sum(map(_rank, walks.values())) > sum(map(_rank, best.values())):
                best = walks
            if all(walked.good for walked in walks.values()):
                break
        found = [ListFound(url, got.answer, site_of(got), best.get(url)) for url, got in firsts.items()]
        return found, tuple(names) if best and len({w.good for w in best.values()}) > 1 else ()

    def options_for(self, name: str, list_urls: Sequence[str]) -> Iterator[Mapping[str, OptionValue]]:
        """The default first, then what mends the usual troubles."""
        yield {}
        yield from _VARIANTS.get(name, ())
        shapes = {f"{match[1]}_{{n}}.{match[2]}" for url in list_urls if (match := _FILE_NAME.search(url))}
        if name == "static" and len(shapes) == 1:
            yield {"numbering": shapes.pop()}

    async def walk(self, family: Family, url: str, options: Mapping[str, OptionValue]) -> Walked:
        """Read a list as a crawl does, to its end or as far as wished."""
        began, walk, entries, said, shells = monotonic(), Walk(url), dict[str, Entry](), None, 0
        ask: Ask | None = None
        try:
            ask = family.first(url)
            while ask is not None and walk.pages < (self.wish.pages or MOST_PAGES):
                got = await self.get(ask, url if family.clicks else None)
                page, response = read(family, got, ask, url)
                said = said or pages_of(response)
                shells += not page.entries and page.next is not None  # only tells where the rows come from
                for entry in page.entries:
                    entries.setdefault(urls.identity(entry.url), entry)
                ask = walk.take(page, frozenset(), None)
        except _ListStoppedError as stop:
            walk.stop(stop.trouble, str(stop))
        except LayoutError as error:
            walk.stop(Trouble.BROKEN, str(error))
        capped = walk.trouble is None and ask is not None and walk.pages > 1
        return Walked(
            family.name, dict(options), walk.pages - shells, tuple(entries.values()), walk.end, capped, walk.trouble, walk.why, said, walk.total,
            round(monotonic() - began, 1),
        )  # fmt: skip

    # -------------------------------------------------------------------------------------------------------------- details

    async def details(self, entries: Sequence[Entry]) -> AsyncIterator[DetailFound]:
        """Open some pages of interest, over the whole list; a check goes on until one has an attachment."""
        own = [entry for entry in entries if is_interesting(entry.title) and same_site(entry.url, self.hosts)]
        wanted, seen_file = self.wish.details, False
        for count, entry in enumerate(spread(own, MOST_DETAILS if self.wish.deep else wanted)):
            if count >= wanted and (seen_file or not self.wish.deep):
                return
            found = await self.detail(entry)
            seen_file = seen_file or found.file is not None
            yield found

    async def detail(self, entry: Entry) -> DetailFound:
        if entry.body is not None:
            page, answer = read_page.body_fragment(entry.body, entry.url, entry.title), Answer(entry.url, 0.0, 200, entry.url)
        else:
            got = await self.fetch(Ask(entry.url), "detail")
            answer = got.answer
            if not answer.ok or answer.status != 200:
                return DetailFound(entry, answer)
            judged = response_kind.judge(answer.status, answer.final_url or entry.url, entry.url, got.body, answer.content_type)
            if judged.answer is response_kind.Answer.NOT_HTML:
                return DetailFound(entry, answer, entry.title, 0, "", "", 1, answer)
            if judged.answer is not response_kind.Answer.PAGE:
                return DetailFound(entry, replace(answer, trouble=TROUBLE.get(judged.answer, Trouble.FAILED), why=judged.why))
            page = read_page.read_page(got.body, answer.final_url or entry.url, answer.content_type)
        named = source_named(page.meta.get("contentsource", ""), page.publish_line)
        published = page.meta.get("pubdate", "") or page.publish_line[:60]
        file = None
        if self.wish.deep and page.attachments:
            file = (await self.fetch(Ask(page.attachments[0].url), "attachment")).answer
        characters = sum(len(block.text) for block in page.blocks)
        return DetailFound(entry, answer, page.title, characters, published, named, len(page.attachments), file)

    async def twice(self, lists: Sequence[ListFound], details: Sequence[DetailFound]) -> AsyncIterator[Twice]:
        """Ask for a list and a page again, without and with their validators; what a browser shows has none."""
        if self.manners.get("browser"):
            return
        pages = [found.answer for found in details if found.entry.body is None]
        for first, role in [(found.first, "list") for found in lists[:1]] + [(answer, "detail") for answer in pages[:1]]:
            if not first.ok or first.status != 200:
                continue
            again = (await self.fetch(Ask(first.url), role)).answer
            headers = [(name, value) for name, value in (("If-None-Match", again.etag), ("If-Modified-Since", again.modified)) if value]
            conditional = (await self.fetch(Ask(first.url, headers=tuple(headers)), role)).answer if headers else None
            yield Twice(first, again, conditional)

    # --------------------------------------------------------------------------------------------------------------- asking

    async def get(self, ask: Ask, stand: str | None = None) -> _Got:
        """A list page; each is asked for once. ``stand``: the list whose page the browser keeps open for the next click."""
        key = (f"{ask.method} {ask.url}", repr((ask.form, ask.click, stand)), ask.json or "")
        if key not in self.kept:
            click = (ask.click.css, ask.click.words, ask.click.times) if ask.click else None
            self.kept[key] = await self.fetch(ask, "list", {"stand": stand, "click": click} if stand else {})
        return self.kept[key]

    async def fetch(self, ask: Ask, role: str, more: Mapping[str, Any] = MappingProxyType({})) -> _Got:
        """One request through the whole fetch layer; whatever goes wrong is an `Answer` that says so."""
        engine, began = self.crawler.engine, monotonic()
        assert engine is not None
        kind, body = body_of(ask)
        headers = dict(ask.headers) | ({"Content-Type": kind} if kind else {})
        meta = {"role": role, "allowed_hosts": self.hosts, **self.manners, **more}
        try:
            request = Request(ask.url, method=ask.method, headers=headers, body=body, dont_filter=True, meta=meta)
            response = await engine.download_async(request)
        except CannotRunError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a download raises is what the visit found
            trouble = Trouble.BLOCKED if isinstance(error, BlockedError) else Trouble.FAILED
            return _Got(Answer(ask.url, monotonic() - began, trouble=trouble, why=words(error)))
        return got_of(ask, response, monotonic() - began)


def manners_of(source: Source) -> dict[str, Any]:
    """What the layers below must know of a source."""
    manners = {"cluster": source.cluster, "delay": source.delay, "tls": source.tls, "source_id": source.id}
    manners |= {"browser": source.browser or None}
    return {name: value for name, value in manners.items() if value is not None}


class _ListStoppedError(SignoffError):
    """A list page that is no list: the site refused it or broke down."""

    def __init__(self, trouble: Trouble, why: str) -> None:
        self.trouble = trouble
        super().__init__(why)


def _rank(walked: Walked) -> int:
    """How well a list was read: to its end, on to further pages, some rows, nothing."""
    return 4 * walked.good + 2 * bool(walked.entries) + (walked.trouble is None)


def words(error: Exception) -> str:
    """What went wrong, one line; errors that are not ours by their name as well."""
    line = (str(error).strip().splitlines() or [""])[0][:200]
    return line if isinstance(error, SignoffError) and line else f"{type(error).__name__}: {line}".rstrip(": ")


def got_of(ask: Ask, response: Response, seconds: float) -> _Got:
    decoded = charset.decode(response.body, content_type(response))
    etag, modified = validators(response)
    answer = Answer(
        ask.url, seconds, response.status, response.url, None, None, content_type(response), len(response.body),
        hashlib.sha256(response.body).hexdigest(), etag, modified, decoded.charset, "charset-declared-wrong" in decoded.flags,
        is_plain_challenge(response.status, decoded.text),
    )  # fmt: skip
    found = response_kind.judge(response.status, response.url, ask.url, response.body, answer.content_type)
    if response.status not in (200, 304):
        answer = replace(answer, trouble=TROUBLE.get(found.answer, Trouble.FAILED), why=found.why)
    elif answer.plain_challenge:
        answer = replace(answer, trouble=Trouble.BLOCKED, why="a page that is only a script")
    return _Got(answer, response.body, decoded.text)


def response_of(got: _Got, ask: Ask, list_url: str) -> ListResponse:
    return ListResponse(got.answer.final_url or ask.url, got.body, got.text, ask, list_url)


def read(family: Family, got: _Got, ask: Ask, list_url: str) -> tuple[ListPage, ListResponse]:
    """One list page; the family has the first word, what it cannot read is judged. Raises `LayoutError` or stops the walk."""
    if got.answer.status is None or got.answer.plain_challenge:
        raise _ListStoppedError(got.answer.trouble or Trouble.FAILED, got.answer.why or "no answer")
    response = response_of(got, ask, list_url)
    try:
        if got.answer.status != 200:
            raise LayoutError(f"status {got.answer.status}")
        return family.read_list(response), response
    except LayoutError as error:
        found = response_kind.judge(got.answer.status, response.url, ask.url, got.body, got.answer.content_type)
        if found.answer in TROUBLE:
            raise _ListStoppedError(TROUBLE[found.answer], found.why) from error
        raise


def pages_of(response: ListResponse) -> int | None:
    """How many pages the list says it has, where its pager says so."""
    if not response.text.lstrip().startswith("<"):
        return None
    found = script_pager(response)
    return found.pages if found else read_pager(response).pages


def site_of(got: _Got) -> Site:
    """What the first page of a list says about whose site it is."""
    if not got.body or got.answer.status != 200 or got.text.count("<") > MAX_TAGS:
        return Site()
    page = read_page.read_page(got.body, got.answer.final_url or got.answer.url, got.answer.content_type)
    response = response_of(got, Ask(got.answer.url), got.answer.url)
    shown = seen_text(response.root)
    title = " ".join(str(text) for text in response.root.xpath("//title/text()")).strip()
    frames = [response.urljoin(str(src)) for src in response.root.xpath("//iframe/@src | //frame/@src")]
    home = urls.host_of(response.url)
    return Site(
        page.site_code, page.meta.get("sitename", ""), organiser_in(shown), title[:200], built_by_script(got.text, shown),
        frame=next((url for url in frames if url and urls.host_of(url) == home), None), article=_article(page), lists=lists_by_shape(response),
    )  # fmt: skip


def _article(page: Page) -> int:
    """Characters of a page's text outside of links and lists, where it bears the title of a notice; else none."""
    texts = [block.text for block in page.blocks if block.kind is BlockKind.PARAGRAPH and len(block.text) >= SENTENCE]
    return sum(map(len, texts)) if page.title else 0


def spread(entries: Sequence[Entry], count: int) -> list[Entry]:
    """So many entries, from the first to the last, evenly."""
    if len(entries) <= count:
        return list(entries)
    return [entries[round(index * (len(entries) - 1) / max(1, count - 1))] for index in range(count)]
