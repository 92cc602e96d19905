"""信息公开 platforms."""

from __future__ import annotations

from typing import ClassVar

from spiders.families.html_list import HtmlList


class Zwgk(HtmlList):
    """A table of names and dates with numbered pages and no 下一页."""

    name: ClassVar[str] = "zwgk"
