"""What the families with plain HTML lists share: rows in the page, and a pager of links, words or a script."""

from __future__ import annotations

import re

from crawler.errors import LayoutError
from crawler.items import ListPage
from spiders.families.base import Family, ListResponse
from spiders.families.pager import Pager, follow, read_pager
from spiders.families.rows import find_rows, read_rows, seen_text
from spiders.families.script_pager import script_pager

_THINGS = r"(?:数据|信息|内容|记录|文章|资讯|结果)?"
_NOTHING_YET = re.compile(rf"暂无(?:相关|任何|符合条件的?)?{_THINGS}|没有(?:找到|查到|相关|任何|更多)(?:的|相关)?{_THINGS}|共\s?0\s?[条页]")
_ERROR_TEXT = re.compile(
    r"系统(?:繁忙|错误|异常|提示|维护)|数据库(?:连接|错误)|稍后再试|访问(?:异常|被拒绝|过于频繁|受限)|请求(?:异常|被拦截)|服务器(?:内部)?错误|出错了"
    r"|页面不存在|(?:无|没有)权限|请(?:先)?登录|统一身份认证|用户登录|验证码|安全验证|网站防火墙|waf|HTTP Status [45]\d\d"
    r"|(?:403|404|500|502|503)\s+\w+",
    re.IGNORECASE,
)


def says_error(page: ListResponse) -> str | None:
    """The words of an error or a wall, where a page says little else."""
    words = seen_text(page.root)
    found = _ERROR_TEXT.search(words) if len(words) < 600 else None
    return found[0] if found else None


class HtmlList(Family):
    """Rows by the option ``entry`` or by their shape, then the pager; a page that is neither a list nor an empty one raises."""

    def read_list(self, page: ListResponse) -> ListPage:
        entries = read_rows(page, find_rows(page, self.text_option("entry")))
        pager = self.pager(page)
        if not entries:
            return self.without_rows(page, pager)
        return follow(page, entries, pager, whole=bool(self.options.get("whole")), numbering=self.numbering())

    def pager(self, page: ListResponse) -> Pager:
        """What the page's pager says. Links first; the script where no link leads on."""
        pager = read_pager(page, self.text_option("pager") if "pager" in self.options else None)
        return pager if pager.next else script_pager(page, self.first_number()) or pager

    def first_number(self) -> int | None:
        return self.number_option("first") if "first" in self.options else None

    def numbering(self) -> str | None:
        return self.text_option("numbering") if "numbering" in self.options else None

    def without_rows(self, page: ListResponse, pager: Pager) -> ListPage:
        """A list without rows: empty with its proof, or not a list at all."""
        words = seen_text(page.root)
        selector = self.text_option("entry") or "rows found by shape"
        if error := says_error(page):
            raise LayoutError(f"{page.url}: an error text instead of a list: {error}")
        if pager.next or (pager.pages or 0) > 1:
            raise LayoutError(f"{page.url}: no row ({selector}), although the pager says page {pager.number} of {pager.pages}")
        if nothing := _NOTHING_YET.search(words):
            return ListPage((), None, f"empty: {nothing[0]}", 0)
        if pager.frame:
            return ListPage((), None, "empty: a pager without pages", 0)
        raise LayoutError(f"{page.url}: no row ({selector}), no pager, no word that the list is empty")
