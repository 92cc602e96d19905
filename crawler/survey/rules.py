"""What a visit's findings mean, rule by rule. Pure; the findings come from `spiders.visit`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crawler import urls
from crawler.extract.page import tree
from crawler.extract.titles import is_interesting
from crawler.items import Entry
from crawler.policy import verdict
from crawler.registry.model import Source
from crawler.survey.findings import Answer, DetailFound, ListFound, Twice, Visit, Walked

_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_PASSED_BY_ITSELF = re.compile(
    r"\$_ts\b|__jsl_clearance|document\s{0,4}(?:\.|\[)\s{0,4}['\"]?(?:cookie|\\x63\\x6f\\x6f)|location\s{0,4}(?:\.|\[)", re.IGNORECASE
)
_ASKS_A_PERSON = re.compile(r"验证码|滑块|滑动验证|拖动|captcha|geetest|人机", re.IGNORECASE)
_WAITING = re.compile(
    r"(?:数据|内容|列表|页面)?(?:正在)?加载中|请(?:开启|启用|打开)\s?JavaScript|You need to enable JavaScript|"
    r"\{\{\s?\w[^{}\n]{0,60}\}\}|loading\.\.\.",
    re.IGNORECASE,
)
_ROOT = re.compile(
    r"<(?:div|main|ul|section)[^<>]{0,200}\bid=[\"'](?:app|root|__next|__nuxt|list)[\"'][^<>]{0,200}>\s{0,40}</", re.IGNORECASE
)
_ORGANISER = tuple(re.compile(rf"{label}\s?[:：]?\s?([一-鿿（）()·]{{4,40}})") for label in ("主办(?:单位)?", "承办(?:单位)?", "版权所有"))
_SOURCE = re.compile(r"(?:来源|信息来源|文章来源|转载自|稿源)\s{0,3}[:：]\s{0,3}([^\s|｜，,;；【】\[\]]{2,40})")
#: visible characters that a page which is only a script never exceeds, and bytes in which it is told
_FEW_WORDS, _READ = 80, 65_536


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """The verdict on one rule. ``seconds``: what it took, None where nothing was asked for."""

    level: Level
    rule: str
    words: str
    seconds: float | None = None


# ------------------------------------------------------------------------------------------------------- what a page looks like


def is_plain_challenge(status: int, text: str) -> bool:
    """Whether an answer is a script that sets a cookie and loads the page again: a browser passes it by itself.

    A page that asks a person (a slider, a picture) is none, nor a page with words beside the script.
    """
    if not _SCRIPT.search(text) or not _PASSED_BY_ITSELF.search(text) or _ASKS_A_PERSON.search(text):
        return False
    return status in (412, 521) or (status < 400 and len(text) < _READ and _says_little(text))


def _says_little(markup: str) -> bool:
    root = tree.parse(markup)
    tree.prune(root)
    return len("".join(tree.words_of(root).split())) < _FEW_WORDS


def built_by_script(markup: str, shown: str) -> str | None:
    """Why a page seems to be built by script: the words or the empty element that wait for it; None where nothing says so."""
    if not _SCRIPT.search(markup):
        return None
    waiting = _WAITING.search(shown) or _WAITING.search(markup)
    if waiting:
        return f"the page says {' '.join(waiting[0].split())!r}"
    return "an empty element waits for a script" if _ROOT.search(markup) else None


def organiser_in(shown: str) -> str:
    """The 主办单位 that a page names at its foot, or an empty string."""
    found = next(([match[1] for match in pattern.finditer(shown)] for pattern in _ORGANISER if pattern.search(shown)), [])
    return found[-1].strip("（）()·") if found else ""


def source_named(meta: str, publish_line: str) -> str:
    """The 来源 of a page: its meta ContentSource, else the line under its title."""
    match = _SOURCE.search(publish_line)
    return meta.strip()[:60] or (match[1] if match else "")


# -------------------------------------------------------------------------------------------------------------- rule by rule


def judge(visit: Visit, source: Source, today: date) -> list[Line]:
    """All rules for the visit to a source of the registry."""
    if not visit.lists:
        return [Line(Level.FAIL, "list", "no list address: add list_urls")]
    lines = of_lists(visit, today)
    readable = any(found.walked and found.walked.entries for found in visit.lists)
    if readable:
        lines += [_rhythm(visit, source, today), _titles(visit), *_details(visit), *(_validators(twice) for twice in visit.validators)]
    return [*lines, *_registry(source, today)]


def of_lists(visit: Visit, today: date) -> list[Line]:
    """The rules that concern the lists alone: robots.txt, the first page, the way to the end, dates."""
    lines = [_robots(visit)]
    many = len(visit.lists) > 1
    for number, found in enumerate(visit.lists, 1):
        lines += _of_list(found, f" {number}" if many else "", today)
    return lines


def _robots(visit: Visit) -> Line:
    denied = next((found.first for found in visit.lists if "robots.txt" in (found.first.why or "")), None)
    if denied:
        return Line(Level.FAIL, "robots", denied.why or "", denied.seconds)
    if all(found.first.status is None for found in visit.lists):
        return Line(Level.WARN, "robots", "not known: no list gave an answer")
    delay = f"; asks for {visit.crawl_delay:g} s between requests" if visit.crawl_delay else ""
    return Line(Level.OK, "robots", "allows the lists" + delay)


def _of_list(found: ListFound, mark: str, today: date) -> Iterator[Line]:
    first, walked = found.first, found.walked
    if not first.ok and "robots.txt" in (first.why or ""):
        return
    if walked is None or not found.was_read or found.is_article:
        yield Line(Level.FAIL, f"list{mark}", f"{found.url}: {refusal(found)}", first.seconds)
        return
    if not walked.entries:
        yield Line(Level.WARN, f"list{mark}", f"{found.url}: {walked.end}", first.seconds)
        return
    moved = f"; redirected to {first.final_url}" if first.final_url and not _same(first.final_url, first.url) else ""
    charset = f"; {first.charset}" + (", declared otherwise" if first.charset_declared_wrong else "")
    yield Line(Level.OK, f"list{mark}", f"{found.url}: read as {walked.family}{charset}{moved}", first.seconds)
    yield _pagination(walked, mark)
    yield _dates(walked.entries, mark, today)


def _same(one: str, other: str) -> bool:
    return urls.identity(one) == urls.identity(other)


def refusal(found: ListFound) -> str:
    """Why a list gave no row, in words for a person."""
    first, site = found.first, found.site
    if first.plain_challenge:
        return f"a script stands before it that a browser passes by itself ({first.why})"
    if found.is_article:
        return f"a page with a text of {site.article} characters, no list: give the address of its column"
    if site.script:
        return f"built by script: {site.script}"
    if site.frame:
        return f"the list may stand in a frame; give its address: {site.frame}"
    kind = (first.content_type or "text/html").partition(";")[0].strip().lower()
    if first.status == 200 and not any(name in kind for name in ("html", "xml", "text/plain")):
        return f"no list, but {kind}"
    why = (found.walked.why if found.walked else None) or first.why or "no row"
    moved = f"redirected to {first.final_url}: " if first.final_url and not _same(first.final_url, first.url) else ""
    return moved + why.removeprefix(f"{found.url}: ").removeprefix(f"{first.final_url}: ")


def _pagination(walked: Walked, mark: str) -> Line:
    rule, read = f"pagination{mark}", f"{_count(walked.pages, 'page')}, {_count(len(walked.entries), 'entry')}"
    if walked.trouble:
        return Line(Level.FAIL, rule, f"{read}, then {walked.why}", walked.seconds)
    if walked.end:
        return Line(Level.OK, rule, f"{read}; the end is proved: {walked.end}", walked.seconds)
    if walked.capped:
        said = f" of {walked.said}" if walked.said else ""
        return Line(Level.WARN, rule, f"{read}; read no further than page {walked.pages}{said}", walked.seconds)
    return Line(Level.FAIL, rule, f"{read}; {walked.why or 'the end is not proved'}", walked.seconds)


def _dates(entries: Sequence[Entry], mark: str, today: date) -> Line:
    days = [entry.date for entry in entries if entry.date]
    if not days:
        return Line(Level.WARN, f"dates{mark}", "no row has a date: the pages themselves must tell")
    words = f"{len(days)} of {len(entries)} rows have a date, {min(days)} to {max(days)}"
    future = [day for day in days if day > today + timedelta(days=1)]
    if future:
        return Line(Level.WARN, f"dates{mark}", f"{words}; {len(future)} lie in the future")
    return Line(Level.OK if len(days) >= 0.9 * len(entries) else Level.WARN, f"dates{mark}", words)


def of_interest(entries: Sequence[Entry]) -> list[Entry]:
    """The rows that a crawl would open."""
    return [entry for entry in entries if is_interesting(entry.title)]


def _rhythm(visit: Visit, source: Source, today: date) -> Line:
    days = [entry.date for entry in of_interest(visit.entries) if entry.date]
    if not days:
        return Line(Level.WARN, "rhythm", "no dated entry of interest: nothing to compare quiet_days with")
    silent = (today - max(days)).days
    words = f"last entry of interest {max(days)}, {_count(silent, 'day')} ago; quiet_days = {source.expect.quiet_days}"
    return Line(Level.OK if silent <= source.expect.quiet_days else Level.WARN, "rhythm", words)


def _titles(visit: Visit) -> Line:
    entries = visit.entries
    chosen = of_interest(entries)
    cut = sum(1 for entry in entries if entry.title.endswith(("…", "...")))
    empty = sum(1 for entry in entries if not entry.title)
    own = {urls.host_of(found.url) for found in visit.lists}
    away = sum(1 for entry in chosen if urls.host_of(entry.url) not in own)
    words = f"{len(chosen)} of {len(entries)} entries are of interest" + (f", {cut} titles are cut" if cut else "")
    words += f", {away} lead to other hosts" if away else ""
    if empty:
        return Line(Level.WARN, "titles", f"{words}, {empty} have no title")
    return Line(Level.OK if chosen else Level.WARN, "titles", words if chosen else f"{words}: is this the right column?")


def _details(visit: Visit) -> Iterator[Line]:
    if not visit.details:
        yield Line(Level.WARN, "detail", "no page of interest to open")
        return
    yield from (_detail(found) for found in visit.details[:1])
    for found in visit.details[1:]:
        line = _detail(found)
        if line.level is not Level.OK:
            yield line
    file = next((found.file for found in visit.details if found.file), None)
    yield _file(file, visit.details)


def _detail(found: DetailFound) -> Line:
    seconds, url = found.answer.seconds or None, found.entry.url
    if not found.answer.ok:
        level = Level.WARN if found.answer.status in (404, 410) else Level.FAIL
        return Line(level, "detail", f"{url}: {found.answer.why or f'status {found.answer.status}'}", seconds)
    if not found.characters and not found.files:
        return Line(Level.FAIL, "detail", f"{url}: no text and no file was found on the page", seconds)
    words = f"{found.characters} characters, {_count(found.files, 'attachment')}"
    if found.title and not _agree(found.title, found.entry.title):
        return Line(Level.WARN, "detail", f"{url}: {words}; its title differs from the list's: {found.title[:60]}", seconds)
    return Line(Level.OK, "detail", f"{url}: {words}", seconds)


def _agree(page: str, listed: str) -> bool:
    one, other = ("".join(title.rstrip("….").split()) for title in (page, listed))
    return one.startswith(other) or other.startswith(one) or one in other or other in one


def _file(answer: Answer | None, details: Sequence[DetailFound]) -> Line:
    if answer is None:
        return Line(Level.OK, "attachment", f"none on the {_count(len(details), 'page')} that were opened")
    if not answer.ok or answer.status != 200:
        return Line(Level.WARN, "attachment", f"{answer.url}: {answer.why or f'status {answer.status}'}", answer.seconds)
    if not answer.size:
        return Line(Level.WARN, "attachment", f"{answer.url}: an empty answer", answer.seconds)
    return Line(Level.OK, "attachment", f"{answer.url}: {answer.size} bytes, {answer.content_type or 'no type'}", answer.seconds)


def _validators(twice: Twice) -> Line:
    """Honest validators stay while the bytes stay, and change when they change."""
    first, again, conditional = twice.first, twice.again, twice.conditional
    seconds = again.seconds + (conditional.seconds if conditional else 0.0)
    rule, url = "validators", first.url
    if not again.ok or again.status != 200:
        return Line(Level.WARN, rule, f"{url}: the second look failed: {again.why or again.status}", seconds)
    if conditional is None:
        return Line(Level.OK, rule, f"{url}: none, so every look reads the whole page", seconds)
    names = " and ".join(name for name, value in (("ETag", again.etag), ("Last-Modified", again.modified)) if value)
    same = (first.etag, first.modified) == (again.etag, again.modified)
    if same and first.sha256 != again.sha256:
        return Line(Level.WARN, rule, f"{url}: {names} stayed while the bytes changed; they will not be trusted", seconds)
    if conditional.status == 304:
        return Line(Level.OK, rule, f"{url}: {names}, answered with 304", seconds)
    why = "change with every look" if not same else "are not answered with 304"
    return Line(Level.OK, rule, f"{url}: {names} {why}, so every look reads the whole page", seconds)


def _registry(source: Source, today: date) -> Iterator[Line]:
    if source.paused:
        yield Line(Level.WARN, "registry", f"paused since {source.paused_on}: {source.paused}")
    if source.verified is None:
        yield Line(Level.WARN, "registry", "not verified: compare with the browser, then write verified = " + today.isoformat())
    elif verdict.is_stale(source.verified, today):
        yield Line(Level.WARN, "registry", f"verified {source.verified}, more than a year ago: compare with the browser again")
    else:
        yield Line(Level.OK, "registry", f"verified {source.verified}")


def _count(number: int, what: str) -> str:
    plural = what[:-1] + "ies" if what.endswith("ry") else what + "s"
    return f"{number} {what if number == 1 else plural}"
