"""From what a visit found to the draft of a source. What could not be decided stands in the draft's notes, marked with ``?``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crawler import urls
from crawler.errors import UsageError
from crawler.gazetteer import regions
from crawler.policy import verdict
from crawler.policy.verdict import Trouble
from crawler.registry.draft import Draft, printable
from crawler.registry.model import PROVINCES, Source
from crawler.survey.findings import ListFound, Site, Visit
from crawler.survey.rules import of_interest, refusal

#: titles of so many provinces in one list, none with most of them: a site that collects
PROVINCES_OF_A_COLLECTOR, MOST_OF_ONE = 4, 0.6
#: and places must be named at all: in so many titles, and in this share of them
LEAST_NAMED, NAMED_SHARE = 5, 0.1
_REGIONS_WITH_QU = ("15", "45", "54", "64", "65")
_CITIES_AS_PROVINCES = ("11", "12", "31", "50")
_BUREAU = re.compile(r"(?:生态环境|环境保护|环保)(?:厅|局)")
_GOVERNMENT = re.compile(r"人民政府|管理委员会|管委会")
_LABEL = re.compile(r"[a-z][a-z0-9]{2,30}")
_NO_LABELS = frozenset({"www", "gov", "com", "net", "org", "sthjj", "sthjt", "sthj", "hbj", "hbt", "localhost", "zwgk", "http"})
_SUFFIXES = ("_zhengfu", "_shengting", "_quting", "_shiju")


@dataclass(frozen=True, slots=True)
class Given:
    """What the user said; None is left to the visit."""

    id: str | None = None
    name: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Guessed:
    """A value, the remarks it takes, and whether it may be written without a person."""

    value: str | None
    notes: tuple[str, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft, and what keeps it from being written: options of the command line that are still needed (``needs``), or that
    nothing is known to be there (``hopeless``). ``readable``: it reads; what does not is drafted as paused.
    """

    draft: Draft
    needs: tuple[str, ...] = ()
    readable: bool = True
    hopeless: str | None = None


def draft(visit: Visit, given: Given, known: Mapping[str, Source], taken: Collection[str], today: date) -> Drafted:
    """Draft the source. ``known``: sources whose ids and regions tell how places are spelled in pinyin; ``taken``: ids in use."""
    site = next((found.site for found in visit.lists if found.site.title or found.site.code), Site())
    name = _name(given, site, visit)
    region = _region(given, site, name.value or "", visit, known)
    source_id = _id(given, region.value, name.value or "", _host(visit), known, taken)
    expect = verdict.expectation([entry.date for entry in of_interest(visit.entries) if entry.date], today)
    paused = printable(_unreadable(visit) or "") or None
    browser = visit.browser or any(found.wants_browser for found in visit.lists)
    reposts = _collects(visit, site, region.value)
    walked = next((found.walked for found in visit.lists if found.walked), None)
    notes = [*_told(visit, today), *name.notes, *region.notes, *source_id.notes, ("" if expect.certain else "? ") + f"expect: {expect.why}"]
    notes += [f"? reposts: {reposts}"] if reposts else []
    drafted = Draft(
        id=source_id.value or "?", name=printable(name.value or "") or "?", region=region.value or "?", family=walked.family if walked else "static",
        list_urls=visit.wish.list_urls, quiet_days=expect.quiet_days, since=expect.since, options=walked.options if walked else {},
        browser=browser, notes=tuple(map(printable, notes)), reposts=bool(reposts), paused=paused, paused_on=today if paused else None,
    )  # fmt: skip
    needs = tuple(f"--{key}" for key, guess in (("region", region), ("id", source_id)) if not guess.certain or guess.value is None)
    return Drafted(drafted, needs, paused is None, _hopeless(visit))


def _hopeless(visit: Visit) -> str | None:
    """Why nothing is worth writing down: no list is there. A site that refuses us is; its gap is published."""
    if any(found.is_article for found in visit.lists):
        return "; ".join(f"{found.url}: {refusal(found)}" for found in visit.lists if found.is_article)
    if _was_read(visit) or any(found.wants_browser or found.first.trouble is Trouble.BLOCKED for found in visit.lists):
        return None
    return "; ".join(f"{found.url}: {refusal(found)}" for found in visit.lists)


def same_site(list_urls: Sequence[str]) -> None:
    """Raise `UsageError` unless all addresses stand on one site: one source is one agency."""
    hosts = {urls.host_of(url): url for url in list_urls}
    if len({_registered(host) for host in hosts}) > 1:
        raise UsageError(f"lists on different sites ({', '.join(hosts)}): one source is one agency, add them one by one")


def _registered(host: str) -> str:
    bare = host.partition(":")[0]
    labels = bare.split(".")
    if labels[-1].isdigit():
        return host
    return ".".join(labels[-3:] if labels[-2:-1] in (["gov"], ["com"], ["org"], ["net"]) else labels[-2:])


def _host(visit: Visit) -> str:
    return urls.host_of(visit.wish.list_urls[0])


# ---------------------------------------------------------------------------------------------------------------- name, region


def _name(given: Given, site: Site, visit: Visit) -> Guessed:
    if given.name:
        return Guessed(given.name)
    if site.organiser or site.name:
        other = site.name if site.organiser and site.name and site.name != site.organiser else ""
        return Guessed(site.organiser or site.name, (f"name: 主办单位; the site calls itself {other}",) if other else ())
    tail = re.split(r"[-_—–|｜]", site.title)[-1].strip()
    where = "the end of its title" if tail else "its host"
    return Guessed(tail or _host(visit), (f"? name: the page names no 主办单位, this is {where}",))


def _region(given: Given, site: Site, name: str, visit: Visit, known: Mapping[str, Source]) -> Guessed:
    """From 网站标识码, the agency's name and known sources of the same site; where they disagree the code is taken, and marked."""
    opinions = dict(_opinions(site, name, visit, known))
    if given.region:
        code = regions.match(given.region)
        against = [f"{why} says {_called(other)}" for why, other in opinions.items() if not _fits(code, other)]
        return Guessed(code, (f"? region: given as {_called(code)}, but {'; '.join(against)}",) if against else ())
    if not opinions:
        return Guessed(None, ("? region: neither 网站标识码 nor name tells it; give --region",), certain=False)
    first, *others = opinions.values()
    chosen = next((other for other in others if regions.covers(first, other) and first != regions.COUNTRY), first)
    if all(_fits(chosen, other) for other in opinions.values()):
        return Guessed(chosen, (f"region: {_called(chosen)}, by {' and '.join(opinions)}",))
    told = "; ".join(f"{why} says {_called(code)}" for why, code in opinions.items())
    return Guessed(chosen, (f"? region: {told}",))


def _fits(one: str, other: str) -> bool:
    """Whether two codes do not contradict each other: one lies in the other, and the country covers no claim to a place."""
    if regions.COUNTRY in (one, other):
        return one == other
    return regions.covers(one, other) or regions.covers(other, one)


def _opinions(site: Site, name: str, visit: Visit, known: Mapping[str, Source]) -> Iterator[tuple[str, str]]:
    code = site.code[:6]
    if site.code.startswith("bm") or code == regions.COUNTRY:
        yield f"网站标识码 {site.code}", regions.COUNTRY
    elif code in regions.table():
        yield f"网站标识码 {site.code}", code
    for title, words in (("its name", name), ("the page's title", site.title)):
        found = regions.find(words, near=code if code in regions.table() else None)
        if found:
            yield title, found
    neighbours = {s.region for s in known.values() for url in s.list_urls if _registered(urls.host_of(url)) == _registered(_host(visit))}
    if len(neighbours) == 1:
        yield "a known source on its site", neighbours.pop()


def _called(code: str) -> str:
    """A code with the names of the place."""
    if code == regions.COUNTRY:
        return f"{code} 全国"
    place = regions.place(code)
    return " ".join((code, "".join(part for part in (place.province, place.city, place.county) if part)))


# -------------------------------------------------------------------------------------------------------------------------- id


def _id(given: Given, region: str | None, name: str, host: str, known: Mapping[str, Source], taken: Collection[str]) -> Guessed:
    """Full pinyin, province first. A place's spelling comes from known sources; what they do not tell, a person must."""
    if given.id:
        return Guessed(given.id)
    if region is None or region[:2] not in PROVINCES:
        return Guessed(None, ("? id: follows from the region",), certain=False)
    made = _made_id(region, name, known)
    if made and made not in taken:
        return Guessed(made, (f"id: by the spelling of known sources; it never changes, so compare it with {name}",))
    label = _label(host)
    base = made or _base(region, known) or PROVINCES[region[:2]][1]
    proposal = f"{base}_{label}" if label else None
    why = f"{made} is taken" if made else "known sources do not tell the pinyin of the place or agency"
    return Guessed(proposal, (f"? id: {why}; give --id" + (f", perhaps {proposal}" if proposal else f" {base}_…"),), certain=False)


def _made_id(region: str, name: str, known: Mapping[str, Source]) -> str | None:
    """The id that follows from the rules alone."""
    ending = "" if _BUREAU.search(name) else "_zhengfu" if _GOVERNMENT.search(name) else None
    if ending is None or region == regions.COUNTRY:
        return None
    if region.endswith("0000"):
        kind = "_shiju" if region[:2] in _CITIES_AS_PROVINCES else "_quting" if region[:2] in _REGIONS_WITH_QU else "_shengting"
        return PROVINCES[region[:2]][1] + (ending or kind)
    base = _base(region, known)
    return base + ending if base and _known_exactly(region, known) else None


def _known_exactly(region: str, known: Mapping[str, Source]) -> bool:
    return any(source.region == region for source in known.values())


def _base(region: str, known: Mapping[str, Source]) -> str | None:
    """How known sources spell a place, or what it lies in."""
    place: str | None = region
    while place is not None and not place.endswith("0000"):
        ids = [_bare(source.id) for source in known.values() if source.region == place]
        if ids:
            return min(ids, key=len)
        place = regions.parent(place)
    return None


def _bare(source_id: str) -> str:
    for suffix in _SUFFIXES:
        source_id = source_id.removesuffix(suffix)
    return source_id


def _label(host: str) -> str | None:
    """The part of a host that names place or site: lanzhou of sthjj.lanzhou.gov.cn."""
    labels = [label for label in host.partition(":")[0].split(".")[:-1] if _LABEL.fullmatch(label) and label not in _NO_LABELS]
    return labels[-1] if labels else None


# ------------------------------------------------------------------------------------------------------------------ what it reads


def _told(visit: Visit, today: date) -> Iterator[str]:
    """What was read, and what of it a person must settle."""
    good = [found.walked for found in visit.lists if found.walked and found.walked.entries]
    pages = "+".join(f"{walked.pages} of {walked.said or '?'}" if walked.capped else str(walked.pages) for walked in good)
    entries = visit.entries
    if good:
        yield f"{today}: {pages} pages, {len(entries)} entries read, {len(of_interest(entries))} of interest"
    for found in visit.lists:
        yield from _told_of(found)
    if visit.details and not any(detail.characters or detail.files for detail in visit.details):
        yield f"? pages: neither text nor file was found on {visit.details[0].entry.url}"
    for found in visit.plain:
        if found.wants_browser:
            yield f"browser: without it {refusal(found)}"
    if visit.in_vain:
        yield f"? browser: tried, and no row came of it: {visit.in_vain}"
    if visit.wish.why_not and any(found.wants_browser for found in visit.lists):
        yield f"? browser: not tried, {visit.wish.why_not}"
    if visit.disagreeing:
        yield f"? family: no family reads all lists ({', '.join(visit.disagreeing)}); they may be different sources"
    if good and not of_interest(entries):
        yield "? list: no title of interest; is this the right column?"


def _told_of(found: ListFound) -> Iterator[str]:
    """What a person must settle of one list."""
    walked = found.walked
    if walked is None or not found.was_read or found.is_article:
        yield f"? {found.url}: {refusal(found)}"
    elif not walked.entries:
        yield f"? {found.url}: {walked.end}"
    elif walked.trouble or not (walked.end or walked.capped):
        yield f"? {found.url}: the end is not proved ({walked.why}); is it one page? then options = {{ whole = true }}"
    if found.site.lists > 1 and walked and walked.family == "static":
        yield f"? {found.url}: {found.site.lists} lists stand on this page, the longest is read; another: options = {{ entry = … }}"


def _unreadable(visit: Visit) -> str | None:
    """Why a source is drafted as paused; None where a list reads."""
    if _was_read(visit):
        return None
    found = next((each for each in visit.lists if each.wants_browser), visit.lists[0])
    if visit.in_vain:
        return f"could not be read, in a browser neither: {visit.in_vain}"
    return ("to be tried with the browser: " if found.wants_browser else "could not be read: ") + refusal(found)


def _is_mixed(places: Counter[str], titles: int) -> bool:
    """Whether titles name places of many provinces, and not now and then beside those of one."""
    if len(places) < PROVINCES_OF_A_COLLECTOR or places.total() < max(LEAST_NAMED, NAMED_SHARE * titles):
        return False
    return max(places.values()) < MOST_OF_ONE * places.total()


def _was_read(visit: Visit) -> bool:
    return any(found.was_read for found in visit.lists)


def _collects(visit: Visit, site: Site, region: str | None) -> str | None:
    """Why a site seems to repeat others: its titles, or the 来源 of its pages, name places of many provinces."""
    if site.code.startswith("bm"):
        return None
    near = region if region and region != regions.COUNTRY else None
    chosen = of_interest(visit.entries)
    places = Counter(code[:2] for entry in chosen if (code := regions.find(entry.title, near=near)))
    if _is_mixed(places, len(chosen)):
        return f"titles name places of {len(places)} provinces"
    own = {site.organiser, site.name}
    named = {found.named for found in visit.details if found.named and found.named not in own}
    homes = {code[:2] for words in named if (code := regions.find(words, near=near))}
    if region == regions.COUNTRY and not _host(visit).endswith(".gov.cn"):
        return "a site for the whole country, and no ministry's"
    if len(homes) >= 2 or (homes and ".gov.cn" not in _host(visit) and not site.code):
        return f"its pages name other sources: {', '.join(sorted(named))}"
    return None
