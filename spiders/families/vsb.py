"""博达 VSB (siteweaver)."""

from __future__ import annotations

from typing import ClassVar

from spiders.families.html_list import HtmlList


class Vsb(HtmlList):
    """``gsgg.htm``, then ``gsgg/9.htm`` counting down, so the second page's name is known from the links alone."""

    name: ClassVar[str] = "vsb"
