"""…/showList/<id>/page_n.html: 阜阳, 池州, 宣城, 亳州."""

from __future__ import annotations

import re
from typing import ClassVar

from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList
from spiders.families.pager import Pager, read_pager
from spiders.families.rows import find_rows

_FILE = re.compile(r"/page_(\d{1,6})\.html$")


class Showlist(HtmlList):
    """The number of pages stands in ``<pagination pagesize=…>`` (so named, though it counts pages). Where it is the number of the
    rows that are shown, its name may be meant: then it proves no end. Options ``entry``, ``pager``."""

    name: ClassVar[str] = "showlist"

    def pager(self, page: ListResponse) -> Pager:
        count = next((str(v) for v in page.root.xpath("//pagination/@pagesize") if str(v).isdecimal()), None)
        if count is None:
            return read_pager(page, self.text_option("pager"))
        here = _FILE.search(page.url)
        number, pages = int(here[1]) if here else 1, max(int(count[:6]), 1)
        following = page.urljoin(f"page_{number + 1}.html")
        if number < pages or len(find_rows(page, self.text_option("entry"))) == pages > 1:
            return Pager(number, max(pages, number + 1), None, following, frame=True, worded=True)
        return Pager(number, pages, frame=True, worded=True)
