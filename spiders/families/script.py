"""Lists that a script builds in the browser, where 下一页 has no address and is clicked."""

from __future__ import annotations

import re
from typing import ClassVar

from lxml import html

from crawler.errors import LayoutError
from crawler.items import Ask, Click, Entry, ListPage
from spiders.families.base import ListResponse
from spiders.families.html_list import HtmlList
from spiders.families.pager import Pager, follow, is_dead, is_next
from spiders.families.rows import seen_text, select

#: controls of the pagers that come with common script libraries (Element, Layui, Ant Design, iView, Bootstrap tables), often without words
_KNOWN = "button.btn-next, a.layui-laypage-next, li.ant-pagination-next, li.ivu-page-next, li.page-next > a"
_CONTROLS = frozenset({"a", "button", "input", "span", "li", "div", "td", "p", "i"})
_SPACE = re.compile(r"\s+")


class Script(HtmlList):
    """Rows as in any list; the next page by a click on the control ``next``, else on the one that says 下一页.

    The end is proved by "page n of n", by a dead control, or as in a plain list where there is no such control at all.
    """

    name: ClassVar[str] = "script"
    clicks: ClassVar[bool] = True

    def read_list(self, page: ListResponse) -> ListPage:
        read = super().read_list(page)
        return self._by_click(page, read.entries, self.pager(page)) if read.entries and read.next is None else read

    def _by_click(self, page: ListResponse, entries: tuple[Entry, ...], pager: Pager) -> ListPage:
        times = page.ask.click.times if page.ask.click else 0
        if pager.number is not None and pager.number != times + 1:
            raise LayoutError(f"{page.url}: page {pager.number} after {times} clicks on the first page")
        at_end = pager.number is not None and pager.pages is not None and pager.number >= pager.pages
        control, css = self._control(page)
        if at_end or control is None:
            return follow(page, entries, pager, whole=bool(self.options["whole"]))
        if is_dead(control) or is_dead(control.getparent()):
            return ListPage(entries, None, "下一页 is dead", pager.total)
        return ListPage(entries, Ask(page.list_url, click=Click(_words(control), times + 1, css)), None, pager.total)

    def _control(self, page: ListResponse) -> tuple[html.HtmlElement | None, str | None]:
        """The control that leads on, and the CSS that names it where its words do not."""
        for css in (self.text_option("next"), _KNOWN):
            found = select(page.root, css) if css else []
            if found:
                return found[0], css
        named = (element for element in page.root.iter() if element.tag in _CONTROLS and is_next(element))
        return next(named, None), None


def _words(control: html.HtmlElement) -> str:
    return _SPACE.sub("", seen_text(control) or control.get("value") or "")
