"""The Jiangxi platform: the page holds a template, POST /queryList gives rows with whole bodies."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any, ClassVar

from crawler import urls
from crawler.clock import CHINA
from crawler.errors import LayoutError
from crawler.items import Ask, Entry, ListPage
from spiders.families.base import Family, ListResponse
from spiders.families.row_date import whole_date
from spiders.families.rows import squeeze

_PARAMS = re.compile(r"\bparams\s{0,4}=\s{0,4}\{([^{}]{0,4000})\}")
_PAIR = re.compile(r"['\"]?(\w{1,40})['\"]?\s{0,4}:\s{0,4}(\[[^\]]{0,400}\]|'[^']{0,300}'|\"[^\"]{0,300}\"|[\w.]{1,60})")
_LISTED = re.compile(r"['\"]([^'\"]{0,200})['\"]")
_SENT = ("unitid", "webSiteCode", "channelCode", "showMode")


class QueryList(Family):
    """Parameters stand in ``var params = {…}`` of the page. Option ``size``."""

    name: ClassVar[str] = "querylist"

    def read_list(self, page: ListResponse) -> ListPage:
        return self._rows(page) if page.ask.method == "POST" else ListPage((), self._ask(page))

    def _ask(self, page: ListResponse) -> Ask:
        found = _PARAMS.search(page.text)
        pairs = {m[1]: m[2] for m in _PAIR.finditer(found[1])} if found else {}
        if "channelCode" not in pairs:
            raise LayoutError(f"{page.url}: no channelCode in var params")
        form: list[tuple[str, str]] = [("current", "1"), ("perPage", str(self.number_option("size") or 15))]
        for name in _SENT:
            value = pairs.get(name, "")
            if value.startswith("["):
                form += [(f"{name}[]", item) for item in _LISTED.findall(value)]
            elif value:
                form.append((name, value.strip("'\"")))
        url = urls.join(page.url, "/queryList")  # at the root, whatever <base> says
        if url is None:
            raise LayoutError(f"{page.url}: no address for /queryList")
        return Ask(url, "POST", tuple(form))

    def _rows(self, page: ListResponse) -> ListPage:
        answer = page.json()
        data = answer.get("data") if isinstance(answer, dict) else None
        results = data.get("results") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(results, list):
            raise LayoutError(f"{page.url}: the answer has no data.results")
        entries = tuple(entry for result in results if (entry := _entry(page, result)))
        form = dict(page.ask.form)
        number, size, total = int(form["current"]), int(form["perPage"]), _total(data)
        if total is not None and (number - 1) * size + len(results) >= total:
            return ListPage(entries, None, f"total {total} rows seen" if total else "empty: total 0", total)
        if not results:
            if number == 1 or total is not None:
                raise LayoutError(f"{page.url}: no results on page {number}, although there are {total}")
            return ListPage((), None, f"page {number} is empty", total)
        following = tuple((key, str(number + 1) if key == "current" else value) for key, value in page.ask.form)
        return ListPage(entries, Ask(page.ask.url, "POST", following), None, total)


def _total(data: dict[str, Any]) -> int | None:
    pager = data.get("pager") if isinstance(data.get("pager"), dict) else {}
    counts = (data.get("total"), data.get("totalCount"), pager.get("total") if isinstance(pager, dict) else None)
    return next((count for count in counts if isinstance(count, int) and not isinstance(count, bool)), None)


def _entry(page: ListResponse, result: Any) -> Entry | None:
    source = result.get("source") if isinstance(result, dict) else None
    if not isinstance(source, dict):
        return None
    url = urls.join(page.list_url, _address(source.get("urls")))
    content = source.get("content")
    body = content.get("content") if isinstance(content, dict) else content
    body = body if isinstance(body, str) and body else None
    return Entry(url, squeeze(str(source.get("title") or "")), _date(source.get("pubDate")), body) if url else None


def _address(value: object) -> str:
    """The desktop address; ``urls`` is JSON in a text, ``{"pc": …}``."""
    try:
        known = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        known = {"pc": value}
    return str(known.get("pc") or "") if isinstance(known, dict) else ""


def _date(value: object) -> date | None:
    """A day written out, or milliseconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 4_102_444_800_000:
        return datetime.fromtimestamp(value / 1000, CHINA).date()
    return whole_date(str(value or "")[:19])
