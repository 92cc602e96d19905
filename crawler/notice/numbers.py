"""Numbers of rectification tasks (整改任务序号) in all notations, and the keys that name a task (domain guide, 5).

A number means nothing without the plan that defines it, so numbers are kept as printed; a key is made only where
number, round and owner of the list are certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.text.numerals import CHINESE, number
from crawler.text.widths import half

_N = rf"(?:\d{{1,3}}|[{CHINESE}]{{1,5}})"
_CODE = r"(?:[A-Za-z]{1,4}-?)?\d{1,3}(?:-\d{1,3})?"
_YEARLY = r"20\d{2}-\d{1,3}"
_JOIN = r"(?:\s?[、,和及与]\s?(?:第)?)"
#: of whose list: 省, 市 … or a name before 清单
_SCOPE = r"(?:(?:省|市|县|区|州|旗)(?:级|定)?(?:方案|清单|任务清单|整改清单|问题清单)?(?:中)?)?"
#: the name of a place whose list it is, where the expression begins with it: 广东省序号22, 林芝市清单第5号
_NAME = r"(?:(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,6}(?=[省市县区州旗]))?"
_LISTED = r"(?:省|市|县|区|州|旗)(?:级|定)?(?:整改|反馈)?(?:任务|问题|措施|方案)?清单"
#: not behind a name that ends in the same character (中宁县第六项), but behind 对应, 即, 列为 and the like
_OWN = r"(?:(?<![\u4e00-\u9fff])|(?<=[应即为是属及和与列]))"
_LIST = r"(?:[\u4e00-\u9fff]{0,6}(?:细化|任务|问题|措施|整改)?清单)"
_MARK = r"(?:任务序号|整改序号|问题序号|序号|问题编号|任务编号|清单编号|编号|序列号|任务号|N[oO]\.)"
_TAIL = r"(?:个)?(?:项|号)|(?:条|个)(?=反馈问题|问题|整改|任务)"
_SPAN = r"\s?(?:-|—|~|至|到)\s?(?:第)?"
_PATTERNS = (
    # 序号3、15、27; 市序号12; 清单序号8; 编号GX-31
    re.compile(
        rf"(?P<lead>(?:{_NAME}{_SCOPE})?{_MARK})\s?(?:为|:|第)?\s?[“\"'‘]?(?P<body>{_YEARLY}|(?:{_CODE}|{_N})(?:(?:{_JOIN}|"
        rf"{_SPAN})(?:序号)?(?:{_CODE}|{_N}))*)(?:号|项)?(?![\d.%年月A-Za-z])"
    ),
    # 第3-5项; 第6项、第11项; 第七、八项; 省第41项; 市清单第9项
    re.compile(
        rf"(?P<lead>(?:{_NAME}{_LISTED}|(?:{_OWN}{_SCOPE})?(?:清单)?)第)\s?(?P<body>\({_N}\)|[A-Za-z]{{1,4}}-?\d{{1,3}}(?:-\d{{1,3}})?|{_N}(?:(?:{_JOIN}|{_SPAN}){_N})*)\s?(?P<tail>{_TAIL})(?!整改措施|制度|"
        rf"修正)(?:(?<!项)(?P<noun>问题(?!清单)))?"
    ),
    # 区清单12-2; 赣州细化清单5-2号
    re.compile(
        rf"(?P<lead>{_LIST})\s?(?P<body>\d{{1,3}}(?:-\d{{1,2}})?(?:{_JOIN}\d{{1,3}}(?:-\d{{1,2}})?)*)(?P<tail>号|"
        rf"项)?(?![\d.%年月个类])"
    ),
    # 个性问题8; 问题三十; 整改任务七; 任务1
    re.compile(
        rf"(?P<lead>(?:{_OWN}(?:省|市|县|区|州|旗)[级定])?(?:个性|共性|具体|反馈|整改)?(?:问题|任务)(?:之)?)\s?"
        rf"(?P<body>(?:{_CODE}|{_N})(?:{_JOIN}{_CODE})*)(?P<tail>号)?(?=[\"”’'()\s:、,。和及与】\]|—]|整改|销号|完成|验收|公示|"
        rf"$)(?![、.]\d)"
    ),
    # 243号问题; 21号任务
    re.compile(
        rf"(?P<lead>)(?<![-\dA-Za-z第{CHINESE}])(?P<body>\d{{1,3}}(?:{_JOIN}\d{{1,3}})*)\s?(?P<tail>号)(?P<noun>(?:整改|反馈)?(?:问题|任务))"
    ),
    # 清单第12条; 整改事项第8条; 反馈问题第9条
    re.compile(
        rf"(?P<lead>(?:清单|事项|台账)第|(?<=问题)第|(?<=意见)第|(?<=任务)第)\s?(?P<body>{_N}(?:(?:{_JOIN}|{_SPAN}){_N})*)\s?(?P<tail>条)"
    ),
)
#: what each pattern above cannot match without, in either width; far quicker to look for than the patterns themselves
#: (each alternative begins with a character of its own, so that the search can skip to it)
_FIGURE = rf"[A-Za-zＡ-Ｚａ-ｚ\d{CHINESE}○◯]"
_GATES = (
    "序号|编号|序列号|任务号|N[oOｏＯ]|Ｎ[oOｏＯ]",
    rf"第\s?[(（〔]?{_FIGURE}",
    r"清单\s?\d",
    rf"问题之?\s?{_FIGURE}|任务之?\s?{_FIGURE}",
    "号问题|号任务|号整改|号反馈",
    "清单第|事项第|台账第|问题第|意见第|任务第",
)
_ANY_GATE = re.compile("|".join(_GATES))
_GATED = tuple((rank, re.compile(gate), pattern) for rank, (gate, pattern) in enumerate(zip(_GATES, _PATTERNS, strict=True)))
#: what looks like a number of a task and is none: rounds, batches, sections, teams, articles
_NOT = re.compile(
    rf"(?:令|公告|通告|文件|[年)])第\s?{_N}号(?!问题|任务|整改)"
    rf"|第{_N}(?:轮|批|次|届|条第|款|期|版|组|季度|阶段|标段|号(?:令|公告|通告|督办))"
)
_OWNER = re.compile(
    r"[\u4e00-\u9fff]{2,6}?([省市县区州旗])(?:级|定)?(?:[\u4e00-\u9fff]{0,2}(?:方案|清单)|[\u4e00-\u9fff]{0,4}(?:序号|编号))"
)
_PLAIN = re.compile(rf"\d+(?:-\d+)*|[{CHINESE}]+")


@dataclass(slots=True)
class TaskNumber:
    """One number as printed, shared words repeated (序号3、15: 序号3, 序号15). ``plain``: its value, ``scope``: 省 市 县 区 or "".

    ``start``, ``end``: where the expression stands that it comes from.
    """

    printed: str
    plain: str
    scope: str
    start: int
    end: int


def plain_number(printed: str) -> str | None:
    """The value of a number as printed, without the words around it: 第二十一项 → 21, 清单5-2号 → 5-2."""
    if printed.isascii() and printed.isdigit():
        return printed.lstrip("0") or "0"
    words = [found[0] for found in _PLAIN.finditer(half(printed))]
    if not words:
        return None
    if words[-1][0].isdigit():
        return "-".join(part.lstrip("0") or "0" for part in words[-1].split("-"))
    value = number(words[-1])
    return None if value is None else str(value)


_JOINED = re.compile("[、,和及与至到—~序-]")


def _expand(body: str, code: bool) -> list[str]:
    """The single numbers of a list or range: 3、15 → 3, 15; 3-5 → 3, 4, 5 (not where 12-2 is one number)."""
    if not _JOINED.search(body):
        return [body]
    out: list[str] = []
    for part in re.split(r"\s?[、,和及与]\s?第?", re.sub("序号", "", body)):
        ends = re.split(r"\s?(?:-|—|~|至|到)\s?第?", part)
        first, last = number(ends[0]), number(ends[-1])
        if len(ends) == 2 and not (code and "-" in part) and first is not None and last is not None and 0 < last - first <= 60:
            out += [str(value) for value in range(first, last + 1)]
        else:
            out.append(part)
    return [part for part in out if part]


def _spell(match: re.Match[str], body: str) -> str:
    groups = match.groupdict()
    return f"{groups['lead']}{body}{groups.get('tail') or ''}{groups.get('noun') or ''}"


def _as_printed(text: str, match: re.Match[str]) -> str:
    """The words of one number in their own widths; what stands between mark and number (序号为21) is no part of it."""
    groups = match.groupdict()
    return "".join(text[slice(*match.span(name))] for name in ("lead", "body", "tail", "noun") if groups.get(name))


def _scope(lead: str) -> str:
    """Whose list: the rank that leads, or the one that ends a place's name (林芝市清单)."""
    if not lead or lead[0] in "省市县区州旗":
        return lead[:1]
    found = _OWNER.match(lead)
    return found[1] if found else ""


def find_numbers(text: str) -> Iterator[TaskNumber]:
    """Every task number that ``text`` names, in order, each place once.

    >>> [found.printed for found in find_numbers("反馈问题（序号3、15、27）")]
    ['序号3', '序号15', '序号27']
    """
    return _numbers(text) if may_name(text) else iter(())


def may_name(text: str) -> bool:
    """Whether ``text`` has what no number can be named without: quick to ask where most texts name none."""
    return _ANY_GATE.search(text) is not None


def _numbers(text: str) -> Iterator[TaskNumber]:
    plain = half(text).replace("附件", "  ")
    for start, rank, end, match in sorted(_matches(plain), key=lambda item: item[0]):
        bodies = _expand(match["body"], rank == 2)
        for body in bodies:
            value = plain_number(body)
            if value is not None and value != "0":
                printed = _as_printed(text, match) if len(bodies) == 1 and body == match["body"] else _spell(match, body)
                yield TaskNumber(printed, value, _scope(match["lead"]), start, end)


def _matches(plain: str) -> list[tuple[int, int, int, re.Match[str]]]:
    """Where numbers stand: (start, rank of the pattern, end, match), without overlaps; the first pattern has the choice."""
    found: list[tuple[int, int, int, re.Match[str]]] = []
    taken = bytearray(len(plain))
    for match in _NOT.finditer(plain) if "第" in plain else ():
        _take(taken, match)
    for rank, gate, pattern in _GATED:
        for match in pattern.finditer(plain) if gate.search(plain) else ():
            if 1 not in taken[match.start() : match.end()]:
                found.append((match.start(), rank, match.end(), match))
                _take(taken, match)
    return found


def _take(taken: bytearray, match: re.Match[str]) -> None:
    taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())


def task_key(level: str, round_: int, variant: str, inspected: str, owner: str, plain: str) -> str | None:
    """``level:round:variant:inspected_adcode:plan_owner_adcode:number`` (domain guide, 5.3); ``None`` for a number with parts.

    >>> task_key("central", 2, "-", "130000", "130000", "21")
    'central:2:-:130000:130000:021'
    """
    if not plain.isdigit():
        return None
    return f"{level}:{round_}:{variant}:{inspected}:{owner}:{int(plain):03d}"
