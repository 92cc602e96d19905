"""Which inspection a notice deals with: level, round, look-back, topic; and the task numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import TITLE, Found, Piece, found_in, piece
from crawler.extract.outline.sections import Outline
from crawler.gazetteer.regions import find
from crawler.notice.model import DocType
from crawler.notice.numbers import TaskNumber, find_numbers
from crawler.text.numerals import number

_CN = r"[一二三四五六七八九十\d]"
_TITLES = re.compile(r"《[^《》]{0,80}》?")
_GREEN = r"(?:生态)?(?:环境保护|环保|环境)"
_CENTRAL = re.compile(rf"(?:中央|国家)(?:第{_CN}{{1,3}}轮)?(?:第{_CN}{{1,3}})?{_GREEN}(?:例行)?督[察查]|中央督察")
_OFFICE = (
    r"(?!(?:整改)?(?:工作)?(?:协调)?(?:联络)?(?:领导|协调|联络|推进)?(?:小组|机构|办|组办)|(?:整改|工作|条例|办法|规定|实施)+(?:领导|"
    r"协调|办(?![理结])|工作(?=领导|协调|小组|条例|规定|办法|规程|规则|细则|要求|机制)|规程|销号|细则|办法|规定)|(?:整改)?(?:验收)?销号(?:工作)?(?:有关|管理|规定|办法|规程)|联络|协调|办|机制)"
)
_PROVINCIAL = re.compile(
    rf"(?:省|自治区)(?:委省政府|委、省政府|政府|委|党委|级)?(?:第{_CN}{{1,3}}轮)?(?:第{_CN}{{1,3}}批)?(?:第{_CN}{{1,3}})?{_GREEN}(?:例行|专项|"
    rf"集中)?督察{_OFFICE}"
)
_CAPITAL = re.compile(rf"(?:北京|天津|上海|重庆)市?(?:第{_CN}{{1,3}}轮)?(?:市级|市委)?{_GREEN}(?:例行|专项|集中)?督察{_OFFICE}")
_MUNICIPAL = re.compile(
    rf"市(?:级|委)(?:第{_CN}{{1,3}}轮)?(?:第{_CN}{{1,3}}批)?{_GREEN}(?:例行|专项|集中)?督察{_OFFICE}|"
    rf"市第?{_CN}{{0,2}}轮?{_GREEN}督察(?=组|反馈)"
)
_BOTH = re.compile(
    r"中省(?:生态)?环(?:境)?保|中央(?:和|、|及|与)省|中央(?:生态)?(?:环境保护|环保)督察(?:组)?(?:和|、|及|与|以及)[^,。;、]{0,4}(?:省|自治区)|"
    r"(?:两级|各级)(?:生态)?(?:环境保护|环保)督察"
)
_ROUND = re.compile(rf"第({_CN}{{1,2}})轮(?=(?:第{_CN}{{1,3}}批)?[^,。;]{{0,24}}督[察查])")
#: the round behind the inspection's name: 中央生态环保督察（第二轮）
_ROUND_BEHIND = re.compile(rf"督[察查]\s?\(?第({_CN}{{1,2}})轮\)?(?!第?{_CN}{{0,3}}批?[^,。;]{{0,24}}督[察查])")
_ROUND_LOOKED = re.compile(rf"第({_CN}{{1,2}})轮[^,。;]{{0,16}}督察\s?[“\"'‘”]{{0,2}}回头看")
_LOOK_BACK = re.compile(
    r"(?:督[察查]组?|督察(?!整改\s?[“\"'‘”]{0,2}回头看)(?:整改|反馈)?[^,。;、及和与任问销]{0,14})(?:开展了?)?\s?[“\"'‘”]{0,2}回头看"
)
_AND_LOOK_BACK = re.compile(
    r"督察\s?\((?:含|包括)[“\"\'‘]{0,2}回头看|回头看[”\"\'’]{0,2}\s?(?:和|及|与|、|以及)(?:第[一二三四五\d]轮|新一轮)[^,。;]{0,16}督察|"
    r"督察(?:反馈(?:意见|问题)?)?\s?(?:及其?|和|与|、|暨|以及)\s?[“\"'‘]{0,2}回头看"
)
_TOPIC = re.compile(
    r"(?:回头看[”\"'’]{0,2}\s?(?:及|和|暨|与|、)|(?<=[省市区县轮的及和对展])|^)(?P<topic>(?!(?:中央|省级?|市级?|自治区)?(?:生态环境保护|生态环保|环境保护|环保)专项督察|(?:[\u4e00-\u9fff]{0,20}(?:开展|进行|省份|了|"
    r"实施)|以))[\u4e00-\u9fff、]{2,24}?专项督察)"
)
_FILM = re.compile(
    r"(?:(?:19|20)\d{2}年?度?)?(?:(?:长江|黄河|珠江|淮河|汾河|渭河|海河|太湖|渤海|沿江|沿黄|国家|全省|省级?|市级?|"
    r"(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海)省)[\u4e00-\u9fff()]{0,8}?)?"
    r"(?:突出)?(?:生态环境|环境)?(?:突出)?(?:问题)?警示片"
)
_MARINE = re.compile(r"国家海洋督察")
_CAMPAIGN = re.compile(
    r"[“\"]绿盾(?:20\d{2})?[”\"](?:自然保护地)?(?:强化监督|专项行动)?|"
    r"(?:(?:19|20)\d{2}年度?)?[\u4e00-\u9fff“”]{2,16}?(?:大排查(?:大整治)?|专项(?:整治)?行动|强化监督|专项督查|绿盾行动)"
)
#: programmes, each with words of which one stands in every name
_PROGRAMMES = ((_FILM, ("警示片",)), (_CAMPAIGN, ("大排查", "专项", "强化监督", "绿盾")))
LIST_OF = re.compile(r"《(?P<plan>[^《》]{4,60}方案)》(?:\((?:以下简称|简称)[^()]{0,16}\))?[^,。;《》]{0,16}$")
_CLEARED = re.compile(r"对照[^,。;]{0,20}$|清单\s?$|》[^,。;]{0,16}$")


@dataclass(frozen=True, slots=True)
class Inspection:
    """Level, round, look-back and topic as printed; ``None`` where not said, mixed, or several."""

    level: Found[str] | None = None
    round: Found[int] | None = None
    lookback: Found[bool] | None = None
    special: Found[str] | None = None


def without_titles(line: Piece) -> str:
    """The text with 《…》 blanked out, offsets kept: a rule's or plan's name says nothing about the inspection dealt with."""
    return _blanked(line.text)


def _blanked(text: str) -> str:
    return _TITLES.sub(lambda match: " " * len(match[0]), text) if "《" in text else text


def _numbers_outside_titles(text: str) -> tuple[TaskNumber, ...]:
    return tuple(find_numbers(_blanked(text)))


def inspection(title: str, outlines: Sequence[Outline], doc_type: DocType) -> Inspection:
    """What the title says of the inspection, else the lead, else the text of a bare table; the page's first, then the attachments'."""
    if doc_type is DocType.UNRELATED:
        return Inspection()
    head = piece(title, TITLE)
    bare = outlines[0].bare
    body = [*(_basis(outlines[0]) if bare else []), *(line for each in outlines for line in (each.outside or _everything(each)))]
    keep_plans = doc_type is DocType.RECTIFICATION_PLAN or bare
    special = _special(head, body, doc_type)
    film = special is not None and "督察" not in special.value
    if not any(_levels(line) for line in (head, *body)):
        # 第二轮中央生态环境保护督察反馈 … may stand in the problem's text alone
        body = [*body, *(line for each in outlines for line in each.common.pieces(Label.PROBLEM)[:1])]
    if not any(_levels(line) for line in (head, *body)):
        # 《…贯彻落实第二轮中央…整改方案》清单第33项: the plan whose list the number counts in
        listing = _listing(outlines[0])
        body, keep_plans = [*body, *listing], keep_plans or bool(listing)
    told = [] if doc_type is DocType.OTHER_INSPECTION else body  # what a text on found problems cites beside them is another inspection
    level = None if film or (special and _MARINE.search(special.value)) else _level(head, told)
    looked = _look_back(head, body)
    return Inspection(level, _round(head, body, keep_plans), looked, special)


def _basis(outline: Outline) -> list[Piece]:
    """Of a bare table: its words on the list it clears (按照《…整改方案》，对照清单序号2), the plan's name opened to be read."""
    lines = [line.cut(0, found.end) for line, found in _clearing(outline)]
    return [Piece(line.raw, re.sub("[《》]", " ", line.text), line.block, line.where) for line in lines]


def _listing(outline: Outline) -> list[Piece]:
    """The names of plans that stand right before a task's number in the lead, opened to be read."""
    lines = [
        line.cut(0, item.start)
        for line in outline.lead
        if "》" in line.text
        for item in find_numbers(line.text)
        if LIST_OF.search(line.text[: item.start])
    ]
    return [Piece(line.raw, re.sub("[《》]", " ", line.text), line.block, line.where) for line in lines]


def _everything(outline: Outline) -> list[Piece]:
    return [line for entry in outline.entries for part in entry.parts for line in part.pieces]


@dataclass(frozen=True, slots=True)
class _Levels:
    """The levels that a line names, each with its place. ``both``: two of them in one breath."""

    both: bool
    named: tuple[tuple[str, int, int], ...]


def _levels(line: Piece) -> _Levels | None:
    """``None`` where a line names no level."""
    return line.ask(_levels_in) if "督" in line.text or "中" in line.text else None


def _levels_in(text: str) -> _Levels | None:
    both = _BOTH.search(text) is not None
    named = _named_levels(_blanked(text)) if "督" in text else ()
    return _Levels(both, named) if both or named else None


def _named_levels(text: str) -> tuple[tuple[str, int, int], ...]:
    hits = {
        "central": _CENTRAL.search(text),
        "provincial": _PROVINCIAL.search(text) or _CAPITAL.search(text),
        "municipal": _MUNICIPAL.search(text),
    }
    found = {level: match.span() for level, match in hits.items() if match}
    if "provincial" in found and "municipal" in found and found["municipal"][0] >= found["provincial"][0]:
        del found["municipal"]
    return tuple((level, *span) for level, span in found.items())


def _level(head: Piece, body: Sequence[Piece]) -> Found[str] | None:
    for line in (head, *body):
        found = _levels(line)
        if found is None:
            continue
        if found.both or (len(found.named) > 1 and line is head):
            return None
        level, start, end = min(found.named, key=lambda item: item[1])
        return found_in(level, line, start, end)
    return None


def _rounds(line: Piece, text: str) -> dict[int, Found[int]]:
    out: dict[int, Found[int]] = {}
    if "轮" not in text:
        return out
    for match in _ROUND.finditer(text):
        value = number(match[1])
        if value and value <= 9:
            out.setdefault(value, found_in(value, line, match.start(), match.end()))
    if not out and (behind := _ROUND_BEHIND.search(text)) and (value := number(behind[1])) and value <= 9:
        out[value] = found_in(value, line, behind.start(), behind.end())
    return out


def _round(head: Piece, body: Sequence[Piece], keep_plans: bool) -> Found[int] | None:
    """The round printed of the inspection dealt with; several are none."""
    found = _rounds(head, head.text)
    if found:
        return next(iter(found.values())) if len(found) == 1 else None
    if _AND_LOOK_BACK.search(head.text):
        return None
    looked_at = _LOOK_BACK.search(head.text) is not None
    for line in body:
        if "轮" not in line.text:
            continue
        text = without_titles(line)
        # where the look-back is dealt with, a round counts if it is the look-back's own: 第一轮…督察“回头看”
        found |= {
            value: each for value, each in _rounds(line, text).items() if value not in found and (not looked_at or _own_round(text, value))
        }
    if not found and keep_plans:
        for line in body:
            named = "".join(_TITLES.findall(line.text))
            found |= {
                value: each for value, each in _rounds(line, line.text).items() if value not in found and value in _rounds(line, named)
            }
    return next(iter(found.values())) if len(found) == 1 else None


def _own_round(text: str, value: int) -> bool:
    return any(number(match[1]) == value for match in _ROUND_LOOKED.finditer(text))


def _look_back(head: Piece, body: Sequence[Piece]) -> Found[bool] | None:
    """Whether the look-back is dealt with; ``None`` where it and a round are."""
    lines = [head] if _CENTRAL.search(head.text) or _ROUND.search(head.text) else [head, *body]
    for line in lines:
        if "回头看" not in line.text:
            continue
        text = without_titles(line)
        if _AND_LOOK_BACK.search(text):
            return None
        if match := _LOOK_BACK.search(text):
            plain_rounds = len({value for other in lines for value in _rounds(other, without_titles(other))})
            return None if line is not head and plain_rounds > 1 else found_in(True, line, match.start(), match.end())
    return Found(False, "", TITLE)


def _special(head: Piece, body: Sequence[Piece], doc_type: DocType) -> Found[str] | None:
    """Topic or programme as printed: 大气污染防治专项督察, 2021年长江经济带生态环境警示片."""
    several = len({value for line in body if "轮" in line.text for value in _rounds(line, without_titles(line))}) > 1
    for line in (head,) if several else (head, *body[:4]):
        for pattern in (_TOPIC, _MARINE) if "督察" in line.text else ():
            if match := pattern.search(without_titles(line)):
                start, end = match.span("topic") if pattern is _TOPIC else match.span()
                start += _inspecting_body(line.text[start:end])
                return found_in(line.raw[start:end], line, start, end)
    for pattern, marks in _PROGRAMMES if doc_type is DocType.OTHER_INSPECTION else _PROGRAMMES[:1]:
        lines = (head, *body[:4])
        found = [
            found_in(line.raw[slice(*span)], line, *span)
            for line in lines
            if any(mark in line.text for mark in marks) and (span := _trimmed(pattern, without_titles(line)))
        ]
        if found:  # the title may leave out the year that the text gives
            return next((each for each in found if each.value[:2] in ("19", "20") and each.value.endswith(found[0].value)), found[0])
    return None


def _inspecting_body(topic: str) -> int:
    """How many characters before a topic name the province or city that inspects: 山西省汾河流域…专项督察."""
    found = re.match(
        r"[\u4e00-\u9fff]{2,3}(?:省|市)(?:级|委)?(?=[\u4e00-\u9fff]{2})|(?:广西壮族|内蒙古|宁夏回族|新疆维吾尔|西藏)自治区", topic
    )
    return found.end() if found is not None and find(found[0]) is not None else 0


def _trimmed(pattern: re.Pattern[str], text: str) -> tuple[int, int] | None:
    """The span of a programme's name, words that lead up to it cut off."""
    match = pattern.search(text)
    if match is None:
        return None
    lead = max(
        (
            match[0].rfind(cut) + len(cut)
            for cut in ("根据", "依据", "我区", "我市", "我县", "我省", "关于", "开展", "按照", "部署", "部", "对", "将", "的")
            if cut in match[0][:-5]
        ),
        default=0,
    )
    return match.start() + lead, match.end()


def task_numbers(title: str, outline: Outline, doc_type: DocType) -> list[tuple[TaskNumber, Found[str]]]:
    """The numbers of the tasks a notice deals with, as printed, each once: title and headlines, tasks, cells, lead sentence."""
    if doc_type not in (DocType.SIGNOFF_NOTICE, DocType.RECTIFICATION_STATUS, DocType.OTHER_INSPECTION):
        return []
    found = _numbers(
        [
            piece(title, TITLE),
            *(line for line in outline.lead[:4] if line.heading or _is_headline(line.text)),
        ]
    )
    if doc_type is DocType.RECTIFICATION_STATUS and not outline.bare and not outline.tasks:
        return found
    found = found or _of_tasks(outline)
    found = found or _cells(outline) or _numbers(_bracketed(outline))
    if not found and doc_type is not DocType.RECTIFICATION_STATUS:
        found = _numbers(_lead_sentences(outline))
    if not found and outline.bare:
        found = [(item, found_in(item.printed, line, item.start, item.end)) for line, item in _clearing(outline)]
    return found


def _is_headline(text: str) -> bool:
    """A short line without a sentence, or numbers in brackets below a title: （省序号19，市序号8）."""
    if len(text) > 30 or "。" in text or ";" in text:
        return False
    return "," not in text or (text.startswith("(") and text.endswith(")"))


def _numbers(lines: Iterable[Piece]) -> list[tuple[TaskNumber, Found[str]]]:
    kept: dict[tuple[str, str], tuple[TaskNumber, Found[str]]] = {}
    for line in lines:
        for item in line.ask(_numbers_outside_titles):
            kept.setdefault((item.plain, item.scope), (item, found_in(item.printed, line, item.start, item.end)))
    return list(kept.values())


def _of_tasks(outline: Outline) -> list[tuple[TaskNumber, Found[str]]]:
    """Numbers of the tasks' headings; bare numerals count as printed, running numbers of a table do not."""
    named = [(entry.number, entry.named) for entry in [*outline.tasks, outline.common] if entry.number and entry.named]
    bare = [value for text, _ in named if (value := number(text)) is not None]
    if bare and bare == [at + 1 for at in range(len(bare))]:
        return []
    out = []
    for text, line in named:
        item = next(find_numbers(text), None) or _numeral(text)
        if item is not None:
            printed = f"序号{text}" if text.isdigit() else text
            out.append((item, Found(printed, line.raw, line.block, line.where)))
    return out


def _numeral(text: str) -> TaskNumber | None:
    value = number(text)
    return None if value is None else TaskNumber(text, str(value), "", 0, len(text))


def _cells(outline: Outline) -> list[tuple[TaskNumber, Found[str]]]:
    """The number in a cell beside 任务序号."""
    out = []
    for entry in outline.entries:
        for part in entry.parts:
            if part.label is Label.NUMBER and part.pieces:
                line = part.pieces[0]
                item = next(find_numbers(line.text), None)
                if item is None and (own := re.fullmatch(r"([省市县区州旗])第?(\d{1,3})[项号]?", line.text)):
                    item = TaskNumber(line.raw, own[2].lstrip("0"), own[1], 0, len(line.text))
                if item is None and re.fullmatch(r"[A-Za-z]{1,4}-?\d{1,3}", line.text):
                    item = next(find_numbers(f"编号{line.text}"), None)
                    item = item and TaskNumber(_mark(part.head.text) + line.raw, item.plain, "", 0, len(line.text))
                if item is None and (value := _numeral(line.text.strip("第项号 "))) is not None:
                    printed = line.raw if value.printed != line.text else f"{_mark(part.head.text)}{line.raw}"
                    item = TaskNumber(printed, value.plain, "", 0, len(line.text))
                if item is not None:
                    out.append((item, Found(item.printed, line.raw, line.block, line.where)))
    running = len(out) > 1 and [item.plain for item, _ in out] == [str(at + 1) for at in range(len(out))]
    return [] if running and len(outline.tasks) > 1 else out


def _mark(label: str) -> str:
    """The words before a bare number: the label's own where it is one of a number (任务编号 19), else 序号."""
    found = re.search(r"(?:任务|问题|整改|清单)?(?:编号|序号)", label)
    return found[0] if found else "序号"


def _bracketed(outline: Outline) -> list[Piece]:
    """A number in brackets before the problem's text, （任务编号19）…, or behind its label, 反馈问题（序号12）."""
    parts = [part for entry in outline.entries if (part := entry.part(Label.PROBLEM))]
    before = [line.cut(0, match.end()) for part in parts if (match := re.match(r"\([^()]{2,40}\)", (line := part.pieces[0]).text))]
    behind = [part.head for part in parts if len(part.head.text) <= 40 and part.head.text.rstrip(":").endswith(")")]
    return before + behind


def _lead_sentences(outline: Outline) -> list[Piece]:
    """The sentences that say what is publicised; a mention of other tasks beside it does not count."""
    out = []
    for line in outline.lead:
        at = 0
        for stop in [*(match.end() for match in re.finditer("[。;]", line.text)), len(line.text)]:
            if re.search(r"公示|现将|销号|验收|完成整改|整改|反馈(?:的)?问题\s?\(", line.text[at:stop]) and not re.search(
                r"举一反三|对照(?![^,。]{0,24}(?:清单|方案|台账)[^,。]{0,6}第?\s?[\d一二三四五六七八九十])|同步", line.text[at:stop]
            ):
                out.append(line.cut(at, stop))
            at = stop
    return out


def _clearing(outline: Outline) -> list[tuple[Piece, TaskNumber]]:
    """Of a bare table: the line and the number in 对照整改任务清单序号N, which opens its completion text."""
    for line in outline.common.pieces(Label.COMPLETION)[:2]:
        for item in line.ask(_numbers_outside_titles):
            if "清单" in item.printed or _CLEARED.search(line.text[: item.start]):
                return [(line, item)]
    return []
