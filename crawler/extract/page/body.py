"""Where the notice stands on its page: containers that content systems are known to use, else the densest block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from crawler.extract.page import chrome
from crawler.extract.page.tree import finder, is_longer, names_of, text_of, values_of, words_of

#: names of containers that hold the text of one article and nothing else, as content systems write them
_IDS = frozenset(
    (
        "zoom",
        "zoomcon",
        "ucap-content",
        "vsb_content",
        "ivs_content",
        "js_contentbox",
        "js_content",
        "ozoom",
        "vsb_newscontent",
        "con_con",
        "articlecontent",
        "article_content",
        "article-content",
        "newscontent",
        "news_content",
        "conn",
        "txtcon",
        "fontzoom",
        "printcontent",
        "artcontent",
        "detailcontent",
        "zw_content",
        "infocontent",
        "gktext",
        "conten",
        "mainbody",
        "textcontent",
        "bodycontent",
    )
)
_VSB = re.compile(r"^vsb_content(?:_\d+)?$")
_CLASSES = frozenset(
    (
        "trs_editor_view",
        "trs_ueditor",
        "trs_editor",
        "trs_preappend",
        "custom_unionstyle",
        "zoom",
        "j-fontcontent",
        "article_content",
        "article-content",
        "articlecontent",
        "v_news_content",
        "xxgk_content",
        "content_body_box",
        "neiright_jpz_gk_cp",
        "ucapcontent",
        "pages_content",
        "bt_content",
        "news_content",
        "newscontent",
        "newcontent",
        "txt_content",
        "detail-content",
        "detail_content",
        "artical_content",
        "article-con",
        "article_con",
        "wzcon",
        "rich_media_content",
        "post_content",
        "entry-content",
        "easysite-news-text",
        "main-txt",
        "wzy_con",
        "show_content",
        "info_content",
        "view_content",
    )
)
#: names of the text as it left the editor; their frames carry title and publish line besides
_EDITORS = frozenset(
    ("zoom", "ucap-content", "vsb_content", "vsb_content_2", "v_news_content", "trs_editor", "trs_ueditor", "trs_editor_view")
)
_TAGS = frozenset(("ucapcontent", "founder-content", "article"))
_ids_of, _classes_of = values_of("id"), values_of("class")
_names_phone = finder(re.compile(r"(?:^|[\s_-])(?:wap|mobile|phone|print|m)(?:$|[\s_-])", re.IGNORECASE))
_SIDE = re.compile(
    r"(?:^|[\s_-])(?:nav\w{0,8}|\w{0,6}menu|foot\w{0,6}|bottom|copy\w{0,8}|crumbs?|bread\w{0,6}|position|loc|location|place|wz_top|"
    r"\w{0,6}share\w{0,12}|relat\w{0,6}|rel|xg\w{0,4}|same|recommend\w{0,3}|recent|hot\w{0,4}|side\w{0,5}|aside|"
    r"pager?|pages|paging|pagination|page_up|pn|context|tools?|toolbar|prn|ewm|qr\w{0,5}|erweima|comment\w{0,2}|ads?|banner|search|"
    r"login|tags?|boxoff|m-more|m-head|links|friend\w{0,5}|topbar|hd|logo|header|"
    r"prev\w{0,4}|next\w{0,4}|sxp|sxy|shangxia|fx|dy|close|btns?|wzbot)(?:$|[\s_-])",
    re.IGNORECASE,
)
_names_side = finder(_SIDE)
_LISTS = frozenset(("ul", "ol", "dl", "div", "table", "td", "section", "aside", "nav", "tbody", "tr"))
_LEAVES = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "span", "font", "strong", "b", "a", "em", "i", "pre", "ul", "ol", "li", "u", "table")
)
_ENOUGH = 15  # characters a body has at least
_MOST_SIDES = 300  # side boxes looked at in one body
_TOO_MANY = 60  # elements of such a name: on this page the name means something else
_MOST = 0.25  # a named container may be trusted if it holds this share of the page's words outside links
_FEW = 60  # characters beside the links of a bar of links
_OVERSHADOWED = 0.5  # share of the children's text below which none of them stands for the whole


def find(root: etree._Element, title: str = "") -> tuple[list[etree._Element], bool]:
    """The elements that hold the body, in order, and whether a known name told so. Never empty: at worst the whole page.

    ``title``: the document's, to know a heading that is marked as nothing. Several elements are parts of one body; copies (a
    print or mobile version) are left out.
    """
    page = root.find("body")
    page = root if page is None else page
    named = _named(page)
    if named:
        return named, True
    return [_densest(page, chrome.squeeze(title))], False


def is_named(element: etree._Element) -> bool:
    return _is_body_id(element.get("id", "")) or _is_body_class(element.get("class", ""))


def _is_body_id(identity: str) -> bool:
    return (low := identity.lower()) in _IDS or _VSB.match(low) is not None


def _is_body_class(classes: str) -> bool:
    return not _CLASSES.isdisjoint(classes.lower().split())


def _candidates(page: etree._Element) -> list[etree._Element]:
    """The elements whose id, class or tag is that of a body, in order. Few have any names, and those are found without Python."""
    found: set[etree._Element] = {identity.getparent() for identity in _ids_of(page) if _is_body_id(identity)}
    found.update(classes.getparent() for classes in _classes_of(page) if _is_body_class(classes))
    found.update(page.iter(*_TAGS))
    return list(found) if len(found) < 2 else [element for element in page.iter() if element in found]


def _named(page: etree._Element) -> list[etree._Element]:
    """The outermost named containers with text that is not a copy of another's."""
    found: list[etree._Element] = []
    texts: list[str] = []
    tried = 0
    for element in _candidates(page):
        tried += 1
        if tried > _TOO_MANY:
            return []
        text = words_of(element)
        if len(text) < _ENOUGH:
            continue
        if found and found[-1] in element.iterancestors():
            if len(text) >= _share_of_inner(element) * len(texts[-1]) or not is_named(found[-1]):
                found[-1], texts[-1] = element, text  # the inner one is the text, the outer its frame
            continue
        found.append(element)
        texts.append(text)
    return _without_copies(found, texts, page)


def _share_of_inner(element: etree._Element) -> float:
    """How much of a named container an inner one must hold to stand for it: less where its name is that of an editor's text."""
    names = {element.get("id", "").lower(), *element.get("class", "").lower().split()}
    return 0.3 if names & _EDITORS else 0.8


def _without_copies(found: list[etree._Element], texts: list[str], page: etree._Element) -> list[etree._Element]:
    if not found:
        return []
    order = [0] if len(found) == 1 else sorted(range(len(found)), key=lambda i: (_on_phone(found[i]), -len(texts[i])))
    kept: list[int] = []
    for i in order:
        if not any(is_copy(texts[i], texts[k]) for k in kept):
            kept.append(i)
    longest = max(len(texts[i]) for i in kept)
    chosen = [found[i] for i in sorted(kept) if len(texts[i]) * 10 >= longest or len(kept) == 1]
    whole = sum(len(texts[i]) for i in kept)
    return chosen if _is_most(whole, page) else []


def _is_most(size: int, page: etree._Element) -> bool:
    """Whether so many characters are enough of those that a page has outside links."""
    text = text_of(page)
    if size >= _MOST * max(1, len(text)):
        return True
    words = sum(map(len, text.split()))
    return size >= _MOST * max(1, words - sum(len(words_of(link)) for link in page.iter("a")))


def is_copy(one: str, other: str) -> bool:
    """Whether places of a text (long enough to mean something) stand in another, in the same order; a few may differ."""
    if len(one) < 40:
        return len(one) > 0 and one in other
    at = missed = 0
    for part in (0.1, 0.3, 0.5, 0.7, 0.85):
        start = int(len(one) * part)
        found = other.find(one[start : start + 16], at)
        missed += found < 0
        at = max(at, found)
    return missed <= 1


def _on_phone(element: etree._Element) -> bool:
    return any((names := names_of(node)) and _names_phone(names) for node in _upwards(element))


def _upwards(element: etree._Element) -> Iterator[etree._Element]:
    yield element
    yield from element.iterancestors()


def side_elements(bodies: Sequence[etree._Element]) -> list[etree._Element]:
    """Elements inside the bodies whose names say that they are buttons, neighbours or advertising, and that hold little."""
    found: list[etree._Element] = []
    tried = 0
    for body in bodies:
        most: int | None = None
        for element in body.iter("div", "ul", "p", "dl", "section", "span"):
            if element is body or not is_side(element):
                continue
            tried += 1
            if tried > _MOST_SIDES:
                return found
            most = len(words_of(body)) // 4 if most is None else most
            if not is_longer(element, most):
                found.append(element)
    return found


def is_side(element: etree._Element) -> bool:
    """Whether an element's names say menu, footer, neighbours, buttons or advertising."""
    names = names_of(element)
    return bool(names) and _names_side(names)


def _mass(page: etree._Element) -> dict[etree._Element, int]:
    """For each element the number of characters outside links, lists of links, footers and side boxes."""
    elements = list(page.iter(etree.Element))
    plain, linked, mass = _lengths(elements)
    whole = plain[page]
    for element in reversed(elements):  # whatever is within an element has been added to it before its turn
        total = mass[element]
        if total and (
            (element.tag == "a" and element.get("href"))
            or element.tag in ("footer", "nav")
            or _is_list(element, plain, linked)
            or (total * 4 < whole and is_side(element))
            or (total <= 300 and len(element) == 0 and chrome.is_footer(chrome.squeeze(text_of(element))))
        ):
            mass[element] = total = 0
        if total and element is not page and (parent := element.getparent()) is not None:
            mass[parent] += total
    return mass


_Lengths = dict[etree._Element, int]


def _lengths(elements: list[etree._Element]) -> tuple[_Lengths, _Lengths, _Lengths]:
    """Of each element the characters outside links, those inside links, and those that no element within it has."""
    plain, linked, own = (dict.fromkeys(elements, 0) for _ in range(3))
    for element in reversed(elements):  # children before their parents, which get what each of them has
        if (text := element.text) and (size := len(text.strip())):
            own[element] += size
            plain[element] += size
        if plain[element] and element.tag == "a" and element.get("href"):
            linked[element] += plain[element]
            plain[element] = 0
        parent = element.getparent()
        if parent is None or element is elements[0]:
            break
        plain[parent] += plain[element]
        linked[parent] += linked[element]
        if (tail := element.tail) and (size := len(tail.strip())):
            own[parent] += size
            plain[parent] += size
    return plain, linked, own


def _is_list(element: etree._Element, plain: dict[etree._Element, int], linked: dict[etree._Element, int]) -> bool:
    """A list of links with dates beside them; a few linked words in a text are none."""
    links = linked[element]
    return links > 30 and links >= plain[element] and element.tag in _LISTS


def _densest(page: etree._Element, title: str) -> etree._Element:
    """Go down from the page as long as one child holds what matters and the rest is explained."""
    mass = _mass(page)
    here = page
    while True:
        children = [child for child in here if mass.get(child, 0) > 0]
        if not children:
            return here
        best = _without_copy(sorted(children, key=lambda child: -mass[child])[:2], mass)
        if (best.tag in _LEAVES and best.tag != "table") or len(best) == 0 or not _holds_blocks(best):
            return here
        rest = [child for child in children if child is not best]
        if best.tag == "table" and _is_data(best, mass):
            return here
        if (
            mass[best] < _OVERSHADOWED * sum(mass[child] for child in children)
            or _has_words(here)
            or not all(_explained(child, mass, best, title) for child in rest)
        ):
            return here
        here = best


def _without_copy(pair: list[etree._Element], mass: dict[etree._Element, int]) -> etree._Element:
    """Of two children with one text (screen and phone) the one for the screen; the other counts for nothing."""
    if len(pair) == 2 and mass[pair[1]] * 2 >= mass[pair[0]]:
        texts = [words_of(element) for element in pair]
        if is_copy(texts[1], texts[0]) or is_copy(texts[0], texts[1]):
            keep = 1 if _on_phone(pair[0]) and not _on_phone(pair[1]) else 0
            mass[pair[1 - keep]] = 0
            return pair[keep]
    return pair[0]


def _holds_blocks(element: etree._Element) -> bool:
    return next(element.iter("p", "div", "td", "br", "table", "li", "section", "h1", "h2", "h3", "h4", "pre", "center"), None) is not None


def _is_data(table: etree._Element, mass: dict[etree._Element, int]) -> bool:
    """A table whose text is spread over several cells of a row; one big cell means that the table arranges the page."""
    biggest = max((mass.get(cell, 0) for cell in table.iter("td", "th")), default=0)
    inner = any(nested is not table for nested in table.iter("table"))
    return not inner and biggest * 2 < mass[table]


def _has_words(element: etree._Element) -> bool:
    """Whether an element has text of its own beside its children's."""
    own = (element.text or "") + "".join(child.tail or "" for child in element)
    line = chrome.squeeze(own)
    return len(line) > 0 and not (chrome.is_chrome(line) or chrome.is_info(line) or chrome.is_footer(line))


def _explained(element: etree._Element, mass: dict[etree._Element, int], best: etree._Element, title: str) -> bool:
    """Whether a sibling of the densest child is a heading, a publish line, a button or a footer, and not part of the text."""
    if element.tag in ("h1", "h2", "h3") or mass.get(element, 0) == 0:
        return True
    line = words_of(element)
    if mass[element] <= _FEW and len(line) - mass[element] >= max(6, mass[element] // 2) and mass[element] * 5 <= mass[best]:
        return True  # a bar of links with separators and a name
    if len(line) > 8 and line in title:
        return True
    if len(line) > 600 or (len(line) > 200 and mass[element] * 5 > mass[best]):
        return False
    if chrome.is_chrome(line) or chrome.is_info(line) or chrome.is_footer(line) or chrome.is_crumb(line):
        return True
    return all(
        chrome.is_chrome(part)
        or chrome.is_info(part)
        or chrome.is_footer(part)
        or chrome.is_related_heading(part)
        or chrome.is_attachment_heading(part)
        for part in map(chrome.squeeze, text_of(element, "\n").split("\n"))
        if part
    )
