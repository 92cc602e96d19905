"""Find the rows of a list by their shape, and read each: address, title, date.

Nothing here knows a site. The rows are the group of like elements, each around one link, that carry dates or long names; menus,
related links and pagers look otherwise. Where a site defeats this, its option ``entry`` names the rows.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from cssselect import SelectorError
from lxml import html

from crawler import urls
from crawler.errors import LayoutError
from crawler.extract.page.chrome import is_footer
from crawler.items import Entry
from spiders.families.base import ListResponse
from spiders.families.row_date import looks_dated, row_date

_PAGER_WORD = re.compile(
    r"[\s<>«»‹›【】\[\]]*(?:首\s*页|第一页|上一?页|前一?页|下一?页|后一?页|尾\s*页|末\s*页|最[后末]一?页|返回.{0,6}|更多.?|详细|详情|查看|阅读全文|more|prev(?:ious)?|next"
    r"|last|first|go|跳转|确定|关闭|打印|\d{1,5}|[.…]{1,6})?[\s<>«»‹›【】\[\]]*",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"(?:^|[^a-z])(?:nav|menu|foot|footer|header|topbar|crumbs?|breadcrumbs?|position|weizhi|friend|related|xgxx|hot|rank|recommend|tuijian|sidebar|share|login|search)"
    r"(?:$|[^a-z]|bar|box|list|item|link)",
    re.IGNORECASE,
)
_SIDE_TAGS = frozenset({"nav", "footer", "header", "aside"})
_ROW_TAGS = frozenset({"li", "tr", "dd", "dl", "p"})
_STOP_TAGS = frozenset({"body", "html", "form"})
_UNREAD = frozenset({"script", "style", "noscript", "template"})
_HOME = re.compile(r"#.*|(?:https?:)?(?://[^/]*)?/?(?:index\.\w{3,5})?", re.IGNORECASE)
_BULLETS = "·•▪●◆■□○◇▶►→»>-*※　 \t\r\n"
_LEVELS = 7  # from a link up to its row; deeper nesting was not seen
_NEAR = 4  # a date so many levels above its link belongs to the same row
_A_LIST = 3  # dated rows that make a list
_OWN_FOLDER = 12  # one row of the list outweighs the usual ten of a box
_LONG = 8  # characters from which a link's name is a title rather than a menu's
_CUT = ("…", "...", "..", "……")


def squeeze(text: str) -> str:
    """Text on one line with single spaces."""
    return " ".join(text.split())


def texts(element: html.HtmlElement) -> Iterator[tuple[str, html.HtmlElement]]:
    """The pieces of text that a reader sees inside ``element``, each with the element it stands in."""
    if not isinstance(element.tag, str) or element.tag in _UNREAD:
        return
    if element.text and element.text.strip():
        yield squeeze(element.text), element
    for child in element:
        yield from texts(child) if isinstance(child.tag, str) else ()
        if child.tail and child.tail.strip():
            yield squeeze(child.tail), element


def seen_text(element: html.HtmlElement) -> str:
    """What a reader sees inside ``element``, pieces parted by spaces."""
    return " ".join(text for text, _ in texts(element))


def find_rows(page: ListResponse, selector: str | None) -> list[html.HtmlElement]:
    """The rows of the list, in the page's order; empty when there is none.

    ``selector`` is the CSS of one row; without it the rows are found by shape.
    """
    return select(page.root, selector) if selector else rows_by_shape(page)


def select(root: html.HtmlElement, selector: str) -> list[html.HtmlElement]:
    """Elements that a CSS selector names. Raises `LayoutError` when the selector is none."""
    try:
        return list(root.cssselect(selector))
    except SelectorError as error:
        raise LayoutError(f"not a CSS selector: {selector!r} ({error})") from None


def read_rows(page: ListResponse, rows: Iterable[html.HtmlElement]) -> tuple[Entry, ...]:
    """One entry per row that has a link; two rows with one address stay two entries only when their titles differ."""
    found: dict[tuple[str, str], Entry] = {}
    for row in rows:
        entry = entry_of(page, row)
        if entry:
            found.setdefault((entry.url, entry.title), entry)
    return tuple(found.values())


def entry_of(page: ListResponse, row: html.HtmlElement) -> Entry | None:
    """What one row says; None when no link of it leads to a page."""
    anchors = [row] if row.tag == "a" else [a for a in row.iter("a") if a.get("href")]
    titles = {anchor: title_of(anchor) for anchor in anchors}
    for anchor, title in sorted(titles.items(), key=lambda named: -len(named[1])):
        url = page.urljoin(anchor.get("href") or "")
        if url and not (len(anchors) > 1 and _PAGER_WORD.fullmatch(title)):
            return Entry(url, title, row_date(_pieces(row, anchor), url))
    return None


def title_of(anchor: html.HtmlElement) -> str:
    """A link's full name: its text, or its ``title`` where the text is cut with …; dates inside the link left out."""
    heading = next((h for h in anchor.iter("h1", "h2", "h3", "h4", "h5", "h6") if seen_text(h)), None)
    pieces = [text for text, _ in texts(anchor if heading is None else heading)]
    kept = [text for text in pieces if not (looks_dated(text) or text.isdecimal())] if len(pieces) > 1 else pieces
    shown = squeeze("".join(kept)).lstrip(_BULLETS)
    full = squeeze(anchor.get("title") or "")
    start = shown.rstrip(".… ")
    is_cut = shown.endswith(_CUT) or len(full) > len(shown)
    if full and (not shown or (is_cut and _same_start(full, start))):
        return full
    return shown or _alt(anchor)


def _same_start(full: str, start: str) -> bool:
    return full.replace(" ", "").startswith(start.replace(" ", "")) and bool(start)


def _alt(anchor: html.HtmlElement) -> str:
    return next((squeeze(image.get("alt") or "") for image in anchor.iter("img")), "")


def _pieces(row: html.HtmlElement, anchor: html.HtmlElement) -> Sequence[str]:
    """The row's text without the title; of the link itself only what looks like a date beside other text."""
    inside = [text for text, _ in texts(anchor)]
    dates = [text for text in inside if looks_dated(text) or text.isdecimal()] if len(inside) > 1 else []
    outside = [text for text, owner in texts(row) if not _within(owner, anchor)] if row is not anchor else []
    return [*outside, *dates, *_after(row)]


def _within(element: html.HtmlElement, anchor: html.HtmlElement) -> bool:
    node: html.HtmlElement | None = element
    for _ in range(_LEVELS):
        if node is None or node is anchor:
            return node is anchor
        node = node.getparent()
    return False


def _after(row: html.HtmlElement) -> list[str]:
    """Text behind a row up to the next one, for lists whose dates stand beside their rows (dt and dd, h4 and span)."""
    found = [squeeze(row.tail)] if row.tail and row.tail.strip() else []
    neighbour = row.getnext()
    if neighbour is not None and isinstance(neighbour.tag, str) and neighbour.tag != row.tag and next(neighbour.iter("a"), None) is None:
        found += [text for text, _ in texts(neighbour)][:4]
    return [text for text in found if len(text) <= 60]


class _Survey:
    """What is needed to tell rows apart, counted in one pass: links, dates and repetition per element."""

    def __init__(self, root: html.HtmlElement) -> None:
        self.elements = [e for e in root.iter() if isinstance(e.tag, str)]  # keeps the proxies alive: they are our keys
        self.anchors = [e for e in self.elements if e.tag == "a" and _leads_on(e)]
        self.titles = {anchor: title_of(anchor) for anchor in self.anchors}
        self.dated: set[html.HtmlElement] = set()
        self.targets: dict[html.HtmlElement, set[str]] = defaultdict(set)
        self.twins: Counter[tuple[html.HtmlElement | None, str]] = Counter()
        self._count_dates()
        self._count_links()

    def _count_dates(self) -> None:
        linked = {part for anchor in self.anchors for part in anchor.iter()}  # a date in a title is not the row's
        for element in self.elements:
            if element.tag in _UNREAD:
                continue
            own = [element.text, *(child.tail for child in element)]
            if any(text and len(text) <= 200 and looks_dated(squeeze(text), running=element not in linked) for text in own):
                self.dated.update(_up(element, _LEVELS))

    def _count_links(self) -> None:
        holders: set[html.HtmlElement] = set()
        for anchor in self.anchors:
            path = list(_up(anchor, _LEVELS))
            holders.update(path)
            if len(self.titles[anchor]) >= _LONG:
                for element in path:
                    if len(self.targets[element]) < 3:
                        self.targets[element].add(anchor.get("href") or "")
        self.twins.update((element.getparent(), str(element.tag)) for element in holders)

    def row_of(self, anchor: html.HtmlElement) -> html.HtmlElement:
        """The element around one link that repeats: the innermost with a date, else the innermost that rows are made of."""
        alone = list(self._alone(anchor))
        likely = [e for e in alone if self.twins[(e.getparent(), str(e.tag))] > 1]
        near = alone[1:_NEAR]
        dated = [e for e in alone if e in self.dated and (e in likely or e.tag in _ROW_TAGS or e in near)]
        rowlike = [e for e in likely if e.tag in _ROW_TAGS]
        return (dated or rowlike or likely or self._lonely(anchor))[0]

    def _alone(self, anchor: html.HtmlElement) -> Iterator[html.HtmlElement]:
        """The elements around a link that hold no other title."""
        for element in _up(anchor, _LEVELS):
            if element.tag in _STOP_TAGS or len(self.targets[element]) > 1:
                return
            yield element

    def _lonely(self, anchor: html.HtmlElement) -> list[html.HtmlElement]:
        """The row of a list that has just one."""
        around = list(self._alone(anchor))
        return [e for e in around if e.tag in _ROW_TAGS] or [e for e in around if e in self.dated] or [anchor]


def _leads_on(anchor: html.HtmlElement) -> bool:
    """Whether a link may be a row's: it leads somewhere, not home, and its name is no word of a pager."""
    href = (anchor.get("href") or "").strip()
    return bool(href) and not _HOME.fullmatch(href) and not _PAGER_WORD.fullmatch(seen_text(anchor))


def _up(element: html.HtmlElement, levels: int) -> Iterator[html.HtmlElement]:
    node: html.HtmlElement | None = element
    for _ in range(levels):
        if node is None:
            return
        yield node
        node = node.getparent()


def rows_by_shape(page: ListResponse) -> list[html.HtmlElement]:
    """The rows of the page's main list, or none."""
    survey, groups = _groups(page)
    best = max(groups, key=lambda group: _weight(group, survey) * _belongs(page, group), default={})
    return list(best) if _weight(best, survey) > 0 else []


def lists_by_shape(page: ListResponse) -> int:
    """How many dated lists stand on a page, outside of menus and boxes."""
    survey, groups = _groups(page)
    return sum(len(group) >= _A_LIST <= sum(row in survey.dated for row in group) and not _is_side(next(iter(group))) for group in groups)


def _groups(page: ListResponse) -> tuple[_Survey, list[dict[html.HtmlElement, int]]]:
    """The rows that share a shape, with the lengths of their titles."""
    survey = _Survey(page.root)
    groups: dict[tuple[str, ...], dict[html.HtmlElement, int]] = defaultdict(dict)
    for anchor, title in survey.titles.items():
        if is_footer(title):
            continue  # the number of a registration is no entry, however alone it stands
        row = survey.row_of(anchor)
        group = groups[_shape(row)]
        group[row] = max(group.get(row, 0), len(title))
    return survey, list(groups.values())


def _belongs(page: ListResponse, group: Iterable[html.HtmlElement]) -> int:
    """How much more rows count that lead below the list's own folder: on a short last page a box of other news may be longer."""
    folder = urls.identity(page.list_url).rpartition("/")[0] + "/"
    if folder.count("/") < 4:
        return 1
    anchors = [anchor for row in itertools.islice(group, 3) for anchor in row.iter("a")]
    targets = [url for anchor in anchors if (url := page.urljoin(anchor.get("href") or ""))]
    return _OWN_FOLDER if any(urls.identity(url).startswith(folder) for url in targets) else 1


def _shape(row: html.HtmlElement) -> tuple[str, ...]:
    """Where a row stands: tags and classes from the root down, numbers left out. Rows of one list share it."""
    around = (re.sub(r"\d+", "", f"{e.tag}.{e.get('class') or ''}#{e.get('id') or ''}") for e in row.iterancestors())
    return (str(row.tag), *around)


def _weight(group: dict[html.HtmlElement, int], survey: _Survey) -> float:
    """How much a group looks like the page's list; 0: not at all."""
    if not group:
        return 0
    dated = sum(row in survey.dated for row in group)
    side = _is_side(next(iter(group)))
    if (side and dated < 2) or (not dated and sum(group.values()) < _LONG * len(group)):
        return 0
    weight = sum(min(length, 30) for length in group.values()) + 30 * dated
    return weight * (0.15 if side else 1)


def _is_side(row: html.HtmlElement) -> bool:
    """Whether a row stands in a menu, footer, or box of related links."""
    around = [row, *(e for e in row.iterancestors() if e.tag not in ("body", "html"))]
    return any(e.tag in _SIDE_TAGS or _SIDE.search(f"{e.get('class') or ''} {e.get('id') or ''}") for e in around)
