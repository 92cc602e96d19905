"""A page and its attachments to a notice: every field with the words it was read from.

Where page and attachment both speak, the page wins; the attachment fills what the page does not say, and a difference
is kept as a flag. Page chrome is never evidence: what `Page.frame` holds only decides between places of one name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from crawler.extract.blocks import Block, Document, Page
from crawler.extract.fields import attachments as files
from crawler.extract.fields import contacts, inspection, place, status, task_keys
from crawler.extract.fields import doc_type as kind
from crawler.extract.fields import issuer as issuers
from crawler.extract.fields.labelled import Fields, own_fields
from crawler.extract.fields.relative_day import relative_day
from crawler.extract.fields.window import find_window
from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import PUBLISH_LINE, TITLE, Found, Piece, Sign
from crawler.extract.outline.sections import Outline, outline
from crawler.extract.page.read_page import read_page
from crawler.gazetteer import regions, rounds
from crawler.gazetteer.calendar import end_after, provisional
from crawler.notice.model import DocType, Evidence, Notice, Publisher, Sections
from crawler.notice.numbers import find_numbers, plain_number
from crawler.notice.periods import publicity
from crawler.text.widths import half

#: version of the reading rules; raise it whenever a change can alter a field
EXTRACTOR = 3

#: below it a field read from a recognised page is marked
LOW_CONFIDENCE = 0.9

#: characters of a problem in which its number stands
_BEGINNING = 20

#: municipalities, whose own inspections are provincial ones
_MUNICIPALITIES = ("11", "12", "31", "50")
#: what an attachment may say in the page's stead
_FILLED = ("responsible_units", "deadline", "acceptance_date", "completion_as_of", "plan_titles", "tasks", "plan_tasks")


def read_bytes(
    body: bytes, url: str, content_type: str | None = None, publisher: Publisher | None = None, documents: Sequence[Document] = ()
) -> Notice:
    """`read` for a page as fetched. Never raises."""
    return read(read_page(body, url, content_type), publisher, documents)


def read(
    page: Page,
    publisher: Publisher | None = None,
    documents: Sequence[Document] = (),
    links: Mapping[str, str] | None = None,
    seen: datetime | None = None,
    own: Sequence[str] | None = None,
) -> Notice:
    """Read a page with its attachments to a `Notice`. Never raises.

    ``publisher``: who runs the site; decides between places of one name and what is a repost. ``documents``: files read to
    blocks. ``links``: document name → address. ``seen``: the instant of the capture (aware), for publish lines as 3天前.
    ``own``: the page's `wording.paragraphs`, where they are known already.
    """
    found = kind.classify(page, documents, own)
    parts = outline(page.blocks)
    readable = [document for document in documents if document.blocks]
    beside = [outline(_placed(document)) for document in readable]
    origin = issuers.origin(page, parts)
    repost = issuers.repost(page, origin, parts, publisher)
    issuer = issuers.issuer(origin, page.title, repost is not None) or _signed_beside(beside)
    body = issuer or origin.source
    own_name = body.value if body else None
    published = _published(page, origin, seen)
    out = own_fields(parts, found.doc_type, own_name, published.value if published else None)
    out.put("issuer", issuer)
    out.put("publish_date", published)
    _attached(out, beside, found.doc_type, own_name)
    _contacts(out, parts, beside)
    _window(out, parts, beside)
    out.put("rectification_status", status.rectification_status(parts, found.doc_type, page.title))
    out.put_all("attachment_names", files.attachment_names(page, parts))
    _inspection(out, page, [parts, *beside], found.doc_type, issuer, origin, publisher)
    _other_tasks(out, [(document.name, each) for document, each in zip(readable, beside, strict=True)], found.doc_type)
    if repost is not None:
        out.put_words("is_repost", True, repost.evidence if repost.words else None)
        out.put("repost_source", repost)
    _derived(out)
    _doubt(out, documents)
    return _notice(page, found, out, files.attachments(page, documents, links or {}))


def _placed(document: Document) -> list[Block]:
    """The document's blocks with the name of the document as their place."""
    return [block if block.where else replace(block, where=document.name) for block in document.blocks]


def _signed_beside(beside: Sequence[Outline]) -> Found[str] | None:
    """The signature in an attachment, where the page itself has none and names no publisher."""
    return next((body for parts in beside if (body := issuers.signed(parts, None)[0])), None)


def _published(page: Page, origin: issuers.Origin, seen: datetime | None) -> Found[date] | None:
    """The publish line or header table, a relative line, else the signature."""
    if origin.dated is not None:
        return origin.dated
    if seen is not None and page.publish_line and (day := relative_day(page.publish_line, seen)):
        return Found(day, page.publish_line, PUBLISH_LINE)
    return origin.signed_on


def _attached(out: Fields, beside: Sequence[Outline], doc_type: DocType, own_name: str | None) -> None:
    """Fill from attachments what the page leaves open; flag where they disagree."""
    for parts in beside:
        theirs = own_fields(parts, doc_type, own_name, out.values.get("publish_date"))
        differ = out.fill(theirs, _FILLED)
        differ += _fill_sections(out, theirs)
        out.flags += [flag for name in differ if (flag := f"attachment-differs:{name}") not in out.flags]


def _fill_sections(out: Fields, theirs: Fields) -> list[str]:
    mine, other = out.values.get("sections"), theirs.values.get("sections")
    if other is None or "tasks" in out.values:
        return []
    merged, differ = {}, []
    for name in ("problem", "goal", "measures", "completion", "acceptance"):
        have, new = getattr(mine, name, None), getattr(other, name)
        merged[name] = have or new
        if have and new and have != new:
            differ.append(f"sections.{name}")
        elif new and not have:
            out.evidence[f"sections.{name}"] = theirs.evidence[f"sections.{name}"]
    out.values["sections"] = Sections(**merged)
    return differ


def _contacts(out: Fields, parts: Outline, beside: Sequence[Outline]) -> None:
    """Telephone numbers and addresses of the page, else of the first attachment that has any."""
    for source in (parts, *beside):
        end = max((line.block for line in source.signed if line.look.sign is Sign.DATE), default=None)
        outside, labelled = source.outside, source.contacts
        # what stands below a signature is the site's own, unless the notice gives no contact above it
        phones, emails = _contacts_in(outside, labelled, end)
        if end is not None and not (phones or emails):
            phones, emails = _contacts_in(outside, labelled, None)
        if "phones" not in out.values:
            out.put_all("phones", phones)
        if "emails" not in out.values:
            out.put_all("emails", emails)


def _contacts_in(outside: list[Piece], labelled: list[Piece], end: int | None) -> tuple[list[Found[str]], list[Found[str]]]:
    """The numbers and addresses in these lines, those below the block ``end`` left out."""
    if end is not None:
        outside, labelled = [line for line in outside if line.block <= end], [line for line in labelled if line.block <= end]
    return contacts.phones(outside, labelled), contacts.emails([*outside, *labelled])


def _window(out: Fields, parts: Outline, beside: Sequence[Outline]) -> None:
    """The window's fields; where no day is stated the calendar's estimate stands in ``publicity`` alone."""
    published = out.values.get("publish_date")
    found = find_window(parts, published)
    for other in beside:
        theirs = find_window(other, published)
        if found.window.empty:
            found = theirs
        elif theirs.window.end and found.window.end and theirs.window.end != found.window.end:
            out.flags.append("attachment-differs:publicity")
    window = found.window
    out.put_words("publicity_start", window.start, found.days)
    out.put_words("publicity_end", window.end, found.days)
    out.put_words("publicity_days_text", window.length, found.length)
    if window.empty:
        return
    out.values["publicity"] = publicity(window, published)
    out.evidence["publicity"] = tuple(each for each in (found.days, found.length) if each)
    if window.contradiction:
        out.flags.append("window-ends-before-it-starts")
    elif out.values["publicity"].consistent is False:
        out.flags.append("window-length-disagrees")


def _inspection(
    out: Fields,
    page: Page,
    sources: Sequence[Outline],
    doc_type: DocType,
    issuer: Found[str] | None,
    origin: issuers.Origin,
    publisher: Publisher | None,
) -> None:
    """Level, round, topic, numbers, place, keys: of the page, else of the attachments."""
    parts = sources[0]
    seen = inspection.inspection(page.title, sources, doc_type)
    for name in ("level", "round", "lookback", "special"):
        out.put(name, getattr(seen, name))
    site = page.site_code[:6] if page.site_code[:6].isdigit() else None
    adcode = place.executing_place(
        issuer.value if issuer else None,
        "" if doc_type is DocType.UNRELATED and issuer else page.title,
        origin.source.value if origin.source else None,
        publisher.adcode if publisher and not publisher.reposts and doc_type is not DocType.NEWS else None,
        [line.text for line in parts.lead] or _unit_names(out),
        site,
        out.values.get("publish_date"),
    )
    if doc_type is DocType.SIGNOFF_NOTICE:
        adcode = place.narrowed(adcode, _unit_names(out))
    elif doc_type is DocType.NEWS:
        adcode = place.narrowed(adcode, [line.text.split("。")[0] for line in parts.lead[:1]])
    if adcode is not None and adcode[:2] in _MUNICIPALITIES and seen.level is not None and seen.level.value == "municipal":
        seen = replace(seen, level=replace(seen.level, value="provincial"))  # 北京市级 is a province's rank
        out.put("level", seen.level)
    if doc_type is DocType.OTHER_INSPECTION and seen.level is None and seen.special is not None and adcode is not None:
        out.put("level", _level_of_body(seen.special, issuer))
    _place(out, adcode, [*([issuer.evidence] if issuer else []), Evidence(page.title, TITLE), *_evidence_of(origin.source, parts, out)])
    source, numbers = next(((each, got) for each in sources if (got := inspection.task_numbers(page.title, each, doc_type))), (parts, []))
    out.put_all("task_numbers", [words for _, words in numbers])
    signed_for = place.body_place(issuer.value, adcode) if issuer else None
    named = task_keys.task_keys(numbers, seen, source, adcode, signed_for)
    out.put_all("task_keys", [Found(key, words.words, words.block, words.where) for key, words in named])


def _other_tasks(out: Fields, files_read: Sequence[tuple[str, Outline]], doc_type: DocType) -> None:
    """Flag a file that deals with tasks of which the page names none: 序号一 hangs on a notice of 序号十."""
    if not files_read or any(each.where for each in out.evidence.get("task_numbers", ())):
        return  # the page itself names none
    own = {plain_number(printed) for printed in out.values.get("task_numbers", ())}
    theirs = (_numbers_in(name, parts, doc_type) for name, parts in files_read)
    if own and any(numbers and not own & numbers for numbers in theirs):
        out.flags.append("attachment-differs:task_numbers")


def _numbers_in(name: str, parts: Outline, doc_type: DocType) -> set[str]:
    """Numbers of the tasks a file deals with: those it states as a notice would, else the ones its problems begin with."""
    stated = {item.plain for item, _ in inspection.task_numbers(name, parts, doc_type)}
    problems = (line.text[:_BEGINNING] for entry in parts.entries for line in entry.pieces(Label.PROBLEM)[:1])
    return stated or {item.plain for text in problems for item in find_numbers(text)}


def _level_of_body(special: Found[str], issuer: Found[str] | None) -> Found[str] | None:
    """The level of a department's own inspection (专项督查): that of the province or city whose body signs."""
    code = place.body_place(issuer.value) if issuer is not None and re.search(r"督[察查]$", special.value) else None
    if issuer is None or code is None or not code.endswith("00") or "海洋" in special.value:
        return None
    value = "provincial" if code.endswith("0000") or code[:2] in _MUNICIPALITIES else "municipal"
    return Found(value, issuer.words, issuer.block, issuer.where)


def _unit_names(out: Fields) -> list[str]:
    return [str(name) for name in out.values.get("responsible_units", ())]


def _evidence_of(source: Found[str] | None, parts: Outline, out: Fields) -> list[Evidence]:
    """Further words that can name the place: the source, the lead, the units."""
    lead = [Evidence(line.raw, line.block, line.where) for line in parts.lead[:6]]
    return [*([source.evidence] if source else []), *lead, *out.evidence.get("responsible_units", ())]


def _place(out: Fields, adcode: str | None, evidence: Sequence[Evidence]) -> None:
    """The place with the first words that name it; where none do it is the publisher's, and flagged as such."""
    if adcode is None:
        return
    found = regions.place(adcode, out.values.get("publish_date"))  # names as they were when the notice was published
    words = next((each for each in evidence if _names(each.words, adcode)), None)
    for name in ("province", "city", "county", "adcode"):
        out.put_words(name, getattr(found, name), words)
    if words is None:
        out.flags.append("place-from-publisher")


def _names(words: str, adcode: str) -> bool:
    """Whether the words name the region, or one above or below it."""
    if adcode == regions.CORPS:
        return "兵团" in words or "师" in words
    return any(
        regions.covers(code, adcode) or regions.covers(adcode, code) for _, codes, _ in regions.mentions(half(words)) for code in codes
    )


def _doubt(out: Fields, documents: Sequence[Document]) -> None:
    """Mark the fields that were read from a page on which text was recognised with little confidence."""
    unsure = {where for document in documents for where, sure in document.confidence.items() if sure < LOW_CONFIDENCE}
    if unsure:
        names = (name for name, evidence in out.evidence.items() if any(each.where in unsure for each in evidence))
        out.flags += [f"low-confidence:{name}" for name in names]


def _derived(out: Fields) -> None:
    """What follows from tables alone: rounds that year and province allow, a calendar not yet published."""
    derived: dict[str, Any] = {}
    adcode, day = out.values.get("adcode"), out.values.get("publish_date")
    if out.values.get("round") is None and out.values.get("level") == "central" and adcode and day:
        found = rounds.rounds_before(adcode, day)
        if len(found) == 1:
            derived["round"] = found[0]
        elif found:
            derived["rounds"] = list(found)
    window = out.values.get("publicity")
    if window is not None and window.estimated:
        # the civil code leaves the first day out, printed windows count it; both readings are kept (domain guide, 6.2)
        derived["publicity_end_without_first_day"] = end_after(window.start + timedelta(days=1), window.stated_days, window.stated_unit)
    if window is not None and window.end is not None and provisional(window.end.year):
        derived["calendar"] = "provisional"
    out.values["derived"] = derived


def _notice(page: Page, found: kind.Classified, out: Fields, attachments: tuple[Any, ...]) -> Notice:
    known = dict(out.values)
    if "lookback" in known and found.doc_type is DocType.UNRELATED:
        del known["lookback"]
    evidence = {"title": (Evidence(page.title, TITLE),), **out.evidence}
    text = "\n".join([block.text for block in page.blocks])
    return Notice(
        url=page.url,
        title=page.title,
        doc_type=found.doc_type,
        stage=found.stage,
        text=text,
        evidence=evidence,
        attachments=attachments,
        flags=(*page.flags, *out.flags),
        extractor=EXTRACTOR,
        **known,
    )
