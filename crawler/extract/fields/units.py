"""Responsible units (责任单位): lists of bodies split to names, roles stripped, supervising and accepting ones left out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crawler.extract.outline.labels import Label, label_of
from crawler.extract.outline.pieces import Found, Piece, found_in
from crawler.gazetteer.regions import mentions
from crawler.text.widths import half

_SPLIT = re.compile(r"[、,;。/|]|\s{1,4}|会同|(?<=局)联合")
_SEPARATING = frozenset("、,;。/|会联")  # or white space: how a separator begins
_PARTY = re.compile(r"(?:党委|市委|县委|区委|州委|盟委|旗委|省委|工委|乡委|镇委|自治区党委)$")
_HALL = re.compile(r"^(?:[\u4e00-\u9fff]{0,6})?(?:政府|人民政府|管委会|管理委员会|行政公署)$")
_ROLE = re.compile(r"([\u4e00-\u9fff]{0,8}(?:单位|部门|主体|单位\(部门\)))\s?(?::|为|是)\s?")
_NOTE = re.compile(
    r"\((?:牵头|配合|负责|主办|协办|责任|排名不分先后|按职责分工|按职责分工负责|分别负责|等)[^()]{0,12}\)|(?:按照?职责分工(?:负责)?|"
    r"分别负责|分工负责|牵头(?:负责)?|配合|负责)$|^(?:牵头|配合|由|及|和|以及)(?=[\u4e00-\u9fff]{3})"
)
_ITEM = re.compile(r"(?:\d{1,2}\s?[.、)]|\([一二三四五六七八九十\d]{1,2}\)|[①-⑳])\s?")
_US = re.compile(r"^我(?:局|厅|委|办|镇|乡|街道|中心|单位|会|队|院|部|所|处|站|集团|公司)$")
_BODY = re.compile(
    r"(?:局|厅|委|办|府|部|会|院|站|处|所|中心|公司|集团|镇|乡|街道|区|县|市|队|厂|场|组|社|校|校区|园区|旗|州|盟|组织|部门|单位|企业|"
    r"银行|电厂|分行|馆|林场|矿|村|省|专班)(?:\([^()]{1,20}\))?$"
)


def units(pieces: Iterable[Piece], own_name: str | None) -> list[Found[str]]:
    """The executing, lead and assisting units in the cells or sections ``pieces``, as printed, in order, each once.

    ``own_name``: the body that 我局, 我镇 stand for; without one such words are left out, they name nobody.
    """
    seen: dict[str, Found[str]] = {}
    for line in pieces:
        for words, start, end in _named(line):
            value = own_name if _US.match(words) else words
            if value is not None:
                seen.setdefault(value, found_in(value, line, start, end))
    return list(seen.values())


_STATED = re.compile(r"(?:责任|牵头|实施|配合|协助|参与)(?:单位|主体|部门)\s?(?:为|是)\s?(?P<names>[^,。;:]{3,120})")


_OURS = re.compile(r"(?:由)?(?P<us>我(?:局|厅|委|办|镇|乡|街道|中心|公司|集团))(?:负责|承担|牵头)(?:的|整改|落实|实施)")


def ours(pieces: Iterable[Piece], own_name: str | None) -> list[Found[str]]:
    """The publisher itself where it says that the task is its own (我局负责的整改任务) and nobody else is named."""
    found = next(((line, match) for line in pieces if (match := _OURS.search(line.text))), None)
    return [found_in(own_name, found[0], *found[1].span("us"))] if found is not None and own_name is not None else []


def stated(pieces: Iterable[Piece]) -> list[Piece]:
    """The words that name the units in a sentence: 责任单位为甲局、乙局，…"""
    return [line.cut(*match.span("names")) for line in pieces for match in _STATED.finditer(line.text)]


def _named(line: Piece) -> Iterable[tuple[str, int, int]]:
    for start, end in _executing(line.text):
        for left, right in _split(line.text, start, end):
            words = line.raw[left:right].strip()
            bare = _clean(line.text[left:right].strip(), words)
            if 2 <= len(bare) <= 40 and (_BODY.search(half(bare)) or _US.match(bare)):
                yield bare, left, right


def _executing(text: str) -> Iterable[tuple[int, int]]:
    """The stretches of a text that name executing, lead or assisting units: 督查部门：… and the like are cut out."""
    roles = list(_ROLE.finditer(text))
    if not roles:
        return [(0, len(text))]
    out = [(0, roles[0].start())] if roles[0].start() else []
    for role, following in zip(roles, [*roles[1:], None], strict=True):
        if label_of(role[1]) is not Label.OTHER_ROLE:
            out.append((role.end(), following.start() if following else len(text)))
    return out


def _is_place(name: str) -> bool:
    """Whether a name begins with a place whose first character also joins words: 和龙市, 和平区."""
    return name.startswith("和") and any(name.startswith(words) for words, _, _ in mentions(name))


def _split(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans between separators outside brackets; 县委、县政府 stays one unit."""
    spans: list[tuple[int, int]] = []
    depth, left, at = 0, start, start
    while at < end:
        mark = text[at]
        depth = depth + (mark == "(") - (mark == ")" and depth > 0)
        found = _SPLIT.match(text, at, end) if not depth and (mark in _SEPARATING or mark.isspace()) else None
        if found and not (mark == "、" and _PARTY.search(text[left:at]) and _HALL.match(_next(text, found.end(), end))):
            spans.append((left, at))
            left = at = found.end()
        else:
            at += 1
    spans.append((left, end))
    return [(a, b) for a, b in spans if text[a:b].strip()]


def _next(text: str, start: int, end: int) -> str:
    found = _SPLIT.search(text, start, end)
    return text[start : found.start() if found else end]


def _clean(plain: str, printed: str) -> str:
    """The name without notes on its role; brackets that belong to the name stay."""
    lead = _ITEM.match(plain)
    plain, words = plain[lead.end() :] if lead else plain, printed[lead.end() :] if lead else printed
    for _ in range(2):
        bare = _NOTE.sub("", plain)
        if bare == plain or _is_place(plain):
            break
        plain = words = bare
    words = words.strip(" :：")
    return words.removesuffix("等")
