"""From blocks to the outline of a notice: what leads in, the labelled sections (of each task), what closes it.

Sections come as numbered headings, bracketed or bare labels, tables of two columns, or rows under a head; a page may mix
them. The outline keeps the pieces, so every value can name its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.extract.blocks import Block, BlockKind
from crawler.extract.grids import Grid, Pairs, grid_of
from crawler.extract.labels import TEXTS, Heading, Label, heading, label_of, strip_enumerator
from crawler.extract.pieces import Piece, is_signed, joined, pieces_of
from crawler.notice.numbers import TaskNumber, find_numbers

_TAIL = re.compile(
    r"^(?:(?:以上|上述|目前)?[^。,]{0,12},?(?:现|特)(?:将|此|予以|对|就|面向|向)[^。]{0,60}(?:公示|公告|公开)|公示(?:期|时间|日期|自|"
    r"从)|(?:如|若|凡|对)[^。]{0,24}(?:异议|意见|疑问|反映|不同)"
    r"|(?:欢迎|敬请)[^。]{0,24}监督|联系(?:电话|人|方式|单位|地址|部门)|(?:公示|监督|举报|咨询|受理|反映|投诉|意见)[^。:]{0,8}(?:电话|"
    r"方式|部门|单位|热线|邮箱)|(?:电子)?邮箱|电话|传真"
    r"|通[讯信]地址|邮寄地址|附\s{0,4}件|特此公[示告]|以上情况|该项?(?:整改)?(?:任务|问题)[^。,]{0,8}责任单位)"
)
_INLINE_TAIL = re.compile(r"(?<=[。;\s])(?:公示(?:期限?|时间|日期|期间)\s?(?:为|:|自|从|\d)|现(?:将|予以)[^。]{0,30}公示)")
_INLINE_HEAD = re.compile(r"(?:(?<=[。;:!?\s])|^)[一二三四五六七八九十]{1,2}[、:]([^\s。:,;、]{2,16})(?=[\s:。])")
_INLINE_LABEL = re.compile(r"(?:(?<=[。;\s])|^)([\u4e00-\u9fff]{3,10}):")
_REMAINDER = re.compile(
    r"^\)?[”\"’']?(?:的)?(?:反馈)?(?:问题|整改任务|任务|整改情况|情况|事项|反馈问题|整改完成情况|"
    r"任务完成情况)?(?:整改(?:完成)?情况)?\)?\s?$"
)
#: 一、关于序号14“…”问题: a numbered heading about one task
_ABOUT_ONE = re.compile(r"^(?:关于|针对|对|涉及|反馈的?)?[^。;,]{0,60}(?:问题|任务|情况|事项)$")
_NAMED = re.compile(
    r"^(?:反馈|督察|整改|具体|典型)*(?:问题|任务)\s?(?P<n>[一二三四五六七八九十]{1,3}|"
    r"\d{1,3})\s?(?:\((?P<in>[^()]{1,20})\))?\s?(?P<colon>[:、])?\s?(?P<rest>.*)$"
)


@dataclass(slots=True)
class Part:
    """A labelled stretch of text. ``words``: the label as printed; ``head``: the piece that holds it."""

    label: Label
    words: str
    head: Piece
    pieces: list[Piece] = field(default_factory=list)
    level: int = 0


@dataclass(slots=True)
class Entry:
    """The sections of one task. ``number`` as printed, with the piece that names it."""

    number: str | None = None
    named: Piece | None = None
    parts: list[Part] = field(default_factory=list)
    labels: set[Label] = field(default_factory=set)

    def add(self, *parts: Part) -> None:
        """Append parts; the labels met are remembered, pages with thousands of headings exist."""
        self.parts.extend(parts)
        self.labels.update(part.label for part in parts)

    def pieces(self, *labels: Label) -> list[Piece]:
        """What stands under these labels, in order."""
        return [line for part in self.parts if part.label in labels for line in part.pieces]

    def text(self, label: Label) -> str | None:
        """The text of a section without its heading, paragraphs joined by a space; ``None`` where there is none."""
        return joined(self.pieces(label)) or None

    def part(self, label: Label) -> Part | None:
        return next((part for part in self.parts if part.label is label and part.pieces), None)

    def has(self, label: Label) -> bool:
        return label in self.labels

    @property
    def filled(self) -> bool:
        return any(part.pieces and part.label in (*TEXTS, Label.UNITS, Label.DEADLINE) for part in self.parts)


@dataclass(slots=True)
class Outline:
    """A page or document taken apart. ``common``: sections outside tasks; ``grids``: rows under a head, also in ``tasks``."""

    lead: list[Piece] = field(default_factory=list)
    tail: list[Piece] = field(default_factory=list)
    signed: list[Piece] = field(default_factory=list)
    common: Entry = field(default_factory=Entry)
    tasks: list[Entry] = field(default_factory=list)

    @property
    def entries(self) -> list[Entry]:
        return [self.common, *self.tasks]

    @property
    def bare(self) -> bool:
        """Whether nothing leads in: a table alone, as in an attachment."""
        return not any(len(line.text) > 40 or "。" in line.text for line in self.lead)

    def part(self, label: Label) -> Part | None:
        """The first filled part with this label, of the common sections or of any task."""
        return next((part for entry in self.entries if (part := entry.part(label))), None)

    @property
    def outside(self) -> list[Piece]:
        """What is no section's text: lead, contact and window sections, tail."""
        labelled = [line for entry in self.entries for line in entry.pieces(Label.WINDOW)]
        labelled += [line for entry in self.entries for line in entry.pieces(Label.OTHER_ROLE) if "电话" in line.text]
        return [*self.lead, *labelled, *self.tail]

    @property
    def contacts(self) -> list[Piece]:
        """What stands under labels such as 联系电话."""
        return [line for entry in self.entries for line in entry.pieces(Label.CONTACT, Label.SIGNATURE)]


def outline(blocks: Sequence[Block]) -> Outline:
    """Take blocks apart. Never raises; what carries no label stays in ``lead``."""
    builder = _Builder()
    flow: list[Piece | Grid | Pairs] = []
    for index, block in enumerate(blocks):
        table = grid_of(block, index) if block.kind is BlockKind.TABLE else None
        flow.extend([table] if table is not None else pieces_of(block, index))
    lines = [item for item in flow if isinstance(item, Piece)]
    signed = {id(line) for at, line in enumerate(lines) if is_signed(lines, at)}
    for at, item in enumerate(flow):
        if isinstance(item, Grid):
            builder.grid(item)
        elif isinstance(item, Pairs):
            builder.pairs(item)
        elif id(item) in signed:
            builder.sign(item)
        else:
            following = flow[at + 1] if at + 1 < len(flow) else None
            builder.line(item, following if isinstance(following, Piece) else None)
    return builder.done()


class _Builder:
    """Walks over the pieces once; knows the open part and the open task."""

    def __init__(self) -> None:
        self.out = Outline()
        self.entry = self.out.common
        self.open: Part | None = None
        self.closed = False

    def done(self) -> Outline:
        self.out.tasks = [entry for entry in self.out.tasks if entry.filled]
        if len(self.out.tasks) == 1 and not any(self.out.common.has(label) for label in TEXTS):
            only = self.out.tasks.pop()
            self.out.common.add(*only.parts)
            self.out.common.number, self.out.common.named = only.number, only.named
        return self.out

    def sign(self, line: Piece) -> None:
        self.out.signed.append(line)
        self.open, self.closed = None, True

    def line(self, line: Piece, following: Piece | None) -> None:
        parts = _split_heads(line)
        if len(parts) == 1:
            self._one(line, following)
            return
        for part, after in zip(parts, [*parts[1:], following], strict=True):
            self._one(part, after)

    def _one(self, line: Piece, following: Piece | None) -> None:
        enumerated = strip_enumerator(line.text)
        head = heading(line.text, enumerated)
        if head is not None and not self._inner(head, line):
            self._open(head, line)
        elif task := _task_heading(line, following, *enumerated):
            self._task(*task)
        elif self.open is None:
            (self.out.tail if self.closed else self.out.lead).append(line)
        elif self._closes(line, enumerated[1]):
            self.open, self.closed = None, True
            self.out.tail.append(line)
        else:
            self._add(line)

    def _inner(self, head: Heading, line: Piece) -> bool:
        """Whether a heading is a sub-heading inside the open section: deeper numbered, under a text section that has begun."""
        part = self.open
        if part is None or part.label not in TEXTS or head.label in (Label.WINDOW, Label.CONTACT, Label.SIGNATURE, Label.ATTACHMENT):
            return False
        if head.level == 0:
            return head.rest < len(line.text) and head.label in (Label.ASIDE, Label.PROBLEM) and bool(part.pieces)
        deeper = part.level == 1 and head.level == 2
        wrapper = not part.pieces and part.label in (Label.COMPLETION, Label.PROBLEM) and head.label is not part.label
        return deeper and not wrapper

    def _open(self, head: Heading, line: Piece) -> None:
        if head.label is Label.PROBLEM and self.entry.has(Label.PROBLEM) and self.entry.has(Label.COMPLETION):
            self._task(None, line, None)
        self.open = Part(head.label, head.words, line, [], head.level)
        self.entry.add(self.open)
        if head.rest < len(line.text):
            rest = line.cut(head.rest)
            if rest.raw:
                self._add(rest)

    def _add(self, line: Piece) -> None:
        assert self.open is not None
        cut = _INLINE_TAIL.search(line.text) if self.open.label in TEXTS and "公示" in line.text else None
        if cut is None:
            self.open.pieces.append(line)
            return
        if (first := line.cut(0, cut.start())).raw:
            self.open.pieces.append(first)
        self.out.tail.append(line.cut(cut.start()))
        self.open, self.closed = None, True

    def _closes(self, line: Piece, level: int) -> bool:
        """Whether a line ends the open section: closing formulas, or a numbered heading without a known label."""
        assert self.open is not None
        if self.open.label in (Label.WINDOW, Label.CONTACT):
            return False
        if level == 1 and self.open.level == 1:
            return True
        return _TAIL.match(line.text) is not None and len(line.text) < 400

    def _task(self, number: str | None, named: Piece, problem: Piece | None) -> None:
        self.entry = Entry(number, named)
        self.out.tasks.append(self.entry)
        self.open = Part(Label.PROBLEM, "", named, [problem] if problem is not None and problem.raw else [])
        self.entry.add(self.open)

    def pairs(self, table: Pairs) -> None:
        """A table of labels and values."""
        for label, words, head, values in table.rows:
            if label is None or head is None:
                self._spanning(values)
                continue
            begun = self.entry.filled if label is Label.NUMBER else label is Label.PROBLEM and self.entry.has(label)
            if begun and self.entry.has(Label.COMPLETION):
                self._task(None, head, None)
            if label is Label.NUMBER and values and self.entry is not self.out.common and self.entry.number is None:
                self.entry.number, self.entry.named = values[0].raw, values[0]
            self.entry.add(Part(label, words, head, values))
        self.open, self.closed = None, True

    def _spanning(self, values: list[Piece]) -> None:
        """A row over the whole width of a table: a label, its text, or closing words."""
        for at, line in enumerate(values):
            self.line(line, values[at + 1] if at + 1 < len(values) else None)

    def grid(self, table: Grid) -> None:
        """Rows under a head: each is a task; a single row's sections are the notice's."""
        for row in table.rows:
            parts = [Part(label, words, values[0], values) for label, words, values in row if values]
            if self.out.tasks and not {Label.NUMBER, Label.PROBLEM} & {part.label for part in parts}:
                self.out.tasks[-1].add(*parts)  # the row goes on below merged cells
                continue
            entry = Entry()
            entry.add(*parts)
            named = entry.pieces(Label.NUMBER)
            if named:
                entry.number, entry.named = named[0].raw, named[0]
            self.out.tasks.append(entry)
        self.open, self.closed, self.entry = None, True, self.out.common


def _cuts(pattern: re.Pattern[str], text: str) -> list[int]:
    known = (*TEXTS, Label.DEADLINE, Label.UNITS, Label.OTHER_ROLE)
    return [
        found.start(1) if pattern is _INLINE_LABEL else found.start() for found in pattern.finditer(text) if label_of(found[1]) in known
    ]


def _split_heads(line: Piece) -> Sequence[Piece]:
    """A paragraph that holds several sections, cut before each label: numbered, or bare with a colon."""
    cuts = _cuts(_INLINE_HEAD, line.text) if len(line.text) >= 120 and "二" in line.text else []
    if len(cuts) < 2:
        cuts = _cuts(_INLINE_LABEL, line.text) if ":" in line.text else []
    if len(cuts) < 2:
        return (line,)
    ends = [*cuts[1:], len(line.text)]
    parts = [line.cut(0, cuts[0]), *(line.cut(start, end) for start, end in zip(cuts, ends, strict=True))]
    return [part for part in parts if part.raw]


def _task_heading(line: Piece, following: Piece | None, skip: int, level: int) -> tuple[str, Piece, Piece | None] | None:
    """Read a line that names one of several tasks: number as printed, the line, the problem behind it.

    第6项 · 一、序号3问题 · 反馈问题一（第11项）： · 任务1：… · 三、<problem> before 整改进展情况：…
    """
    if len(line.text) > 400:
        return None
    body = line.cut(skip) if skip else line
    text = body.text.rstrip(": ")
    if len(text) <= 80:
        numbers = list(find_numbers(text))
        if numbers and (task := _bare_number(numbers, body, text, bool(level))):
            return task
    if named := _NAMED.match(body.text):
        if named["in"] and (inner := next(find_numbers(named["in"]), None)):
            return inner.printed, line, body.cut(named.start("rest"))
        if named["colon"] or not named["rest"]:
            return body.text[: named.end("n")] if not named["rest"] else named["n"], line, body.cut(named.start("rest"))
    return _numbered_problem(line, body, skip, level, following)


def _bare_number(numbers: list[TaskNumber], body: Piece, text: str, enumerated: bool) -> tuple[str, Piece, Piece | None] | None:
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 1 or text.startswith("("):
        return None
    if enumerated and _ABOUT_ONE.match(text) and "(" not in text[: first.start]:
        return first.printed, body, None
    before, after = text[: first.start], text[last.end :]
    if _REMAINDER.match(after) and (
        not before.strip("(“\"‘'") or (body.text.endswith(":") and not re.search(r"[,。;]|现将|公示|附件", before))
    ):
        return first.printed, body, None
    return None


def _numbered_problem(line: Piece, body: Piece, skip: int, level: int, following: Piece | None) -> tuple[str, Piece, Piece | None] | None:
    """三、<problem> where the next line is a bare label with its text (整改进展情况：…, 责任单位：…)."""
    if not level or following is None or not body.raw:
        return None
    head = heading(following.text)
    if head is None or head.level or head.label not in (Label.COMPLETION, Label.UNITS, Label.DEADLINE, Label.GOAL, Label.MEASURES):
        return None
    if level > 1 and head.rest == len(following.text):
        return None
    number = line.text[:skip].strip(" 、.:,()第")
    return number, line, body
