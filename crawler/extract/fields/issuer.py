"""Who signed a notice, who published the page, when, and whether the page repeats another body's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from urllib.parse import urlsplit

from crawler.extract.blocks import Page
from crawler.extract.fields.place import body_place
from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import HEADER, PUBLISH_LINE, TITLE, Found, Piece, Sign, is_body
from crawler.extract.outline.sections import Outline
from crawler.gazetteer.regions import covers
from crawler.notice.model import Publisher
from crawler.text.dates import find_days, first_day, lost_day
from crawler.text.widths import half

_SOURCE = re.compile(r"(?:信息|文章|稿件|新闻|内容)?(?:来\s?源|出处|稿\s?源|来自|转载自|转自|摘自)\s?:\s?")
_AUTHOR = re.compile(r"(?:作\s?者|发布机构|发布单位|发布者|发文机关|供稿|发布人|信息提供|公开单位)\s?:\s?")
_ITEM = (
    r"(?:作\s?者|时\s?间|日\s?期|发布(?:时间|日期|者|人|机构|单位)?|更新(?:时间|日期)?|浏览(?:次数|量)?|点击(?:次数|量|率|数)?|"
    r"阅读(?:次数|量)?|字\s?[号体]|大小|编辑|责任编辑|打印(?:本页)?|关闭(?:窗口)?|分享(?:到)?|访问(?:次数|量)?|责编|审核|来\s?源|"
    r"信息来源|文章来源|人气|次数|索引号?|文号|视力\S{0,3}|收藏|保存|我要纠错)"
)
_NEXT = re.compile(rf"\s*(?:[|\[【]|{_ITEM}\s?:|\d+次|\d+阅读|(?:19|20)\d{{2}}[-年./])|\s+{_ITEM}(?=\s|:|$)")
_HEADER_DATES = ("发布日期", "发布时间", "公开日期", "发文日期", "生成日期", "公开时间", "日期", "时间", "成文日期", "成文时间", "印发日期")
_HEADER_BODIES = ("发布机构", "发文机关", "发布单位", "公开责任部门", "发文机构", "发文单位", "信息来源", "来源")
_MEDIUM = re.compile(
    r"(?:社|日报|晚报|晨报|时报|早报|快报|商报|周报|报|电视台|广播|融媒体(?:中心)?|客户端|新闻|新闻网|网讯|记者|中新网|人民网|新华网|"
    r"微信公众号|公众号|传媒|在线|热线|环境网)$"
)
_PORTAL = re.compile(r"(?:发布|网|网站|平台|头条)$")
_OFFICIAL = re.compile(r"(?:政府|局|厅|委|部|办)(?:官方)?(?:门户)?(?:网站|网|官网)?$")
_OFFICE = re.compile(
    r"^[\u4e00-\u9fff]{1,6}(?:处|科|室)$|^(?:办公室|小编|(?:网站|系统)?管理员|网管|网站编辑|admin|本(?:站|网|报|台)[\u4e00-\u9fff]{0,4}|原创[\u4e00-\u9fff]{0,2}|佚名|未知|互联网|网络)$"
)
_UNIT = re.compile(r"(?:政府|局|厅|委员会|委|办公室|办|部|院|组|中心|公司|分局|管委会|会|街道|镇|乡|处|站|队)$")
_COPIED = re.compile(
    r"(?:本文|文章|稿件|内容)?(?:转自|转载自|转载于|摘自|来源于)\s?:?\s?(?P<a>[^\s,。;()]{2,24}?)(?:官网|网站)?(?=[,。;)\s]|$)|"
    r"本文来源\s?:\s?(?P<b>[^\s,。;()]{2,24})"
)
_REPORTER = re.compile(r"原创|本站|本报(?:记者|讯)|^\(?(?:本网|本台|首席)?记者|通讯员|本台讯")
_TITLE_BODY = re.compile(r"^(?P<body>[\u4e00-\u9fff]{2,30}?(?:政府|局|厅|委员会|办公室|管委会))关于")
_SEAL = re.compile(r"\s*[(（](?:盖章|公章|代章|印章|章|签章)[)）]\s*$")
_CLOCK = re.compile(r"(?:今天|今日|当前|现在|系统|北京)(?:是|时间|日期)?\s?:?\s?\S{0,4}$")


@dataclass(frozen=True, slots=True)
class Origin:
    """What signature, publish line and header table say. ``source``: as printed; ``dated``, ``signed_on``: publication, signature."""

    signature: Found[str] | None
    source: Found[str] | None
    dated: Found[date] | None
    signed_on: Found[date] | None


def origin(page: Page, outline: Outline) -> Origin:
    """Read signature, source and dates of a page."""
    dated = published_on(page)
    signature, day = signed(outline, dated.value if dated else None)
    return Origin(signature, source_of(page) or _source_below(outline), dated, day)


def _source_below(outline: Outline) -> Found[str] | None:
    """来源：… as the last line of a text whose publish line names none, as accounts put it."""
    for line in [*outline.last(2)]:
        match = _SOURCE.match(line.text)
        if match and len(words := _upto(line.raw, line.text, match.end())) >= 2 and not re.search(r"[。;]", words):
            return Found(words, line.raw, line.block, line.where)
    return None


def signed(outline: Outline, near: date | None) -> tuple[Found[str] | None, Found[date] | None]:
    """The first body that signs with a day below it, else the last that stands alone; with the bodies right above it."""
    bodies: list[Piece] = []
    day: Found[date] | None = None
    for line in outline.signed:
        if line.look.sign is Sign.DATE:
            if day is None and (value := _day(line.text, near)):
                day = Found(value, line.raw, line.block, line.where)
            continue
        if line.ask(_names_body):
            if bodies and day is not None:
                break  # what comes behind a whole signature belongs to a document beneath it
            bodies = [*bodies, line] if bodies and day is None and line.block - bodies[-1].block <= 1 else [line]
            day = None
    named = outline.part(Label.SIGNATURE)
    if not bodies and named is not None and (match := re.match(r"[\u4e00-\u9fff()]{4,40}", named.pieces[0].text)):
        bodies = [named.pieces[0].cut(0, match.end())]
    if not bodies:
        return None, day
    return Found(" ".join(_tidy(line.raw) for line in bodies), bodies[-1].raw, bodies[-1].block, bodies[-1].where), day


def _names_body(text: str) -> bool:
    return is_body(text) or (4 <= len(text) <= 40 and _UNIT.search(text) is not None and not re.search(r"[。;:,]|附\s?件", text))


def _tidy(name: str) -> str:
    """A name whose characters stand apart (河 北 省) without its spaces; two bodies on a line keep theirs."""
    words = _SEAL.sub("", name).split()
    return "".join(words) if len(words) > 2 and all(len(word) <= 2 for word in words) else " ".join(words)


def _day(text: str, near: date | None) -> date | None:
    spot = first_day(text)
    return spot.value if spot else lost_day(text, near)


def published_on(page: Page) -> Found[date] | None:
    """The day of the publish line, else of the header table; never from the address or from meta."""
    line = half(page.publish_line)
    spots = [spot for spot in find_days(line) if not _CLOCK.search(line[max(0, spot.start - 10) : spot.start])]
    if spots:
        spot = spots[0] if len(spots) == 1 else min(spots, key=lambda each: _rank(line, each.start))
        return Found(spot.value, page.publish_line[spot.start : spot.end], PUBLISH_LINE)
    for name in _HEADER_DATES:
        if (day := first_day(page.header.get(name, ""))) is not None:
            return Found(day.value, f"{name} {page.header[name]}", HEADER)
    return None


_ANOTHER_DAY = re.compile("成文|生效|失效|废止|印发|签发")
_PUBLISHED_DAY = re.compile("发布|公布|发表|公开|时间|日期")


def _rank(line: str, at: int) -> tuple[int, int]:
    """Days that a label calls the publication come first."""
    before = line[max(0, at - 8) : at]
    return (2 if _ANOTHER_DAY.search(before) else 0 if _PUBLISHED_DAY.search(before) else 1), at


def source_of(page: Page) -> Found[str] | None:
    """The body or medium that the publish line or the header table names, as printed."""
    line = half(page.publish_line)
    for pattern in (_SOURCE, _AUTHOR):
        for match in pattern.finditer(line):
            words = _upto(page.publish_line, line, match.end())
            if words and not _OFFICE.match(half(words)):
                return Found(words, page.publish_line[match.start() : match.end()] + words, PUBLISH_LINE)
    for name in _HEADER_BODIES:
        if words := page.header.get(name, "").strip():
            return Found(words.split("  ")[0], f"{name} {words}", HEADER)
    return _bare_source(page)


def _upto(raw: str, line: str, start: int) -> str:
    """The words from ``start`` to the next item of the publish line."""
    found = _NEXT.search(line, start)
    stop = found.start() if found else len(line)
    words = raw[start:stop].strip(" |·,，;；-—】]")
    return words if len(words) <= 40 and not re.fullmatch(r"[-\d\s:]*", words) else ""


def _bare_source(page: Page) -> Found[str] | None:
    """A body's name in a publish line without labels: 2022-09-01 某某市生态环境局 3104阅读."""
    for words in page.publish_line.split():
        plain = half(words)
        if (
            4 <= len(plain) <= 30
            and (_UNIT.search(plain) or _MEDIUM.search(plain))
            and not re.search(r"[\d:]", plain)
            and not _OFFICE.match(plain)
        ):
            return Found(words, words, PUBLISH_LINE)
    return None


def is_medium(name: str) -> bool:
    """Whether a source is a newspaper, agency, portal or account, not a body."""
    plain = half(name)
    if _OFFICIAL.search(plain):
        return False
    return bool(_MEDIUM.search(plain) or _PORTAL.search(plain))


def issuer(found: Origin, title: str, repost: bool) -> Found[str] | None:
    """The signature, else the body whose title it is (某某局关于…), else the one named as publisher.

    A medium, or an office inside a body (综合处), is no issuer. On a repost the signature alone counts.
    """
    if found.signature is not None:
        return found.signature
    if not repost and (match := _TITLE_BODY.match(half(title))):
        return Found(title[: match.end("body")], title, TITLE)
    source = found.source
    if repost or source is None or is_medium(source.value) or not _UNIT.search(half(source.value)) or re.search(r"网站?$", source.value):
        return None
    return None if _OFFICE.match(half(source.value)) else source


def repost(page: Page, found: Origin, outline: Outline, publisher: Publisher | None) -> Found[str | None] | None:
    """Whether the page repeats a text that is not its host's, with the source as printed; ``None`` if it is the host's own.

    A host is the body whose text it is, or the government that body belongs to. Signs: a publisher that only reposts, words
    such as 转自, a host outside government without a report of its own, a signature of another place's body.
    """
    source = found.source
    copied = _copied(outline)
    if publisher is not None and publisher.reposts:
        return _sourced(source, copied)
    if copied is not None and not _own_name(copied.value, page):
        return _sourced(source, copied)
    if publisher is None and (host := _host(page.url)) and not _governmental(host):
        own = _own_report(page, source, outline) and not _signed_by_other(page, found)
        return None if own or _signed_by_host(page, found) else _sourced(source, None)
    if source is not None and is_medium(source.value) and "融媒体" not in source.value and not _own_name(source.value, page):
        return _sourced(source, None) if _MEDIUM.search(half(source.value)) else None
    return _of_another_place(page, found, publisher)


def _host(url: str) -> str:
    """The host of an address, without the suffix reserved for examples; "" where there is none that can be read."""
    try:
        return (urlsplit(url).hostname or "").removesuffix(".example")
    except ValueError:
        return ""


def _sourced(source: Found[str] | None, copied: Found[str] | None) -> Found[str | None]:
    best = source or copied
    return Found(None, "", PUBLISH_LINE) if best is None else Found(best.value, best.words, best.block, best.where)


def _copied(outline: Outline) -> Found[str] | None:
    lines: Sequence[Piece] = [
        *outline.lead,
        *outline.tail,
        *(line for entry in outline.entries for part in entry.parts for line in part.pieces[-1:]),
    ]
    for line in lines:
        if "转" in line.text or "本文来源" in line.text:
            match = _COPIED.search(line.text)
            if match:
                name = "a" if match["a"] else "b"
                return Found(line.raw[match.start(name) : match.end(name)], match[0], line.block, line.where)
    return None


def _own_name(name: str, page: Page) -> bool:
    return len(name) >= 3 and half(name) in half(page.frame)


def _governmental(host: str) -> bool:
    return bool(re.search(r"(?:^|\.)gov(?:\.|$)|\.政务$", host)) or host.replace(".", "").isdigit() or host == "localhost"


def _own_report(page: Page, source: Found[str] | None, outline: Outline) -> bool:
    """A medium's own report: signed by its reporters, or naming itself as the source."""
    if source is None and _REPORTER.search(half(page.publish_line)):
        return True
    if source is not None and not _REPORTER.search(half(source.value)):
        return _own_name(source.value, page)
    return source is not None or any(
        _REPORTER.search(line.text) for line in [*outline.lead[:4], *outline.tail[:2]] if len(line.text) < 60 or "本报" in line.text
    )


def _signed_by_other(page: Page, found: Origin) -> bool:
    """A public body's whole text in a paper, its signature below: 本报讯 above it makes it no report of the paper's own."""
    return found.signature is not None and found.signed_on is not None and not _own_name(found.signature.value, page)


def _signed_by_host(page: Page, found: Origin) -> bool:
    """A company's text on its own site: the signature is the name the site gives itself, and no other source stands above it."""
    return found.source is None and found.signature is not None and _own_name(found.signature.value, page)


def _of_another_place(page: Page, found: Origin, publisher: Publisher | None) -> Found[str | None] | None:
    """A text of a county's body on its prefecture's site, or the other way round."""
    body = found.signature
    site = publisher.adcode if publisher is not None else page.site_code[:6] if page.site_code[:6].isdigit() else _site_place(page)
    if body is None or not re.fullmatch(r"\d{6}", site) or site == "000000":
        return None
    place = body_place(body.value, site)
    if place is None or place == site or not (covers(site, place) or covers(place, site)):
        return None
    if publisher is not None and _same_body(publisher.name, body.value):
        return None
    if covers(site, place) and "分局" in body.value and body_place(re.sub(r"局.*", "局", body.value), site) == site:
        return None
    return _sourced(found.source, Found(body.value, body.words, body.block))


#: how a page names whose site it is: the end of its <title>, or its footer's 主办
_HOLDER = re.compile(
    r"主办(?:单位|方)?\s?:\s?(?P<a>[\u4e00-\u9fff]{3,30})|(?:^|[-_—|\s])(?P<b>[\u4e00-\u9fff]{2,20}(?:政府|局|厅|委员会))(?:门户)?(?:网站|网)?\s*$",
    re.MULTILINE,
)


def _site_place(page: Page) -> str:
    """The code of the place whose site it is, as title and footer name it; "" where they do not."""
    codes = [body_place(match["a"] or match["b"]) for match in islice(_HOLDER.finditer(half(page.frame)), 6)]
    known = {code for code in codes if code is not None}
    return known.pop() if len(known) == 1 else ""


def _same_body(one: str, other: str) -> bool:
    return half(one).replace(" ", "") in half(other).replace(" ", "") or half(other) in half(one)
