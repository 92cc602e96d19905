"""Tell the family of a list by its first page. A guess: a person confirms it with `verified`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.errors import LayoutError
from crawler.items import ListPage
from spiders.families import ListResponse, family_of
from spiders.families.script_pager import page_call

#: what only one family has in its pages; the first that reads the page wins
_MARKS = (
    ("gkmlpt", re.compile(r"/gkmlpt/")),
    ("jpage", re.compile(r"dataproxy\.jsp|<recordset")),
    ("jpaas", re.compile(r"jpaas-publish-server|unitbuild\.js")),
    ("epoint", re.compile(r"webBuilderCommon\.js")),
    ("querylist", re.compile(r"loadPageData\(\s{0,4}params")),
    ("showlist", re.compile(r"<pagination\s|/showList/\d", re.IGNORECASE)),
    ("longxun", re.compile(r"pageCount['\"]?\s{0,4}[:=]\s{0,4}['\"]?\d{1,6}|/content/column/\d")),
    ("vsb", re.compile(r"pb_sys_common|vsb_|/system/resource/")),
    ("ucap", re.compile(r"<meta[^<>]{0,60}name=[\"']channelId[\"']", re.IGNORECASE)),
    ("jeecms", re.compile(r"\.jhtml\b")),
    ("dede", re.compile(r"dede_pages|list_\d+_\d+\.html")),
    ("columns", re.compile(r"/columns/[0-9a-f-]{36}/")),
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A family that reads the page, and what it read. ``certain``: rows were found, and the way on or the end as well."""

    family: str
    listed: ListPage

    @property
    def certain(self) -> bool:
        return bool(self.listed.next or (self.listed.entries and self.listed.end))


def likely(page: ListResponse) -> tuple[str, ...]:
    """The families to try for the list at ``page``, the likeliest first; the plain list always among them."""
    return tuple(dict.fromkeys(_likely(page)))


def sniff(page: ListResponse) -> Guess | None:
    """The family to try first for the list at ``page``; None where none reads it (built by script, or no list at all)."""
    guesses = [guess for name in likely(page) if (guess := _try(name, page))]
    return next((guess for guess in guesses if guess.certain), guesses[0] if guesses else None)


def _likely(page: ListResponse) -> Iterator[str]:
    around = f"{page.list_url}\n{page.text}"
    yield from (name for name, mark in _MARKS if mark.search(around))
    call = page_call(page.text)
    if call:
        yield "ucap" if call.names_element else "trs"
    if ".asp" in page.url.lower():
        yield "oldasp"
    yield "static"


def _try(name: str, page: ListResponse) -> Guess | None:
    try:
        return Guess(name, family_of(name)({}).read_list(page))
    except LayoutError:
        return None
