"""Lines that name one of several tasks: by its number, by number and name, or by the problem it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.extract.outline.labels import TEXTS, Label, strip_enumerator
from crawler.extract.outline.pieces import Piece
from crawler.notice.numbers import TaskNumber, find_numbers, may_name

LEAST_NAME = 5  # characters of a task's name; 二、整改 heads the sections of one task
_REMAINDER = re.compile(
    r"^\)?[”\"’']?(?:的)?(?:反馈)?(?:问题|整改任务|任务|整改情况|情况|事项|反馈问题|整改完成情况|"
    r"任务完成情况)?(?:整改(?:完成)?情况)?\)?\s?$"
)
#: 一、关于序号14“…”问题: a numbered heading about one task
_ABOUT_ONE = re.compile(r"^(?:关于|针对|对|涉及|反馈的?)?[^。;,]{0,60}(?:问题|任务|情况|事项)$")
#: 一、<name>（序号4）
_ENDS_WITH_NUMBER = re.compile(r"^[^。;,()]{2,40}\([^()]{2,20}\)$")
_NAMED = re.compile(
    r"^(?:反馈|督察|整改|具体|典型)*(?:问题|任务)\s?(?P<n>[一二三四五六七八九十]{1,3}|"
    r"\d{1,3})\s?(?:\((?P<in>[^()]{1,20})\))?\s?(?P<colon>[:、。])?\s?(?P<rest>.*)$"
)


def task_heading(line: Piece, following: Piece | None) -> tuple[str, Piece, Piece | None] | None:
    """Read a line that names one of several tasks: number as printed, the line, the problem behind it.

    第6项 · 一、序号3问题 · 反馈问题一（第11项）： · 任务1：… · 三、<problem> before 整改进展情况：…
    """
    if len(line.text) > 400 or not line.ask(_may_name_task):
        return None
    skip, level = line.enumerated
    body = line.cut(skip) if skip else line
    text = body.text.rstrip(":。 ")
    if len(text) <= 80:
        numbers = body.ask(_numbers)
        if numbers and (task := _bare_number(numbers, body, text, bool(level), following) or _with_name(numbers, body, text, following)):
            return task
    if leading := _leading_number(body, following):
        return leading
    if named := _NAMED.match(body.text):
        if named["in"] and (inner := next(find_numbers(named["in"]), None)):
            return inner.printed, line, body.cut(named.start("rest"))
        if re.match(r"(?:整改|反馈)?(?:任务|问题)\s?[\d一二三四五六七八九十]", named["rest"]):
            return None  # 整改任务9、整改任务12已完成: a sentence
        if named["colon"] or not named["rest"]:
            return body.text[: named.end("n")] if not named["rest"] else named["n"], line, body.cut(named.start("rest"))
    return _numbered_problem(line, body, skip, level, following)


def _may_name_task(text: str) -> bool:
    """Whether a line has what no heading of a task lacks: an enumerator, a number, or the word 问题 or 任务 with one."""
    return strip_enumerator(text)[1] > 0 or may_name(text) or _NAMED.match(text) is not None


def _numbers(text: str) -> tuple[TaskNumber, ...]:
    return tuple(find_numbers(text.rstrip(":。 ")))


def _first_number(text: str) -> TaskNumber | None:
    """The first number where a line begins."""
    return next(find_numbers(text[:40]), None)


#: all that stands beside the number in 【序号9】, 整改任务（序号9）, 任务：序号9
_BESIDE = re.compile(r"[\s\[\]【】()《》“”\":、.]|整改|反馈|督察|具体|任务|问题|事项|清单|关于|第")
_WHOSE = re.compile(r"\([^()\d]{2,16}\)$")


def task_mark(line: Piece, following: Piece | None, before_table: bool) -> tuple[str, Piece] | None:
    """A line of a number and words for a task alone, whatever label it looks like, before the task's first section."""
    if len(line.text) > 40 or not (before_table or _opens_section(following)):
        return None
    printed = line.ask(_number_alone)
    return None if printed is None else (printed, line)


def _number_alone(text: str) -> str | None:
    """The number of a line that says nothing else."""
    text = text[strip_enumerator(text)[0] :].rstrip(":。 ")
    numbers = list(find_numbers(text))
    if len(numbers) != 1 or numbers[0].end <= numbers[0].start:
        return None
    beside = _WHOSE.sub("", text[: numbers[0].start] + text[numbers[0].end :])
    return None if _BESIDE.sub("", beside) else numbers[0].printed


def _leading_number(body: Piece, following: Piece | None) -> tuple[str, Piece, Piece | None] | None:
    """序号9：<problem> or 第九项。<problem>, before a line that opens another section of the same task."""
    head = following.opens if following is not None else None
    if head is None or head.label is Label.PROBLEM or head.label not in (*TEXTS, Label.UNITS, Label.DEADLINE):
        return None
    first = body.ask(_first_number)
    if first is None or _BESIDE.sub("", body.text[: first.start]).strip("原") or first.start > 12:
        return None
    behind = re.match(r"\s?[)\]】]?(?:问题|任务|整改任务)?\s?(?:[:。、,\s)\]】|]|—{1,2}|-{2})\s?", body.text[first.end :])
    if behind is None or len(body.text) - first.end - behind.end() < LEAST_NAME:
        return None
    rest = body.cut(first.end + behind.end())
    inner = next(find_numbers(rest.text[:30]), None) if rest.text.startswith("(") else None
    if inner is not None and inner.start == 1:  # 任务一：（序号9）<problem>
        return inner.printed, body, rest.cut(inner.end + 1)
    return first.printed, body, rest


def _opens_section(following: Piece | None) -> bool:
    head = following.opens if following is not None else None
    return head is not None and head.label in TEXTS


def _bare_number(
    numbers: Sequence[TaskNumber], body: Piece, text: str, enumerated: bool, following: Piece | None
) -> tuple[str, Piece, Piece | None] | None:
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 1 or text.startswith("("):
        return None
    if enumerated and _ABOUT_ONE.match(text) and "(" not in text[: first.start]:
        return first.printed, body, None
    if _ENDS_WITH_NUMBER.match(text) and last.end >= len(text) - 2 and _opens_section(following):
        return first.printed, body, None
    before, after = text[: first.start], text[last.end :]
    if _REMAINDER.match(after) and (
        not before.strip("(“\"‘'") or (body.text.endswith(":") and not re.search(r"[,。;]|现将|公示|附件", before))
    ):
        return first.printed, body, None
    return None


def _with_name(numbers: Sequence[TaskNumber], body: Piece, text: str, following: Piece | None) -> tuple[str, Piece, Piece | None] | None:
    """第一项 <name of the task>, before a line that opens its first section."""
    first = numbers[0]
    name = text[first.end :].rstrip("。;")
    head = following.opens if following is not None and _opens_section(following) else None
    if head is None or len(numbers) > 1 or first.start or name[:1] not in (" ", ":", "、") or len(name) > 40 or re.search(r"[。;,]", name):
        return None
    return first.printed, body, None if head.label is Label.PROBLEM else body.cut(first.end + 1)


def _numbered_problem(line: Piece, body: Piece, skip: int, level: int, following: Piece | None) -> tuple[str, Piece, Piece | None] | None:
    """三、<problem> where the next line is a bare label with its text (整改进展情况：…, 责任单位：…)."""
    if not level or following is None or not body.raw:
        return None
    head = following.opens
    if head is None or head.level or head.label not in (Label.COMPLETION, Label.UNITS, Label.DEADLINE, Label.GOAL, Label.MEASURES):
        return None
    if (level > 1 and head.rest == len(following.text)) or len(body.text.strip(" :")) < LEAST_NAME:
        return None
    number = line.text[:skip].strip(" 、.:,()第")
    return number, line, body
