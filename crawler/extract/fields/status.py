"""How far the tasks have come: status, day of acceptance, day as of which a text speaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import Found, Piece, found_in
from crawler.extract.outline.sections import Outline
from crawler.notice.deadlines import last_day
from crawler.notice.model import DocType
from crawler.text.dates import NUM, Spotted, build, find_days, find_months, first_day, month_end
from crawler.text.numerals import number
from crawler.text.widths import half

_AS_OF = re.compile(r"截[至止](?:时间)?(?:到|为|:)?\s{0,2}(?=(?:19|20|二)[\d〇零一二三四五六七八九])")
_AS_OF_SHORT = re.compile(rf"截[至止]到?\s{{0,2}}(?:(?P<then>去年|上年)|今年|本年)?(?P<m>{NUM})月(?:(?P<d>{NUM})日|底|末)")
#: works are accepted too (竣工验收), and what is planned has not been
_ACCEPTED = re.compile(
    r"(?<!竣工)(?<!完工)(?<!交工)(?<!工程)(?<!项目)(?<!质量)(?<!单项)(?<!环保)(?<!环境保护)(?:验收|自验)(?!办法|规定|销号(?:办法|规定)|组织|管理|备案)"
)
_PLANNED = re.compile(r"(?:拟|计划|预计|将)(?:于|在)?\s?$|(?:竣工|完工|立项|开工)[^,。;]{0,6}$")
_ACCEPTED_BEFORE = re.compile(r"(?:验收|自验)(?:通过)?(?:时间|日期)(?:为|是|:)?\s?$")
_MONTH_DAY = re.compile(rf"(?<![年\d])({NUM})月({NUM})日")
_BOUNDED = re.compile(r"\s?(?:起|至|—|-|前|底|以来|后)")
_CHECK = re.compile(r"复核|初验|自查(?!自验)")
#: how a story tells that its task is done; 拟销号, 待销号 and 力争销号 do not
#: 整改完成率100%
_RATE = re.compile(r"(?:整改|任务|问题|销号)[^。;,\d]{0,8}(?:完成|销号)率(?:已?(?:为|达到?|均为))?(?P<rate>\d{1,3})(?:\.\d+)?%")
_TOLD = re.compile(
    r"(?:问题|任务)[^,。;]{0,6}已经?(?:全部)?(?:整改到位|完成整改|整改完成)|完成整改(?:并|,并|、)(?:通过)?(?:验收)?(?:销号|验收)|"
    r"(?<![拟待将])(?:无异议后|验收后|顺利|成功|正式|已经?|完成)(?:验收)?销号"
)
_LEFT = re.compile(
    r"剩余|余下|其余|尚未|未完成|正在?(?:加快|抓紧|全力|有序|稳步)?(?:推进|整改|整治|实施|办理|按)|仍有|序时(?:进度)?推进|达到序时进度|未达到?序时|按时序推进|"
    r"推进中|计划于?(?:19|20)\d{2}年"
)
_NEARLY = re.compile(r"基本(?:完成|整改到位)")
_DONE = re.compile(
    r"(?:已|均|全部|现已|全面)[^,。;]{0,10}(?:完成|整改到位|整改完毕|销号|拆除|治理到位|办结)|完成(?:了)?整改|整改(?:已)?(?:完成|到位|"
    r"完毕)|达到销号|完成\d{1,5}[项个]|完成[^,。;]{0,8}工程"
)
_GOING = re.compile(r"正在(?:推进|整改|实施|整治)|持续推进|加快推进|有序推进|达到序时")
_SHARE = re.compile(
    r"(?P<all>\d{1,5})(?:项|个|件|宗)[^。;]{0,30}?(?:已)?(?:完成|销号|办结|整改到位|整治|整改)(?:整改|整治|销号|"
    r"验收)?(?:了)?(?P<done>\d{1,5})(?:项|个|件|宗)"
)
_ACCOMPLISHED = re.compile(r"已(?:全部)?(?:完成|销号|整改销号|整改到位|整治)(?:整改|整治|销号)?(?:了)?(?P<done>\d{1,5})(?:项|个|件|宗)")
#: a sign-off taken back: the task is being put right again
_REOPENED = re.compile(
    r"(?:撤销|取消|收回)[^。]{0,60}销号|(?:重新|恢复)(?:开展|启动|纳入|列入)?[^。]{0,8}整改|(?:重新|恢复)(?:开展|启动)[^。]{0,60}整改"
)
#: of a batch of cases that is signed off, those that are not
_LATE = re.compile(r"\d{1,5}[件个项][^。]{0,12}(?:延期|未办结|正在办理|仍在整改)|(?:延期|未办结)[^。]{0,8}\d{1,5}[件个项]")
_PAST_PLAN = re.compile(r"原(?:计划|定|预计)?$|截至(?:19|20)\d{2}年[^,。]{0,8}$")
#: work that the text itself says is not done yet
_UNDONE = re.compile(
    r"(?:尚有|仍有|还有|剩余|其余|余下)[^。;]{0,24}(?:未(?:完工|完成|到位)|正在|预计|计划|将[于在])|延期(?:办理|至)|预计[^。;]{0,16}(?:全部)?完成"
)
_PROJECT = re.compile(r"竣工环境保护验收|土地复垦|环境影响评价|受理|拟审批|激励|配额|范文|模板")


def acceptance_date(outline: Outline, published: date | None) -> Found[date] | None:
    """The day of 验收 or 自我验收, complete with year: its own cell, the acceptance section, then lead and closing words."""
    for line in [line for entry in outline.entries for line in entry.pieces(Label.ACCEPTED_ON)]:
        if spot := first_day(line.raw):
            return found_in(spot.value, line, spot.start, spot.end)
    accepted = [line for entry in outline.entries for line in entry.pieces(Label.ACCEPTANCE)]
    return (
        _accepted_on(accepted, section=True)
        or _accepted_on([*outline.lead, *outline.tail], section=False)
        or (_without_year([*accepted, *outline.lead], published) if published else None)
        or _only_day(accepted)
        or (_only_day_of_year(accepted, published) if published else None)
    )


def _only_day(lines: Sequence[Piece]) -> Found[date] | None:
    """The one day that an acceptance section names (…日，县政府组织现场核查，同意销号), unless it bounds a period."""
    spots = [(line, spot) for line in lines for spot in find_days(line.raw)]
    if len(spots) != 1:
        return None
    line, spot = spots[0]
    bounded = re.search(r"截[至止]到?\s?$|公示|自\s?$|至\s?$", line.text[max(0, spot.start - 6) : spot.start])
    if (
        bounded
        or re.match(r"\s?(?:前|底|起|至|以来|-|—|印发|出台)", line.text[spot.end :])
        or _CHECK.search(line.text[spot.end : spot.end + 30])
    ):
        return None
    return found_in(spot.value, line, spot.start, spot.end)


def _only_day_of_year(lines: Sequence[Piece], published: date) -> Found[date] | None:
    """The one day without a year that an acceptance section names, unless it bounds a period: the last such day before publication."""
    found = [(line, match) for line in lines for match in _MONTH_DAY.finditer(line.text)]
    if len(found) != 1 or any(next(iter(find_days(line.raw)), None) is not None for line in lines):
        return None
    line, match = found[0]
    after = line.text[match.end() :]
    month, day = number(match[1]), number(match[2])
    if month is None or day is None or re.match(r"\s?(?:日|号)?\s?(?:前|底|起|至|以来|-|—)", after):
        return None
    if re.search(r"截[至止]到?\s?$|公示|自\s?$|至\s?$", line.text[max(0, match.start() - 6) : match.start()]):
        return None
    value = build(published.year, month, day)
    if value is not None and value > published:
        value = build(published.year - 1, month, day)
    return found_in(value, line, match.start(), match.end()) if value is not None and (published - value).days <= 183 else None


def _without_year(lines: Iterable[Piece], published: date) -> Found[date] | None:
    """8月31日完成自我验收: the year is that of the last such day before the publication."""
    for line in lines:
        for match in _MONTH_DAY.finditer(line.text):
            month, day = number(match[1]), number(match[2])
            hit = _ACCEPTED.search(re.split("[。;,]", line.text[match.end() : match.end() + 40].removeprefix(","))[0])
            if hit is None or month is None or day is None:
                continue
            value = build(published.year, month, day)
            if value is not None and value > published:
                value = build(published.year - 1, month, day)
            if value is not None and (published - value).days <= 183:
                return found_in(value, line, match.start(), match.end() + hit.end())
    return None


def _accepted_on(lines: Iterable[Piece], *, section: bool) -> Found[date] | None:
    for line in lines:
        if spot := line.ask(_day_in_section if section else _day_in_sentence):
            return found_in(spot.value, line, spot.start, spot.end)
    return None


def _day_in_section(text: str) -> Spotted | None:
    """The day of acceptance that a line of the section on it names: 验收 stands in the same sentence."""
    return next((spot for spot in find_days(text) if _is_acceptance(text, spot, _sentence_behind(text, spot))), None)


def _day_in_sentence(text: str) -> Spotted | None:
    """The day of acceptance that any other line names: 验收 stands in the same clause."""
    return next((spot for spot in find_days(text) if _is_acceptance(text, spot, _clause_behind(text, spot))), None)


def _sentence_behind(text: str, spot: Spotted) -> str:
    return re.split("[。;]", text[spot.end : spot.end + 60])[0]


def _clause_behind(text: str, spot: Spotted) -> str:
    return _sentence_behind(text, spot).removeprefix(",").split(",")[0]


def _is_acceptance(text: str, spot: Spotted, clause: str) -> bool:
    if _PLANNED.search(text[max(0, spot.start - 10) : spot.start]):
        return False
    if _ACCEPTED_BEFORE.search(text[max(0, spot.start - 20) : spot.start]):
        return True
    hit = _ACCEPTED.search(clause)
    if hit is None or any(check.start() < hit.start() for check in _CHECK.finditer(clause)):
        return False
    return not _BOUNDED.match(_sentence_behind(text, spot))


def _as_of_this_year(line: Piece, published: date) -> Found[date] | None:
    """截至6月30日: the last such day before the publication."""
    match = _AS_OF_SHORT.search(line.text)
    month, day = (number(match["m"]), number(match["d"]) if match["d"] else 0) if match else (None, None)
    if match is None or month is None or day is None:
        return None
    named = (published.year - 1,) if match["then"] else (published.year, published.year - 1)
    years = (build(year, month, day) if day else month_end(year, month) for year in named)
    value = next((each for each in years if each is not None and each <= published), None)
    return None if value is None or (published - value).days > 200 else found_in(value, line, *match.span())


def completion_as_of(outline: Outline, doc_type: DocType, published: date | None = None) -> Found[date] | None:
    """The first 截至 date of the completion text or of its label; of a report, of its body. A month counts to its last day."""
    lines: list[Piece] = []
    for entry in outline.entries:
        for part in entry.parts:
            if part.label is Label.COMPLETION:
                lines += [part.head, *part.pieces] if part.head.text not in {line.text for line in part.pieces} else part.pieces
    if doc_type is DocType.RECTIFICATION_STATUS:
        lines = [*outline.lead, *lines, *outline.tail]
    elif doc_type is not DocType.SIGNOFF_NOTICE:
        return None
    elif not lines:
        lines = outline.lead
    lines = [line for line in lines if "截" in line.text]  # without it no line says as of when it speaks
    return next((found for line in lines if (found := _as_of(line) or (published and _as_of_this_year(line, published)))), None)


def _as_of(line: Piece) -> Found[date] | None:
    for match in _AS_OF.finditer(line.text):
        window = line.raw[match.end() : match.end() + 16]
        day = next((spot for spot in find_days(window) if spot.start <= 1), None) or next(
            (spot for spot in find_months(window) if spot.start <= 1), None
        )
        if day is not None:
            return found_in(day.value, line, match.start(), match.end() + day.end)
        period = re.match(r"[^,。;()]{5,12}", window)  # 2023年末, 2024年一季度末
        if period and (value := last_day(period[0])):
            return found_in(value, line, match.start(), match.end() + period.end())
    return None


def rectification_status(outline: Outline, doc_type: DocType, title: str) -> Found[str] | None:
    """completed, partially_completed or in_progress, of the tasks dealt with; ``None`` where the words do not tell."""
    if doc_type in (DocType.INSPECTION_FEEDBACK, DocType.RECTIFICATION_PLAN):
        return None
    done = [line for entry in outline.entries for line in entry.pieces(Label.COMPLETION, Label.ACCEPTANCE)]
    if doc_type is DocType.SIGNOFF_NOTICE and (again := _REOPENED.search(half(title))):
        return Found("in_progress", title[slice(*again.span())], -1)
    if (
        doc_type is DocType.COMPLAINT_HANDLING
        and "销号" in title
        and (late := _first(_LATE, [*outline.lead, *done], "partially_completed"))
    ):
        return late
    if doc_type is DocType.COMPLAINT_HANDLING:
        return _told_done([*outline.lead, *done]) or Found("completed", title, -1) if "销号" in title else None
    if doc_type is DocType.SIGNOFF_NOTICE or (doc_type is DocType.OTHER_INSPECTION and done):
        return _of_notice(outline, done, title)
    if doc_type is DocType.UNRELATED and _PROJECT.search(half(title)):
        return None
    found = _of_report(
        [*outline.lead, *done, *outline.tail],
        figures=doc_type is DocType.NEWS,
        bare=outline.bare and not outline.tasks,
    )
    if found is None and doc_type is DocType.UNRELATED and re.search(r"(?:销号|整改完成)[^。]{0,6}公[示告]", half(title)):
        return Found("completed", title, -1)
    return found


def _of_notice(outline: Outline, done: Sequence[Piece], title: str) -> Found[str] | None:
    for line in (*outline.lead, *done):
        if left := line.ask(_left_over):
            return found_in("partially_completed", line, *left)
    if outline.tasks:
        states = [_task_state(entry.pieces(Label.COMPLETION)) for entry in outline.tasks]
        if "in_progress" in states:
            line = outline.tasks[states.index("in_progress")].pieces(Label.COMPLETION)[0]
            return found_in("partially_completed" if len(set(states)) > 1 else "in_progress", line)
    found = _told_done([*outline.lead, *outline.tail, *done])
    if found is not None:
        return found
    if done:
        return found_in("in_progress" if _GOING.search(done[0].text[:40]) and not re.search("完成", done[0].text) else "completed", done[0])
    return Found("completed", title, -1) if re.search(r"完成|销号|验收", title) else None


def _left_over(text: str) -> tuple[int, int] | None:
    """Where a line says that not all is done yet."""
    if (left := _UNDONE.search(text)) and not _PAST_PLAN.search(text[: left.start()][-12:]):
        return left.span()
    return near.span() if (near := _NEARLY.search(text)) and _LEFT.search(text) else None


def _done(text: str) -> tuple[int, int] | None:
    """Where a line says that the work is done."""
    found = _DONE.search(text)
    return found.span() if found else None


def _told_done(lines: Sequence[Piece]) -> Found[str] | None:
    for line in lines:
        if span := line.ask(_done):
            return found_in("completed", line, *span)
    return None


def _task_state(lines: Sequence[Piece]) -> str:
    text = lines[0].text[:30] if lines else ""
    return (
        "in_progress"
        if re.match(r"(?:该项任务)?(?:正在|持续|有序|加快)推进|(?:已)?达到序时进度", text) and "视同完成" not in text
        else "completed"
    )


def _first(pattern: re.Pattern[str], lines: Sequence[Piece], value: str) -> Found[str] | None:
    for line in lines:
        if match := pattern.search(line.text):
            return found_in(value, line, match.start(), match.end())
    return None


def _of_report(lines: Sequence[Piece], *, figures: bool, bare: bool) -> Found[str] | None:
    """From figures (59项…完成22项), then from words; news counts with figures, a bare table not at all."""
    if bare:
        return None
    for line in lines:
        if rate := _RATE.search(line.text):
            return found_in("completed" if rate["rate"] == "100" else "partially_completed", line, rate.start(), rate.end())
        if share := _SHARE.search(line.text):
            value = "completed" if int(share["done"]) >= int(share["all"]) else "partially_completed"
            if value == "completed" and _LEFT.search(line.text):
                value = "partially_completed"
            return found_in(value, line, share.start(), share.end())
    for line in lines:
        if (part := _ACCOMPLISHED.search(line.text)) and _LEFT.search(line.text):
            return found_in("partially_completed", line, part.start(), part.end())
    if figures:
        return _first(_TOLD, lines, "completed")
    done, left = _told_done(lines), _first(_LEFT, lines, "in_progress")
    if done and left:
        return Found("partially_completed", done.words, done.block, done.where)
    return done or left
