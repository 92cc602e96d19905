"""大汉 jpaas: the column page names a unit, and the api-gateway gives the unit's rows as HTML inside JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from lxml import html

from crawler.errors import LayoutError
from crawler.items import Ask, Entry, ListPage
from spiders.families.base import Family, ListResponse
from spiders.families.pager import read_pager
from spiders.families.query import query_value, with_query
from spiders.families.rows import find_rows, read_rows

_PAIR = re.compile(r"['\"](\w{1,40})['\"]\s{0,4}:\s{0,4}['\"]([^'\"]{0,300})['\"]")
_LIST_UNIT = re.compile(r"列表|list|栏目|内容区|右侧|zw", re.IGNORECASE)


class Jpaas(Family):
    """Paging must be wrapped as ``paramJson={"pageNo":2,"pageSize":"15"}``. Options ``unit``, ``size``, ``entry``."""

    name: ClassVar[str] = "jpaas"

    def read_list(self, page: ListResponse) -> ListPage:
        if query_value(page.ask.url, "paramJson") is None:
            return ListPage((), self._ask(page, self._unit(page)))
        return self._rows(page)

    def _unit(self, page: ListResponse) -> html.HtmlElement:
        """The script tag of the unit that lists: as the registry names it, else by its name, else the last one."""
        units = [script for script in page.root.iter("script") if script.get("querydata") and script.get("url")]
        named = self.text_option("unit")
        if named:
            units = [unit for unit in units if _query(unit).get("tagId") == named]
        if not units:
            raise LayoutError(f"{page.url}: no script[queryData]" + (f" with tagId {named!r}" if named else ""))
        return next((unit for unit in units if _LIST_UNIT.search(_query(unit).get("tagId", ""))), units[-1])

    def _ask(self, page: ListResponse, unit: html.HtmlElement) -> Ask:
        url = page.urljoin(unit.get("url") or "")
        if url is None:
            raise LayoutError(f"{page.url}: script[queryData] has no address: {unit.get('url')!r}")
        return Ask(f"{url}?{urlencode({**_query(unit), 'paramJson': _page_json(1, self.number_option('size') or 15)})}")

    def _rows(self, page: ListResponse) -> ListPage:
        number, size = _asked(page.ask.url)
        piece = page.fragment(_markup(page), page.list_url)
        entries = read_rows(piece, find_rows(piece, self.text_option("entry")))
        pages, total = _counts(piece, size)
        if not entries and (number == 1 and pages != 0) and total != 0:
            raise LayoutError(f"{page.url}: no row in the unit's HTML, and nothing says that there are none")
        if not entries and pages is not None and number <= pages:
            raise LayoutError(f"{page.url}: no row on page {number} of {pages}")
        return _listed(page, entries, number, pages, total)


def _listed(page: ListResponse, entries: tuple[Entry, ...], number: int, pages: int | None, total: int | None) -> ListPage:
    if not entries:
        return ListPage((), None, f"page {number} is empty", total)
    if pages is not None and number >= pages:
        return ListPage(entries, None, f"page {number} of {pages}", total)
    size = _asked(page.ask.url)[1]
    return ListPage(entries, Ask(with_query(page.ask.url, paramJson=_page_json(number + 1, size))), None, total)


def _query(unit: html.HtmlElement) -> Mapping[str, str]:
    return {match[1]: match[2] for match in _PAIR.finditer(unit.get("querydata") or "")}


def _page_json(number: int, size: int) -> str:
    return json.dumps({"pageNo": number, "pageSize": str(size)}, separators=(",", ":"))


def _asked(url: str) -> tuple[int, int]:
    """(page, rows a page) of a request we made ourselves."""
    asked = json.loads(query_value(url, "paramJson") or "{}")
    return int(asked.get("pageNo", 1)), int(asked.get("pageSize", 15))


def _markup(page: ListResponse) -> str:
    answer = page.json()
    data: Any = answer.get("data") if isinstance(answer, dict) else None
    markup = data.get("html") if isinstance(data, dict) else None
    if not isinstance(markup, str):
        message = answer.get("message") if isinstance(answer, dict) else None
        raise LayoutError(f"{page.url}: the answer has no data.html" + (f" ({str(message)[:80]})" if message else ""))
    return markup


def _counts(piece: ListResponse, size: int) -> tuple[int | None, int | None]:
    """(pages, rows) as attributes or words of the fragment say."""
    pages = next((int(v) for v in piece.root.xpath("//@data-pages") if str(v).isdecimal()), None)
    total = next((int(v) for v in piece.root.xpath("//@data-total") if str(v).isdecimal()), None)
    worded = read_pager(piece)
    pages, total = (worded.pages if pages is None else pages), (worded.total if total is None else total)
    return (-(-total // size) if pages is None and total is not None else pages), total
