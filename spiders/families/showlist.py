"""…/showList/<id>/page_n.html: 阜阳, 池州, 宣城, 亳州."""

from __future__ import annotations

import re
from typing import ClassVar

from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList
from spiders.families.pager import Pager, read_pager

_FILE = re.compile(r"/page_(\d{1,6})\.html$")


class Showlist(HtmlList):
    """The number of pages stands in ``<pagination pagesize=…>`` (so named, though it counts pages). Options ``entry``, ``pager``."""

    name: ClassVar[str] = "showlist"

    def pager(self, page: ListResponse) -> Pager:
        count = next((str(v) for v in page.root.xpath("//pagination/@pagesize") if str(v).isdecimal()), None)
        if count is None:
            return read_pager(page, self.text_option("pager"))
        here = _FILE.search(page.url)
        number, pages = int(here[1]) if here else 1, max(int(count[:6]), 1)
        following = page.urljoin(f"page_{number + 1}.html") if number < pages else None
        return Pager(number, pages, None, following, frame=True, worded=True)
