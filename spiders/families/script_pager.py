"""createPageHTML(): the script call by which TRS and UCAP make their pagers. It is read from the raw text: it may stand in a comment."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spiders.families.base import ListResponse
from spiders.families.pager import Pager

_CALL = re.compile(
    r"""createPage(?:HTML)?\s{0,4}\(\s{0,4}
    (?:(?P<q>['"])(?P<element>[^'"\n]{1,60})(?P=q)\s{0,4},\s{0,4})?
    ['"]?(?P<pages>\d{1,6})['"]?\s{0,4},\s{0,4}['"]?(?P<current>\d{1,6})['"]?\s{0,4},\s{0,4}
    ['"](?P<stem>[^'"\n]{1,120})['"]\s{0,4},\s{0,4}['"]\.?(?P<ext>\w{1,8})['"]
    (?:\s{0,4},\s{0,4}['"]?(?P<total>\d{1,8}))?""",
    re.VERBOSE | re.IGNORECASE,
)
_COMMENTED = re.compile(r"(?:^|\n)[ \t]{0,40}//[^\n]{0,200}\Z")


@dataclass(frozen=True, slots=True)
class PageCall:
    """One call: ``current`` counts from 0, or from 1 in the form that names an element first (UCAP)."""

    pages: int
    current: int
    stem: str
    ext: str
    total: int | None
    names_element: bool

    def first(self, page: ListResponse, option: int | None) -> int:
        """The number of the first page: as the registry says, as the first page itself shows, or by the form of the call."""
        if option is not None:
            return option
        if page.ask.url == page.list_url and self.current in (0, 1):
            return self.current
        return 1 if self.names_element else 0


def page_call(text: str) -> PageCall | None:
    """The call on a page; one in a ``//`` comment only where there is no other."""
    found = list(_CALL.finditer(text))
    live = [match for match in found if not _COMMENTED.search(text[max(0, match.start() - 240) : match.start()])]
    for match in live or found:
        total = int(match["total"]) if match["total"] else None
        return PageCall(int(match["pages"]), int(match["current"]), match["stem"], match["ext"], total, bool(match["element"]))
    return None


def script_pager(page: ListResponse, first: int | None = None) -> Pager | None:
    """What createPageHTML() says, as a `Pager`; None where the page has no such call.

    ``first``: the number of the first page where the registry fixes it. The next file is ``stem_<current + 1>.ext``.
    """
    call = page_call(page.text)
    if call is None:
        return None
    start = call.first(page, first)
    number, pages = call.current - start + 1, max(call.pages, 1)
    following = page.urljoin(f"{call.stem}_{call.current + 1}.{call.ext}") if number < pages else None
    return Pager(number, pages, call.total, following, frame=True, worded=True)
