"""新点 Epoint: three steps lead to the rows: the column page, its webBuilderCommon.js, and POST getgovinfolist."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from crawler import urls
from crawler.errors import LayoutError
from crawler.items import Ask, Entry, ListPage
from spiders.families.base import Family, ListResponse
from spiders.families.query import query_value
from spiders.families.row_date import row_date
from spiders.families.rows import squeeze

_SCRIPT = "webBuilderCommon.js"
_PROJECT = re.compile(r"projectName['\"]?\s{0,4}:\s{0,4}['\"]([^'\"]{0,100})['\"]")
_SITE = re.compile(r"siteGuid['\"]?\s{0,4}:\s{0,4}['\"]([\w-]{8,64})['\"]")


class Epoint(Family):
    """The list address is ``…/govInfoPub.html?categorynum=003011``. Options ``category``, ``size``, ``first`` (what the first
    page is called: installs count from 0 or from 1)."""

    name: ClassVar[str] = "epoint"

    def read_list(self, page: ListResponse) -> ListPage:
        if page.ask.json is not None:
            return _rows(page, self.number_option("first") or 0)
        if _SITE.search(page.text):
            return ListPage((), self._ask(page))
        scripts = [str(src) for src in page.root.xpath("//script/@src") if _SCRIPT in str(src)]
        url = page.urljoin(scripts[0]) if scripts else None
        if url is None:
            raise LayoutError(f"{page.url}: no script {_SCRIPT}")
        return ListPage((), Ask(url))

    def _ask(self, page: ListResponse) -> Ask:
        category = self.text_option("category") or query_value(page.list_url, "categorynum")
        project, site = _PROJECT.search(page.text), _SITE.search(page.text)
        if not category or not site:
            raise LayoutError(f"{page.url}: no categorynum in the list address, or no siteGuid in the script")
        root = project[1].strip("/") if project else ""
        url = urls.join(page.list_url, f"{'/' if root else ''}{root}/rest/lightfrontaction/getgovinfolist")
        if url is None:
            raise LayoutError(f"{page.url}: no address for getgovinfolist")
        first, size = self.number_option("first") or 0, self.number_option("size") or 50
        deptcode = query_value(page.list_url, "deptcode") or ""
        asked = {"deptcode": deptcode, "categorynum": category, "siteGuid": site[1], "pageIndex": first, "pageSize": size}
        return _post(url, asked)


def _post(url: str, asked: dict[str, Any]) -> Ask:
    return Ask(url, "POST", (), (("Content-Type", "application/json"),), json.dumps(asked))


def _rows(page: ListResponse, first: int) -> ListPage:
    answer = page.json()
    custom = answer.get("custom") if isinstance(answer, dict) else None
    data = custom.get("data") if isinstance(custom, dict) else None
    if not isinstance(custom, dict) or not isinstance(data, list):
        raise LayoutError(f"{page.url}: the answer has no custom.data")
    asked: dict[str, Any] = json.loads(page.ask.json or "{}")
    entries = tuple(entry for row in data if (entry := _entry(page, row)))
    total = next((count for key in ("total", "count", "totalcount") if (count := _count(custom.get(key))) is not None), None)
    number, size = int(asked["pageIndex"]) - first, int(asked["pageSize"])
    if total is not None and number * size + len(data) >= total:
        return ListPage(entries, None, f"total {total} rows seen" if total else "empty: total 0", total)
    if not data and total is None:  # a page that is not full proves nothing: installs give fewer rows than are asked for
        return ListPage((), None, f"page {number + 1} is empty", None)
    if not data:
        raise LayoutError(f"{page.url}: no rows on page {number + 1}, although there are {total}")
    return ListPage(entries, _post(page.ask.url, {**asked, "pageIndex": asked["pageIndex"] + 1}), None, total)


def _count(value: Any) -> int | None:
    """A count, which some installs send as a text."""
    text = str(value)
    return int(text) if not isinstance(value, bool) and text.isascii() and text.isdecimal() and len(text) <= 8 else None


def _entry(page: ListResponse, row: Any) -> Entry | None:
    if not isinstance(row, dict):
        return None
    url = urls.join(page.list_url, str(row.get("infourl") or ""))
    title = squeeze(str(row.get("realtitle") or row.get("title") or ""))
    return Entry(url, title, row_date([str(row.get("infodate") or "")], url)) if url else None
