"""Hebei's provincial platform."""

from __future__ import annotations

from typing import ClassVar

from spiders.families.html_list import HtmlList


class Columns(HtmlList):
    """Lists at /columns/<uuid>/index.html, index_1.html, …; pages in links and a select box."""

    name: ClassVar[str] = "columns"
