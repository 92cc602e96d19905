"""Same notice? Ids that are made once, and the test for the whole text of a known notice under another address.

Similarity alone never merges two notices: form letters of one bureau differ in a few characters (序号3, 序号4).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crawler.text.memory import remembered
from crawler.text.widths import is_easy, nfkc

#: a shorter text says too little to be recognised ("现将有关情况予以公示，详见附件")
LEAST_TEXT = 60
#: paragraphs shorter than this are no key: "特此公示" stands everywhere
LEAST_KEY = 12
KEYS = 24
#: what a copy may add: a share of the text, or a sentence or two
ADDED_SHARE, ADDED_LEAST = 0.25, 240

_UNSEEN = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad\x00-\x1f\x7f]+")
_FIGURES = re.compile(r"\d")
_CHROME = re.compile(
    r"^(?:附件\d*[:：]?|来源|责任编辑|编辑|作者|原标题|附件下载|相关附件|打印|关闭|扫一扫).{0,60}$|"
    r"^.{0,80}\.(?:docx?|pdf|xlsx?|zip|rar|wps|et|ofd)$"
)
#: characters that what `_CHROME` matches begins or ends with; few paragraphs do
_CHROME_BEGINS, _CHROME_ENDS = frozenset("附来责编作原相打关扫"), frozenset("cdfprstx")


def notice_id(source_id: str, url: str) -> str:
    """Make the id of a notice from its source and first address (canonical spelling): 16 hex digits. Made once, kept for ever."""
    return hashlib.sha256(f"{source_id}\n{url}".encode()).hexdigest()[:16]


def paragraphs_of(text: str) -> tuple[str, ...]:
    """The paragraphs and cells of a notice's text, normalised: NFKC, without white space and what cannot be seen."""
    lines = text.replace("\t", "\n").split("\n")
    return tuple([p for line in lines if (p := _paragraph(line))])


@remembered(longest=120, most=2048)  # notices that are compared have most of their lines in common
def _paragraph(line: str) -> str:
    plain = nfkc(line)
    return "".join(plain.split()) if is_easy(plain) else _UNSEEN.sub("", plain)


@remembered(longest=120, most=2048)  # the sentences of a form letter stand on page after page
def key_of(paragraph: str) -> int:
    """A 63-bit key of one normalised paragraph; both databases hold it as a signed integer."""
    return int.from_bytes(hashlib.blake2b(paragraph.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def keys_of(paragraphs: Sequence[str]) -> tuple[int, ...]:
    """Keys by which notices that share whole paragraphs find each other, at most `KEYS`: first of paragraphs with figures,
    which tell form letters of one bureau apart, then of the longest ones."""
    long = sorted({p for p in paragraphs if len(p) >= LEAST_KEY}, key=lambda p: (-len(p), p))
    figures = [p for p in long if _FIGURES.search(p)][: KEYS // 2]
    chosen = figures + [p for p in long if p not in figures][: KEYS - len(figures)]
    return tuple([key_of(p) for p in chosen])


@dataclass(frozen=True, slots=True)
class Wording:
    """What is compared of a notice: paragraphs under `wording` rules, task numbers, window, contents of its files."""

    paragraphs: tuple[str, ...]
    task_numbers: frozenset[str] = frozenset()
    window: tuple[date | None, date | None] = (None, None)
    files: frozenset[str] = frozenset()


def same_announcement(known: Wording, found: Wording) -> bool:
    """Whether ``found`` is the whole text of ``known``, or the other way round, added boilerplate aside.

    Task numbers and window must agree where both state them, and so must attachments: two forms "details see attachment"
    are two notices.
    """
    if known.task_numbers and found.task_numbers and known.task_numbers != found.task_numbers:
        return False
    if all(known.window) and all(found.window) and known.window != found.window:
        return False
    if known.files and found.files and known.files.isdisjoint(found.files):
        return False
    return same_text(known.paragraphs, found.paragraphs)


def same_text(known: Sequence[str], found: Sequence[str]) -> bool:
    """Whether one of two texts, as `paragraphs_of` gives them, holds the whole other and adds no more than a copy adds."""
    ours, theirs = set(found), set(known)
    return _contains(found, known, theirs - ours) or _contains(known, found, ours - theirs)


def _contains(outer: Sequence[str], inner: Sequence[str], strange: set[str]) -> bool:
    """Whether all paragraphs of ``inner`` stand in ``outer``, which adds no more than a copy adds.

    ``strange``: those that are no paragraph of it, and have to stand within one or run over several.
    """
    whole = "".join(outer)
    if any(not _is_chrome(paragraph) and paragraph not in whole for paragraph in strange):
        return False
    size = sum(len(paragraph) for paragraph in inner if not _is_chrome(paragraph))
    return size >= LEAST_TEXT and len(whole) - size <= max(ADDED_LEAST, size * ADDED_SHARE)


def _is_chrome(paragraph: str) -> bool:
    return (paragraph[:1] in _CHROME_BEGINS or paragraph[-1:] in _CHROME_ENDS) and _CHROME.match(paragraph) is not None
