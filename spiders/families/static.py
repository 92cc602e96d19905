"""Plain HTML lists: the largest family, and the first to try."""

from __future__ import annotations

from typing import ClassVar

from spiders.families.html_list import HtmlList


class Static(HtmlList):
    """A plain list with 下一页 or numbered links. Options ``entry``, ``pager``, ``whole``, ``numbering``."""

    name: ClassVar[str] = "static"
