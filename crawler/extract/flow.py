"""A tree to lines: what a reader sees, paragraph by paragraph, with where each stands and how it looks."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

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
_PARAGRAPHS = _BLOCKS - {"br", "pre", *_HEADINGS}
_ALIGNED = frozenset(("center", "table"))
_BOLD = frozenset(("b", "strong"))
#: outside a text such elements are set apart by style sheets: 发布时间 and 来源 side by side
_PARTS = frozenset(("span", "em", "i", "small", "publishtime", "ucapsource"))
_ALIGN = re.compile(r"text-align\s*:\s*(right|center|left|justify)", re.IGNORECASE)
_names_title = finder(re.compile(r"(?:^|[\s_-])(?:[a-z]{0,8}(?:title|tit|bt)\d?|headline|biaoti|wztit)(?:$|[\s_-])", re.IGNORECASE))
_INDENT = re.compile(r"^[ \u00a0\u3000\t]{12,}\S")
_LINE_ENDS = frozenset(("\n", "\r\n"))
_BLANK = " \u00a0\u3000\t\r\n"
_NEWLINES = re.compile(r"\r\n?|\n")
_NEAR = 3  # blocks around a line of which one that is called a title makes it one


@dataclass(slots=True, eq=False)
class Line:
    """One paragraph as it stands. ``words``: the text as the patterns of `chrome` want it. ``links``: characters of it inside
    links. ``inside``: in the body. ``group``: lines that only line breaks part have the same. ``rows``: a table's cells.

    Nobody changes a line; it is not frozen because hundreds are made for a page, and a frozen one takes five times as long.
    """

    text: str
    words: str
    align: str = ""
    level: int = 0
    bold: bool = False
    links: int = 0
    inside: bool = False
    title_like: bool = False
    group: int = 0
    rows: Rows = ()


#: what a block gives the lines in it: how they are aligned, and how many blocks lie between them and one that is called a title
_Look = tuple[str, int]


class _Reader:
    """Collects words until a block ends, then makes a line of them."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.words: list[str] = []
        self.linked = self.bold = self.in_link = self.in_bold = self.inside = self.in_pre = 0
        self.levels: list[int] = []
        self.looks: list[_Look] = [("", _NEAR)]  # of the blocks that are open
        self.group = 0

    def take(self, text: str) -> None:
        if text in _LINE_ENDS and not self.words:
            return  # most of what stands between two blocks
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
        self.looks.append(self._look(element, tag))
        if tag in _HEADINGS:
            self.levels.append(_HEADINGS[str(tag)])
        elif tag == "pre":
            self.in_pre += 1

    def close(self, tag: object) -> None:
        self.group += 1
        self.looks.pop()
        if tag in _HEADINGS:
            self.levels.pop()
        elif tag == "pre":
            self.in_pre -= 1

    def is_leaf(self, element: etree._Element, tag: object) -> bool:
        """Whether an element is a paragraph without anything in it but text, where nothing around it matters: as most are."""
        return tag in _PARAGRAPHS and not len(element) and not (self.in_pre or self.in_link or self.in_bold)

    def leaf(self, element: etree._Element, tag: object) -> None:
        """Open, read and close such an element at once."""
        if self.words:
            self.flush()
        self.group += 1
        if text := element.text:
            self._line(text, *self._look(element, tag))
        self.group += 1

    def _look(self, element: etree._Element, tag: object) -> _Look:
        """The look of a block that begins here."""
        align, below_title = self.looks[-1]
        given = element.keys()
        if "style" in given or "align" in given or tag in _ALIGNED:
            align = _align(element, tag) or align
        if ("class" in given or "id" in given) and _is_title_like(element):
            return align, 0
        return align, below_title + 1

    def set_apart(self) -> None:
        if not self.inside and not self.levels and self.looks[-1][1] >= _NEAR:
            self.words.append(" ")

    def _keep(self, text: str) -> None:
        self.words.append(text)
        size = len(text.strip())
        self.linked += size if self.in_link else 0
        self.bold += size if self.in_bold else 0

    def flush(self) -> None:
        """A line ends."""
        raw = "".join(self.words)
        self.words = []
        if raw and not raw.isspace():
            self._line(raw, *self.looks[-1])
            self.linked = self.bold = 0

    def _line(self, raw: str, align: str, below_title: int) -> None:
        if not (text := tidy(raw)):
            return
        self.lines.append(
            Line(
                text,
                text.replace(" ", ""),  # all that squeezing comes to where a text is tidy
                align or ("right" if raw[0] in _BLANK and len(text) <= 60 and _INDENT.match(raw.lstrip("\r\n")) else ""),
                self.levels[-1] if self.levels else 0,
                self.bold * 10 >= len(text) * 9,
                self.linked,
                self.inside > 0,
                below_title < _NEAR,
                self.group,
            )
        )


def lines_of(root: etree._Element, bodies: Collection[etree._Element], beside: Collection[etree._Element] = ()) -> list[Line]:
    """All lines of a pruned tree in order; those below an element of ``bodies`` are ``inside``, and only there tables are kept as tables.

    ``beside``: elements within a body that are none of it; their lines are not ``inside``. Takes time in proportion to the size.
    """
    reader, outer = _Reader(), set(beside)
    edges = outer.union(bodies)
    set_aside: list[int] = []
    whole: etree._Element | None = None  # the last element that was read as a whole
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
                reader.lines.append(line_of_rows(rows))
                whole = element
                walk.skip_subtree()
            elif reader.is_leaf(element, tag):
                reader.leaf(element, tag)
                whole = element
            else:
                _enter(reader, element, tag)
        else:
            if element is not whole:
                _leave(reader, tag)
            if element in edges:
                reader.flush()
                reader.inside = set_aside.pop()
            if (tail := element.tail) and element is not root:
                reader.take(tail)
    reader.flush()
    return reader.lines


def line_of_rows(rows: Rows) -> Line:
    """A table in a body."""
    text = "\n".join("\t".join(cells) for cells in rows)
    return Line(text, chrome.squeeze(text), inside=True, rows=rows)


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
        reader.set_apart()
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
        reader.set_apart()


def _is_title_like(element: etree._Element) -> bool:
    """Whether class or id call an element a title."""
    names = names_of(element)
    return bool(names) and _names_title(names)


def _align(element: etree._Element, tag: object) -> str:
    """The alignment an element sets itself: "right", "center", "" for none, and a space for one that undoes an outer one."""
    if tag == "center":
        return "center"
    if tag == "table":
        return " "  # says where the table stands, and text in it starts anew
    value = element.get("align")
    style = element.get("style")
    if style and "text-align" in style and (match := _ALIGN.search(style)):
        value = match[1]
    if not value:
        return ""
    value = value.lower()
    if value in ("right", "center"):
        return value
    return " " if value in ("left", "justify") else ""
