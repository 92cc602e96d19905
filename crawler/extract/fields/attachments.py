"""Files of a notice: their names as printed, linked or not, and what became of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from crawler.extract.blocks import Document, Page
from crawler.extract.outline.labels import Label
from crawler.extract.outline.pieces import Found, Piece, found_in
from crawler.extract.outline.sections import Outline
from crawler.notice.model import Attachment
from crawler.text.widths import half

_HEAD = re.compile(r"^附\s{0,4}件\s?(?:\d{1,2}|[一二三四五六七八九十])?\s?(?P<sep>[:.、]|\s|$)\s?")
_ITEM = re.compile(r"(?:^|(?<=[\s;。,)]))(?:附件)?\s?(?:\d{1,2}|[一二三四五六七八九十])\s?[.、:)]\s?(?!\d)")
_NEXT_ITEM = re.compile(r"^(?:附\s?件\s?)?\d{1,2}\s?[.、:]\s?(?!\d)(?P<name>.{3,80})$")
_FILE = re.compile(r"\.(?:docx?|xlsx?|pdf|ofd|wps|et|rtf|txt|zip|rar|7z|jpe?g|png|tiff?|csv|pptx?)$", re.IGNORECASE)
_DOWNLOAD = re.compile(r"[（(](?:点击|请点击|下载|可下载)[^（）()]{0,8}[）)]$")
#: （附件：整改情况一览表）
_IN_BRACKETS = re.compile(r"\(附\s?件\s?\d{0,2}\s?:\s?(?P<name>[^()]{4,60})\)[。;]?$")
#: what buttons are called that lead to a file
_NO_NAME = re.compile(
    r"(?:点击|请点击)?(?:此处)?(?:下载|查看|预览|打开|打印|在线(?:阅读|浏览|预览))(?:附件|文件|全文|原文|原件)?|(?:全文|原文|本文|文件)?(?:下载|(?:word|pdf|ofd|wps|doc)\s?(?:版|格式|文件|下载)?)(?:本)?|"
    r"附件(?:下载)?|原件扫描件|扫描件|(?:政策)?(?:解读|图解)(?:材料)?",
    re.IGNORECASE,
)
_MOST = 100
_SEE = re.compile(r"\(?(?:见附件|详见附件|点击(?:下载|查看))\)?")


def attachment_names(page: Page, outline: Outline) -> list[Found[str]]:
    """Names of the attachments: from 附件：… lines, then of the linked files those lines do not name. Each once."""
    found = _printed(outline)
    seen = {_key(item.value) for item in found}
    for link in page.attachments[:_MOST]:
        name = _clean(link.name)
        key = "" if _NO_NAME.fullmatch(half(name)) else _key(name)
        if name and key and key not in seen and not any(key in other or other in key for other in seen if len(key) > 4 and len(other) > 4):
            seen.add(key)
            found.append(Found(name, link.name, -2))
    return found


def _key(name: str) -> str:
    return re.sub(r"[\s《》“”\"()]", "", _FILE.sub("", half(name))).lower()


def _clean(name: str) -> str:
    plain = half(name)
    head = _HEAD.match(plain)
    rest = name[head.end() :] if head and head.end() < len(name) else name
    item = re.match(r"\d{1,2}\s?[.、:]\s?(?!\d)", half(rest))
    return (rest[item.end() :] if item else rest).strip(" 。；;《》")


def _printed(outline: Outline) -> list[Found[str]]:
    out: dict[str, Found[str]] = {}
    for source in _attachment_lines(outline):
        for start, end in _items(source.text):
            name = _DOWNLOAD.sub("", source.raw[start:end].strip(" 。；;，,"))
            plain = half(name)
            if len(name) >= 3 and not _SEE.fullmatch(plain) and not plain.startswith(("联系", "公示")):
                out.setdefault(_key(name), found_in(name.strip("《》"), source, start, end))
    return list(out.values())


def _attachment_lines(outline: Outline) -> Iterable[Piece]:
    """The words behind 附件：, and the numbered lines that follow them."""
    for entry in outline.entries:
        for part in entry.parts:
            if part.label is Label.ATTACHMENT:
                yield from _while_listed(part.pieces)
    lines = [*outline.lead, *outline.tail]
    yield from (line.cut(match.start("name"), match.end("name")) for line in lines if (match := _IN_BRACKETS.search(line.text)))
    at = 0
    while at < len(lines):
        head = _HEAD.match(lines[at].text)
        at += 1
        if head and head["sep"] in (":", ".", "、"):
            if head.end() < len(lines[at - 1].text):
                yield lines[at - 1].cut(head.end())
            while at < len(lines) and _NEXT_ITEM.match(lines[at].text):
                yield lines[at]
                at += 1


def _while_listed(lines: Sequence[Piece]) -> Iterable[Piece]:
    for at, line in enumerate(lines):
        if at and not _NEXT_ITEM.match(line.text) and not _FILE.search(line.text):
            return
        yield line


def _items(text: str) -> list[tuple[int, int]]:
    """Spans of the names in a line: 1.甲 2.乙 gives two."""
    marks = list(_ITEM.finditer(text))
    if not marks:
        stop = re.search(r"[。;]\s|\s(?=联系|公示)", text)
        return [(0, stop.start() if stop else len(text))]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    head = [(0, marks[0].start())] if marks[0].start() > 2 else []
    return head + [(mark.end(), end) for mark, end in zip(marks, ends, strict=True)]


def attachments(page: Page, documents: Sequence[Document], links: Mapping[str, str]) -> tuple[Attachment, ...]:
    """Every linked file with what was read of it; documents that no link of the page leads to come after them.

    ``links``: document name → address, where the names alone do not tell.
    """
    left = list(documents)
    out = []
    for link in page.attachments:
        document = next(
            (each for each in left if links.get(each.name) == link.url or (each.name not in links and _key(each.name) == _key(link.name))),
            None,
        )
        if document is not None:
            left.remove(document)
        out.append(_attachment(link.name, link.url, document))
    out += [_attachment(document.name, links.get(document.name, ""), document) for document in left]
    return tuple(out)


def _attachment(name: str, url: str, document: Document | None) -> Attachment:
    if document is None:
        return Attachment(name, url)
    status = {"empty": "kept", "encrypted": "failed: encrypted", "broken": "failed: broken"}.get(document.status, document.status)
    return Attachment(name or document.name, url, document.media_type, None, document.text or None, status)
