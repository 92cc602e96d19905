"""Tasks of plans (整改任务清单), and the names of plans (整改方案) a page cites."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crawler.extract.fields.units import units
from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import Found, Piece, found_in
from crawler.extract.outline.sections import Entry, Outline
from crawler.notice.deadlines import read_deadline
from crawler.notice.model import PlanTask

_PLAN = re.compile(r"《([^《》]{4,80}?方案)(?:\([^()]{1,12}\))?》")


def plan_titles(pieces: Iterable[Piece]) -> list[Found[str]]:
    """Every 《…整改…方案》 named, in order, each once; the short form 《整改方案》 is no name."""
    seen: dict[str, Found[str]] = {}
    for line in pieces:
        if "方案" not in line.text:
            continue
        for match in _PLAN.finditer(line.text):
            if "整改" in match[1] and len(match[1]) > 6:
                name = line.raw[match.start() + 1 : match.end() - 1]
                seen.setdefault(name, found_in(name, line, match.start(), match.end()))
    return list(seen.values())


def plan_tasks(outline: Outline) -> list[Found[PlanTask]]:
    """The rows of a task list, as far as they name a problem or a number."""
    entries = outline.tasks or ([outline.common] if outline.common.has(Label.DEADLINE) and outline.common.has(Label.PROBLEM) else [])
    return [task for entry in entries if (task := _task(entry))] or [task for line in outline.lead if (task := _in_words(line))]


#: 一、<problem>，由某局负责，2019年6月底前完成。 and 1.<problem>（责任单位：某局；整改时限：2019年底前）
_IN_WORDS = (
    re.compile(
        r"(?P<problem>[^。;:]{4,120}?)[,。;]\s?(?:由|责任单位(?:为|是|:)|牵头单位(?:为|是|:))\s?(?P<units>[^。;,]{2,100}?)"
        r"(?:负责|牵头|承担)?(?:整改|落实|实施)?[,。;]\s?(?:(?:整改|完成)(?:时限|期限)(?:为|是|:))?(?P<when>[^。;]{2,40})[。;]?$"
    ),
    re.compile(
        r"(?P<problem>[^()]{4,160}?)[。;,]?\((?:责任|牵头)(?:单位|部门)\s?:\s?(?P<units>[^();]{2,100}?)[;,。]\s?"
        r"(?:(?:整改|完成)?(?:时限|期限|时间)\s?:)\s?(?P<when>[^()]{2,40})\)[。;]?$"
    ),
    re.compile(
        r"(?P<problem>[^()]{4,160}?)[。;,]?\((?P<units>[^();,]{2,100}?)(?:负责|牵头)(?:落实|整改)?[;,。]\s?(?P<when>[^()]{2,40})\)[。;]?$"
    ),
)


def _in_words(line: Piece) -> Found[PlanTask] | None:
    """A task that a numbered sentence of the plan tells whole: problem, units, deadline."""
    skip, level = line.enumerated
    if not level or len(line.text) > 400:
        return None
    body = line.cut(skip)
    match = next((found for pattern in _IN_WORDS if (found := pattern.fullmatch(body.text))), None)
    deadline = read_deadline(body.raw[slice(*match.span("when"))]) if match else None
    if match is None or deadline is None or deadline.kind is None:
        return None
    names = tuple(found.value for found in units([body.cut(*match.span("units"))], None))
    words = body.raw[slice(*match.span("when"))].strip()
    number = line.text[:skip].strip(" 、.,:()第项")
    problem = body.raw[slice(*match.span("problem"))].strip()
    return Found(PlanTask(number, problem, names, words, deadline.date, deadline.kind), line.raw, line.block, line.where)


def _task(entry: Entry) -> Found[PlanTask] | None:
    problem, number = entry.text(Label.PROBLEM), entry.number
    if problem is None and number is None:
        return None
    words = " ".join(line.raw for line in entry.pieces(Label.DEADLINE)).rstrip("。；; ")
    deadline = read_deadline(words) if words else None
    names = tuple(found.value for found in units(entry.pieces(Label.UNITS), None))
    task = PlanTask(number, problem, names, words or None, deadline.date if deadline else None, deadline.kind if deadline else None)
    head = entry.named or next((line for part in entry.parts for line in part.pieces), None)
    return None if head is None else Found(task, head.raw, head.block, head.where)
