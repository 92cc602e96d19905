"""龙讯: the platform of Anhui and some neighbours."""

from __future__ import annotations

import re
from typing import ClassVar

from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList
from spiders.families.pager import Pager, read_pager
from spiders.families.query import page_number, with_query

_PAGES = re.compile(r"pageCount['\"]?\s{0,4}[:=]\s{0,4}['\"]?(\d{1,6})")


class Longxun(HtmlList):
    """``/content/column/<id>?pageIndex=n`` and the like; the page count stands in a script. Options ``entry``, ``pager``."""

    name: ClassVar[str] = "longxun"

    def pager(self, page: ListResponse) -> Pager:
        count = _PAGES.search(page.text)
        if not count:
            return read_pager(page, self.text_option("pager"))
        number = page_number(page.ask.url, "pageIndex")
        pages = max(int(count[1]), 1)
        following = with_query(page.url, pageIndex=str(number + 1)) if number < pages else None
        return Pager(number, pages, None, following, frame=True, worded=True)
