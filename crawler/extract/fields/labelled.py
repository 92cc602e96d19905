"""The fields of one outline: what a page, or one attachment, says by itself. Merging is `reader`'s work."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crawler.extract.fields import plans, status
from crawler.extract.fields.units import ours, stated, units
from crawler.extract.outline.labels import TEXTS, Label
from crawler.extract.outline.pieces import Found, Piece, joined
from crawler.extract.outline.sections import Entry, Outline
from crawler.notice.deadlines import first_period, read_deadline
from crawler.notice.model import Deadline, DocType, Evidence, Sections, Task

#: sections of a notice by the names of its fields
_NAMED_TEXTS = tuple((label, label.value) for label in TEXTS)
_DEADLINE = re.compile(r"(?:整改|完成)(?:时限|期限)(?:要求)?(?:为|是|:)(?P<when>[^,。;:()]{2,24})")


@dataclass(slots=True)
class Fields:
    """Values with evidence, by the name of the notice's field. What was not found has no key."""

    values: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)

    def put(self, name: str, found: Found[Any] | None) -> None:
        """Keep a single value, unless nothing was found."""
        if found is not None and found.value is not None:
            self.values[name] = found.value
            if found.words:
                self.evidence[name] = (found.evidence,)

    def put_all(self, name: str, found: list[Found[Any]]) -> None:
        """Keep a list of values, unless it is empty."""
        if found:
            self.values[name] = tuple(each.value for each in found)
            self.evidence[name] = tuple(each.evidence for each in found)

    def put_words(self, name: str, value: Any, *evidence: Evidence | None) -> None:
        """Keep a value whose evidence is known already."""
        if value is not None:
            self.values[name] = value
            if kept := tuple(each for each in evidence if each is not None):
                self.evidence[name] = kept

    def fill(self, other: Fields, names: tuple[str, ...]) -> list[str]:
        """Take from ``other`` what is missing here; the names whose values differ on both sides come back."""
        differ = []
        for name in names:
            if name not in other.values:
                continue
            if name not in self.values:
                self.values[name] = other.values[name]
                if name in other.evidence:
                    self.evidence[name] = other.evidence[name]
            elif self.values[name] != other.values[name]:
                differ.append(name)
        return differ


def own_fields(outline: Outline, doc_type: DocType, own_name: str | None, published: date | None) -> Fields:
    """What the labelled sections say: texts, units, deadline, acceptance, tasks, plans."""
    out = Fields()
    _texts(out, outline, doc_type)
    out.put_all("responsible_units", [] if doc_type is DocType.RECTIFICATION_PLAN else _units(outline, own_name))
    out.put("deadline", _deadline(outline))
    out.put("acceptance_date", status.acceptance_date(outline, published) if doc_type is DocType.SIGNOFF_NOTICE else None)
    out.put("completion_as_of", status.completion_as_of(outline, doc_type, published))
    out.put_all("plan_titles", plans.plan_titles(_naming_plans(outline)) if doc_type is not DocType.UNRELATED else [])
    if doc_type is DocType.RECTIFICATION_PLAN:
        out.put_all("plan_tasks", plans.plan_tasks(outline))
    return out


def _naming_plans(outline: Outline) -> list[Piece]:
    """Every line that can name a plan, as they stand on the page."""
    inside = [line for entry in outline.entries for part in entry.parts for line in part.pieces]
    found = [line for line in (*outline.lead, *inside, *outline.tail) if "方案" in line.text]
    return sorted(found, key=lambda line: line.block)


def _texts(out: Fields, outline: Outline, doc_type: DocType) -> None:
    """Sections of one task, or the tasks with theirs; plans and complaints have neither."""
    if doc_type in (DocType.RECTIFICATION_PLAN, DocType.UNRELATED, DocType.NEWS, DocType.INSPECTION_FEEDBACK):
        return
    if doc_type is DocType.COMPLAINT_HANDLING and (outline.tasks or not outline.common.has(Label.COMPLETION)):
        return  # a table of complaints is no notice, whatever its columns are called
    several = [entry for entry in outline.tasks if entry.number] or [entry for entry in outline.tasks if entry.has(Label.PROBLEM)]
    if len(several) > 1:
        out.put_all("tasks", [_task(entry) for entry in several])
        return
    sections = {name: _section(outline.entries, label) for label, name in _NAMED_TEXTS}
    _one_entry(out, sections)


def _section(entries: list[Entry], label: Label) -> Found[str] | None:
    for entry in entries:
        lines = entry.pieces(label)
        if text := joined(lines):
            return Found(text, lines[0].raw, lines[0].block, lines[0].where)
    return None


def _one_entry(out: Fields, sections: Mapping[str, Found[str] | None]) -> None:
    kept = {name: found.value for name, found in sections.items() if found}
    if kept:
        out.values["sections"] = Sections(**kept)
        for name, found in sections.items():
            if found:
                out.evidence[f"sections.{name}"] = (found.evidence,)


def _task(entry: Entry) -> Found[Task]:
    texts = {name: entry.text(label) for label, name in _NAMED_TEXTS}
    head = entry.named or next(line for part in entry.parts for line in part.pieces)
    return Found(Task(entry.number or "", **texts), head.raw, head.block, head.where)


def _units(outline: Outline, own_name: str | None) -> list[Found[str]]:
    lines = [line for entry in outline.entries for line in entry.pieces(Label.UNITS)]
    around = [*outline.lead, *outline.tail]
    return units(lines or stated(around), own_name) or ours(around, own_name)


def _deadline(outline: Outline) -> Found[Deadline] | None:
    """The deadline of one task; several tasks have several, the notice none."""
    found = [(entry, lines) for entry in outline.entries if (lines := entry.pieces(Label.DEADLINE))]
    if not found:
        return _within_goal(outline) or _stated_deadline(outline)
    if len(found) != 1 or len([entry for entry in outline.tasks if entry.number]) > 1:
        return None
    lines = found[0][1]
    deadline = read_deadline(" ".join(line.raw for line in lines))
    return None if deadline is None else Found(deadline, lines[0].raw, lines[0].block, lines[0].where)


def _stated_deadline(outline: Outline) -> Found[Deadline] | None:
    """整改时限为2024年底前 in a sentence of the lead."""
    for line in outline.lead:
        if (match := _DEADLINE.search(line.text)) and (deadline := read_deadline(line.raw[slice(*match.span("when"))])):
            return Found(deadline, line.raw[slice(*match.span())], line.block, line.where)
    return None


def _within_goal(outline: Outline) -> Found[Deadline] | None:
    """The deadline in a section that is called 整改目标及时限: the words of its period."""
    for part in outline.common.parts:
        if part.label is Label.GOAL and re.search("时限|期限", part.words):
            for line in part.pieces:
                if match := first_period(line.raw):
                    deadline = read_deadline(line.raw[match[0] : match[1]])
                    return None if deadline is None else Found(deadline, line.raw[match[0] : match[1]], line.block, line.where)
    return None
