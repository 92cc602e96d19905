"""大汉 jpage: the first records stand as CDATA in the column page, the further ones come from dataproxy.jsp."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

from crawler.errors import LayoutError
from crawler.items import Ask, Entry, ListPage
from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList
from spiders.families.query import page_number, query_value, with_query
from spiders.families.rows import entry_of

_TOTAL = re.compile(r"<totalrecord>\s{0,8}(\d{1,8})|totalRecord['\"]?\s{0,4}[:=]\s{0,4}['\"]?(\d{1,8})", re.IGNORECASE)
_PAGES = re.compile(r"<totalpage>\s{0,8}(\d{1,8})", re.IGNORECASE)
_PER_PAGE = re.compile(r"\bperPage['\"]?\s{0,4}:\s{0,4}['\"]?(\d{1,4})")
_GROUP = re.compile(r"\bgroupSize['\"]?\s{0,4}:\s{0,4}['\"]?(\d{1,3})")
_PROXY = re.compile(r"proxyUrl['\"]?\s{0,4}:\s{0,4}['\"]([^'\"]{1,300})['\"]")
_PARAMETERS = re.compile(r"ajaxParam['\"]?\s{0,4}:\s{0,4}\{([^{}]{0,4000})\}")
_PAIR = re.compile(r"['\"]?(\w{1,40})['\"]?\s{0,4}:\s{0,4}(?:'([^']{0,400})'|\"([^\"]{0,400})\"|([\w./-]{1,100}))")
_HREF = re.compile(r"(/[^'\"\s<>]{0,200}dataproxy\.jsp)\?([^'\"<>\s]{1,2000})")
_OPEN, _CLOSE = "<![CDATA[", "]]>"
_WINDOW = 100  # some installs cut what asks for more at once


@dataclass(frozen=True, slots=True)
class _Proxy:
    """Where further records come from, and what must be sent along."""

    url: str
    form: tuple[tuple[str, str], ...]
    per_page: int
    window: int


class Jpage(HtmlList):
    """Options ``paging``, ``method``, ``size``, ``entry``. A column page without records is read as a plain list."""

    name: ClassVar[str] = "jpage"

    def read_list(self, page: ListResponse) -> ListPage:
        if "dataproxy" in page.ask.url:
            return self._answer(page)
        proxy = self._proxy(page)
        if proxy is None and "<recordset" not in page.text.lower():
            return super().read_list(page)
        return self._column(page, proxy)

    def _column(self, page: ListResponse, proxy: _Proxy | None) -> ListPage:
        """The column page: the first records and how many there are."""
        entries, count, total = _entries(page, page.url), len(list(_records(page.text))), _number(_TOTAL, page.text)
        if total is not None and count >= total:
            return ListPage(entries, None, f"record {count} of {total}" if total else "empty: 0 records", total)
        if proxy is None:
            if not count:
                raise LayoutError(f"{page.url}: <recordset> without a record, a total or a proxyUrl")
            return ListPage(entries, None, None, total)
        if self.options["paging"] == "page":
            start = count // proxy.per_page + 1 if count % proxy.per_page == 0 else 1
            return ListPage(entries, self._ask(proxy, page=start, perpage=proxy.per_page), None, total)
        return ListPage(entries, self._ask_records(proxy, count + 1, total), None, total)

    def _ask_records(self, proxy: _Proxy, start: int, total: int | None) -> Ask:
        end = start + proxy.window - 1
        return self._ask(proxy, startrecord=start, endrecord=min(end, total) if total else end, perpage=proxy.per_page)

    def _ask(self, proxy: _Proxy, **numbers: int) -> Ask:
        query = [(name, str(value)) for name, value in numbers.items()]
        if self.options["method"] == "GET":
            return Ask(f"{proxy.url}?{urlencode([*proxy.form, *query])}")
        return Ask(f"{proxy.url}?{urlencode(query)}", "POST", proxy.form)

    def _answer(self, page: ListResponse) -> ListPage:
        """An answer of dataproxy.jsp: XML with the records asked for and the total."""
        total = _number(_TOTAL, page.text)
        if total is None:
            raise LayoutError(f"{page.url}: dataproxy.jsp gave no <totalrecord>")
        # links in records are relative to the column page, not to the proxy
        entries, count = _entries(page, page.list_url), len(list(_records(page.text)))
        paged = query_value(page.ask.url, "startrecord") is None
        return self._answer_by_page(page, entries, total) if paged else self._answer_by_record(page, entries, count, total)

    def _answer_by_record(self, page: ListResponse, entries: tuple[Entry, ...], count: int, total: int) -> ListPage:
        start, end = page_number(page.ask.url, "startrecord"), page_number(page.ask.url, "endrecord")
        last = start + count - 1
        if last >= total:
            return ListPage(entries, None, f"record {last} of {total}", total)
        if not count:
            raise LayoutError(f"{page.url}: no <record> from {start} on, although there are {total}")
        following = with_query(page.ask.url, startrecord=str(last + 1), endrecord=str(min(last + 1 + end - start, total)))
        return ListPage(entries, _again(page.ask, following), None, total)

    def _answer_by_page(self, page: ListResponse, entries: tuple[Entry, ...], total: int) -> ListPage:
        number, per_page = page_number(page.ask.url, "page"), page_number(page.ask.url, "perpage")
        pages = _number(_PAGES, page.text) or -(-total // per_page)
        if number >= pages:
            return ListPage(entries, None, f"page {number} of {pages}", total)
        if not entries:
            raise LayoutError(f"{page.url}: no <record> on page {number} of {pages}")
        return ListPage(entries, _again(page.ask, with_query(page.ask.url, page=str(number + 1))), None, total)

    def _proxy(self, page: ListResponse) -> _Proxy | None:
        """Address and parameters of the proxy, from the page's script, else from the address of its next group."""
        address, parameters, href = _PROXY.search(page.text), _PARAMETERS.search(page.text), _HREF.search(unescape(page.text))
        url = page.urljoin(unescape(address[1])) if address else page.urljoin(href[1]) if href else None
        if url is None:
            return None
        if parameters:
            form = tuple((m[1], next((v for v in m.groups()[1:] if v is not None), "")) for m in _PAIR.finditer(parameters[1]))
        else:
            form = tuple((k, v) for k, v in parse_qsl(href[2] if href else "", keep_blank_values=True) if k != "page")
        per_page = _number(_PER_PAGE, page.text) or 15
        window = self.number_option("size") or per_page * (_number(_GROUP, page.text) or 3)
        return _Proxy(url.partition("?")[0], form, per_page, min(window, _WINDOW))


def _again(ask: Ask, url: str) -> Ask:
    return Ask(url, ask.method, ask.form, ask.headers)


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    match = pattern.search(text)
    return int(next(group for group in match.groups() if group is not None)) if match else None


def _records(text: str) -> Iterator[str]:
    """The markup of each <record>, in order."""
    at = text.find("<recordset")
    while at >= 0 and (at := text.find("<record>", at)) >= 0:
        start, end = text.find(_OPEN, at), text.find(_CLOSE, at)
        if start < 0 or end < 0:
            return
        yield text[start + len(_OPEN) : end]
        at = end


def _entries(page: ListResponse, base: str) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for markup in _records(page.text):
        # table rows outside of a table would lose their cells
        piece = page.fragment(f"<table>{markup}</table>" if markup.lstrip()[:3].lower() in ("<tr", "<td") else f"<div>{markup}</div>", base)
        rows = [row for row in piece.root.iter("li", "tr") if row.find(".//a") is not None] or [piece.root]
        found += [entry for row in rows if (entry := entry_of(piece, row))]
    return tuple(found)
