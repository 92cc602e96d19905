"""What stands around a body: <meta>, the 索引号 table, the title, the publish line, the site's code. Metas are believed last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from lxml import etree

from crawler.extract.page import chrome
from crawler.extract.page.flow import Line
from crawler.extract.page.tables import tidy
from crawler.extract.page.tree import is_longer, text_of, words_of

#: labels of the 政府信息公开 table, without inner spaces
LABELS = frozenset(
    (
        "索引号",
        "信息索引号",
        "索引号/文号",
        "文号",
        "文件编号",
        "发文字号",
        "发文文号",
        "发布机构",
        "发文机构",
        "发文机关",
        "公开机构",
        "发布单位",
        "发布机关",
        "制发机关",
        "发文单位",
        "信息来源",
        "公开责任部门",
        "责任部门",
        "发文日期",
        "成文日期",
        "发布日期",
        "发布时间",
        "公开日期",
        "生成日期",
        "生效日期",
        "制发日期",
        "有效性",
        "效力状态",
        "时效性",
        "是否有效",
        "主题分类",
        "信息分类",
        "分类",
        "公开分类",
        "体裁分类",
        "服务对象",
        "组配分类",
        "名称",
        "信息名称",
        "标题",
        "文件名称",
        "主题词",
        "关键词",
        "公开方式",
        "公开形式",
        "公开范围",
        "公开时限",
        "公开程序",
        "内容概述",
        "信息公开类别",
        "废止日期",
        "失效日期",
        "签发日期",
        "印发日期",
        "所属主题",
        "所属机构",
        "栏目分类",
    )
)
_ANCHORS = frozenset(
    (
        "索引号",
        "信息索引号",
        "索引号/文号",
        "文号",
        "文件编号",
        "发文字号",
        "发布机构",
        "发文机构",
        "发文机关",
        "公开机构",
        "制发机关",
        "发布机关",
        "生成日期",
        "发文日期",
        "成文日期",
        "有效性",
        "效力状态",
        "主题分类",
        "信息分类",
        "公开方式",
    )
)
#: anchors by their last two characters: most pages have few of these
_ANCHORS_BY_END = {end: [anchor for anchor in _ANCHORS if anchor.endswith(end)] for end in {anchor[-2:] for anchor in _ANCHORS}}
_DATED = re.compile(r"[\s（(\[【]*(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?:[\sT]\d{1,2}:\d{2}(?::\d{2})?)?[\s）)\]】]*$")
_SITE_CODE = re.compile(r"(?:网站)?标识码[:：]?([0-9]{10}|bm[0-9]{8})(?![0-9])", re.IGNORECASE)
_BARE_CODE = re.compile(r"(?<![0-9])([1-6][0-9]{9})(?![0-9])")
_SEPARATORS = re.compile(r"\s*[_|｜]\s*|\s+[-–—]+\s+|[-–—]+|\s+|>>|»")
_GENERIC = re.compile(
    r"^(?:首页|网站首页|详情页?|正文|内容|文章(?:详情|内容|页)?|信息公开|政务公开|政府信息公开|通知公告|公示公告|公告公示|公示|"
    r"公告|新闻详情|详细(?:信息|内容|页面?)|细览页?|内容页|无标题文档|政府信息公开(?:平台|目录)?|"
    r"信息详情|index|untitled.*)$",
    re.IGNORECASE,
)
_ORGAN_ENDS = ("政府", "局", "厅", "委员会", "网", "网站", "门户", "平台", "办公室", "部", "日报", "在线", "公司", "集团")
_ORGANS = re.compile(rf"^.{{2,30}}(?:{'|'.join(_ORGAN_ENDS)})$")
_SAYS = re.compile(r"关于|约谈|督察(?!办|组)|反馈|通报|公示|整改(?!办|工作领导|领导)|销号|验收")
_INNER_LABEL = re.compile(
    r"(?:索引号|文号|发[布文]机[构关]|[发成]文日期|发布[日时][期间]|来源|有效性|分类|浏览|阅读|字体|名称|标题|主题词)[:：]"
)
#: how titles of notices and reports end
_TITLE = re.compile(
    r"^[^。！？!?]{6,}(?:公示|公告|通告|通报|通知|公布|公开|方案|清单|台账|报告|情况|意见|总结|[表函])(?:[（(][^（()）]{1,30}[）)])?$"
)
_OF_LEVEL = {1: 4.0, 2: 3.0, 3: 2.5, 4: 1.0}
_ABOVE_INFO = 3.0
_MENU = 60  # characters of a menu that a body found by density may begin with
_LABELLED = ("td", "th", "dt", "li", "b", "strong", "span", "i", "p", "div", "label", "em")
_MOST_GAINED = 10  # what words can add to the looks of a title: confirmed by <title>, by <meta>, long
_MOST_ANCHORS = 40  # labels among which two that stand together are looked for
_MOST_BOXES = 7  # boxes around a label
_FIRST_OF_LABELS = frozenset(label[0] for label in LABELS)
_DEEP = 4  # elements in one another, at whose beginnings the first word is looked for
_MOST_OF_VALUE = 120  # characters of a value that stands with its label
_MOST_OF_LABEL = 400  # characters of a label with its value
MAX_BOX = 900  # characters that a header table has at most
MAX_LINE = 300
MAX_FRAME = 800


def meta_of(root: etree._Element) -> dict[str, str]:
    """Lower-cased names of <meta>, each with its first value that is not empty."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = (element.get("name") or element.get("property") or "").strip().lower()
        value = tidy(element.get("content") or "")
        if name and value and len(found) < 100:
            found.setdefault(name[:80], value[:500])
    return found


def document_title(root: etree._Element) -> str:
    element = next(root.iter("title"), None)
    return tidy(text_of(element))[:500] if element is not None else ""


def header_of(page: etree._Element) -> tuple[dict[str, str], list[etree._Element]]:
    """The 索引号/发布机构/发文日期 table as label → value, and the elements it stands in (no part of the body).

    Two labels that only such a table has must stand together in a small box; then all labels in that box are read.
    """
    words = words_of(page)
    if sum(anchor in words for end, anchors in _ANCHORS_BY_END.items() if end[0] in words and end in words for anchor in anchors) < 2:
        return {}, []
    labelled = ((element, _label_in(element)[0]) for element in page.iter(*_LABELLED))
    box = _box(islice((pair for pair in labelled if pair[1] in _ANCHORS), _MOST_ANCHORS))
    if box is None:
        return {}, []
    found: dict[str, str] = {}
    size = 0
    for element in box.iter(*_LABELLED):
        label, value = _label_in(element)
        if label:
            value = _value_beside(element, box) if value is None else value
            size += len(label) + len(value)
            found.setdefault(label, value)
    alone = len(words_of(box)) <= size * 1.5 + 60
    return {label: value for label, value in found.items() if value}, [box] if alone else []


def _label_in(element: etree._Element) -> tuple[str, str | None]:
    """The label an element consists of (value None) or begins with (and its value); ``""`` if it has none."""
    text = _text_of_label(element) if len(element) <= 6 and _may_begin_label(element) else ""
    words = "".join(text.split())
    if not words:
        return "", None
    if words.rstrip(":：") in LABELS:
        return words.rstrip(":："), None
    label, colon, value = words.replace("：", ":").partition(":")
    if not colon or label not in LABELS or len(value) > _MOST_OF_VALUE or _INNER_LABEL.search(value):
        return "", None
    return label, tidy(re.split(r"[:：]", text, maxsplit=1)[-1])[:200]


def _may_begin_label(element: etree._Element) -> bool:
    """Whether the first character that shows in an element is a label's: that of most is none."""
    for _ in range(_DEEP):
        if (text := element.text) and (begun := text.lstrip()):
            return begun[0] in _FIRST_OF_LABELS
        if not len(element):
            break
        element = element[0]
    return True


def _text_of_label(element: etree._Element) -> str:
    """The text of a small element, its pieces set apart by spaces; ``""`` if it is longer than 400 characters."""
    if not len(element):
        text = element.text or ""
        return text if len(text) <= _MOST_OF_LABEL else ""
    pieces: list[str] = []
    size = -1
    for piece in element.itertext():
        pieces.append(str(piece))
        size += len(piece) + 1
        if size > _MOST_OF_LABEL:
            return ""
    return " ".join(pieces)


def _box(anchors: Iterable[tuple[etree._Element, str]]) -> etree._Element | None:
    """The smallest box around two different labels, made as large as the table or list they stand in."""
    first: dict[etree._Element, str] = {}
    small: dict[etree._Element, bool] = {}
    for element, label in anchors:
        for box in _boxes(element, small):
            if first.setdefault(box, label) != label:
                return _whole(box, small)
    return None


def _boxes(element: etree._Element, small: dict[etree._Element, bool]) -> Iterator[etree._Element]:
    """What stands around an element and is no larger than a header table. ``small``: what is known of that, as labels share boxes."""
    for outer in islice(element.iterancestors(), _MOST_BOXES):
        if outer.tag in ("body", "html"):
            return
        if outer not in small:
            small[outer] = not is_longer(outer, MAX_BOX)
        if not small[outer]:
            return
        yield outer


def _whole(box: etree._Element, small: dict[etree._Element, bool]) -> etree._Element:
    return next((outer for outer in (box, *_boxes(box, small)) if outer.tag in ("table", "ul", "dl")), box)


def _value_beside(element: etree._Element, box: etree._Element) -> str:
    """What stands next to a label in its row: text behind it, the next cell or the next small element."""
    if tail := tidy(element.tail or "").strip(":： "):
        return tail[:200]
    node = element
    while node is not box:
        following = node.getnext()
        if following is not None:
            label, value = _label_in(following)
            text = tidy(text_of(following, " ")).lstrip(":： ")
            return "" if (label and value is None) or following.tag == "tr" else text[:200]
        parent = node.getparent()
        if parent is None or parent.tag in ("tr", "li") or len(parent) > 1:
            return ""
        node = parent
    return ""


def title_of(lines: Sequence[Line], document: str, meta: Mapping[str, str], header: Mapping[str, str]) -> str:
    """The title of the notice as the page shows it, the site's name taken off.

    A visible heading that the document's <title> confirms comes first, then the best looking heading before the body, then a
    value of the header table, <meta> and <title>.
    """
    named = chrome.squeeze(document)
    site, stated = chrome.squeeze(meta.get("sitename", "")), chrome.squeeze(meta.get("articletitle", ""))
    best, best_score = "", 0.0
    for text, words, score in _candidates(lines):
        if score + _MOST_GAINED <= best_score:
            continue
        if not 4 <= len(words) <= 200 or words == site or _is_the_sites(words):
            continue
        if named and words in named and words != named:
            score += 6 if len(words) > 10 or not _is_organ(words) else 1
        elif named and words == named:
            score += 1 if _is_organ(words) else 6
        elif named and len(words) > 12 and ((_cut(named) and words.startswith(_cut(named))) or named[:12] == words[:12]):
            score += 4
        score += (2 if words == stated else 0) + min(len(words), 30) / 15
        if _is_organ(words):
            score -= 4
        if score > best_score:
            best, best_score = text, score
    if best_score >= 3:
        return _DATED.sub("", _repaired(best, document)) or best
    return _second_best(document, meta, header)


def _is_organ(words: str) -> bool:
    """Whether words are a body's name alone, and not a sentence that ends in one (某部约谈某市政府)."""
    return words.endswith(_ORGAN_ENDS) and _ORGANS.match(words) is not None and _SAYS.search(words) is None


def _is_the_sites(words: str) -> bool:
    """Whether a line, white space taken out, is none of the agency's."""
    return (
        _GENERIC.match(words) is not None
        or chrome.is_chrome(words)
        or chrome.is_info(words)
        or chrome.is_crumb(words)
        or chrome.is_footer(words)
        or chrome.is_related_heading(words)
    )


def _candidates(lines: Sequence[Line]) -> Iterable[tuple[str, str, float]]:
    """Lines that look like a heading, their words, and how much they do. Lines of one heading that a <br> broke are also given as one."""
    words_inside = 0
    previous: tuple[int, Line] | None = None
    for index, line in enumerate(lines):
        if line.inside:
            words_inside += len(line.text)
        if words_inside > 400 or (words_inside > _MENU and not line.inside):
            break
        if line.rows or line.links * 2 > len(line.text) or len(line.text) > 200:
            continue
        score = _looks(line) + (_ABOVE_INFO if _is_above_info(lines, index) else 0)
        if score <= 0:
            continue
        if words_inside > 120 and not line.level and not line.title_like:
            score -= 1.5
        yield line.text, line.words, score
        if (
            previous
            and previous[0] == index - 1
            and previous[1].level == line.level
            and previous[1].inside == line.inside
            and (line.level or line.title_like)
        ):
            yield previous[1].text + line.text, previous[1].words + line.words, score + 0.5
        previous = (index, line)


def _is_above_info(lines: Sequence[Line], index: int) -> bool:
    """Whether a line that ends as titles of notices do stands right above the publish line: a heading without any mark of one."""
    line, below = lines[index], lines[index + 1] if index + 1 < len(lines) else None
    return below is not None and not line.links and chrome.is_info(below.words) and _TITLE.search(line.words) is not None


def _looks(line: Line) -> float:
    score = _OF_LEVEL.get(line.level, 0.0)
    score += 2.5 if line.title_like else 0
    score += 1.5 if line.align == "center" else 0
    score += 1 if line.bold else 0
    return score + (0.5 if 10 <= len(line.text) <= 90 else 0)


def _cut(named: str) -> str:
    """The beginning of a document title that was cut with an ellipsis, else ``""``."""
    head = re.split(r"…|\.{3}", named, maxsplit=1)
    return head[0] if len(head) > 1 and len(head[0]) >= 8 else ""


def _repaired(title: str, document: str) -> str:
    """A heading that was cut is completed from the document's title."""
    cut = re.match(r"^(.{8,}?)(?:…+|\.{3,})$", title)
    if cut:
        for part in _SEPARATORS.split(document):
            if part.startswith(cut[1]) and len(part) > len(cut[1]):
                return part
    return title


def _second_best(document: str, meta: Mapping[str, str], header: Mapping[str, str]) -> str:
    for value in (
        header.get("名称", ""),
        header.get("标题", ""),
        header.get("信息名称", ""),
        without_site(document, meta),
        meta.get("articletitle", ""),
        meta.get("og:title", ""),
    ):
        words = chrome.squeeze(value)
        if len(words) >= 4 and not _GENERIC.match(words) and not _ORGANS.match(words) and words != chrome.squeeze(meta.get("sitename", "")):
            return value
    return ""


def without_site(document: str, meta: Mapping[str, str]) -> str:
    """A document title without the site's and the column's name: its longest part that is not an organ's name."""
    site = meta.get("sitename", "")
    if site and document != site:
        document = document.replace(site, " ").strip(" -_|–—")
    column = meta.get("columnname", "")
    parts = [part for part in re.split(r"\s*[_|｜]\s*|\s+[-–—]*\s*|(?<=[^\d第])[-–—]+(?=[^\d])", document) if part and part != column]
    kept = [part for part in parts if not _ORGANS.match(part) and not _GENERIC.match(part)] or parts
    return max(kept, key=len, default=document)


def site_code(lines: Sequence[Line], meta: Mapping[str, str]) -> str:
    """政府网站标识码: ten digits, the first six the region's (ministries: bm and eight digits); ``""`` if none is printed. Last line first."""
    for line in reversed(lines):
        if "标识码" in line.words and (match := _SITE_CODE.search(line.words)):
            return match[1].lower()
    declared = meta.get("siteidcode", "").strip().lower()
    if re.fullmatch(r"[0-9]{10}|bm[0-9]{8}", declared):
        return declared
    for line in reversed(lines):
        if "备" in line.text and (match := _BARE_CODE.search(line.text)):
            return match[1]
    return ""
