"""Why a page reads as it does: the words that counted for class and stage, and the evidence for every field. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from crawler.extract.blocks import Page
from crawler.extract.fields import doc_type as kind
from crawler.extract.fields import stage
from crawler.extract.wording import fold, paragraphs
from crawler.notice.model import DocType, Evidence, Notice
from crawler.publish.safe_output import clean, quote
from crawler.publish.terminal import table

_PLACES = {-1: "title", -2: "publish line", -3: "header table"}
#: what is shown of a value or of the words it was read from
_SHOWN = 60
_PARAGRAPHS = 2_000
_SELF_EVIDENT = ("evidence", "text", "attachments", "flags", "extractor", "derived", "doc_type", "stage", "url")


def lines(name: str, page: Page, notice: Notice, width: int | None = None) -> Iterator[str]:
    """A report for a person, one line at a time: class with its clues, stage with its words, fields with theirs."""
    yield clean(f"{name}: {notice.title or '(no title)'}")
    yield ""
    yield from _classes(page, notice)
    yield ""
    yield from table([("field", "value", "where", "words"), *_fields(notice)], width)
    if notice.flags:
        yield ""
        yield _safe(f"doubts: {', '.join(notice.flags)}")


def _classes(page: Page, notice: Notice) -> Iterator[str]:
    """Each class with the sum of its clues, the chosen one first, and each clue with the words that held."""
    clues: dict[DocType, list[tuple[float, str]]] = defaultdict(list)
    for doc_type, weight, words in kind.classify(page).why:
        clues[doc_type].append((weight, words))
    yield f"class: {notice.doc_type}"
    for doc_type in sorted(clues, key=lambda one: (one is not notice.doc_type, -sum(weight for weight, _ in clues[one]))):
        yield f"  {doc_type}  {sum(weight for weight, _ in clues[doc_type]):g}"
        yield from (f"    {weight:+g}  {_safe(words)}" for weight, words in clues[doc_type])
    if notice.stage is not None:
        yield f"stage: {notice.stage}"
        yield from (f"    {_safe(words)}" for words in stage_words(page, notice))


def stage_words(page: Page, notice: Notice) -> list[str]:
    """The paragraphs, the title first, that say the stage by themselves; none where only the whole text does."""
    told = [words for words in paragraphs(page)[:_PARAGRAPHS] if stage.stage_of("", words) is notice.stage]
    titled = [page.title] if stage.stage_of(fold(page.title), "") is notice.stage else []
    return [*titled, *told[:3]]


def _fields(notice: Notice) -> Iterator[tuple[str, str, str, str]]:
    """Field, value, place and words of everything the page says."""
    said = {name: value for name, value in notice.as_json().items() if name not in _SELF_EVIDENT}
    for name, value in _flat(said):
        evidence = notice.evidence.get(name) or notice.evidence.get(name.partition(".")[0]) or ()
        places = ", ".join(dict.fromkeys(_where(one) for one in evidence[:3]))
        yield name, _safe(value, _SHOWN // 2), _safe(places or "-"), _safe(" | ".join(one.words for one in evidence[:3]) or "-")


def _flat(said: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of what is said; nested values by dotted names, what is not said left out."""
    for name, value in said.items():
        if value in (None, "", [], {}, False):
            continue
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, list):
            yield before + name, "; ".join(_short(item) for item in value)
        else:
            yield before + name, str(value)


def _short(item: Any) -> str:
    return str(item.get("number")) if isinstance(item, dict) else str(item)


def _where(evidence: Evidence) -> str:
    place = _PLACES.get(evidence.block, f"block {evidence.block}")
    return f"{evidence.where}: {place}" if evidence.where else place


def _safe(text: str, length: int = _SHOWN) -> str:
    """One line that does nothing to a terminal."""
    return quote(clean(text), length)
