"""Telephone numbers and e-mail addresses of a notice, read from its contact words alone.

Page chrome and the text of sections never count: a hotline named in a completion text is no contact of the notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from crawler.extract.outline.pieces import Found, Piece, found_in
from crawler.notice.names import plain_width

_AREA = r"(?:\(0\d{2,3}\)|0\d{2,3})\s?[-—]{0,2}\s?"
_PHONE = re.compile(
    rf"(?<![\d.\-])(?:(?:\+?86[-\s])?{_AREA}\d{{7,8}}(?:\s?(?:转|-|—|分机)\s?\d{{1,5}}(?!\d))?|(?:\+?86[-\s]?)?1[3-9]\d(?:\d{{8}}|[-\s]\d{{4}}[-\s]\d{{4}})|"
    rf"400[-—]?\d{{3,4}}[-—]?\d{{3,4}}|\d{{3,4}}[-—]\d{{7,8}}|[2-8]\d{{6,7}}|1(?:2345|2369|2315|2350|2301)|96\d{{3,4}})(?![\d]|\.\d|"
    rf"[年月日个万亿元吨米亩%])"
)
#: every alternative begins with a character, so that the search can skip to it; so below
_CUE = re.compile(
    r"电\s{0,2}话|传\s{0,2}真|热线|手机|拨打|致电|来电|联系方式|联系人|举报(?:方式|受理)|监督方式|渠道(?=\s?:)|途径(?=\s?:)|号码|联系\s?:|反映\s?:|反馈\s?:|咨询\s?:|受理\s?:|监督\s?:|投诉\s?:|举报\s?:|电联|Tel|TEL|tel"
)
_BREAK = re.compile(r"[。\n]|邮\s{0,2}编|邮政编码|QQ|地\s{0,2}址|邮\s{0,2}箱|网址|传真:?(?=无)")
_EMAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._+\-]{0,63}\s?(?:@|#|[\[(]\s?(?:at|艾特|AT)\s?[\])]|\sat\s)\s?[A-Za-z0-9][A-Za-z0-9\-]{0,62}"
    r"(?:(?:\s?\.\s?|\s?[\[(]\s?(?:dot|点)\s?[\])]\s?|\sdot\s)[A-Za-z0-9\-]{1,30}){1,4}",
    re.IGNORECASE,
)
#: what tells the reader to put @ for #
_FOR_AT = re.compile(r"#.{0,12}(?:替换|换成|改为|代替|表示)")
_AT = re.compile(r"\s?(?:@|#|[\[(]\s?(?:at|艾特)\s?[\])]|\sat\s)\s?", re.IGNORECASE)
_DOT = re.compile(r"\s?[\[(]\s?(?:dot|点)\s?[\])]\s?|\sdot\s", re.IGNORECASE)
#: a line that is a body's name and its numbers: 某县林业局 0916-8212255
_BODY_AND_NUMBER = re.compile(
    r"[\u4e00-\u9fff()]{2,30}(?:局|厅|委|办|室|科|处|站|府|所|队|会|组|中心|部|镇|乡|街道)(?:\([^()]{1,12}\))?"
    r"\s{0,3}[:,]?\s{0,3}(?=[\d(+])"
)
#: several bodies with their numbers in one line: 县水利局：31234567；县整改办：31234568
_BODIES_AND_NUMBERS = re.compile(
    rf"(?:[\u4e00-\u9fff]{{2,24}}(?:局|厅|委|办|室|科|处|站|府|所|队|会|组|心|部|镇|乡|道)\s?:\s?{_PHONE.pattern}\s?[;,、。]?\s?){{2,6}}"
)
#: numbers of the site or the paper and of nobody who takes objections
_OF_THE_SITE = re.compile(
    r"不良信息|技术支持|网站(?:维护|管理|建设|运维|电话|邮箱)|站务|运维|客服|新闻热线|新闻报料|报料|爆料|投稿|广告|发行|订阅|投递|商务合作|版权|主办(?:单位)?\s?:|承办(?:单位)?\s?:|"
    r"责任编辑|本网|编辑部"
)
_SITE_HOTLINE = re.compile("(?:政务|便民|便民服务|服务)热线")
#: figures without which nothing is a number to call; a year's are none
_FIGURES = re.compile(r"\d{3}(?![\d年])")
_SET_UP = re.compile(r"(?:公布|公开|开通|设置|畅通)了?[^。,;]{0,10}$")
_ASKED = re.compile(r"公示|异议|督察|整改")
_IN_BRACKETS = re.compile(r"(?<=[局厅委办室科处站府所队会组心部镇乡道号楼])\(([\d\s\-—、,;/]{7,60})\)")
_OBJECTION = re.compile(r"异议|意见|反映|反馈|举报|咨询|投诉|监督|来访|来信|来电")
_REACH = 140
_MOST = 100  # announcements a paragraph can hold before it is no contact block


def phones(pieces: Iterable[Piece], labelled: Iterable[Piece]) -> list[Found[str]]:
    """The numbers to call, fax numbers and short numbers (12345) among them, as printed, in order, each once.

    ``pieces``: lead and closing words, where a number needs a word that announces it. ``labelled``: what stands under 联系电话
    and the like, where it needs none.
    """
    seen: dict[str, Found[str]] = {}
    found = [_number(line, *spans) for line in pieces for spans in line.ask(_announced)]
    found += [_number(line, *spans) for line in labelled for spans in line.ask(_listed)]
    for each in sorted(found, key=lambda item: item.block):
        seen.setdefault(re.sub(r"\D", "", each.value), each)
    return list(seen.values())


#: where the digits of a number stand, and where the words begin that announce it
_Spans = tuple[int, int, int]


def _number(line: Piece, start: int, end: int, shown: int) -> Found[str]:
    return found_in(_tidy(line.raw[start:end]), line, shown, end)


def _has_none(text: str) -> bool:
    """Whether a line has no number that is the notice's own."""
    return not _FIGURES.search(text) or _is_the_sites(text)


def _announced(text: str) -> tuple[_Spans, ...]:
    """The numbers of a line that its words announce, and those in brackets behind a body."""
    return () if _has_none(text) else (*_phones_in(text), *_bracketed(text))


def _listed(text: str) -> tuple[_Spans, ...]:
    """The numbers of a line under a label of contacts, where they need no word."""
    return () if _has_none(text) else tuple(_every(text))


def _is_the_sites(text: str) -> bool:
    of_the_site = len(text) <= 120 and (_OF_THE_SITE.search(text) or _SITE_HOTLINE.match(text))
    return bool(of_the_site) and not _ASKED.search(text)


def _bracketed(text: str) -> Iterator[_Spans]:
    """Numbers in brackets behind the body that takes objections: 请向某县整改办(0578-5122233)反映."""
    if not _OBJECTION.search(text):
        return
    for named in islice(_IN_BRACKETS.finditer(text), _MOST):
        for match in _PHONE.finditer(text, named.start(1), named.end(1)):
            yield match.start(), match.end(), match.start()


def _every(text: str) -> Iterator[_Spans]:
    """Numbers in a cell or section of contacts, addresses and postcodes aside."""
    at = 0
    for stop in [*_BREAK.finditer(text), None]:
        end = stop.start() if stop else len(text)
        for match in _PHONE.finditer(text, at, end):
            yield match.start(), match.end(), match.start()
        if stop is None or stop[0] in "。\n":
            at = end
            continue
        cue = _CUE.search(text, stop.end())
        at = cue.end() if cue else len(text)


def _phones_in(text: str) -> Iterator[_Spans]:
    """Numbers after a word that announces them, up to the end of the sentence."""
    done = 0
    if len(text) <= 80 and (named := _BODY_AND_NUMBER.match(text)) and not _PHONE.sub("", text[named.end() :]).strip("、,;/ 。()"):
        yield from ((match.start(), match.end(), 0) for match in _PHONE.finditer(text, named.end()))
        return
    if len(text) <= 160 and _BODIES_AND_NUMBERS.fullmatch(text):
        yield from ((match.start(), match.end(), 0) for match in _PHONE.finditer(text))
        return
    for cue in islice(_CUE.finditer(text), _MOST):
        if _SET_UP.search(text[max(0, cue.start() - 16) : cue.start()]) and not _ASKED.search(text):
            continue  # a report tells that a hotline was made known
        start = max(cue.end(), done)
        stop = _end(text, start)
        for match in _PHONE.finditer(text, start, stop):
            done = match.end()
            yield match.start(), match.end(), min(cue.start(), match.start())


def _end(text: str, start: int) -> int:
    stop = min(len(text), start + _REACH)
    found = _BREAK.search(text, start, stop)
    return stop if found is None else found.start()


def _tidy(printed: str) -> str:
    return re.sub(r"\s+", "", plain_width(printed)).strip("-—")


def _is_address(text: str, start: int) -> bool:
    """Whether words before a # call it part of an address."""
    return bool(re.search(r"邮\s?箱|mail", text[max(0, start - 20) : start], re.IGNORECASE))


def emails(pieces: Iterable[Piece]) -> list[Found[str]]:
    """The e-mail addresses, a replaced @ restored, lower case kept as printed, each once."""
    seen: dict[str, Found[str]] = {}
    for line in pieces:
        for value, start, end in line.ask(_addresses) if _may_have_address(line.text) else ():
            seen.setdefault(value.lower(), found_in(value, line, start, end))
    return list(seen.values())


def _may_have_address(text: str) -> bool:
    """Whether a line has an @ or what stands for one."""
    return "@" in text or "#" in text or "艾特" in text or "at" in text.lower()


def _addresses(text: str) -> tuple[tuple[str, int, int], ...]:
    """The addresses of a line, each with its place."""
    if ("." not in text and not _DOT.search(text)) or _is_the_sites(text):
        return ()
    described = "@" in text or _FOR_AT.search(text) is not None
    return tuple(
        (re.sub(r"\s+", "", _DOT.sub(".", _AT.sub("@", match[0], count=1))).rstrip(".-"), match.start(), match.end())
        for match in _EMAIL.finditer(text)
        if "#" not in match[0] or described or _is_address(text, match.start())
    )
