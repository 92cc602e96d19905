"""Keys of tasks (domain guide, 5.3): made only where number, round and owner of the list are certain."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.extract.fields.inspection import LIST_OF, Inspection
from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import Found
from crawler.extract.outline.sections import Outline
from crawler.gazetteer.regions import covers, find, parent, place
from crawler.notice.numbers import TaskNumber, find_numbers, task_key


def task_keys(
    numbers: Sequence[tuple[TaskNumber, Found[str]]], seen: Inspection, outline: Outline, adcode: str | None, issuer_place: str | None
) -> list[tuple[str, Found[str]]]:
    """Keys of the tasks whose number, round and list owner are certain (domain guide, 5.3)."""
    if seen.level is None or seen.round is None or adcode is None or place(adcode).province is None:
        return []
    if seen.special is not None and not (seen.lookback and seen.lookback.value):
        return []
    variant = "lookback" if seen.lookback and seen.lookback.value else "-"
    inspected = _inspected(seen.level.value, adcode)
    out = []
    for item, words in numbers:
        owner = _owner(item, seen.level.value, outline, adcode, issuer_place)
        key = task_key(seen.level.value, seen.round.value, variant, inspected, owner, item.plain) if owner and inspected else None
        if key is not None:
            out.append((key, words))
    return out


def _inspected(level: str, adcode: str) -> str | None:
    """Whom the inspection looked at: central a province, provincial a city."""
    province = adcode[:2] + "0000"
    if level == "central":
        return province
    if level == "provincial":
        return adcode if adcode.endswith("00") or parent(adcode) == province else parent(adcode)
    return adcode


#: a list with its place's full name before it: 林芝市清单第5号
_LIST_NAMED = re.compile(r"([\u4e00-\u9fff]{2,6}[省市县区州旗])(?:级|定)?[\u4e00-\u9fff]{0,4}(?:清单|方案|序号|编号)")


def _owner(item: TaskNumber, level: str, outline: Outline, adcode: str, issuer_place: str | None) -> str | None:
    """Whose plan the number counts in: printed before it (市序号), the plan named right before it, or a provincial issuer's own."""
    province, city = adcode[:2] + "0000", adcode[:4] + "00"
    if (listed := _LIST_NAMED.match(item.printed)) is not None:
        owner = find(listed[1], adcode)
        return owner if owner is not None and covers(owner, adcode) else None
    if item.scope == "省":
        return province if level == "central" else None
    if item.scope == "市" and _is_town(adcode):
        return None  # a county-level city has a list of its own beside its prefecture's
    if item.scope in ("市", "州"):
        return city if city != province and place(city).city else None
    if item.scope in ("县", "区", "旗"):
        return adcode if not adcode.endswith("00") else None
    if (plan := _named_plan(item, outline)) is not None:
        return find(plan)
    return issuer_place if issuer_place is not None and issuer_place.endswith("0000") else None


def _is_town(adcode: str) -> bool:
    """Whether a place is a county-level city under a prefecture."""
    found = place(adcode)
    return found.city is not None and found.county is not None and found.county.endswith("市")


def _named_plan(item: TaskNumber, outline: Outline) -> str | None:
    """The plan that stands right before the number, or whose 该项任务 is publicised."""
    lines = [*outline.lead, *(outline.common.pieces(Label.COMPLETION)[:1] if outline.bare else [])]
    for line in lines:
        if "》" not in line.text:
            continue
        for found in find_numbers(line.text):
            match = LIST_OF.search(line.text[: found.start]) if found.plain == item.plain else None
            match = match or (
                re.search(r"《(?P<plan>[^《》]{4,60}方案)》要求,对照[^,。;《》]{0,12}$", line.text[: found.start])
                if found.plain == item.plain
                else None
            )
            if match:
                return match["plan"]
        if match := re.search(r"《(?P<plan>[^《》]{4,60}方案)》涉及我[省市县区州旗](?:的)?该项", line.text):
            return match["plan"]
    return None
