"""Where a notice's task is carried out: from the signature, the title, the source, and only then the publisher of the site."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from crawler.gazetteer.regions import CORPS, children, covers, find, mentions, short, table
from crawler.text.widths import half

#: the corps and its divisions, whatever city they sit in
_CORPS_BODY = re.compile(r"生产建设兵团|^兵团|第[一二三四五六七八九十]{1,3}师(?!范)")


def body_place(name: str, near: str | None = None, on: date | None = None) -> str | None:
    """The code of the place a body works for: 台州市生态环境局温岭分局 → 温岭市, 绥化市肇东生态环境局 → 肇东市."""
    plain = half(name)
    found = find(plain, near, on)
    if found is None or not found.endswith("00"):
        return found
    return _child(plain, found) or found


def _child(name: str, code: str) -> str | None:
    """The county whose name without its ending stands in the body's name behind the city's."""
    inside = children(code) if not code.endswith("0000") else ()
    bare = name
    for words, codes, _ in mentions(name):
        bare = bare.replace(words, "") if code in codes else bare
    hits = [other for other in inside if len(short(table()[other].name)) >= 2 and short(table()[other].name) in bare]
    return hits[0] if len(hits) == 1 else None


def deeper(one: str | None, other: str | None) -> str | None:
    """The smaller of two places where one contains the other, else the first."""
    if one is None or other is None:
        return one or other
    return other if covers(one, other) else one


def executing_place(
    signature: str | None,
    title: str,
    source: str | None,
    publisher: str | None,
    lead: Iterable[str],
    site: str | None,
    on: date | None = None,
) -> str | None:
    """The code of the place that carries out the task, or that a report deals with; ``None`` where the page does not say.

    ``publisher``, ``site``: codes that decide between places of one name; the publisher's own is used when nothing is named.
    ``on``: the day of publication; names mean what bore them then.
    """
    if any(_CORPS_BODY.search(half(text)) for text in (signature, title) if text):
        return CORPS
    near = publisher or site
    signed = body_place(signature, near, on) if signature else None
    named = None if _several(title) else find(half(title), signed or near, on)
    if signed or named:
        return _choose(signed, named)
    sourced = body_place(source, near, on) if source else None
    if sourced:
        return sourced
    lead = list(lead)
    return publisher or _from_lead(lead, site, on) or _of_site(site, signature or source or "", lead)


def narrowed(adcode: str | None, names: Iterable[str]) -> str | None:
    """The county inside a prefecture or province that the first of ``names`` belongs to and no other of them disputes, else the
    place as it was. ``names``: the responsible units, lead unit first, or the opening sentence of a report: a city's office signs for what a
    county carries out.
    """
    if adcode is None or not adcode.endswith("00"):
        return adcode
    named = [body_place(name, adcode) for name in names]
    first = named[0] if named else None
    if first is None or first.endswith("00") or not covers(adcode, first):
        return adcode
    return first if all(other is None or covers(other, first) for other in named) else adcode


#: a body that is named by its rank alone, as on its own government's site: 县生态环境局, 我市
_RANKED = re.compile(
    r"^(?:我|本|全)?(?P<rank>[县区旗市州盟])(?:委|政府|人民政府|级|[\u4e00-\u9fff]{1,16}(?:局|办|办公室|委员会|中心|分局|院|队)$)"
)
_RANKS = {"市": (2, 4, 6), "州": (4,), "盟": (4,), "县": (6,), "区": (6,), "旗": (6,)}


def _of_site(site: str | None, body: str, lead: Iterable[str]) -> str | None:
    """The place of the site where the page calls its body by rank alone (县生态环境局) and the site's is of that rank."""
    if site is None or site not in table():
        return None
    match = next((found for text in (body, *lead) if (found := _RANKED.match(half(text)))), None)
    if match is None:
        return None
    digits = 2 if site.endswith("0000") else 4 if site.endswith("00") else 6
    return site if digits in _RANKS[match["rank"]] else None


def _choose(signed: str | None, named: str | None) -> str | None:
    return deeper(signed, named)


def _several(text: str) -> bool:
    """Whether a text names places in more than one province."""
    return len({codes[0][:2] for _, codes, _ in mentions(half(text)) if len(codes) == 1}) > 1


def _from_lead(lead: Iterable[str], near: str | None, on: date | None) -> str | None:
    """The place the first words name, unless they name several provinces."""
    for text in lead:
        if _several(text):
            return None
        if found := find(half(text), near, on):
            return found
    return None
