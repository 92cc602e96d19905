"""From blocks to the outline of a notice: what leads in, the labelled sections (of each task), what closes it.

Sections come as numbered headings, bracketed or bare labels, tables of two columns, or rows under a head; a page may mix
them. The outline keeps the pieces, so every value can name its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from crawler.extract.blocks import Block, BlockKind
from crawler.extract.outline.grids import Grid, Pairs, continued, grid_of
from crawler.extract.outline.labels import TEXTS, Heading, Label, label_of, strip_enumerator
from crawler.extract.outline.pieces import Piece, is_signed, joined, pieces_of
from crawler.extract.outline.stacked import stacked
from crawler.extract.outline.task_headings import LEAST_NAME, task_heading, task_mark
from crawler.extract.outline.task_numbers import behind, leads, number_column, number_of_cell, number_of_problem, numbers_of_problems
from crawler.notice.numbers import find_numbers

_TAIL = re.compile(
    r"^(?:(?:以上|上述|目前)?[^。,]{0,12},?(?:现|特)(?:将|此|予以|对|就|面向|向)[^。]{0,60}(?:公示|公告|公开)|公示(?:期|时间|日期|起[始止]|开始|自|截止|"
    r"从|\s?\d{1,2}\s?个?(?:工作日|日|天))|(?:任何|广大|各界|社会各界|各)?(?:单位|个人|公民|群众|公众|社会各界)(?:或|和|及|、)?(?:单位|个人|公民|组织)?"
    r"(?:如|若|对|可|有)[^。]{0,40}(?:异议|意见|疑问|反映|监督)|(?:如|若|凡|对)[^。]{0,24}(?:异议|意见|疑问|反映|不同)"
    r"|有(?:异议|意见|不同意见|疑问)[^。]{0,6}(?:请|的|者)|(?:欢迎|敬请)[^。]{0,24}监督|联系(?:电话|人|方式|单位|地址|部门)|(?:公示|监督|举报|咨询|受理|反映|投诉|意见)[^。:]{0,8}(?:电话|"
    r"方式|部门|单位|热线|邮箱)|(?:电子)?邮箱|电话|传真"
    r"|通[讯信]地址|邮寄地址|附\s{0,4}件|特此公[示告]|以上情况|该项?(?:整改)?(?:任务|问题)[^。,]{0,8}责任单位)"
)
_INLINE_TAIL = re.compile(r"(?<=[。;\s])(?:公示(?:期限?|时间|日期|期间)\s?(?:为|:|自|从|\d)|现(?:将|予以)[^。]{0,30}公示)")
_INLINE_HEAD = re.compile(r"(?:(?<=[。;:!?\s])|^)[一二三四五六七八九十]{1,2}[、:]([^\s。:,;、]{2,16})(?=[\s:。])")
_INLINE_LABEL = re.compile(
    r"(?:(?<=[。;\s])|^)(?P<all>(?:\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、)]|[①-⑳]|[一二三四五六七八九十]{1,3}[、是])?\s?(?:"
    r"(?P<plain>[\u4e00-\u9fff]{3,10}):|【(?P<boxed>[\u4e00-\u9fff]{3,10})】))"
)
#: 1.序号2：<problem>。整改情况：… in one paragraph
_STARTS = re.compile(
    r"^(?:\d{1,2}[.、]|\([一二三四五六七八九十\d]{1,3}\)|[一二三四五六七八九十]{1,3}、)?\s?"
    r"(?:[省市县区]?序号\s?\d|第[\d一二三四五六七八九十]{1,4}[项个])"
)


#: words inside a short paragraph that speak to the reader and no longer of the task
_SPEAKS = re.compile(
    r"(?:^|(?<=[。;]))[^。;,\d]{0,8}(?:监督|举报|联系|咨询|受理|反映|投诉|值班)(?:电话|热线|方式)[^。\d]{0,6}\(?(?:0\d{2,3}|[2-8]\d{6}|1[23]\d{3})|"
    r"(?:^|(?<=[。;]))[^。;,\d]{2,16}(?:办|局|委|厅|组|科|室)(?:联系|监督|举报|咨询)?电话\s?:\s?\(?0?\d{3}|"
    r"对(?:公示|上述|以上)[^。]{0,20}(?:异议|不同意见)|(?:^|[。,])[^。,]{0,20}(?:来电|致电|拨打)[^。\d]{0,6}\(?0\d{2,3}|"
    r"(?:再次|另行|重新)[^。]{0,16}公示"
)
#: words of which one stands in every such paragraph: far quicker to look for
_SPEAKING = re.compile("电话|热线|方式|对公示|对上述|对以上|来电|致电|拨打|再次|另行|重新")
_SPOKEN = 160  # characters of such a paragraph at most


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
    by_label: dict[Label, list[Part]] = field(default_factory=dict)

    def add(self, *parts: Part) -> None:
        """Append parts; they are found by their labels, pages with thousands of headings exist."""
        self.parts.extend(parts)
        for part in parts:
            self.by_label.setdefault(part.label, []).append(part)

    def pieces(self, *labels: Label) -> list[Piece]:
        """What stands under these labels, in order."""
        met = [label for label in labels if label in self.by_label]
        if len(met) <= 1:
            return [line for part in self.by_label[met[0]] for line in part.pieces] if met else []
        return [line for part in self.parts if part.label in met for line in part.pieces]

    def text(self, label: Label) -> str | None:
        """The text of a section without its heading, paragraphs joined by a space; ``None`` where there is none."""
        return joined(self.pieces(label)) or None

    def part(self, label: Label) -> Part | None:
        return next((part for part in self.by_label.get(label, ()) if part.pieces), None)

    def has(self, label: Label) -> bool:
        return label in self.by_label

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

    def last(self, count: int) -> list[Piece]:
        """The last lines of the text, wherever they stand."""
        inside = [line for entry in self.entries for part in entry.parts[-1:] for line in part.pieces[-count:]]
        return sorted([*self.lead[-count:], *inside, *self.tail[-count:]], key=lambda line: line.block)[-count:]

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
        above = flow[-1] if flow else None
        if table is None and block.kind is BlockKind.TABLE and isinstance(above, Grid):
            table = continued(block, index, above)
        flow.extend([table] if table is not None else pieces_of(block, index))
    flow = stacked(flow)
    lines = [item for item in flow if isinstance(item, Piece)]
    builder.unmarked = _has_unmarked(lines)
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
            builder.before_table = isinstance(following, Pairs)
            builder.line(item, following if isinstance(following, Piece) else None)
    return builder.done()


_SEVERAL_HEADS = 120  # characters of a paragraph that can hold several numbered sections, at least
_SEVERAL = 3  # labels without a mark that are no accident


def _has_unmarked(lines: Sequence[Piece]) -> bool:
    """Whether a page sets its labels apart by type alone: several lines begin with standard labels and no mark behind them."""
    found = {look.unmarked.label for line in lines if (look := line.look).unmarked and look.opens is None}
    return len(found) >= _SEVERAL and Label.COMPLETION in found


def _says_goodbye(text: str) -> bool:
    """Whether a line speaks to the reader and no longer of the task: closing formulas, or whom to call."""
    if len(text) < 400 and _TAIL.match(text):
        return True
    return (
        len(text) <= _SPOKEN and _SPEAKING.search(text) is not None and not strip_enumerator(text)[1] and _SPEAKS.search(text) is not None
    )


class _Builder:
    """Walks over the pieces once; knows the open part and the open task."""

    def __init__(self) -> None:
        self.out = Outline()
        self.entry = self.out.common
        self.open: Part | None = None
        self.closed = False
        self.unmarked = False
        self.before_table = False

    def done(self) -> Outline:
        self.out.tasks = [entry for entry in self.out.tasks if entry.filled]
        if self.out.tasks:
            for entry in self.out.entries:
                number_of_cell(entry)
        else:
            self._by_number()
        self._first_of_several()
        if len(self.out.tasks) == 1 and not any(self.out.common.has(label) for label in TEXTS):
            only = self.out.tasks.pop()
            self.out.common.add(*only.parts)
            self.out.common.number, self.out.common.named = only.number, only.named
        return self.out

    def _by_number(self) -> None:
        """Sections that each list the tasks by their numbers (反馈问题：序号9 … 序号14 …), taken apart to the tasks."""
        texts = [part for part in self.out.common.parts if part.label in TEXTS and part.pieces]
        listed = [[(item, line) for line in part.pieces if (item := leads(line))] for part in texts]
        first = [item.plain for item, _ in listed[0]] if listed else []
        if (
            len(texts) < 2
            or len(set(first)) < 2
            or any(
                len(found) != len(part.pieces) or [item.plain for item, _ in found] != first
                for found, part in zip(listed, texts, strict=True)
            )
        ):
            return
        for at, (item, named) in enumerate(listed[0]):
            entry = Entry(item.printed, named)
            entry.add(
                *(
                    Part(part.label, part.words, part.head, [behind(*found[at])], part.level)
                    for part, found in zip(texts, listed, strict=True)
                )
            )
            self.out.tasks.append(entry)
        rest = Entry()
        rest.add(*(part for part in self.out.common.parts if part not in texts))
        self.out.common = rest

    def _first_of_several(self) -> None:
        """The first task stood outside the others until the second showed that there are several."""
        common, tasks = self.out.common, self.out.tasks
        if not tasks or any(bool(entry.number) is not bool(common.number) for entry in tasks) or not common.part(Label.PROBLEM):
            return
        told = Label.COMPLETION if common.part(Label.COMPLETION) else Label.DEADLINE  # what ends a task: of plans the deadline
        if not all(entry.part(Label.PROBLEM) and entry.part(told) for entry in [common, *tasks]):
            return
        own = (*TEXTS, Label.UNITS, Label.OTHER_ROLE, Label.DEADLINE, Label.NUMBER)
        first, rest = Entry(common.number, common.named), Entry()
        first.add(*(part for part in common.parts if part.label in own))
        rest.add(*(part for part in common.parts if part.label not in own))
        self.out.common, self.out.tasks = rest, [first, *tasks]
        for entry in self.out.tasks:
            number_of_problem(entry)

    def sign(self, line: Piece) -> None:
        self.out.signed.append(line)
        self.open, self.closed = None, True

    def line(self, line: Piece, following: Piece | None) -> None:
        cuts = line.ask(_stretches) if ":" in line.text or "】" in line.text or len(line.text) >= _SEVERAL_HEADS else ()
        if not cuts:
            self._one(line, following)
            return
        parts = [part for start, end in cuts if (part := line.cut(start, end)).raw]
        if len(parts) == 1:
            self._one(line, following)
            return
        for part, after in zip(parts, [*parts[1:], following], strict=True):
            self._one(part, after)

    def _one(self, line: Piece, following: Piece | None) -> None:
        head = line.look.opens or (line.look.unmarked if self.unmarked else None)
        if (head is None or head.label in (Label.PROBLEM, Label.NUMBER)) and (mark := task_mark(line, following, self.before_table)):
            self._task(*mark, None)
        elif head is not None and not self._inner(head, line):
            self._open(head, line)
        elif (task := task_heading(line, following)) and not self._listed(line, following):
            self._task(*task)
        elif self.open is None:
            (self.out.tail if self.closed else self.out.lead).append(line)
        elif self._closes(line):
            self.open, self.closed = None, True
            self.out.tail.append(line)
        else:
            self._add(line)

    def _listed(self, line: Piece, following: Piece | None) -> bool:
        """Whether the open numbered section lists tasks (序号9：… 序号14：…) and the next section follows, or awaits its text."""
        if self.open is None or not leads(line):
            return False
        if line.text.startswith("(") and self.open.label is Label.PROBLEM and self.open.words and not self.open.pieces:
            return True
        head = following.opens if following is not None else None
        return self.open.level == 1 and head is not None and head.level == 1

    def _inner(self, head: Heading, line: Piece) -> bool:
        """Whether a heading is a sub-heading inside the open section: deeper numbered, under a text section that has begun."""
        part = self.open
        if part is not None and part.label is Label.ATTACHMENT and head.level > 1 and part.pieces:
            return True  # 附件：1.整改情况表, then 2.验收意见
        if part is None or part.label not in TEXTS or head.label in (Label.WINDOW, Label.CONTACT, Label.SIGNATURE, Label.ATTACHMENT):
            return False
        if head.level == 0:
            if head.label is Label.PROBLEM and self._repeats(head):
                return False
            return head.rest < len(line.text) and head.label in (Label.ASIDE, Label.PROBLEM) and bool(part.pieces)
        deeper = part.level == 1 and head.level == 2
        wrapper = not part.pieces and part.label in (Label.COMPLETION, Label.PROBLEM) and head.label is not part.label
        return deeper and not wrapper

    def _repeats(self, head: Heading) -> bool:
        """Whether the open entry's problem stands under the same words and its completion has been told: the next task begins."""
        first = self.entry.part(Label.PROBLEM)
        return first is not None and first.words == head.words and self.entry.has(Label.COMPLETION)

    def _open(self, head: Heading, line: Piece) -> None:
        if head.label in (Label.PROBLEM, Label.NUMBER) and self.entry.has(Label.PROBLEM) and self.entry.has(Label.COMPLETION):
            self._task(None, line, None)
        self.open = Part(head.label, head.words, line, [], head.level)
        self.entry.add(self.open)
        if head.rest < len(line.text):
            rest = line.cut(head.rest)
            if rest.raw:
                self._add(rest)

    def _add(self, line: Piece) -> None:
        assert self.open is not None
        if not self.open.pieces and line.text.startswith(":") and len(line.text) > 1:
            line = line.cut(1)  # the colon behind a label slipped to the next line
        cut = _INLINE_TAIL.search(line.text) if self.open.label in TEXTS and "公示" in line.text else None
        if cut is None:
            self.open.pieces.append(line)
            return
        if (first := line.cut(0, cut.start())).raw:
            self.open.pieces.append(first)
        self.out.tail.append(line.cut(cut.start()))
        self.open, self.closed = None, True

    def _closes(self, line: Piece) -> bool:
        """Whether a line ends the open section: closing formulas, or a numbered heading without a known label."""
        assert self.open is not None
        skip, level = line.enumerated
        if self.open.label in (Label.WINDOW, Label.CONTACT):
            return False
        if level == 1 and self.open.level in (1, 2):
            return True
        if level == 1 and len(line.text) - skip < LEAST_NAME:
            return True  # 三、公示 behind a bare label
        return line.ask(_says_goodbye)

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
            told = self.entry.has(Label.COMPLETION) or (
                self.entry.has(label) and self.entry.has(Label.UNITS) and self.entry.has(Label.DEADLINE)
            )
            if begun and told:
                self._task(None, head, None)
            if label is Label.NUMBER and values and (not words or self.entry is not self.out.common) and self.entry.number is None:
                self.entry.number, self.entry.named = values[0].raw, values[0]
            if label is Label.PROBLEM and self.entry.number is None and (item := next(find_numbers(head.text), None)):
                self.entry.number, self.entry.named = item.printed, head
            self.entry.add(Part(label, words, head, values))
        self.open, self.closed = None, True

    def _spanning(self, values: list[Piece]) -> None:
        """A row over the whole width of a table: a label, its text, or closing words."""
        self.before_table = len(values) == 1
        for at, line in enumerate(values):
            self.line(line, values[at + 1] if at + 1 < len(values) else None)

    def grid(self, table: Grid) -> None:
        """Rows under a head: each is a task; a single row's sections are the notice's."""
        column = number_column(table)
        first = len(self.out.tasks)
        for row in table.rows:
            parts = [Part(label, words, values[0], values) for label, words, values in row if values]
            if self.out.tasks and not {Label.NUMBER, Label.PROBLEM} & {part.label for part in parts}:
                self.out.tasks[-1].add(*parts)  # the row goes on below merged cells
                continue
            entry = Entry()
            entry.add(*parts)
            named = entry.pieces(Label.NUMBER)
            if named:
                own = named[column] if column < len(named) else named[0]
                entry.number, entry.named = own.raw, own
            self.out.tasks.append(entry)
        numbers_of_problems(self.out.tasks[first:])
        self.open, self.closed, self.entry = None, True, self.out.common


def _cuts(pattern: re.Pattern[str], text: str) -> list[int]:
    known = (*TEXTS, Label.DEADLINE, Label.UNITS, Label.OTHER_ROLE)
    return [
        found.start("all") if pattern is _INLINE_LABEL else found.start()
        for found in pattern.finditer(text)
        if label_of(found[1] if pattern is _INLINE_HEAD else found["plain"] or found["boxed"], by_ending=False) in known
    ]


def _stretches(text: str) -> tuple[tuple[int, int], ...]:
    """Where a paragraph that holds several sections is cut, before each label: numbered, or bare with a colon; else nothing."""
    cuts = _cuts(_INLINE_HEAD, text) if len(text) >= _SEVERAL_HEADS and "二" in text else []
    if len(cuts) < 2:
        if ":" not in text and "】" not in text:
            return ()
        cuts = _cuts(_INLINE_LABEL, text)
    if len(cuts) < 2 and not (cuts and _STARTS.match(text)):
        return ()
    return tuple(pairwise([0, *cuts, len(text)]))
