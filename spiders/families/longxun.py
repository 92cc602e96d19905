"""龙讯: the platform of Anhui and some neighbours."""

from __future__ import annotations

import re
from typing import ClassVar

from crawler.items import ListPage
from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList, says_error
from spiders.families.pager import Pager, read_pager
from spiders.families.query import page_number, with_query

#: some installs write a number under this name that may be pages or rows a page: it says that there is a pager, no more
_VAGUE = re.compile(r"pageSize['\"]?\s{0,4}[:=]\s{0,4}['\"]?\d{1,6}")
_PAGES = re.compile(r"pageCount['\"]?\s{0,4}[:=]\s{0,4}['\"]?(\d{1,6})")


class Longxun(HtmlList):
    """``/content/column/<id>?pageIndex=n`` and the like; the page count stands in a script. Where only ``pageSize=`` stands there,
    pages are asked for until one is empty. Options ``entry``, ``pager``."""

    name: ClassVar[str] = "longxun"

    def pager(self, page: ListResponse) -> Pager:
        count = _PAGES.search(page.text)
        number = page_number(page.ask.url, "pageIndex")
        if not count:
            pager = read_pager(page, self.text_option("pager"))
            if pager.next or pager.pages or not _VAGUE.search(page.text):
                return pager
            return Pager(None, None, pager.total, with_query(page.url, pageIndex=str(number + 1)), frame=True, worded=True)
        pages = max(int(count[1]), 1)
        following = with_query(page.url, pageIndex=str(number + 1)) if number < pages else None
        return Pager(number, pages, None, following, frame=True, worded=True)

    def without_rows(self, page: ListResponse, pager: Pager) -> ListPage:
        number = page_number(page.ask.url, "pageIndex")
        if number > 1 and pager.pages is None and _VAGUE.search(page.text) and not says_error(page):
            return ListPage((), None, f"page {number} is empty", pager.total)
        return super().without_rows(page, pager)
