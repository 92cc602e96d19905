"""HTML to a tree, without what no reader sees. Nothing here recurses: pages may be nested as deep as they like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lxml import etree

from crawler.extract.page import charset
from crawler.text.memory import remembered

MAX_BYTES = 32 * 1024 * 1024
#: a page's tags cost far more than its bytes (12 MB of ``<p>0</p>`` are 0.9 GB as a tree); the largest honest tables have half of these
MAX_TAGS = 400_000
#: elements whose content is no text of the page
_DROPPED = (
    "script",
    "style",
    "noscript",
    "template",
    "select",
    "textarea",
    "svg",
    "math",
    "button",
    "input",
    "xml",
    "audio",
    "video",
    "canvas",
    "map",
    "title",
    "link",
    "meta",
    "option",
    "datalist",
    "rp",
    "rt",
)
#: a tree holds what an entity made of them, and takes none back
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_WRITTEN = re.compile(r"^\s*document\.write(?:ln)?\(\s*(?:\"([^\"<>\\]{1,200})\"|'([^'<>\\]{1,200})')\s*\)\s*;?\s*$")
_RULE = re.compile(r"([^{}]{1,200})\{([^{}]{0,400})\}")
_CLASS = re.compile(r"^\.([\w-]{1,60})$")
#: characters of text up to which a page is looked at as a whole, to judge it
SHORT = 260
_MOST_KEPT = 65_536  # characters of a page whose tree is worth holding
_MEASURED = 500  # hidden elements looked at before deciding that the page shows something else
_CONTROL = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())


def tree_of(body: bytes, content_type: str | None = None) -> etree._Element:
    """The page as an lxml tree (root ``html``), decoded by our rules; an empty tree for an empty body. Never raises."""
    return parse(charset.decode(body[:MAX_BYTES], content_type).text)


def bounded(text: str) -> str:
    """The text up to its `MAX_TAGS`-th tag: all of it, unless a page is made to cost."""
    if text.count("<") <= MAX_TAGS:
        return text
    return text[: -1 - len(text.split("<", MAX_TAGS + 1)[-1])]


def parse(text: str) -> etree._Element:
    """HTML text to a tree. A page that is nested too deep for the parser is read as its words alone."""
    clean = bounded(text).encode("utf-8", "replace").translate(None, _CONTROL)
    for mark in _NO_CHARACTERS:
        clean = clean.replace(mark, b"")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = etree.fromstring(clean, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        return _bare("")
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log.filter_from_fatals()):
        return _bare(re.sub(r"<[^<>]{0,2000}>", "\n", clean.decode()))
    return root


def _bare(words: str) -> etree._Element:
    root = etree.Element("html")
    body = etree.SubElement(root, "body")
    for line in words.split("\n"):
        if line.strip():
            etree.SubElement(body, "p").text = line
    return root


def values_of(name: str) -> Callable[[etree._Element], list[Any]]:
    """The search for all values of an attribute within an element; each knows the element it stands at (``getparent``)."""
    return etree.XPath(f"descendant-or-self::*/@{name}")  # type: ignore[return-value]


def _texts_of(name: str) -> Callable[[etree._Element], list[str]]:
    """The same for the mere values, which takes less."""
    return etree.XPath(f"descendant-or-self::*/@{name}", smart_strings=False)  # type: ignore[return-value]


_styles_of, _hidden_of = _texts_of("style"), _texts_of("hidden")


def prune(root: etree._Element) -> None:
    """Take out scripts, styles and hidden elements, in place. Hidden text stays where it is most of the page."""
    classes = _hidden_classes(root)
    for element in list(root.iter(*_DROPPED)):
        _drop(element, _written(element))
    hidden = _hidden(root, classes)
    if hidden and sum(map(_length, _outermost(hidden[:_MEASURED]))) * 2 <= _length(root):
        for element in hidden:
            if element is not root and element.getparent() is not None:
                _drop(element, "")


class Shown(NamedTuple):
    """A page as its reader sees it: the pruned tree of ``text``, the words of its <title>, and whether it asks for a password.

    Nobody changes the tree.
    """

    text: str
    root: etree._Element
    title: str
    asks_password: bool


def shown(text: str) -> Shown:
    """A page without what no reader sees; of one that was kept a moment ago, nothing is done again."""
    if _kept and _kept[-1].text == text:
        return _kept[-1]
    return show(text, parse(text))


def show(text: str, root: etree._Element) -> Shown:
    """Prune a tree, and note what pruning takes away."""
    title = words_of(element) if (element := next(root.iter("title"), None)) is not None else ""
    asks = any((field.get("type") or "").lower() == "password" for field in root.iter("input"))
    prune(root)
    return Shown(text, root, title, asks)


def keep(page: Shown) -> None:
    """Hold a page for whoever looks at it next: a short one is read, and then judged. Only the last one is held, and no large one."""
    _kept[:] = [page] if len(page.text) <= _MOST_KEPT else []


_kept: list[Shown] = []


def _written(element: etree._Element) -> str:
    """Plain words that a script writes at its place (some sites write the publisher that way)."""
    match = _WRITTEN.match(element.text or "") if element.tag == "script" else None
    return (match[1] or match[2]) if match else ""


def remove(element: etree._Element) -> None:
    """Take an element out of its tree; the text behind it stays."""
    _drop(element, "")


def _drop(element: etree._Element, instead: str) -> None:
    """Remove an element and keep the text behind it."""
    parent, tail = element.getparent(), instead + (element.tail or "")
    if parent is None:
        return
    if tail:
        before = element.getprevious()
        if before is not None:
            before.tail = _UNWRITABLE.sub("", (before.tail or "") + tail)
        else:
            parent.text = _UNWRITABLE.sub("", (parent.text or "") + tail)
    parent.remove(element)


def _hidden(root: etree._Element, classes: frozenset[str]) -> list[etree._Element]:
    """The elements that no reader sees, in order. Whether there may be any is asked first: of all styles at once."""
    if not classes and not any(map(_hides, set(_styles_of(root)))) and not _hidden_of(root):
        return []
    return [element for element in root.iter(etree.Element) if _is_hidden(element, classes)]


def _is_hidden(element: etree._Element, classes: frozenset[str]) -> bool:
    style = element.get("style")
    return (
        (style is not None and _hides(style))
        or element.get("hidden") is not None
        or (bool(classes) and not classes.isdisjoint(element.get("class", "").split()))
    ) and element.tag not in ("body", "html")


def _hides(style: str) -> bool:
    return ("none" in (low := style.lower()) or "hid" in low) and _HIDDEN.search(style) is not None


def _hidden_classes(root: etree._Element) -> frozenset[str]:
    """Classes that the page's own style sheet hides; rules inside @media hold elsewhere."""
    found = set()
    for sheet in root.iter("style"):
        for selectors, rules in _RULE.findall(_without_media((sheet.text or "")[:20_000])):
            if "none" in rules and _HIDDEN.search(rules):
                found |= {match[1] for part in selectors.split(",") if (match := _CLASS.match(part.strip()))}
    return frozenset(found)


def _without_media(sheet: str) -> str:
    out, depth, skip = [], 0, None
    for part in re.split(r"([{}])", sheet):
        if part == "{":
            depth += 1
        elif part == "}":
            depth -= 1
            if skip is not None and depth <= skip:
                skip = None
                continue
        elif "@" in part and skip is None:
            skip = depth
            part = part.split("@", 1)[0]
            out.append(part)
            continue
        if skip is None:
            out.append(part)
    return "".join(out)


def _outermost(elements: list[etree._Element]) -> Iterator[etree._Element]:
    known = set(elements)
    for element in elements:
        if known.isdisjoint(element.iterancestors()):
            yield element


def _length(element: etree._Element) -> int:
    return len(words_of(element))


def names_of(element: etree._Element) -> str:
    """Class and id of an element with a space between; ``""`` if it has neither."""
    names, identity = element.get("class"), element.get("id")
    return f"{names or ''} {identity or ''}" if names or identity else ""


def finder(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    """The search for a pattern in `names_of` elements, with a memory: the pages of a site use the same few names."""

    return remembered(longest=120, most=1024)(lambda names: pattern.search(names) is not None)


def text_of(element: etree._Element, between: str = "") -> str:
    """All text inside an element, its pieces set apart by ``between``."""
    if not len(element):
        return element.text or ""
    if not between:
        return etree.tostring(element, encoding="unicode", method="text", with_tail=False)
    return between.join(map(str, element.itertext()))


def is_longer(element: etree._Element, limit: int) -> bool:
    """Whether an element has more than ``limit`` characters of text; looks no further than it must."""
    size = 0
    for node in element.iter():
        if text := node.text:
            size += sum(map(len, text.split()))
        if node is not element and (tail := node.tail):
            size += sum(map(len, tail.split()))
        if size > limit:
            return True
    return False


def words_of(element: etree._Element) -> str:
    """All text inside an element, white space taken out."""
    return "".join(text_of(element).split())
