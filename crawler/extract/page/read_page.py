"""A detail page to blocks and what places it. Bytes in, `Page` out; no network, and no page is broken enough to raise.

How sites are built is described in docs; the containers and labels known to us stand in `body` and `head`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]

from lxml import etree

from crawler.extract.blocks import Block, Page
from crawler.extract.page import body, charset, chrome, head, links, text_dump, tree, trim
from crawler.extract.page.flow import Line, lines_of
from crawler.extract.page.tables import tidy
from crawler.extract.page.tree import tree_of

__all__ = ["body_fragment", "from_text", "read_page", "tree_of"]

_JSON_BODY = re.compile(r'["\']?(?:content|contentHtml|articleContent|htmlContent|docContent)["\']?\s{0,5}:\s{0,5}"')
_JSON_TITLE = re.compile(r'"(?:title|docTitle|articleTitle)"\s{0,5}:\s{0,5}"')
_JSON_SOURCE = re.compile(r'"(?:publisher|docSource|contentSource)"\s{0,5}:\s{0,5}"')
_JSON_DATE = re.compile(r'"(?:created_at|first_publish_time|publishTime|pubDate|pubTime)"\s{0,5}:\s{0,5}"')
_DATED = re.compile(r"(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}")
#: the head of a paper's page: 2021年3月18日 星期四 第A04版
_ISSUE = re.compile(
    r"[^\d]{0,8}(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[,，(（]?(?:(?:星期|周)[一二三四五六日天])?[)）]?[,，]?(?:第?[A-Z]?\d{1,5}[版期]){0,3}[^\d]{0,12}$"
)
_LITTLE = 200  # characters below which a page may keep its body in a script
_MAX_LINES = 20_000


@dataclass(slots=True)
class _Parts:
    """The lines of a page by where they stand."""

    before: list[Line]
    inside: list[Line]
    after: list[Line]


def read_page(body_bytes: bytes, url: str, content_type: str | None = None) -> Page:
    """Take a detail page apart.

    ``body_bytes``: as fetched, undecoded; what lies beyond 32 MiB or 400,000 tags is not read. ``url``: the page's own, for
    relative links. ``content_type``: the header, if known. Never raises; time grows in proportion to the size, up to this bound.
    """
    decoded = charset.decode(body_bytes[: tree.MAX_BYTES], content_type)
    text = tree.bounded(decoded.text)
    whole = len(body_bytes) <= tree.MAX_BYTES and len(text) == len(decoded.text)
    return _read(text, url, decoded.charset, decoded.flags if whole else (*decoded.flags, "page-too-long"))


def body_fragment(html: str, url: str, title: str = "") -> Page:
    """A body that an API hands over as HTML, with the title it states beside it."""
    root = tree.parse(html)
    tree.prune(root)
    page = _page_of(root)
    lines = lines_of(page, [page])[:_MAX_LINES]
    info, rest = trim.head_and_rest(lines, title, named=True)
    blocks = trim.blocks_of(trim.without_chrome(rest, named=True))
    return Page(
        url=url,
        title=title or head.title_of(lines, "", {}, {}),
        blocks=blocks,
        publish_line=_joined(info),
        attachments=links.attachments_of([page], page, links.base_of(root, url)),
    )


def from_text(text: str, url: str = "") -> Page:
    """A page that reached us as plain text, with the site's lines around it and bars where tables were."""
    return text_dump.read(text, url)


def _read(text: str, url: str, charset_name: str, flags: tuple[str, ...]) -> Page:
    root = tree.parse(text)
    _held = list(root.iter())  # the objects lxml makes for elements: what nobody holds is made anew in each pass over the tree
    meta, document = head.meta_of(root), head.document_title(root)
    base = links.base_of(root, url)
    shown = tree.show(text, root)
    page = _page_of(root)
    header, header_elements = head.header_of(page)
    for element in header_elements:
        tree.remove(element)
    bodies, named = body.find(root, document)
    lines = lines_of(page, bodies, body.side_elements(bodies))[:_MAX_LINES]
    parts = _split(lines)
    title = head.title_of(lines, document, meta, header)
    info, inside = trim.head_and_rest(trim.once(parts.inside), title, named)
    blocks = trim.blocks_of(trim.without_chrome(inside, named))
    size = sum(len(block.text) for block in blocks)
    if size <= tree.SHORT and not header_elements:
        tree.keep(shown)
    if size < _LITTLE and (fragment := _in_script(text, url)) and _says_more(fragment, blocks):
        return _placed(fragment, title, url, charset_name, flags, meta, header, parts, document)
    files = links.attachments_of(bodies, page, base)
    return Page(
        url=url,
        title=title,
        blocks=blocks,
        charset=charset_name,
        meta=meta,
        header=header,
        publish_line=_publish_line(parts, title, info),
        site_code=head.site_code(lines, meta),
        frame=_frame(lines, document, meta),
        attachments=files,
        flags=flags,
    )


def _says_more(fragment: Page, blocks: Sequence[Block]) -> bool:
    """Whether a body kept in a script is longer than what the page shows, or what it shows is the site's own."""
    size = sum(len(block.text) for block in fragment.blocks)
    shown = [block for block in blocks if not chrome.is_footer(chrome.squeeze(block.text))]
    return size > sum(len(block.text) for block in shown)


def _page_of(root: etree._Element) -> etree._Element:
    found = root.find("body")
    return root if found is None else found


def _split(lines: Sequence[Line]) -> _Parts:
    places = [index for index, line in enumerate(lines) if line.inside]
    if not places:
        return _Parts(list(lines), [], [])
    return _Parts(list(lines[: places[0]]), [line for line in lines if line.inside], list(lines[places[-1] + 1 :]))


def _size(lines: Sequence[Line]) -> int:
    return sum(len(line.text) for line in lines)


def _publish_line(parts: _Parts, title: str, info: Sequence[str]) -> str:
    """The words around 来源 and 发布时间: what stands between title and body, or at the head of the body, or right after it."""
    found = [line.text for line in _below_title(parts.before, title) if _is_publish(line)]
    found += info
    wanted = chrome.squeeze(title)
    if not found:
        found = [line.text for line in parts.before if chrome.is_info(line.words) and line.words != wanted]
    if not found:
        found = [line.text for line in parts.after[:6] if chrome.is_info(line.words)]
    if found and not any(_DATED.search(chrome.squeeze(text)) for text in found):
        # 本报记者 … below a title, the issue's day in the paper's own head
        found += [match[0] for line in parts.before if _ISSUE.match(line.words) and (match := _DATED.search(line.words))][:1]
    return _joined(found or [line.text for line in parts.before if _is_dated(line) and line.words != wanted])


def _below_title(lines: Sequence[Line], title: str) -> Sequence[Line]:
    wanted = chrome.squeeze(title)
    for index in range(len(lines) - 1, -1, -1):
        words = lines[index].words
        if words and (words == wanted or (len(words) > 8 and words in wanted and lines[index].level)):
            return lines[index + 1 :]
    return [line for line in lines if chrome.is_info(line.words)]


def _is_publish(line: Line) -> bool:
    words = line.words
    return (
        len(words) <= 200
        and not chrome.is_crumb(words)
        and not (chrome.is_chrome(words) and not re.search(r"\d{4}", words))
        and line.links * 2 <= len(line.text) + 8
    )


def _is_dated(line: Line) -> bool:
    """A short line with a whole date, as the head of a newspaper's page."""
    words = line.words
    return len(words) <= 60 and line.links == 0 and bool(_DATED.search(words)) and not chrome.is_chrome(words)


def _joined(lines: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(lines))[: head.MAX_LINE]


def _frame(lines: Sequence[Line], document: str, meta: Mapping[str, str]) -> str:
    """Breadcrumb, footer and the names a page gives itself: they help to place it and prove nothing."""
    found = [document, meta.get("sitename", "")]
    found += [line.text[: head.MAX_LINE] for line in lines if chrome.is_frame(line.words)]
    return "\n".join(dict.fromkeys(filter(None, found)))[: head.MAX_FRAME]


def _in_script(text: str, url: str) -> Page | None:
    """The body a page keeps as JSON in a script (gkmlpt: ``DETAIL``), longest first."""
    best = ""
    for match in list(_JSON_BODY.finditer(text))[:20]:
        value = _json_string(text, match.end())
        if len(value) > len(best):
            best = value
    if len(best) < 10:
        return None
    fragment = body_fragment(best, url, _stated(text, _JSON_TITLE))
    source, date = _stated(text, _JSON_SOURCE), _stated(text, _JSON_DATE)
    told = " ".join(filter(None, (source and f"来源：{source}", date and f"发布时间：{date}")))
    return (
        replace(fragment, publish_line=fragment.publish_line or tidy(told)[: head.MAX_LINE])
        if fragment.blocks or fragment.attachments
        else None
    )


def _stated(text: str, key: re.Pattern[str]) -> str:
    found = key.search(text)
    return _json_string(text, found.end()) if found else ""


def _json_string(text: str, start: int) -> str:
    try:
        value, _ = scanstring(text, start, False)
    except (JSONDecodeError, ValueError, IndexError):
        return ""
    return str(value)


def _placed(
    fragment: Page,
    title: str,
    url: str,
    charset_name: str,
    flags: tuple[str, ...],
    meta: Mapping[str, str],
    header: Mapping[str, str],
    parts: _Parts,
    document: str,
) -> Page:
    """A body out of a script, in the page that carries it."""
    lines = [*parts.before, *parts.inside, *parts.after]
    named = chrome.squeeze(title or fragment.title)
    info = [line.text for line in lines if chrome.is_info(line.words) and line.words != named]
    return Page(
        url=url,
        title=title or fragment.title,
        blocks=fragment.blocks,
        charset=charset_name,
        meta=meta,
        header=header,
        publish_line=_joined(info) or fragment.publish_line,
        site_code=head.site_code(lines, meta),
        frame=_frame(lines, document, meta),
        attachments=fragment.attachments,
        flags=(*flags, "body-from-script"),
    )
