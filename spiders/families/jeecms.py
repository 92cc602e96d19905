"""JEECMS."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList
from spiders.families.pager import Pager

_FILE = re.compile(r"/(\w{1,80}?)(?:_(\d{1,6}))?\.jhtml$")


class Jeecms(HtmlList):
    """``/c/<site>/<column>.jhtml``, ``<column>_2.jhtml``; 共 n 条 and pages in words, which name the next file where its link is a
    script. Options ``entry``, ``pager``."""

    name: ClassVar[str] = "jeecms"

    def pager(self, page: ListResponse) -> Pager:
        pager, file = super().pager(page), _FILE.search(page.url)
        if pager.next or file is None or pager.pages is None:
            return pager
        number = int(file[2]) if file[2] else 1
        following = page.urljoin(f"{file[1]}_{number + 1}.jhtml") if number < pager.pages else None
        return replace(pager, number=pager.number or number, next=following)
