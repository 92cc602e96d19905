"""Lines of a body to blocks: what the site put around and between the agency's words is left out, copies are read once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.extract.blocks import Block, BlockKind
from crawler.extract.page import chrome
from crawler.extract.page.flow import Line

_NUMBER_FIRST = frozenset("一二三四五六七八九十【（(")
_NUMBERED = re.compile(r"^(?:[一二三四五六七八九十]{1,3}[、.．:：]|【.{2,12}】$|[（(][一二三四五六七八九十]{1,3}[）)]).{0,28}$")
_ENDS_DATED = re.compile(r"\d{4}年.*\d日$")
_ENDS_TEXT = ("。", "；", ";", "，", ",", "！", "!")
_NAMES_FILE = re.compile(r"\.(?:docx?|xlsx?|pdf|wps|ofd|zip|rar|jpe?g|png)|附件", re.IGNORECASE)
_BARE_INFO = re.compile(r"[\[(（]?(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}")
_HEAD = 14  # lines at the beginning in which a title or a publish line may still come
_FOOTER = 300  # characters of a footer before the line that gives it away
_COPY = 0.8  # share of a text that stands again when it is a copy
_TELLING = 20  # characters of a line that does not recur by chance
_TRIES = 6  # repeated lines looked at; each costs a pass over the text


def head_and_rest(lines: Sequence[Line], title: str, named: bool) -> tuple[list[str], list[Line]]:
    """Take the site's lines off the beginning of a body: breadcrumb, title, publish line. Returns publish lines and the rest."""
    lines = list(lines)
    info: list[str] = []
    start = 0 if named else _after_title(lines, title)
    if start >= len(lines):
        start = 0  # a page with one line says it, whatever it is
    if named and len(lines) > 1 and lines[0].words == chrome.squeeze(title) and _is_site_heading(lines):
        start = 1
    kept: list[Line] = []
    read = 0
    for number, line in enumerate(lines[start:]):
        words = line.words
        if not line.rows and read < 120 and number < _HEAD and chrome.is_info(words):
            info.append(line.text)
        elif (
            not kept
            and not line.rows
            and not named
            and (_is_bare_info(words) or chrome.is_crumb(words) or (line.links * 2 > len(line.text) and number < 40))
        ):
            info.extend([line.text] if _is_bare_info(words) else [])
        else:
            kept.append(line)
            read += len(line.text)
    return info, kept


def _is_site_heading(lines: Sequence[Line]) -> bool:
    """Whether the first line is the site's heading (marked as one, or with a publish line below it) and not the agency's."""
    return bool(lines[0].level or lines[0].title_like) or chrome.is_info(lines[1].words)


def _is_bare_info(words: str) -> bool:
    """A date alone, or with an organ's name: a publish line without labels."""
    return len(words) <= 60 and _BARE_INFO.match(words) is not None


def _after_title(lines: Sequence[Line], title: str) -> int:
    """Where the text begins in a region found by density: behind the page's title, if that stands in its first half."""
    wanted = chrome.squeeze(title)
    whole = sum(len(line.text) for line in lines)
    read = 0
    for index, line in enumerate(lines):
        words = line.words
        if wanted and words == wanted and line.links * 2 <= len(line.text) and read <= whole / 2:
            return index + 1
        if wanted and index + 1 < len(lines) and words and wanted.startswith(words) and words + lines[index + 1].words == wanted:
            return index + 2
        read += len(line.text)
    return 0


def without_chrome(lines: Sequence[Line], named: bool) -> list[Line]:
    """Drop buttons, counters and neighbour links; stop at the site's footer or at a list of other pages."""
    kept: list[Line] = []
    read = 0
    for index, line in enumerate(lines):
        marks = 0 if line.rows else chrome.marks(line.words)
        if marks and (
            (marks & chrome.FOOTER and (not named or len(line.words) < 120) and read > 30)
            or (marks & chrome.RELATED and read > 60 and (not named or line.level or _leads_away(lines[index + 1 : index + 3])))
        ):
            return kept if named or not marks & chrome.FOOTER else _without_group(kept, line.group)
        if marks & chrome.CHROME or (not named and (marks & chrome.CRUMB or (not line.rows and _is_other_page(line)))):
            continue
        kept.append(line)
        read += len(line.text)
    return kept


def _without_group(kept: list[Line], group: int) -> list[Line]:
    """Lines that only a <br> parts from a footer belong to it, unless they are the text itself."""
    rest = list(kept)
    while rest and group and rest[-1].group == group:
        rest.pop()
    dropped = kept[len(rest) :]
    return rest if rest and sum(len(line.text) for line in dropped) <= _FOOTER else kept


def _leads_away(lines: Sequence[Line]) -> bool:
    """Whether the lines below a heading are links to other pages."""
    return any(_is_other_page(line) for line in lines)


def _is_other_page(line: Line) -> bool:
    """A line that is one long link with at most a date beside it; names of files are kept for what they say."""
    return line.links >= 12 and line.links * 10 >= len(line.text) * 6 and not _NAMES_FILE.search(line.text)


def blocks_of(lines: Sequence[Line], where: str = "") -> tuple[Block, ...]:
    """Lines as blocks of the page or of the attachment ``where``."""
    return tuple([_block(line, where) for line in lines])


def _block(line: Line, where: str) -> Block:
    if line.rows:
        text = "\n".join("\t".join(cell.replace("\n", " ") for cell in cells).rstrip("\t") for cells in line.rows)
        return Block(BlockKind.TABLE, text, line.rows, where=where)
    kind = BlockKind.HEADING if _is_heading(line) else BlockKind.PARAGRAPH
    return Block(kind, line.text, (), line.align.strip(), where)


def _is_heading(line: Line) -> bool:
    if line.level:
        return True
    text = line.text
    if len(text) > 45 or not (line.bold or text[:1] in _NUMBER_FIRST) or text.endswith(_ENDS_TEXT):
        return False
    return (text[:1] in _NUMBER_FIRST and _NUMBERED.match(text) is not None) or (
        line.bold and line.align != "right" and not _ENDS_DATED.search(text)
    )


def once(lines: list[Line]) -> list[Line]:
    """A text that stands twice (screen and print, or pasted twice) is given once; lines between the copies go before it."""
    words = [line.words for line in lines]
    seen: dict[str, int] = {}
    tried = 0
    for index, text in enumerate(words):
        if len(text) < _TELLING:
            continue
        if text in seen:
            tried += 1
            back = _repeated_before(words, seen[text], index)
            first, again = seen[text] - back, index - back
            if _is_copy(words[first:again], words[again:]):
                return _joined(lines, words, first, again)
            if tried >= _TRIES:
                return lines
        seen.setdefault(text, index)
    return lines


def _repeated_before(words: Sequence[str], first: int, again: int) -> int:
    """How many short lines before a repeated one repeat as well (a centred title in two lines)."""
    count = 0
    while count < first and again - count - 1 > first and words[first - count - 1] == words[again - count - 1]:
        count += 1
    return count


def _is_copy(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the shorter of two texts, long enough to mean something, stands almost wholly in the other."""
    texts = "".join(one), "".join(other)
    shorter, whole = (one, texts[1]) if len(texts[0]) <= len(texts[1]) else (other, texts[0])
    size = min(map(len, texts))
    if size < max(60, len(whole) * 0.5):
        return False
    new = 0
    for text in shorter:
        if text not in whole:
            new += len(text)
            if new > size * (1 - _COPY):
                return False
    return True


def _joined(lines: list[Line], words: Sequence[str], first: int, again: int) -> list[Line]:
    """The fuller copy; what stands before both and what stood between them comes first."""
    one, other = "".join(words[first:again]), "".join(words[again:])
    end = again
    while end > first and words[end - 1] not in other:
        end -= 1
    between = lines[end:again]
    if len(other) >= sum(map(len, words[first:end])) * 0.9:
        return [*lines[:first], *between, *once(lines[again:])]
    return [
        *lines[:first],
        *between,
        *lines[first:end],
        *(line for line, text in zip(lines[again:], words[again:], strict=True) if text not in one),
    ]
