"""The agency's own wording of a page: what has to differ for a notice to count as revised.

White space, widths, quotes, dashes, invisible characters and everything the site adds must not matter; a changed word must.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from crawler.extract.blocks import Block, BlockKind, Link, Page
from crawler.extract.page import chrome
from crawler.text.memory import remembered
from crawler.text.widths import Marks, is_easy, nfkc

#: one mark for each kind of quotes, dashes and dots; no mark it gives is replaced in turn
_ONE_MARK = {
    **dict.fromkeys("“”„‟«»「」『』〝〞＂", '"'),
    **dict.fromkeys("‘’‚‛`´＇", "'"),
    **dict.fromkeys("‐‑‒–—―−－﹣─━ー", "-"),
    **dict.fromkeys("〜～∼˜", "~"),
    **dict.fromkeys("•・‧∙⋅●", "·"),
    "〔": "[",
    "〕": "]",
    "【": "[",
    "】": "]",
    "〇": "○",
    "…": "...",
}
_MARKS = Marks(_ONE_MARK)
_INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffd\x00-\x1f\x7f-\x9f]+"
)
_ATTACHMENT = re.compile(r"^(?:相关)?附\W{0,2}件\W{0,2}(?:下载)?[一二三四五六七八九十\d]{0,3}\W{0,2}")
_COUNT = re.compile(r"(?:\[|\()?已?下载(?:次数)?:?\d*次?(?:\]|\))?$")
_ENDING = re.compile(r"\.(?:docx?|wps|pdf|xlsx?|et|ofd|zip|rar|7z|txt|rtf|jpe?g|png|gif)$", re.IGNORECASE)


@remembered(longest=500, most=512)  # titles are folded several times, and a site's form letters share their lines
def fold(text: str) -> str:
    """One spelling of a text: NFKC, no white space and invisible characters, one kind of quotes and dashes."""
    easy = is_easy(text)
    folded = _MARKS.replaced(nfkc(text)).replace("--", "-")
    if easy:
        return "".join(folded.split())
    bare = _INVISIBLE.sub("", folded)
    # what stood apart may combine now that nothing stands between
    return bare if unicodedata.is_normalized("NFKC", bare) else fold(bare)


def wording(page: Page, own: Sequence[str] | None = None) -> str:
    """Title and body of a page in one spelling, one paragraph a line run together: equal for equal agency's words.

    Left out: the title repeated at the head of the body, lines that only link to attachments (those are compared by content),
    and what the site adds (`chrome`). ``own``: the page's `paragraphs`, where they are known already.
    """
    return "".join((fold(page.title), "\n", *(_own(page) if own is None else own)))


def paragraphs(page: Page) -> tuple[str, ...]:
    """The folded paragraphs and table cells of a page, at least one character each, to recognise reposts."""
    return tuple(_own(page))


def _own(page: Page) -> list[str]:
    title = fold(page.title)
    files = _files(page.attachments)
    texts = [text for block in page.blocks for text in (_cells(block) if block.kind is BlockKind.TABLE else (fold(block.text),))]
    found = [text for text in texts if text and not _is_site(text, files)]
    return found[_repeats(found, title) :]


def _cells(table: Block) -> list[str]:
    return [fold(cell) for row in table.rows for cell in row]


def _is_site(text: str, files: frozenset[str]) -> bool:
    if chrome.is_chrome(text) or chrome.is_attachment_heading(text):
        return True
    return bool(files) and _is_link_line(text, files)


def _files(links: Sequence[Link]) -> frozenset[str]:
    names = {_plain(fold(link.name)) for link in links}
    return frozenset(name for name in names if name)


def _is_link_line(text: str, files: frozenset[str]) -> bool:
    """Whether a line is nothing but names of attachments, with 附件1: before and counters behind them."""
    return len(text) <= 300 and _plain(text) in files


def _plain(text: str) -> str:
    text = _COUNT.sub("", text).strip("[]()")
    return _ENDING.sub("", _ATTACHMENT.sub("", text)).strip(":.、-[]()")


def _repeats(found: Sequence[str], title: str) -> int:
    """How many paragraphs at the head only repeat the title, also broken over several lines."""
    read = ""
    for count, text in enumerate(found[:5]):
        read += text
        if read == title:
            return count + 1
        if not title.startswith(read):
            break
    return 0
