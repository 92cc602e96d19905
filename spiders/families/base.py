"""What every family shares: the answer it reads, and the contract it keeps. A family says how its lists read, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from lxml import etree, html

from crawler import urls
from crawler.errors import LayoutError
from crawler.extract.page.tree import MAX_TAGS
from crawler.items import Ask, ListPage
from crawler.registry.families import FAMILIES, OptionValue

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_EMPTY = "<html><body></body></html>"


@dataclass(frozen=True)
class ListResponse:
    """One answer of a list. ``ask``: what was asked; ``list_url``: the list's address as the registry has it (with its ``#`` part).

    ``url`` is where the answer came from after redirects, ``text`` the body decoded by the caller.
    """

    url: str
    body: bytes
    text: str
    ask: Ask
    list_url: str

    @property
    def method(self) -> str:
        return self.ask.method

    @cached_property
    def root(self) -> html.HtmlElement:
        """The page as a tree; an empty body gives an empty page, never an error."""
        return parse(self.text)

    @cached_property
    def base(self) -> str:
        """What relative links are joined with: ``<base href>``, else the page's own address."""
        for href in self.root.xpath("//base/@href"):
            joined = urls.join(self.url, str(href))
            if joined:
                return joined
        return self.url

    def urljoin(self, href: str) -> str | None:
        """The canonical address of a link on this page, None where it leads nowhere we fetch."""
        return urls.join(self.base, href)

    def fragment(self, markup: str, url: str | None = None) -> ListResponse:
        """A piece of markup out of this answer as a page of its own; ``url``: what its links are relative to."""
        return replace(self, text=markup, url=url or self.url)

    def json(self) -> Any:
        """The body as JSON. Raises `LayoutError` when it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            raise LayoutError(f"{self.url}: JSON expected, got {_glimpse(self.text)}") from None


def parse(text: str) -> html.HtmlElement:
    """Markup as a tree. Whatever the bytes, the answer is a tree. Raises `LayoutError` for more tags than any list has."""
    if text.count("<") > MAX_TAGS:
        raise LayoutError(f"more than {MAX_TAGS} tags on a page")
    parser = html.HTMLParser(encoding="utf-8", remove_pis=True)
    try:
        root = html.document_fromstring(_CONTROL.sub("", text).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        root = html.document_fromstring(_EMPTY)
    return root


def _glimpse(text: str) -> str:
    return repr(" ".join(re.sub(r"<[^<>]{0,200}>", " ", text[:2000]).split())[:80])


class Family:
    """A family of sites. Subclasses give ``name`` and `read_list`.

    ``options`` come from the registry; those left out take the default of `crawler.registry.families`.
    """

    name: ClassVar[str]
    #: whether its further pages are reached by clicks, so that a list's page stays open between two asks
    clicks: ClassVar[bool] = False

    def __init__(self, options: Mapping[str, OptionValue] | None = None) -> None:
        self.options = FAMILIES[self.name].filled(options or {})

    def first(self, list_url: str) -> Ask:
        """What to ask first for the list at ``list_url``."""
        return Ask(list_url)

    def read_list(self, page: ListResponse) -> ListPage:
        """Read one answer of a list.

        A page that only tells where the rows come from gives no entries and a ``next``. Raises `LayoutError`
        naming the selector or pattern when the answer has not the shape the family promises.
        """
        raise NotImplementedError

    def text_option(self, name: str) -> str | None:
        """An option that is a text, or None."""
        value = self.options[name]
        return value if isinstance(value, str) else None

    def number_option(self, name: str) -> int | None:
        """An option that is a whole number, or None."""
        value = self.options[name]
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def same_ask(one: Ask, other: Ask) -> bool:
    """Whether two asks get the same answer, so that following one from the other would go round in a circle."""
    return _asked(one) == _asked(other)


def _asked(ask: Ask) -> tuple[object, ...]:
    return (ask.method, ask.form, ask.json, ask.click, urls.identity(ask.url))
