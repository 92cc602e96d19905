"""开普 UCAP: HTML lists, or JSON with whole bodies at /common/search/<channelId>."""

from __future__ import annotations

from typing import Any, ClassVar

from crawler import urls
from crawler.errors import LayoutError
from crawler.items import Ask, Entry, ListPage
from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList
from spiders.families.query import page_number, with_query
from spiders.families.row_date import whole_date
from spiders.families.rows import find_rows, squeeze

_API = "/common/search/"


class Ucap(HtmlList):
    """``list.shtml``, ``list_2.shtml`` by createPageHTML('id', pages, current, …); the JSON where the page shows no rows.

    Options ``entry``, ``pager``, ``first``, ``api`` (take the JSON in any case), ``size`` (its rows a page).
    """

    name: ClassVar[str] = "ucap"

    def read_list(self, page: ListResponse) -> ListPage:
        if _API in page.ask.url:
            return _json_rows(page)
        channel = next((str(v) for v in page.root.xpath("//meta[@name='channelId']/@content") if str(v).isalnum()), None)
        if channel and (self.options["api"] or not find_rows(page, self.text_option("entry"))):
            return ListPage((), self._ask(page, channel))
        return super().read_list(page)

    def _ask(self, page: ListResponse, channel: str) -> Ask:
        query = f"_isAgg=true&_isJson=true&_pageSize={self.number_option('size') or 15}&_template=index&page=1"
        url = page.urljoin(f"{_API}{channel}?{query}")
        if url is None:
            raise LayoutError(f"{page.url}: no address for channelId {channel}")
        return Ask(url)


def _json_rows(page: ListResponse) -> ListPage:
    answer = page.json()
    data = answer.get("data") if isinstance(answer, dict) else None
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(results, list):
        raise LayoutError(f"{page.url}: the answer has no data.results")
    entries = tuple(entry for result in results if (entry := _entry(page, result)))
    number, rows = page_number(page.ask.url, "page"), data.get("rows")
    size = rows if isinstance(rows, int) and 0 < rows <= 1000 else page_number(page.ask.url, "_pageSize")  # an install may give fewer
    total = data.get("total") if isinstance(data.get("total"), int) else None
    if total is not None and (number - 1) * size + len(results) >= total:
        return ListPage(entries, None, f"total {total} rows seen" if total else "empty: total 0", total)
    if not results:
        if number == 1 or total is not None:
            raise LayoutError(f"{page.url}: no results on page {number}, although there are {total}")
        return ListPage((), None, f"page {number} is empty", total)
    return ListPage(entries, Ask(with_query(page.ask.url, page=str(number + 1))), None, total)


def _entry(page: ListResponse, result: Any) -> Entry | None:
    if not isinstance(result, dict):
        return None
    url = urls.join(page.list_url, str(result.get("url") or ""))
    body = next((result[key] for key in ("contentHtml", "content") if isinstance(result.get(key), str) and result[key]), None)
    title = squeeze(str(result.get("title") or result.get("subTitle") or ""))
    return Entry(url, title, whole_date(str(result.get("publishedTimeStr") or "")), body) if url else None
