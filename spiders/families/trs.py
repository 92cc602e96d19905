"""TRS WCM (拓尔思), the most frequent family."""

from __future__ import annotations

from typing import ClassVar

from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList
from spiders.families.pager import Pager, read_pager
from spiders.families.script_pager import script_pager


class Trs(HtmlList):
    """Lists are index.html, index_1.html, …; the page count stands in createPageHTML(). Options ``entry``, ``first``."""

    name: ClassVar[str] = "trs"

    def pager(self, page: ListResponse) -> Pager:
        return script_pager(page, self.first_number()) or read_pager(page)
