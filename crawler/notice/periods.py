"""The public-comment period (公示期): its two days, its length, and what contradicts what (domain guide, 6.2).

Both printed days belong to the window. A missing year or month is taken from the other day or from the publication.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from crawler.errors import ContradictionError
from crawler.gazetteer.calendar import Unit, end_after, natural_days, working_days
from crawler.notice.model import Publicity
from crawler.text.dates import NUM, YEAR, build, nearest_year, splits
from crawler.text.numerals import CHINESE, number
from crawler.text.widths import half

_GAP = r"[ \t]{0,3}"
_SEP = rf"{_GAP}[.\-/—]{_GAP}"


_NUMERALS = "〇零一二三四五六七八九十"


def _day(tag: str) -> str:
    """A day whose year, or year and month, may be missing; groups carry ``tag``."""
    return (
        # the look ahead rules out most places at once
        rf"(?=[\d{_NUMERALS}])(?:(?<!\d)(?P<y{tag}>(?:19|20)\d{{2}})年?(?P<m{tag}>0[1-9]|1[0-2])月?(?P<d{tag}>[0-3]\d)日?(?!\d)"
        rf"|(?:(?P<Y{tag}>{YEAR}){_GAP}年{_GAP})?(?:(?P<M{tag}>{NUM}){_GAP}月{_GAP})?(?P<D{tag}>{NUM}){_GAP}[日号]"
        rf"|(?:(?P<J{tag}>(?:19|20)\d{{2}}){_SEP})?(?P<N{tag}>\d{{1,2}}){_SEP}(?P<E{tag}>\d{{1,2}})(?![\d.])日?"
        rf"|(?:(?P<K{tag}>{YEAR}){_GAP}年{_GAP})?(?P<O{tag}>{NUM}){_GAP}月{_GAP}(?P<F{tag}>{NUM})(?![\d月年个]))"
    )


_CLOCK = rf"(?:{_GAP}(?:上午|下午)?{_GAP}\d{{1,2}}[:时点](?:\d{{2}}分?)?|{_GAP}\((?:星期|周|礼拜)[一二三四五六日天]\))?"
_TO = (
    rf"{_CLOCK}{_GAP}(?:\(?含?当日\)?)?(?:起|开始|始)?{_GAP}[,、]?{_GAP}(?:公示)?(?:至|到|截至|截止到?|止于|—{{1,2}}|-{{1,2}}|"
    rf"~{{1,2}}){_GAP}"
)
_RANGE = re.compile(rf"{_day('a')}{_TO}(?:{_day('b')}|(?P<lost>\d{{2,4}})(?!\d|个|天|日|年|月))")
#: both days under labels of their own
_LABELLED = re.compile(
    rf"(?:起始|开始)(?:时间|日期)?{_GAP}(?:为|:){_GAP}{_day('a')}[^。\n]{{0,8}}?\n?(?:公示)?(?:截止|结束|终止)(?:时间|日期)?{_GAP}(?:为|:){_GAP}{_day('b')}(?P<lost>(?!))?"
)
_START = re.compile(rf"(?:自|从|于|:|为|^){_GAP}(?:即日)?{_GAP}{_day('a')}{_CLOCK}{_GAP}(?:起|开始|始)")
_END = re.compile(rf"(?:截止|截至|至|到|止){_GAP}(?:日期|时间|期限)?{_GAP}(?:为|是|到|至|:)?{_GAP}{_day('a')}")
_BEGUN = re.compile(
    rf"{_day('a')}{_CLOCK}{_GAP}(?:起|开始){_GAP},?(?:(?:\d{{1,3}}|[{CHINESE}两]{{1,4}}){_GAP}个?{_GAP}(?:工作日|日|天)(?:之?内)?,?|"
    rf"进行|予以|对外|向社会)?$"
)
#: the last day alone: 请于4月15日前反馈, 4月15日17:30截止
_BEFORE = re.compile(rf"{_day('a')}{_CLOCK}{_GAP}(?:之?前|以前|截止|止|结束|届满)")
_COUNT = (
    rf"(?<![\d月年/.\-])(?P<n>\d{{1,3}}|[{CHINESE}两]{{1,4}}){_GAP}个?{_GAP}(?P<unit>工作日|自然日|日历日|日|天|周|"
    rf"星期)"
)
_COUNTED = re.compile(_COUNT)
_LENGTH = re.compile(
    rf"(?:(?:自|从)[^,。;:()\d]{{0,10}}(?:之日|即日|当日|日)?(?:起|开始)(?:计算|算)?,?{_GAP})?(?:共计?|不少于|为期|合计)?{_GAP}"
    rf"{_COUNT}(?!\s*[期至到\-—~])"
)
#: what `_START` and `_BEGUN`, `_END` and `_RANGE`, `_BEFORE` cannot match without: far quicker to look for
_BEGINNING, _ENDING, _LIMITING = re.compile("[起始]"), re.compile("[至到止—~-]"), re.compile("[前止束满]")
#: what announces a window, and what tells that the words speak of another, earlier one
_TRIGGER = re.compile(
    r"公示(?:期|时间|日期|期限|时限|起止|周期|于|自|从|时长)?|(?:异议|反馈意见|意见反馈|征求意见|意见征[集求]|意见反映|监督|受理|公告)(?:期|时间|日期)(?:限|间)?|(?:异议|意见|疑问|问题|情况)[^。;\n]{0,16}请(?:于|在)(?=[^。;\n]{2,40}(?:反映|反馈|提出|来电|来函|来信|致电|联系|书面|向))|"
    r"请(?:务必)?(?:于|在)(?=[^。;,\n]{4,24}前[^。;\n]{0,24}(?:反馈|反映|提出))|(?:如|若)有?[^。;,\n]{0,6}(?:异议|不同意见)"
)
_PAST = re.compile(r"原公示|原定|曾(?:于|经)?|此前|前次|上一次|首次公示|第一次公示|已于|未收到|无异议|没有收到|期满|结束后|届满")
_EXTENDED = re.compile(rf"(?:延长|延期|顺延|延)(?:公示期?|时间)?(?:调整)?(?:至|到){_GAP}{_day('a')}")
_REACH = 90
_FAR = 400
#: windows a text can name before it is no notice; keeps hostile pages cheap
_MOST = 60


@dataclass(frozen=True, slots=True)
class Period:
    """A window with both days, both included."""

    start: date
    end: date


@dataclass(slots=True)
class Window:
    """What the words about a window give. ``end`` is ``None`` with ``contradiction`` where it came before the start.

    ``span``: where the days stand in the text; ``length_span``: where the length stands.
    """

    start: date | None = None
    end: date | None = None
    length: str | None = None
    days: int | None = None
    unit: Unit | None = None
    contradiction: bool = False
    span: tuple[int, int] | None = None
    length_span: tuple[int, int] | None = None

    @property
    def empty(self) -> bool:
        return self.start is None and self.end is None and self.length is None


#: of each tag the groups of `_day` that can hold year, month and day
_GROUPS = {tag: tuple(tuple(name + tag for name in names) for names in ("yYJK", "mMNO", "dDEF")) for tag in "ab"}


def _parts(match: re.Match[str], tag: str) -> tuple[int | None, int | None, int | None]:
    """Year, month, day as numbers; what is not printed, or cannot be read, is ``None``."""
    years, months, days = _GROUPS[tag]
    return _first_number(match.group(*years)), _first_number(match.group(*months)), _first_number(match.group(*days))


def _first_number(printed: tuple[str | None, ...]) -> int | None:
    for words in printed:
        if words:
            return number(words)
    return None


def _resolve_start(parts: tuple[int | None, ...], end_year: int | None, published: date | None) -> date | None:
    year, month, day = parts
    if year is not None or month is None or day is None:
        return build(year, month, day)
    if published is not None:
        return nearest_year(month, day, published)
    return build(end_year, month, day)


def _resolve_end(parts: tuple[int | None, ...], start: date) -> date | None:
    year, month, day = parts
    if year is not None or day is None:
        return build(year, month, day)
    if month is None:
        return build(start.year, start.month, day)
    same, following = build(start.year, month, day), build(start.year + 1, month, day)
    if same is not None and same < start and following is not None and (following - start).days <= 92:
        return following
    return same


def _lost_end(digits: str, start: date, days: int | None, unit: Unit | None) -> date | None:
    """The end whose digits lost 月 and 日, if one reading agrees with the stated length or only one exists."""
    found = [value for month, day in splits(digits) if (value := _resolve_end((None, month, day), start)) and value >= start]
    if days is not None:
        count = working_days if unit is Unit.WORKING else natural_days
        found = [value for value in found if (value - start).days < 400 and count(start, value) == days]
    return found[0] if len(found) == 1 else None


def _dated(length: Window, start: date | None, end: date | None, span: tuple[int, int], contradiction: bool = False) -> Window:
    """The days read at ``span``, with the length read beside them."""
    return Window(start, end, length.length, length.days, length.unit, contradiction, span, length.length_span)


def _from_range(match: re.Match[str], length: Window, published: date | None) -> Window:
    lost, span = match["lost"], match.span()
    last = (None, None, None) if lost else _parts(match, "b")
    start = _resolve_start(_parts(match, "a"), last[0], published)
    if start is None:
        return _dated(length, None, build(*last), span)
    if lost:
        return _dated(length, start, _lost_end(lost, start, length.days, length.unit), span)
    end = _resolve_end(last, start)
    if end is not None and end < start:
        return _dated(length, start, None, span, contradiction=True)
    return _dated(length, start, end, span)


def comment_length(text: str, at: int = 0, to: int | None = None) -> Window:
    """The stated length of a window in ``text[at:to]``: 10个工作日, 自公示之日起7天, 一周. Empty where there is none."""
    return _length(text, half(text), at, len(text) if to is None else to)


def may_state_length(plain: str) -> bool:
    """Whether a half-width text counts days or weeks, without which it states no length of a window."""
    return _COUNTED.search(plain) is not None


def _length(text: str, plain: str, at: int, to: int) -> Window:
    for match in _LENGTH.finditer(plain, at, to):
        count = number(match["n"])
        if (
            not count
            or count > 365
            or (match["unit"] == "日" and match["n"][:1] == "十" and plain[match.start("n") - 1 : match.start("n")] == "月")
        ):
            continue
        weeks = match["unit"] in ("周", "星期")
        unit = Unit.WORKING if match["unit"] == "工作日" else Unit.NATURAL
        return Window(
            length=text[match.start() : match.end()].strip(" ,，、"),
            days=count * 7 if weeks else count,
            unit=unit,
            length_span=match.span(),
        )
    return Window()


def _sentence(plain: str, at: int) -> tuple[int, int]:
    """The bounds of the sentence around ``at``; a line ends one only where the next does not go on with digits."""
    low, high = max(0, at - _FAR), min(len(plain), at + _FAR)
    start = max(plain.rfind("。", low, at), plain.rfind("\n", low, at)) + 1
    stop = plain.find("。", at, high)
    return max(start, low), high if stop < 0 else stop


def _read_after(text: str, plain: str, at: int, published: date | None, *, reach: int = _REACH) -> Window:
    """What stands in the words after a trigger that ends at ``at``."""
    stop = min(_sentence(plain, at)[1], at + reach)
    if "始" in plain[at : at + 8] and (both := _LABELLED.search(plain, at, at + reach)):
        return _from_range(both, _length(text, plain, both.end(), stop), published)
    if _ENDING.search(plain, at, stop) and (found := _RANGE.search(plain, at, stop)):
        length = _length(text, plain, at, found.start())
        return _from_range(found, _length(text, plain, found.end(), stop) if length.length is None else length, published)
    length = _length(text, plain, at, stop)
    for pattern, needs in ((_START, _BEGINNING), (_END, _ENDING), (_BEFORE, _LIMITING)):
        if needs.search(plain, at, stop) and (found := pattern.search(plain, at, stop)):
            day = _resolve_start(_parts(found, "a"), None, published)
            if day is not None and pattern is _START:
                return _dated(length, day, None, found.span())
            if day is not None:
                return _dated(length, None, day, found.span())
    return length


def _candidates(text: str, plain: str, published: date | None) -> Iterator[tuple[int, Window]]:
    """Windows with a rank, lower is better: days before lengths, present before past."""
    for trigger in islice(_TRIGGER.finditer(plain), _MOST):
        start, _ = _sentence(plain, trigger.start())
        window = _read_after(text, plain, trigger.end(), published)
        if window.start is None and window.end is None:
            earlier = _read_before(text, plain, start, trigger.start(), published)
            window = window if earlier.empty else earlier
        if not window.empty:
            past = bool(_PAST.search(plain, max(start, trigger.start() - 20), trigger.end() + 14))
            yield 4 * past + 2 * (window.start is None) + (window.end is None and not window.contradiction), window


def _read_before(text: str, plain: str, start: int, at: int, published: date | None) -> Window:
    """A window named before the word: 自5月21日至5月31日进行公示, 5月21日起公示10个工作日."""
    near = max(start, at - 24)
    if _BEGINNING.search(plain, near, at) and (begun := _BEGUN.search(plain, near, at)):
        day = _resolve_start(_parts(begun, "a"), None, published)
        length = _length(text, plain, begun.start(), at)
        length = length if length.length else _length(text, plain, at, min(len(plain), at + 30))
        return _dated(length, day, None, begun.span()) if day else Window()
    near = max(start, at - 40)
    found = _RANGE.search(plain, near, at) if _ENDING.search(plain, near, at) else None
    if found and not re.search(r"[,;:]", plain[found.end() : at]):
        return _from_range(found, _length(text, plain, found.end(), min(len(plain), at + 30)), published)
    return Window()


def read_window(text: str, published: date | None = None, *, labelled: bool = False, plain: str | None = None) -> Window:
    """Everything that ``text`` says about the comment window. Never raises; an empty `Window` where it says nothing.

    ``published`` completes a missing year. ``labelled``: the text is the content of a cell or section 公示期, no word 公示 is needed.
    ``plain``: the half-width twin of the text, where it is known already.
    """
    plain = half(text) if plain is None else plain
    if labelled:
        window = _read_after(text, plain, 0, published, reach=200)
        if not window.empty:
            return window
    found = sorted(_until_told(_candidates(text, plain, published), plain), key=lambda item: item[0])
    over = bool(found) and found[0][0] >= 4 and not labelled and not _EXTENDED.search(plain)
    if not found or over:  # a window that is over is another notice's
        return Window()
    best = _moved(found[0][1], plain, published)
    return best if best.length is not None else _with_length(best, [window for rank, window in found if rank < 4])


def _until_told(candidates: Iterator[tuple[int, Window]], plain: str) -> Iterator[tuple[int, Window]]:
    """The candidates, up to the best rank's first if that lacks nothing: none behind it is chosen, and only a prolonged window needs
    another's length."""
    best_met = False
    for rank, window in candidates:
        yield rank, window
        if rank == 0 and not best_met and window.length is not None and "延" not in plain:
            return
        best_met = best_met or rank == 0


def _moved(window: Window, plain: str, published: date | None) -> Window:
    """The window with the end to which it was prolonged, where the text says so."""
    found = _EXTENDED.search(plain) if "延" in plain else None
    if found is None:
        return window
    parts = _parts(found, "a")
    end = _resolve_end(parts, window.start) if window.start else _resolve_start(parts, None, published)
    if end is None or (window.start is not None and end < window.start):
        return window
    return replace(
        window,
        end=end,
        contradiction=False,
        length=None,
        days=None,
        unit=None,
        length_span=None,
        span=(min(found.start(), (window.span or found.span())[0]), found.end()),
    )


def _with_length(window: Window, others: list[Window]) -> Window:
    """The window with the length that another sentence states, if that sentence names no other days."""
    for other in others:
        if other.length is not None and other.start in (None, window.start) and other.end in (None, window.end):
            return replace(window, length=other.length, days=other.days, unit=other.unit, length_span=other.length_span)
    return window


def comment_period(text: str, published: date | None = None) -> Period | None:
    """Read the public-comment period (公示期) a notice states.

    ``text`` is one notice, or the words about its window. ``None`` means that no two days are given ("公示期为5个工作日" is a
    length, see `comment_length`). A year or month left out of the second day is taken from the first, one left out of
    the first from ``published``.

    Raises `ContradictionError` if the period ends before it starts: the notice says so, we do not mend it.

    >>> comment_period("公示时间：2024年3月29日至4月7日。")
    Period(start=datetime.date(2024, 3, 29), end=datetime.date(2024, 4, 7))
    """
    window = read_window(text, published)
    if window.contradiction and window.span:
        raise ContradictionError(f"the comment period ends before it starts: {text[window.span[0] : window.span[1]]!r}")
    return Period(window.start, window.end) if window.start and window.end else None


def publicity(window: Window, published: date | None) -> Publicity:
    """The window as the notice JSON shows it, with what the calendar gives beside what is stated.

    With a length alone the end is computed from the first day (or the publication) as day 1 and marked ``estimated``.
    """
    start, end, estimated = window.start, window.end, False
    first = start or (published if window.end is None else None)
    if end is None and first is not None and window.days and window.unit and not window.contradiction:
        start, end, estimated = first, end_after(first, window.days, window.unit), True
    unit = None if window.unit is None else window.unit.value
    if start is None or end is None or end < start:
        return Publicity(start, end, window.days, unit, consistent=False if window.contradiction else None)
    natural, working = natural_days(start, end), working_days(start, end)
    consistent = None
    if window.days and not estimated:
        consistent = window.days == (working if window.unit is Unit.WORKING else natural)
    return Publicity(start, end, window.days, unit, natural, working, consistent, estimated)
