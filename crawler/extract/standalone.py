"""Reading without crawl or database: a file as it lies on a disk, or a line of JSON, to a notice."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from crawler.extract import read_notice
from crawler.extract.blocks import Block, BlockKind, Document, Page
from crawler.extract.document import tools
from crawler.extract.document.formats.sniffing import CSV, HTML, TEXT, by_magic
from crawler.extract.document.read_document import sniff
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.page import charset, read_page, response_kind
from crawler.extract.page.tree import MAX_BYTES
from crawler.notice.model import Attachment, Notice
from crawler.notice.names import normalise
from crawler.text.widths import half

READ = "read"
#: endings under which HTML is a document that some program saved, no page of a site
_OFFICE_NAMES = frozenset((".doc", ".docx", ".wps", ".xls", ".xlsx", ".et", ".rtf"))
_COLUMNS = frozenset((".csv", ".tsv"))
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|div|p|table|h[1-6])[\s>]", re.IGNORECASE)
_START = 4096

_NAMES = re.compile(r"公示|公告|通报|通知|方案|情况|报告|清单|反馈|公开|说明|意见|表$")
_NO_TITLE = re.compile(r"^附\s{0,4}件|^[(（]?\d{4}\s{0,2}[-年./]|^.{0,20}[〔\[(（]\d{4}[〕\])）]\s?第?\d+号$|^[\d\s.、\-—]*$|文件$")
_WHOLE = re.compile(r"(?:公示|公告|通报|通知|方案|报告|清单|说明|表)(?:\([^()]{1,20}\))?$")
_SECTION = re.compile(r"^(?:\(?[一二三四五六七八九十\d]{1,3}[、.)]|第.{1,3}[章节部])")
_SENTENCE = ("。", "；", "，", "：", ":", ";", "、")
_TOP = 12  # blocks in which a document says what it is called
_LONGEST = 150


@dataclass(frozen=True, slots=True)
class Offline:
    """What was read. ``status``: ``read``; of a page what `crawler.extract.page.response_kind` says it is instead; of a document its own status."""

    page: Page
    notice: Notice
    status: str = READ
    media_type: str = HTML

    @property
    def failed(self) -> bool:
        """Whether there was something to read that was not read, or nothing at all."""
        return self.status != READ and self.status not in _PAGES


#: pages that were read and are no notices, whatever they are
_PAGES = frozenset(
    (
        response_kind.Answer.GONE.value,
        response_kind.Answer.CHALLENGE.value,
        response_kind.Answer.LOGIN.value,
        response_kind.Answer.ERROR.value,
    )
)


def read_file(data: bytes, name: str, url: str, documents: DocumentReader) -> Offline:
    """Read a file of any kind, told by its content: a page of a site, plain text, or a document. Never raises for what it holds.

    ``name``: of the file, without folders. ``url``: where it stood, or "". Whatever has to be opened (archives, office formats,
    PDF, pictures) is opened by ``documents``, in a process of its own.
    """
    kind = by_magic(data) or sniff(data)  # without a container's first bytes nothing is opened here
    suffix = PurePath(name).suffix.lower()
    if kind == HTML and suffix not in _OFFICE_NAMES:
        return _of_page(data, url)
    if kind == TEXT or (kind == CSV and suffix not in _COLUMNS):
        return _of_text(data, url)
    return _of_document(data, documents.read_now(data, name), url)


def _of_page(data: bytes, url: str) -> Offline:
    page = read_page.read_page(data, url)
    answer = response_kind.judge(200, url, url, data, page=page).answer
    status = READ if answer in (response_kind.Answer.PAGE, response_kind.Answer.NOT_HTML) else answer.value
    return Offline(page, _tidy(read_notice.read(page)), status)


def _of_text(data: bytes, url: str) -> Offline:
    """Plain text; markup that does not begin like a page is a page all the same."""
    decoded = charset.decode(data[:MAX_BYTES])
    if _MARKUP.search(decoded.text[:_START]):
        return _of_page(data, url)
    page = read_page.from_text(decoded.text, url)
    page = replace(page, charset=decoded.charset, flags=(*page.flags, *decoded.flags))
    return Offline(page, _tidy(read_notice.read(page)), media_type=TEXT)


def _of_document(data: bytes, document: Document, url: str) -> Offline:
    page = page_of(document, url)
    text = document.text or None
    file = Attachment(document.name, url, document.media_type, hashlib.sha256(data).hexdigest(), text, document.status)
    notice = replace(read_notice.read(page), attachments=(file,))
    return Offline(page, _tidy(notice), document.status, document.media_type)


def _tidy(notice: Notice) -> Notice:
    return normalise(notice)[0]


def page_of(document: Document, url: str = "") -> Page:
    """A document on its own as a page: its blocks, and the title it gives itself (``""`` where it gives none)."""
    at, end = _title_lines(document.blocks[:_TOP])
    title = "".join(block.text.strip() for block in document.blocks[at:end])
    return Page(url, title, (*document.blocks[:at], *document.blocks[end:]))


def _title_lines(top: tuple[Block, ...]) -> tuple[int, int]:
    """The first and the one behind the last of the lines that are the title: set in the middle or as a heading, else a short
    line that names a kind of document, else the first short line. Lines of one title follow each other."""
    lines = [at for at, block in enumerate(top) if _can_be_title(block)]
    placed = [at for at in lines if _is_placed(top[at])]
    named = [at for at in placed if _NAMES.search(half(top[at].text))] or [at for at in lines if _NAMES.search(half(top[at].text))]
    first = next(iter(named or placed or lines), None)
    if first is None:
        return 0, 0
    start = last = first
    while start - 1 in placed and first in placed:
        start -= 1
    while last + 1 in placed and last in placed and not _is_whole(top[last]) and not _SECTION.match(half(top[last + 1].text)):
        last += 1
    return start, last + 1


def _is_whole(block: Block) -> bool:
    """Whether a title needs no further line."""
    return bool(_WHOLE.search(half(block.text)))


def _can_be_title(block: Block) -> bool:
    text = block.text.strip()
    if block.kind is BlockKind.TABLE or not 2 <= len(text) <= _LONGEST or text.endswith(_SENTENCE):
        return False
    return not _NO_TITLE.search(half(text))


def _is_placed(block: Block) -> bool:
    return block.kind is BlockKind.HEADING or block.align == "center"


def as_line(name: str, found: Offline) -> dict[str, Any]:
    """The JSON of one file: what became of it, then the notice. ``how``: what makes a missing tool available."""
    line: dict[str, Any] = {"file": name, "status": found.status, "media_type": found.media_type}
    if how := how_to_get(found.status):
        line["how"] = how
    if found.failed:
        line["error"] = found.status
    return {**line, **found.notice.as_json()}


def how_to_get(status: str) -> str | None:
    """The command that installs what a status ``needs: TOOL`` names; None for every other status."""
    known = {tool.name: tool.install for tool in tools.TOOLS} | {"ocr": "pip install 'signoff[ocr]'"}
    return known.get(status.removeprefix("needs: ")) if status.startswith("needs: ") else None


def read_line(raw: bytes, url: str) -> tuple[Any, Offline]:
    """The ``id`` of a line of JSON, and what its ``html`` or ``text`` says; ``url``: for lines that state none.

    Raises `LineError` with the id, as far as it could be read, and what is wrong with the line.
    """
    given = _object(raw)
    name = given["id"]
    texts = {key: given.get(key) for key in ("html", "text", "url")}
    for key, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise LineError(name, f"{key} is no string")
    address = texts["url"] or url
    if texts["html"] is not None:
        page = read_page.read_page(texts["html"].encode("utf-8", "replace"), address, "text/html; charset=utf-8")
    elif texts["text"] is not None:
        page = read_page.from_text(texts["text"], address)
    else:
        raise LineError(name, "has neither html nor text")
    return name, Offline(page, _tidy(read_notice.read(page)))


class LineError(ValueError):
    """A line of input is not what was promised. ``name``: its id, where it could be read."""

    def __init__(self, name: Any, words: str) -> None:
        self.name = name
        super().__init__(words)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        given = json.loads(raw)
    except UnicodeDecodeError:
        raise LineError(None, "is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise LineError(None, f"is no JSON: {error.msg} at column {error.colno}") from None
    except (RecursionError, ValueError) as error:
        raise LineError(None, f"is no JSON that can be read: {type(error).__name__}") from None
    if not isinstance(given, dict):
        raise LineError(None, "is no JSON object")
    if not isinstance(given.get("id"), str | int):
        raise LineError(None, "has no id")
    return given
