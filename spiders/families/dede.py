"""DedeCMS, which aggregators use."""

from __future__ import annotations

from typing import ClassVar

from spiders.families.html_list import HtmlList


class Dede(HtmlList):
    """Lists at ``list_<type>_<n>.html`` with links 下一页 and 末页; rows may carry a summary."""

    name: ClassVar[str] = "dede"
