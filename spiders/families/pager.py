"""Where a list goes on, and what proves that it ends here, read from links and from counts in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import html

from crawler import urls
from crawler.items import Ask, Entry, ListPage
from spiders.families.base import ListResponse, same_ask
from spiders.families.rows import seen_text, select, squeeze, texts

_NEXT = re.compile(r"[\s<«‹\[【]*(?:下\s*一?\s*页|后一?页|下一頁|下頁|next(?:\s*page)?)[\s>»›\]】]*|[>›»]", re.IGNORECASE)
_OTHER = re.compile(
    r"[\s<>«»‹›\[\]【】]*(?:首\s*页|第一页|上\s*一?\s*页|前一?页|尾\s*页|末\s*页|最[后末]一?页|首頁|尾頁|prev(?:ious)?|first|last)"
    r"[\s<>«»‹›\[\]【】]*",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"(?:^|[\s_-])(?:pages?|pager|paging|pagelist|pagination|page[-_]?(?:box|bar|nav|list|num)|fenye|fy|manu)(?:$|[\s_-]|\d)", re.IGNORECASE
)
_CURRENT = re.compile(r"(?:^|[\s_-])(?:thisclass|on|cur|current|active|selected|now|this|hover|p_no_d)(?:$|[\s_-])", re.IGNORECASE)
_VOID = re.compile(r"#|javascript:\s{0,4}(?:void\s{0,4}\(?\s{0,4}0?\s{0,4}\)?)?\s{0,4};?", re.IGNORECASE)
_DEAD = re.compile(r"(?:^|[\s_-])(?:disabled?|unable|nolink|no|p_next_d)(?:$|[\s_-])", re.IGNORECASE)
_NTH_OF = re.compile(r"第\s?(\d{1,6})\s?页?\s?[/／|，,、]?\s?(?:共|总共|总)?\s?(\d{1,6})\s?页")
_SLASH_PAGES = re.compile(r"(?<!\d)(\d{1,6})\s?[/／]\s?(\d{1,6})\s?页")
_OF_NTH = re.compile(r"[共总]\s?(\d{1,6})\s?页[^\d]{0,8}(?:第|当前)[^\d]{0,4}(\d{1,6})\s?页")
_SLASH = re.compile(r"(?<![\d/.-])(\d{1,6})\s?[/／]\s?(\d{1,6})(?![\d/.-])")
_PAGES = re.compile(r"[共总]\s?(\d{1,6})\s?页")
_TOTAL = re.compile(r"(?:共|总(?:记录)?数?[:：]?|总计)\s?(\d{1,8})\s?(?:条|篇|个?记录)|页\s?(\d{1,8})\s?条")
_SCRIPTED = re.compile(
    r"(?:createPage\w*|pageCount|page_count|totalPages?|countPage|laypage\w*|\.pagination|\.jpage|loadPage\w*)\s{0,3}[=:(]", re.IGNORECASE
)
_WORDS = re.compile(r"上一?页|下一?页|尾页|末页")
_BLOCK_TEXT = 600  # a pager says less than this; more is the page itself


@dataclass(frozen=True, slots=True)
class Pager:
    """What a page's pager says. ``number``: this page, from 1; ``next``: address of the following one; ``frame``: a pager
    stands there, even an empty one; ``worded``: with words or numbers in it; ``last``: this page bears the highest number.
    """

    number: int | None = None
    pages: int | None = None
    total: int | None = None
    next: str | None = None
    frame: bool = False
    worded: bool = False
    last: bool = False


def read_pager(page: ListResponse, selector: str | None = None) -> Pager:
    """Read the pager made of links and words. ``selector``: CSS of its block or of the link to the next page."""
    named = select(page.root, selector) if selector else []
    blocks = named if selector else list(_blocks(page.root))
    words = " ".join(seen_text(block) for block in blocks)
    number, pages = _counts(words) if blocks else (None, None)
    if number is None:
        number, pages = _counts(seen_text(page.root), slash=False) if not selector else (None, pages)
    numbers = _numbers(page, blocks)
    link = _next_link(page, blocks, named) or _next_number(numbers)
    total = _first_number(_TOTAL, words)
    return Pager(number or numbers.current, pages, total, link, frame=bool(blocks), worded=bool(words.strip()), last=numbers.is_last)


def _blocks(root: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """The elements that hold a pager: around its words, or so named; small ones only."""
    seen: set[html.HtmlElement] = set()
    refused: set[html.HtmlElement] = set()  # keeps a page full of 下一页 from being measured once per link
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag in ("body", "html", "script", "style", "link", "meta"):
            continue
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        block = element if _BLOCK.search(name) else _around(element) if _is_pager_link(element) else None
        if block is None or block in refused or any(e in seen for e in [block, *block.iterancestors()]):
            continue
        if _says_less(block, _BLOCK_TEXT):
            seen.add(block)
            yield block
        else:
            refused.add(block)


def _is_pager_link(element: html.HtmlElement) -> bool:
    if element.tag not in ("a", "span") or len(element) > 3 or not _says_less(element, 13):
        return False
    text = seen_text(element)
    return len(text) > 1 and bool(_NEXT.fullmatch(text) or _OTHER.fullmatch(text))


def _around(element: html.HtmlElement) -> html.HtmlElement:
    """The element that holds the whole pager a link belongs to."""
    block = element.getparent() if element.getparent() is not None else element
    outer = block.getparent()
    if outer is not None and outer.tag not in ("body", "html") and len(block) <= 2 and _says_less(outer, _BLOCK_TEXT // 3):
        return outer
    return block


def _says_less(element: html.HtmlElement, limit: int) -> bool:
    """Whether a reader sees fewer than ``limit`` characters in ``element``; stops reading when not."""
    length = 0
    for text, _ in texts(element):
        length += len(text) + 1
        if length > limit:
            return False
    return True


def _counts(words: str, slash: bool = True) -> tuple[int | None, int | None]:
    """(this page, pages) as the words say; a bare ``3/7`` counts only inside a pager."""
    if match := _NTH_OF.search(words) or _SLASH_PAGES.search(words):
        return int(match[1]), int(match[2])
    if match := _OF_NTH.search(words):
        return int(match[2]), int(match[1])
    if slash and (match := _SLASH.search(words)) and 1 <= int(match[1]) <= int(match[2]):
        return int(match[1]), int(match[2])
    pages = _first_number(_PAGES, words) if slash else None
    return (1, 1) if pages == 1 else (None, pages)


def _first_number(pattern: re.Pattern[str], words: str) -> int | None:
    match = pattern.search(words)
    return int(next(group for group in match.groups() if group)) if match else None


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbered links of a pager: addresses by number, and the number of this page where it shows."""

    links: dict[int, str]
    current: int | None

    @property
    def is_last(self) -> bool:
        return self.current is not None and all(number <= self.current for number in self.links)


def _numbers(page: ListResponse, blocks: list[html.HtmlElement]) -> _Numbers:
    links: dict[int, str] = {}
    marked: list[int] = []
    plain: list[int] = []
    for block in blocks:
        for element in block.iter("a", "span", "strong", "b", "em", "li", "font", "option"):
            text = squeeze(element.text or "").strip("[]")
            if not (text.isascii() and text.isdecimal() and len(text) <= 6):
                continue
            number, href = int(text), element.get("href") or (element.get("value") if element.tag == "option" else None)
            url = page.urljoin(href) if href else None
            is_here = bool(_CURRENT.search(element.get("class") or "")) or element.get("selected") is not None
            if is_here or (url and urls.identity(url) == urls.identity(page.url)):
                marked.append(number)
            elif url:
                links.setdefault(number, url)
            elif element.tag != "a":
                plain.append(number)
    beside = [n for n in plain if n not in links and (n + 1 in links or n - 1 in links)]
    return _Numbers(links, next(iter(marked or beside), None))


def _next_number(numbers: _Numbers) -> str | None:
    return numbers.links.get(numbers.current + 1) if numbers.current is not None else None


def _next_link(page: ListResponse, blocks: list[html.HtmlElement], named: list[html.HtmlElement]) -> str | None:
    """Address of 下一页, unless the link is dead or leads to this very page."""
    alone = [element for element in named if element.tag == "a"]
    for anchor in alone or [a for block in blocks for a in block.iter("a")]:
        text = seen_text(anchor) or squeeze(anchor.get("title") or "")
        if not alone and not _NEXT.fullmatch(text):
            continue
        url = page.urljoin(anchor.get("href") or "")
        if url and not is_dead(anchor) and not any(same_ask(Ask(url), here) for here in (Ask(page.url), page.ask)):
            return url
    return None


def follow(page: ListResponse, entries: tuple[Entry, ...], pager: Pager, *, whole: bool = False, numbering: str | None = None) -> ListPage:
    """Put entries and pager together: the next page, or the proof that there is none, or neither where nothing proves it."""
    at_end = pager.number is not None and pager.pages is not None and pager.number >= pager.pages
    following = None if at_end else pager.next or (_numbered(page, pager, numbering) if numbering else None)
    if following:
        return ListPage(entries, Ask(following), None, pager.total)
    return ListPage(entries, None, _proof(page, entries, pager, whole), pager.total)


def _numbered(page: ListResponse, pager: Pager, numbering: str) -> str | None:
    """The next file by the option ``numbering``, while the counts say that there is one."""
    shape = re.compile(re.escape(numbering).replace(r"\{n\}", r"(\d{1,6})") + "$")
    match = shape.search(page.url)
    number = int(match[1]) if match else pager.number or 1
    return page.urljoin(numbering.replace("{n}", str(number + 1))) if pager.pages and number < pager.pages else None


def _proof(page: ListResponse, entries: tuple[Entry, ...], pager: Pager, whole: bool) -> str | None:
    """Why this page is the last, in the page's own terms; None when it proves nothing."""
    if pager.number is not None and pager.pages is not None:
        return f"page {pager.number} of {pager.pages}" if pager.number >= pager.pages else None
    if pager.total is not None and pager.total == len(entries) and not _is_later(page):
        return f"total {pager.total} rows seen"
    if not _SCRIPTED.search(page.text) and not _goes_on_by_script(page):
        if pager.last:
            return f"page {pager.number} bears the last number"
        if pager.worded and _has_words(page):
            return "a pager without a link 下一页"
        # an empty pager proves the end only where earlier pages had their links in it
        if pager.frame and _is_later(page):
            return "an empty pager on a later page"
    return "one page, as the registry says" if whole else None


def _is_later(page: ListResponse) -> bool:
    return not same_ask(page.ask, Ask(page.list_url))


def _goes_on_by_script(page: ListResponse) -> bool:
    """Whether 下一页 is there for a reader with scripts, though its link shows no address: then nothing is proved."""
    for element in page.root.iter("a", "span", "li", "button", "input", "div", "td"):
        if not is_next(element) or is_dead(element) or is_dead(element.getparent()):
            continue
        href = (element.get("href") or "").strip()
        calls = href.lower().startswith("javascript:") and not _VOID.fullmatch(href)
        if calls or element.get("onclick") or element.tag in ("button", "input"):
            return True
        if href and _VOID.fullmatch(href) and not _is_later(page):  # on later pages such a link is dead: earlier ones had an address
            return True
    return False


def is_next(element: html.HtmlElement) -> bool:
    """Whether an element says 下一页, or the like, and nothing else."""
    text = (seen_text(element) or element.get("value") or "") if _says_less(element, 13) else ""
    return len(text) > 1 and bool(_NEXT.fullmatch(text))


def is_dead(element: html.HtmlElement | None) -> bool:
    """Whether a control shows that it leads nowhere."""
    return element is not None and bool(_DEAD.search(element.get("class") or "") or element.get("disabled") is not None)


def _has_words(page: ListResponse) -> bool:
    return any(_is_pager_link(element) for element in page.root.iter("a", "span")) or bool(_WORDS.search(seen_text(page.root)))
