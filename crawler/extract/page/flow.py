"""A tree to lines: what a reader sees, paragraph by paragraph, with where each stands and how it looks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lxml import etree

from crawler.extract.page import chrome, tables
from crawler.extract.page.tables import Rows, tidy
from crawler.extract.page.tree import finder, names_of
from crawler.text.memory import remembered

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
_SIDES = {"right": "right", "center": "center", "left": " ", "justify": " "}
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
#: an element that is open, and its children that are still to be read
_Opened = tuple[etree._Element, Iterator[etree._Element]]


class _Reader:
    """Collects words until a block ends, then makes a line of them."""

    def __init__(self, bodies: Collection[etree._Element], beside: Collection[etree._Element]) -> None:
        self.lines: list[Line] = []
        self.words: list[str] = []
        self.linked = self.bold = self.in_link = self.in_bold = self.inside = self.in_pre = 0
        self.levels: list[int] = []
        self.looks: list[_Look] = [("", _NEAR)]  # of the blocks that are open
        self.group = 0
        self.outer = set(beside)
        self.edges = self.outer.union(bodies)
        self.set_aside: list[int] = []
        self.whole: etree._Element | None = None  # the last table that was kept as one

    def read(self, root: etree._Element) -> None:
        """Walk through a tree, without recursion, as its words stand on the page."""
        opened: list[_Opened] = []
        element, rest = root, iter(root if self.begin(root, root.tag) else ())
        while True:
            for child in rest:
                tag = child.tag
                if not len(child) and tag in _PARAGRAPHS and not (self.in_pre or self.in_link or self.in_bold) and child not in self.edges:
                    self.leaf(child, tag)
                elif self.begin(child, tag) and len(child):
                    opened.append((element, rest))
                    element, rest = child, iter(child)
                    break
                else:
                    self.end(child, tag)
                if (tail := child.tail) and (self.words or tail not in _LINE_ENDS):
                    self.take(tail)
            else:
                self.end(element, element.tag)
                if not opened:
                    return
                if (tail := element.tail) and (self.words or tail not in _LINE_ENDS):
                    self.take(tail)
                element, rest = opened.pop()

    def begin(self, element: etree._Element, tag: object) -> bool:
        """An element begins; returns whether its children are to be read: not those of a table that is kept as one."""
        if element in self.edges:
            self.flush()
            self.set_aside.append(self.inside)
            self.inside = 0 if element in self.outer else 1
        if tag in _BLOCKS:
            if tag == "table" and self.inside and (rows := tables.rows_of(element)):
                self.flush()
                self.lines.append(line_of_rows(rows))
                self.whole = element
                return False
            self.open(element, tag)
        elif tag in _PARTS:
            if not self.inside:
                self.set_apart()
        elif tag == "a":
            self.in_link += 1
        elif tag in _BOLD:
            self.in_bold += 1
        if (text := element.text) and (self.words or text not in _LINE_ENDS):
            self.take(text)
        return True

    def end(self, element: etree._Element, tag: object) -> None:
        if tag in _BLOCKS:
            if element is not self.whole:
                self.close(tag)
        elif tag in _PARTS:
            if not self.inside:
                self.set_apart()
        elif tag == "a":
            self.in_link -= 1
        elif tag in _BOLD:
            self.in_bold -= 1
        if element in self.edges:
            self.flush()
            self.inside = self.set_aside.pop()

    def open(self, element: etree._Element, tag: object) -> None:
        """A block begins: what it says of itself holds for the lines in it."""
        if self.words:
            self.flush()
        if tag == "br":
            return
        self.group += 1
        self.looks.append(self._look(element, tag))
        if tag in _HEADINGS:
            self.levels.append(_HEADINGS[str(tag)])
        elif tag == "pre":
            self.in_pre += 1

    def close(self, tag: object) -> None:
        if self.words:
            self.flush()
        if tag == "br":
            return
        self.group += 1
        self.looks.pop()
        if tag in _HEADINGS:
            self.levels.pop()
        elif tag == "pre":
            self.in_pre -= 1

    def leaf(self, element: etree._Element, tag: object) -> None:
        """Open, read and close a paragraph without anything in it but text, where nothing around it matters: as most are."""
        if self.words:
            self.flush()
        self.group += 1
        if text := element.text:
            align, below_title = self._look(element, tag)
            self._line(text, align, below_title)
        self.group += 1

    def _look(self, element: etree._Element, tag: object) -> _Look:
        """The look of a block that begins here."""
        align, below_title = self.looks[-1]
        given = element.keys()
        if not given and tag not in _ALIGNED:
            return align, below_title + 1
        if tag in _ALIGNED or "align" in given or ("style" in given and "text-align" in element.get("style", "")):
            align = _align(element, tag) or align
        if ("class" in given or "id" in given) and _names_title(names_of(element)):
            return align, 0
        return align, below_title + 1

    def set_apart(self) -> None:
        """Outside a body, pieces that style sheets set apart stay so, but for those of a heading."""
        if not self.levels and self.looks[-1][1] >= _NEAR:
            self.words.append(" ")

    def take(self, text: str) -> None:
        """Words inside a block."""
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
    reader = _Reader(bodies, beside)
    reader.read(root)
    reader.flush()
    return reader.lines


def line_of_rows(rows: Rows) -> Line:
    """A table in a body."""
    text = "\n".join("\t".join(cells) for cells in rows)
    return Line(text, chrome.squeeze(text), inside=True, rows=rows)


def _align(element: etree._Element, tag: object) -> str:
    """The alignment an element sets itself: "right", "center", "" for none, and a space for one that undoes an outer one."""
    if tag == "center":
        return "center"
    if tag == "table":
        return " "  # says where the table stands, and text in it starts anew
    style = element.get("style")
    if style and "text-align" in style and (found := _aligned(style)) is not None:
        return found
    return _SIDES.get((element.get("align") or "").lower(), "")


@remembered(longest=300, most=512)  # all paragraphs of an editor have the same
def _aligned(style: str) -> str | None:
    """The alignment a style sets, None if it sets none."""
    match = _ALIGN.search(style)
    return _SIDES.get(match[1].lower(), "") if match else None
