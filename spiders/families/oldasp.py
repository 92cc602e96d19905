"""Old ASP sites."""

from __future__ import annotations

from typing import ClassVar

from spiders.families.html_list import HtmlList


class OldAsp(HtmlList):
    """Nested tables without classes, pages by a query parameter (``list.asp?classid=27&page=2``)."""

    name: ClassVar[str] = "oldasp"
