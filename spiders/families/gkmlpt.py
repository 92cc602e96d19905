"""gkmlpt, 广东政府信息公开平台: a JSON list per category, 100 rows a page."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from crawler import urls
from crawler.clock import CHINA
from crawler.errors import LayoutError
from crawler.items import Ask, Entry, ListPage
from spiders.families.base import Family, ListResponse
from spiders.families.query import page_number, query_value, with_query
from spiders.families.row_date import whole_date
from spiders.families.rows import squeeze

_SID = re.compile(r"\bSID['\"]?\s{0,4}:\s{0,4}['\"]?(\w{1,20})")


class Gkmlpt(Family):
    """The list address is ``…/gkmlpt/index#<category>``. Options ``category``, ``sid``, ``size``."""

    name: ClassVar[str] = "gkmlpt"

    def first(self, list_url: str) -> Ask:
        """The platform's page, which tells the site's number; the list itself where the registry knows that number."""
        sid = self.text_option("sid")
        return Ask(self._api(list_url, list_url, sid)) if sid else Ask(list_url.partition("#")[0])

    def read_list(self, page: ListResponse) -> ListPage:
        if "/gkmlpt/api/" in page.ask.url:
            return self._rows(page)
        sid = _SID.search(page.text)
        if not sid:
            raise LayoutError(f"{page.url}: no SID in window._CONFIG")
        return ListPage((), Ask(self._api(page.list_url, page.url, sid[1])))

    def _api(self, list_url: str, base: str, sid: str) -> str:
        category = self.number_option("category") or list_url.partition("#")[2] or query_value(list_url, "cid")
        if not str(category or "").isdecimal():
            raise LayoutError(f"{list_url}: no category; write …/gkmlpt/index#<category> or the option category")
        scheme, host, path, _, _ = urlsplit(base)
        root = path.partition("/gkmlpt")[0]
        return f"{scheme}://{host}{root}/gkmlpt/api/all/{category}?page=1&sid={sid}"

    def _rows(self, page: ListResponse) -> ListPage:
        answer = page.json()
        articles = answer.get("articles") if isinstance(answer, dict) else None
        if not isinstance(articles, list):
            raise LayoutError(f"{page.url}: the answer has no articles")
        entries = tuple(entry for article in articles if (entry := _entry(page, article)))
        total = _total(answer)
        number = page_number(page.ask.url, "page")
        size = answer.get("per_page") if isinstance(answer.get("per_page"), int) else self.number_option("size") or 100
        end = _end(number, len(articles), total, max(int(size), 1))
        if end is None and not articles:
            raise LayoutError(f"{page.url}: no articles on page {number}, although there are {total}")
        return ListPage(entries, None if end else Ask(with_query(page.ask.url, page=str(number + 1))), end, total)


def _total(answer: dict[str, Any]) -> int | None:
    classify = answer.get("classify")
    counts = (answer.get("total"), classify.get("post_count") if isinstance(classify, dict) else None)
    return next((count for count in counts if isinstance(count, int)), None)


def _end(number: int, rows: int, total: int | None, size: int) -> str | None:
    """Why this is the last page. Some installs give everything on page 1 and 404 after it."""
    if total is not None and (rows >= total or (number - 1) * size + rows >= total):
        return f"total {total} rows seen" if total else "empty: total 0"
    return f"page {number} has {rows} of {size} rows" if total is None and rows < size else None


def _entry(page: ListResponse, article: object) -> Entry | None:
    if not isinstance(article, dict):
        return None
    href = next((article[key] for key in ("url", "post_url") if isinstance(article.get(key), str) and article[key]), None)
    url = urls.join(page.url, href) if href else None
    return Entry(url, squeeze(str(article.get("title") or "")), _date(article)) if url else None


def _date(article: dict[str, Any]) -> date | None:
    """The day of publication in China; the API counts in Unix seconds."""
    for key in ("date", "display_publish_time", "first_publish_time"):
        seconds = article.get(key)
        if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 4_102_444_800:
            return datetime.fromtimestamp(seconds, CHINA).date()
    return whole_date(str(article.get("created_at") or ""))
