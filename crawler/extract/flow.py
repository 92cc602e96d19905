"""A tree to lines: what a reader sees, paragraph by paragraph, with where each stands and how it looks."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from lxml import etree

from crawler.extract import chrome, tables
from crawler.extract.tables import Rows, tidy
from crawler.extract.tree import finder, names_of

_BLOCKS = frozenset(
    (
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "tbody",
        "thead",
        "tfoot",
        "tr",
        "td",
        "th",
        "center",
        "blockquote",
        "pre",
        "section",
        "article",
        "header",
        "footer",
        "nav",
        "aside",
        "main",
        "form",
        "fieldset",
        "body",
        "hr",
        "br",
        "address",
        "figure",
        "figcaption",
        "details",
        "summary",
        "caption",
        "legend",
        "ucapcontent",
        "ucaptitle",
        "founder-content",
        "marquee",
        "iframe",
        "object",
        "embed",
        "optgroup",
        "label",
    )
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "ucaptitle": 1}
_BOLD = frozenset(("b", "strong"))
#: outside a text such elements are set apart by style sheets: 发布时间 and 来源 side by side
_PARTS = frozenset(("span", "em", "i", "small", "publishtime", "ucapsource"))
_ALIGN = re.compile(r"text-align\s*:\s*(right|center|left|justify)", re.IGNORECASE)
_names_title = finder(re.compile(r"(?:^|[\s_-])(?:[a-z]{0,8}(?:title|tit|bt)\d?|headline|biaoti|wztit)(?:$|[\s_-])", re.IGNORECASE))
_INDENT = re.compile(r"^[ \u00a0\u3000\t]{12,}\S")
_NEWLINES = re.compile(r"\r\n?|\n")


@dataclass(slots=True, eq=False)
class Line:
    """One paragraph as it stands. ``links``: characters of it inside links. ``inside``: in the body. ``group``: lines
    that only line breaks part have the same. ``rows``: a table's cells. ``words``: the text as the patterns of `chrome` want it.

    Nobody changes a line; it is not frozen because hundreds are made for a page, and a frozen one takes five times as long.
    """

    text: str
    align: str = ""
    level: int = 0
    bold: bool = False
    links: int = 0
    inside: bool = False
    title_like: bool = False
    group: int = 0
    rows: Rows = ()
    words: str = field(init=False)

    def __post_init__(self) -> None:
        self.words = chrome.squeeze(self.text)


class _Reader:
    """Collects words until a block ends, then makes a line of them."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.words: list[str] = []
        self.linked = self.bold = self.in_link = self.in_bold = self.inside = self.in_pre = 0
        self.aligns = [""]
        self.levels: list[int] = []
        self.titles: list[bool] = [False]
        self.group = 0

    def take(self, text: str) -> None:
        if self.in_pre and "\n" in text:
            first, *others = _NEWLINES.split(text)
            self._keep(first)
            for other in others:
                self.flush()
                self._keep(other)
        elif self.in_link or self.in_bold:
            self._keep(text)
        else:
            self.words.append(text)

    def open(self, element: etree._Element, tag: object) -> None:
        """A block begins: what it says of itself holds for the lines in it."""
        self.group += 1
        if element.attrib or tag in ("center", "table"):
            self.aligns.append(_align(element) or self.aligns[-1])
            self.titles.append(_is_title_like(element))
        else:
            self.aligns.append(self.aligns[-1])
            self.titles.append(False)
        if tag in _HEADINGS:
            self.levels.append(_HEADINGS[str(tag)])
        elif tag == "pre":
            self.in_pre += 1

    def close(self, tag: object) -> None:
        self.group += 1
        self.aligns.pop()
        self.titles.pop()
        if tag in _HEADINGS:
            self.levels.pop()
        elif tag == "pre":
            self.in_pre -= 1

    def _keep(self, text: str) -> None:
        self.words.append(text)
        size = len(text.strip())
        self.linked += size if self.in_link else 0
        self.bold += size if self.in_bold else 0

    def flush(self) -> None:
        raw = "".join(self.words)
        if raw and not raw.isspace() and (text := tidy(raw)):
            align = self.aligns[-1] or ("right" if len(text) <= 60 and _INDENT.match(raw.lstrip("\r\n")) else "")
            self.lines.append(
                Line(
                    text,
                    align,
                    self.levels[-1] if self.levels else 0,
                    self.bold * 10 >= len(text) * 9,
                    self.linked,
                    self.inside > 0,
                    True in self.titles[-3:],
                    group=self.group,
                )
            )
        self.words, self.linked, self.bold = [], 0, 0


def lines_of(root: etree._Element, bodies: Collection[etree._Element], beside: Collection[etree._Element] = ()) -> list[Line]:
    """All lines of a pruned tree in order; those below an element of ``bodies`` are ``inside``, and only there tables are kept as tables.

    ``beside``: elements within a body that are none of it; their lines are not ``inside``. Takes time in proportion to the size.
    """
    reader, outer = _Reader(), set(beside)
    edges = outer.union(bodies)
    tables_read: set[etree._Element] = set()
    set_aside: list[int] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if element in edges:
                reader.flush()
                set_aside.append(reader.inside)
                reader.inside = 0 if element in outer else 1
            if tag == "table" and reader.inside and (rows := tables.rows_of(element)):
                reader.flush()
                reader.lines.append(Line("\n".join("\t".join(cells) for cells in rows), inside=True, rows=rows))
                tables_read.add(element)
                walk.skip_subtree()
                continue
            _enter(reader, element, tag)
        else:
            if element not in tables_read:
                _leave(reader, tag)
            if element in edges:
                reader.flush()
                reader.inside = set_aside.pop()
            if (tail := element.tail) and element is not root:
                reader.take(tail)
    reader.flush()
    return reader.lines


def _enter(reader: _Reader, element: etree._Element, tag: object) -> None:
    if tag in _BLOCKS:
        if reader.words:
            reader.flush()
        if tag != "br":
            reader.open(element, tag)
    elif tag == "a":
        reader.in_link += 1
    elif tag in _BOLD:
        reader.in_bold += 1
    elif tag in _PARTS:
        _set_apart(reader)
    if text := element.text:
        reader.take(text)


def _leave(reader: _Reader, tag: object) -> None:
    if tag in _BLOCKS:
        if reader.words:
            reader.flush()
        if tag != "br":
            reader.close(tag)
    elif tag == "a":
        reader.in_link -= 1
    elif tag in _BOLD:
        reader.in_bold -= 1
    elif tag in _PARTS:
        _set_apart(reader)


def _set_apart(reader: _Reader) -> None:
    if not reader.inside and not reader.levels and True not in reader.titles[-3:]:
        reader.words.append(" ")


def _is_title_like(element: etree._Element) -> bool:
    """Whether class or id call an element a title."""
    names = names_of(element)
    return bool(names) and _names_title(names)


def _align(element: etree._Element) -> str:
    """The alignment an element sets itself: "right", "center", "" for none, and a space for one that undoes an outer one."""
    if element.tag == "center":
        return "center"
    if element.tag == "table":
        return " "  # says where the table stands, and text in it starts anew
    value = element.get("align", "").lower()
    style = element.get("style")
    if style and "text-align" in style and (match := _ALIGN.search(style)):
        value = match[1].lower()
    if not value:
        return ""
    if value in ("right", "center"):
        return value
    return " " if value in ("left", "justify") else ""
