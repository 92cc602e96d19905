"""Plain text dumps of pages: the site's lines around the notice, bars where a table was, a body that stands twice."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.extract.blocks import Page
from crawler.extract.page import chrome, trim
from crawler.extract.page.flow import Line, line_of_rows
from crawler.extract.page.tables import tidy

_BARS = re.compile(r"^[|｜\s]+$")
_INDENT = re.compile(r"^[ \u3000\u00a0]{12,}\S")
_HEADER = re.compile(
    r"(索\s{0,8}引\s{0,8}号|发文日期|成文日期|发布机构|发布日期|文\s{0,8}号|有\s{0,4}效\s{0,4}性|主题分类|信息分类|标\s{2,8}题|"
    r"名\s{2,8}称)[:：\s|]"
)
_SECTION = re.compile(
    r"(?<=[。；！？”）)]) +(?=[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十]{1,3}[）)]|公示(?:期|时间)|如有异议|"
    r"联系电话|特此)"
)
_OPENING = re.compile(r"^([一二三四五六七八九十]{1,3}[、.．][^\s。；，,]{2,20}) +(?=\S)")
_LONG = 200


def read(text: str, url: str = "") -> Page:
    """Plain text to a page: title, publish line, header labels and blocks. Never raises."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = trim.once(_lines(text))
    header = _header(text)
    title, at = _title(lines, header)
    rest = lines[at:]
    info, rest = trim.head_and_rest(rest, title, named=False) if at else trim.head_and_rest(rest, title, named=True)
    rest = trim.without_chrome(_drop_header(rest), named=False)
    frame = "\n".join(line.text for line in lines if chrome.is_crumb(line.words) or chrome.is_footer(line.words))
    line = " ".join(dict.fromkeys(info or [one.text for one in lines[: at + 8] if chrome.is_info(one.words)]))
    return Page(url=url, title=title, blocks=trim.blocks_of(rest), header=header, publish_line=line[:300], frame=frame[:800])


def _lines(text: str) -> list[Line]:
    """Lines of a dump. Between bars stand cells (a lone bar ends a row); a cell of several lines ends with a bar itself."""
    raws = text.split("\n")
    in_cell = _inside_cells(raws)
    found: list[Line] = []
    rows: list[list[str]] = []
    row: list[str] = []
    cell: list[str] = []
    for raw, inside in zip(raws, in_cell, strict=True):
        if _is_bar(raw):
            row = _close_row(rows, row)
        elif inside:
            cell.append(tidy(raw.strip().strip("|｜")))
            if raw.strip().endswith(("|", "｜")):
                row.append("\n".join(filter(None, cell)))
                cell = []
        elif raw.strip():
            row = _close_row(rows, row)
            found += _table(rows)
            rows = []
            found += _paragraphs(raw)
    _close_row(rows, row)
    return found + _table(rows)


def _is_bar(raw: str) -> bool:
    return "|" in raw.replace("｜", "|") and bool(_BARS.match(raw))


def _inside_cells(raws: Sequence[str]) -> list[bool]:
    """For each line whether it belongs to a cell: behind a lone bar or a cell,
    and a line with a closing bar follows before the next lone bar."""
    closes: list[bool] = []
    closing = False
    for raw in reversed(raws):
        closing = not _is_bar(raw) and (raw.strip().endswith(("|", "｜")) or closing)
        closes.append(closing)
    found, in_table = [], False
    for raw, closing in zip(raws, reversed(closes), strict=True):
        if _is_bar(raw):
            in_table = True
        elif raw.strip() and not closing:
            in_table = False
        found.append(in_table and closing and not _is_bar(raw))
    return found


def _close_row(rows: list[list[str]], row: list[str]) -> list[str]:
    """Put a row that has cells to its table; returns a new empty one."""
    if row:
        rows.append(row)
    return []


def _table(rows: list[list[str]]) -> list[Line]:
    """Rows between bars: a table where rows have several cells, else paragraphs."""
    rows = [[cell for cell in row if cell] for row in rows]
    found: list[Line] = []
    data: list[tuple[str, ...]] = []
    for row in [*rows, []]:
        if len(row) > 1:
            data.append(tuple(row))
            continue
        if data:
            found.append(line_of_rows(tuple(data)))
            data = []
        found += [line for cell in row for line in _paragraphs(cell)]
    return found


def _paragraphs(raw: str) -> list[Line]:
    """A line as paragraphs: a dump that ran sections together is set apart at their numbers."""
    align = "right" if _INDENT.match(raw) and len(raw.strip()) <= 40 else ""
    text = tidy(raw.strip().strip("|｜"))
    if len(text) <= _LONG:
        return [_line(text, align)] if text else []
    found: list[Line] = []
    for part in _SECTION.split(text):
        if opening := _OPENING.match(part):
            found.append(_line(opening[1]))
            part = part[opening.end() :]
        found.append(_line(part.strip()))
    return found


def _line(text: str, align: str = "") -> Line:
    return Line(text, chrome.squeeze(text), align, inside=True)


def _header(text: str) -> dict[str, str]:
    """The labels 文号, 发文日期 … of a 政府信息公开 dump, several on one line."""
    found: dict[str, str] = {}
    for line in text.split("\n")[:40]:
        places = list(_HEADER.finditer(line[:400]))
        for place, following in zip(places, [*places[1:], None], strict=False):
            value = tidy(line[place.end() : following.start() if following else 400]).strip("|：: ")
            if value and not chrome.is_info(chrome.squeeze(line)):
                found.setdefault("".join(place[1].split()), value)
    return found if len(found) >= 2 else {}


def _drop_header(lines: Sequence[Line]) -> list[Line]:
    return [
        line
        for index, line in enumerate(lines)
        if not (index < 15 and len(line.text) < 120 and len(_HEADER.findall(line.text + " ")) and not chrome.is_info(line.words))
    ]


def _title(lines: Sequence[Line], header: dict[str, str]) -> tuple[str, int]:
    """The title and the number of the line behind it; ``("", 0)`` where the text starts without one."""
    wanted = chrome.squeeze(header.get("标题", "") or header.get("名称", ""))
    info = next(
        (i for i, line in enumerate(lines[:40]) if chrome.is_info(line.words) and not chrome.is_footer(line.words)),
        None,
    )
    top = lines[:info] if info is not None else lines[:6]
    best = 0
    for index, line in enumerate(top):
        words = line.words
        if wanted and words == wanted:
            best = index + 1
        elif not wanted and _is_title(line, words, before_info=info is not None):
            best = index + 1
            if info is None:
                break
    if best:
        return top[best - 1].text, best
    return (header.get("标题", ""), 0)


def _is_title(line: Line, words: str, before_info: bool) -> bool:
    if line.rows or not 6 <= len(words) <= 100 or chrome.is_chrome(words) or chrome.is_crumb(words) or chrome.is_footer(words):
        return False
    if words.endswith(("。", "；", "，", "：", ":")):
        return False
    return before_info or (line.text == line.text.strip() and bool(re.search(r"公示|公告|通报|方案|情况|报告|清单|反馈|通知|表$", words)))
