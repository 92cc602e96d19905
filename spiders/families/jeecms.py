"""JEECMS."""

from __future__ import annotations

from typing import ClassVar

from spiders.families.html_list import HtmlList


class Jeecms(HtmlList):
    """``/c/<site>/<column>.jhtml``, ``<column>_2.jhtml``; 共 n 条 and pages in words."""

    name: ClassVar[str] = "jeecms"
