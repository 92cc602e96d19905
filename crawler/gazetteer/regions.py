"""Administrative divisions down to the county (GB/T 2260), with former and short names.

The table ``data/regions.csv`` holds code, official name and other names in use; former names with their time are
`crawler.gazetteer.region_history`'s. Codes are always today's, so that old and new notices of a place are found together. 660000 for the
corps (新疆生产建设兵团) and 133100 for 雄安新区 are conventions beside the standard.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from crawler.errors import UsageError
from crawler.gazetteer import region_history as history
from crawler.text.memory import remembered

CORPS = "660000"
COUNTRY = "000000"
_MUNICIPALITIES = ("11", "12", "31", "50")
_ETHNIC = (
    "蒙古族|蒙古|回族|藏族|维吾尔族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族|哈萨克|傣族|黎族|"
    "傈僳族|佤族|畲族|拉祜族|"
    "水族|东乡族|纳西族|景颇族|柯尔克孜族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯族|锡伯|普米族|"
    "塔吉克族|塔吉克|怒族|裕固族|保安族|"
    "独龙族|鄂伦春族|鄂温克族|各族"
)
_SUFFIX = re.compile(rf"(?:(?:{_ETHNIC})*(?:自治区|自治州|自治县|自治旗)|特别行政区|特区|林区|省|市|县|区|州|盟|地区|旗)$")
_AUTONOMOUS = re.compile(rf"^(.{{1,9}}?)(?:{_ETHNIC})+自治([州县旗])$")
#: two-character names that are ordinary words as well: only beside their prefecture
_COMMON = frozenset(
    (
        "城区",
        "郊区",
        "矿区",
        "东区",
        "西区",
        "新县",
        "市中区",
        "郊县",
        "江城区",
        "新城区",
        "老城区",
        "河口区",
        "城中区",
        "海港区",
        "新区",
        "开发区",
        "港口区",
        "江北区",
        "新市区",
        "南市区",
        "北市区",
        "南郊区",
        "江东区",
        "四方区",
    )
)


_GOES_ON = frozenset("岸路街侧部山河江湖港村镇乡站桥")
_SIDES = frozenset(("河南", "河北", "湖南", "湖北", "海南", "海北", "山东", "山西", "江西"))
_WATERS = frozenset("黄大长淮沿太")
_ALIKE = 0.5  # how much a name must have in common with what a user wrote


@dataclass(frozen=True, slots=True)
class Region:
    """A division. ``code``: six digits; ``name``: official; ``others``: short names in use, and names older than the history."""

    code: str
    name: str
    others: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """``province``, ``city`` or ``county``; county-level cities under a province directly (仙桃) are ``county``."""
        if self.code.endswith("0000"):
            return "province"
        return "city" if self.code.endswith("00") else "county"


@dataclass(frozen=True, slots=True)
class Place:
    """Official names from the province down, and the code of the smallest; ``None`` where not concerned."""

    province: str | None
    city: str | None
    county: str | None
    adcode: str | None


@lru_cache(maxsize=1)
def table() -> dict[str, Region]:
    """Every region by its code."""
    lines = files("crawler.gazetteer").joinpath("data", "regions.csv").read_text("utf-8").splitlines()
    return {row["code"]: Region(row["code"], row["name"], tuple(row["other_names"].split())) for row in csv.DictReader(lines)}


@lru_cache(maxsize=8192)  # a little more than there are names
def short(name: str) -> str:
    """A name without its ending: 甘肃省 → 甘肃, 海西蒙古族藏族自治州 → 海西, 思南县 → 思南; names of one character keep it (和县)."""
    if name.startswith("内蒙古"):
        return "内蒙古"
    bare = _SUFFIX.sub("", name)
    return bare if len(bare) >= 2 else name


def _written(region: Region) -> set[str]:
    """The ways a name is written with an ending: official, others, and 前郭县-like cuts of autonomous names."""
    names = {region.name, *region.others}
    if cut := _AUTONOMOUS.match(region.name):
        names.add(cut[1] + cut[2])
        names.add(cut[1] + "县" if cut[2] == "旗" else cut[1] + cut[2])
    return names


@lru_cache(maxsize=1)
def _by_name() -> dict[str, tuple[str, ...]]:
    """Written names → codes."""
    index: dict[str, list[str]] = {}
    for code, region in table().items():
        for name in _written(region):
            index.setdefault(name, []).append(code)
    return {name: tuple(codes) for name, codes in index.items()}


@lru_cache(maxsize=1)
def _by_short() -> dict[str, tuple[str, ...]]:
    """Names without endings → codes; of one length of code the larger region first."""
    index: dict[str, list[str]] = {}
    for code, region in table().items():
        for name in {short(written) for written in _written(region)}:
            index.setdefault(name, []).append(code)
    for former in history.rows():
        if former.kind == "renamed" and (name := short(former.name)) not in index:
            index[name] = [former.code]
    return {name: tuple(sorted(codes, key=_size)) for name, codes in index.items()}


def _size(code: str) -> int:
    return ("province", "city", "county").index(table()[code].level)


@lru_cache(maxsize=1)
def _scanner() -> dict[str, tuple[str, ...]]:
    """First two characters → names to try in a text, longest first: names with an ending, and provinces and cities without."""
    names = {*_by_name(), *history.by_name()}
    names |= {name for name, codes in _by_short().items() if _size(codes[0]) < 2 and len(name) >= 2}
    index: dict[str, list[str]] = {}
    for name in names:
        if len(name) >= 2:
            index.setdefault(name[:2], []).append(name)
    return {head: tuple(sorted(found, key=len, reverse=True)) for head, found in index.items()}


@lru_cache(maxsize=1024)
def _codes(name: str, on: date | None = None) -> tuple[str, ...]:
    """What a name can mean: with its ending what bore it on the day, without a day today's bearer first, then those of old."""
    exact = _exact(name, on)
    if exact:
        return exact
    codes = _by_short().get(name, ())
    return tuple(code for code in codes if _size(code) == _size(codes[0]))


def _exact(name: str, on: date | None) -> tuple[str, ...]:
    now, formers = _by_name().get(name, ()), history.by_name().get(name, ())
    if on is not None and formers:
        bearers = [code for code in now if (was := history.then(code, on)) is None or was.name == name]
        bearers += [former.code for former in formers if former.held(on)]
        if bearers:
            return tuple(dict.fromkeys(bearers))
    return now or tuple(dict.fromkeys(former.code for former in formers))


def lookup(name: str, on: date | None = None) -> tuple[Region, ...]:
    """The regions that ``name`` can mean on a day, with or without its ending, larger ones first; empty if none."""
    codes = _exact(name, on) or _by_short().get(name, ())
    return tuple(table()[code] for code in codes)


def covers(prefix: str, code: str) -> bool:
    """Whether the region ``prefix`` (its code, or the leading digits of it) contains the region ``code``.

    >>> covers("620000", "620102"), covers("62", "620102"), covers("620100", "620000"), covers("000000", "110000")
    (True, True, False, True)
    """
    stem = prefix
    while stem.endswith("00"):
        stem = stem[:-2]
    return code.startswith(stem)


def parent(code: str) -> str | None:
    """The code of the region next above, or ``None`` above a province. Districts of municipalities lie in the municipality."""
    if code.endswith("0000"):
        return None
    city, province = code[:4] + "00", code[:2] + "0000"
    return city if city != code and city in table() else province


@lru_cache(maxsize=1)
def _children() -> dict[str, tuple[str, ...]]:
    below: dict[str, list[str]] = {}
    for code in table():
        above = parent(code)
        if above is not None:
            below.setdefault(above, []).append(code)
    return {code: tuple(found) for code, found in below.items()}


def children(code: str) -> tuple[str, ...]:
    """The codes of the regions next below."""
    return _children().get(code, ())


def place(code: str | None, on: date | None = None) -> Place:
    """Names from the province down for a code, as they were on a day; an unknown code gives what its leading digits say.

    >>> place("340210", date(2019, 6, 1)).county, place("340210", date(2023, 6, 1)).county, place("340422", date(2014, 6, 1)).city
    ('芜湖县', '湾沚区', '六安市')
    """
    if code is None or code == COUNTRY:
        return Place(None, None, None, None)
    known = code
    while known not in table():
        shorter = known[:4] + "00" if not known.endswith("00") else known[:2] + "0000"
        if shorter == known:
            return Place(None, None, None, None)
        known = shorter
    names: dict[str, str] = {}
    step: str | None = known
    while step is not None:
        was = history.then(step, on) if on is not None else None
        names[table()[step].level] = was.name if was else table()[step].name
        step = _above(was.former_code) if was else parent(step)
    return Place(names.get("province"), names.get("city"), names.get("county"), known)


def _above(former_code: str) -> str | None:
    """Today's code of what a division of a former code lay in."""
    if former_code.endswith("0000"):
        return None
    city = former_code[:4] + "00"
    if city != former_code and (city in table() or city in history.by_former_code()):
        return city if city in table() else history.by_former_code()[city][0].code
    return former_code[:2] + "0000"


@lru_cache(maxsize=1)
def _starts() -> re.Pattern[str]:
    """Where a name can begin: a character that can be the first, and behind it one that can be the second."""
    firsts, seconds = ("".join(sorted({head[place] for head in _scanner()})) for place in (0, 1))
    return re.compile(f"[{re.escape(firsts)}](?=[{re.escape(seconds)}])")


def mentions(text: str, on: date | None = None) -> tuple[tuple[str, tuple[str, ...], int], ...]:
    """Every region named in ``text`` as (words, codes it can mean, position), longest name first, without overlaps."""
    return tuple([(name, _codes(name, on), at) for name, at in _names(text)])


@remembered(longest=120, most=1024)  # titles and agencies are asked about several times, agencies on every page, whatever its day
def _names(text: str) -> tuple[tuple[str, int], ...]:
    return tuple(_spotted(text))


def _spotted(text: str) -> Iterator[tuple[str, int]]:
    scanner, free = _scanner(), 0
    for place in _starts().finditer(text):
        at = place.start()
        for name in scanner.get(text[at : at + 2], ()) if at >= free else ():
            if text.startswith(name, at) and not _inside_word(text, at, name):
                yield name, at
                free = at + len(name)
                break


def _inside_word(text: str, at: int, name: str) -> bool:
    """Whether the name is a cut of a longer word: 海南 in 海南州's 海南藏族, 河南 in 黄河南岸, 中山 in 中山陵."""
    after = text[at + len(name) : at + len(name) + 1]
    if after in _GOES_ON and name == short(name):
        return True
    return name in _SIDES and text[max(0, at - 1) : at] in _WATERS


def find(text: str, near: str | None = None, on: date | None = None) -> str | None:
    """The code of the place that ``text`` names, the smallest on the line from the first one down; ``None`` if unsure.

    Where two places beside each other are named (甲县、乙县), what they both lie in.

    Several regions of one name stay ``None`` unless ``near`` (the code of a publisher, or of a region found before) or a
    larger region named beside them decides. Names that are ordinary words (郊区) count beside their prefecture alone.
    ``on``: the day on which the text was published: a name means what bore it then.
    """
    found: str | None = None
    settled = False
    for name, codes, _ in mentions(text, on):
        chosen = _choose(name, codes, found, near)
        if chosen is None:
            continue
        if found is None:
            found = chosen
        elif covers(found, chosen):
            found = found if settled else chosen
        elif not covers(chosen, found) and parent(chosen) == parent(found):
            found, settled = parent(found), True
            if found is None:
                return None
    return found


def _choose(name: str, codes: Iterable[str], found: str | None, near: str | None) -> str | None:
    fits = list(codes)
    for context in (found, near):
        if context is None:
            continue
        inside = (
            [code for code in fits if covers(context, code)]
            or [code for code in fits if covers(code, context)]
            or [code for code in fits if code[:4] == context[:4]]
            or [code for code in fits if code[:2] == context[:2]]
        )
        if len(inside) == 1 and (len(fits) > 1 or name in _COMMON):
            return inside[0]
    return fits[0] if len(fits) == 1 and name not in _COMMON else None


def nearest(name: str, count: int = 3) -> tuple[str, ...]:
    """Up to ``count`` names of regions most like ``name``, for suggestions; of those equally like it the larger region first."""
    pool = {written: min(map(_size, codes)) for index in (_by_short(), _by_name()) for written, codes in index.items()}
    likeness = difflib.SequenceMatcher(b=name)
    close = []
    for written, size in pool.items():
        likeness.set_seq1(written)
        if likeness.quick_ratio() >= _ALIKE and (ratio := likeness.ratio()) >= _ALIKE:
            close.append((-ratio, size, written))
    if not close:
        close = [(0.0, size, written) for written, size in pool.items() if name[:1] and written.startswith(name[:1])]
    return tuple(written for _, _, written in sorted(close)[:count])


def match(region: str) -> str:
    """The code that a user means by ``region``: a name (甘肃, 兰州市), or a code of two, four or six digits (62, 6201, 620100).

    Raises `UsageError` naming the nearest regions where there is none, or the candidates where there are several.
    """
    wanted = region.strip()
    if wanted in (COUNTRY, "全国"):
        return COUNTRY
    if wanted.isascii() and wanted.isdigit():
        return _match_code(wanted)
    codes = _codes(wanted)
    if len(codes) == 1:
        return codes[0]
    if codes:
        shown = ", ".join(f"{code} {table()[code].name}" for code in codes)
        raise UsageError(f"region {region!r} is ambiguous: {shown}")
    raise UsageError(f"unknown region {region!r}; nearest: {', '.join(nearest(wanted)) or 'none'}")


def _match_code(digits: str) -> str:
    code = digits.ljust(6, "0")
    if len(digits) in (2, 4, 6) and code in table():
        return code
    if len(digits) == 6 and len(codes := {former.code for former in history.by_former_code().get(code, ())}) == 1:
        return codes.pop()
    alike = [each for each in table() if each.endswith("0" * (6 - len(digits)))]  # of two digits provinces, of four cities as well
    close = sorted(alike, key=lambda each: abs(int(each) - int(code)))[:3]
    shown = ", ".join(f"{each} {table()[each].name}" for each in close)
    raise UsageError(f"unknown region code {digits!r}; nearest: {shown or 'none'}")
