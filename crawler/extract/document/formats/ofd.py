"""OFD (GB/T 33190), the fixed-layout format of Chinese offices: a zip of XML with text placed on pages."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.columns import unruled
from crawler.extract.document.formats.layout import Box, Grid, PageParts, Part, Run, page_parts
from crawler.extract.document.formats.limits import Job, PartlyReadError
from crawler.extract.document.formats.package import Package
from crawler.extract.document.formats.pictures import NEEDS_OCR, as_far_as_read, may_recognise, opened, recognised
from crawler.extract.document.formats.ruling import grids
from crawler.extract.document.formats.safe_xml import Element, attribute, child, local

_MOST_PAGES = 400
_A4_WIDTH = 210.0  # millimetres, where a document does not give its page's size
_POINTS = 72 / 25.4
#: a page with fewer characters than this beside a picture is the picture
_LEAST_TEXT = 20
#: millimetres; smaller pictures are seals and logos
_LEAST_PICTURE = 80.0


@dataclass(frozen=True, slots=True)
class _Page:
    """Layers (templates, content, annotations), the width in points, and files of pictures by the id of their resource."""

    layers: list[Element]
    width: float
    media: Mapping[str, str]

    def parts(self) -> list[Part]:
        runs = [run for layer in self.layers for run in _runs(layer)]
        return page_parts(runs, _grids(self.layers) or unruled(runs), self.width)

    def pictures(self) -> list[str]:
        """Files of the pictures that fill a good part of the page."""
        found = [node for layer in self.layers for node in layer.iter() if local(node) == "ImageObject" and _is_large(node)]
        return [name for node in found if (name := self.media.get(attribute(node, "ResourceID") or ""))]

    def length(self) -> int:
        return sum(len((code.text or "").strip()) for layer in self.layers for code in layer.iter() if local(code) == "TextCode")


def _is_large(node: Element) -> bool:
    _, _, width, height = _boundary(node)
    return not width or min(width, height) > _LEAST_PICTURE


def read_ofd(data: bytes, job: Job) -> list[Block]:
    """Blocks of all documents in the file, templates of a page before its own content."""
    package = Package(data, job.budget)
    roots = [(node.text or "").strip().lstrip("/") for node in package.xml("OFD.xml").iter() if local(node) == "DocRoot"]
    pages = [page for root in roots for page in _pages(package, root)]
    scanned = {number for number, page in enumerate(pages) if page.length() < _LEAST_TEXT and page.pictures()}
    blocks = as_far_as_read(
        part
        for number, page in enumerate(pages)
        for part in _read(page, package, f"{job.where}#page={number + 1}", job if number in scanned else None)
    )
    if scanned and not may_recognise(job):
        raise PartlyReadError(NEEDS_OCR, blocks)
    return blocks


def _read(page: _Page, package: Package, where: str, scanned: Job | None) -> Iterator[PageParts]:
    """The page's own text, or with ``scanned`` that of its pictures."""
    if scanned is None or not may_recognise(scanned):
        yield PageParts(where, page.parts())
        return
    for name in page.pictures():
        for _, image in opened(package.read(name)):
            yield recognised(image, where, scanned)


def _pages(package: Package, root: str) -> Iterator[_Page]:
    document = package.xml(root)
    base = posixpath.dirname(root)
    common = child(document, "CommonData")
    width = _width(common)
    inside = common if common is not None else ()
    templates = {attribute(node, "ID"): _path(base, node) for node in inside if local(node) == "TemplatePage"}
    media = {key: name for node in inside if local(node) in {"DocumentRes", "PublicRes"} for key, name in _media(package, base, node)}
    notes = _annotations(package, base, document)
    listed = child(document, "Pages")
    nodes = list(listed) if listed is not None else []
    if len(nodes) > _MOST_PAGES:
        raise DocumentError(f"refused: more than {_MOST_PAGES} pages")
    for node in nodes:
        page = package.xml_or_none(_path(base, node))
        if page is not None:
            used = [templates.get(attribute(item, "TemplateID")) for item in page if local(item) == "Template"]
            layers = [layer for name in used if name and (layer := package.xml_or_none(name)) is not None]
            yield _Page([*layers, page, *notes.get(attribute(node, "ID") or "", ())], _width(page, width), media)


def _media(package: Package, base: str, node: Element) -> Iterator[tuple[str, str]]:
    """Ids and files of the pictures that a list of resources names."""
    listed = _joined(base, (node.text or "").strip())
    resources = package.xml_or_none(listed)
    if resources is None:
        return
    folder = _joined(posixpath.dirname(listed), (attribute(resources, "BaseLoc") or "").strip())
    for item in resources.iter():
        file = child(item, "MediaFile") if local(item) == "MultiMedia" else None
        if file is not None:
            yield attribute(item, "ID") or "", _joined(folder, (file.text or "").strip())


def _annotations(package: Package, base: str, document: Element) -> dict[str, list[Element]]:
    """What was put on pages afterwards, as stamps with text, by the id of the page; what is only shown on a screen is left out."""
    listed = child(document, "Annotations")
    path = _joined(base, (listed.text or "").strip()) if listed is not None else ""
    index = package.xml_or_none(path) if path else None
    found: dict[str, list[Element]] = {}
    for node in index if index is not None else ():
        place = child(node, "FileLoc")
        notes = package.xml_or_none(_joined(posixpath.dirname(path), (place.text or "").strip())) if place is not None else None
        for note in notes if notes is not None else ():
            if attribute(note, "Visible") != "false":
                found.setdefault(attribute(node, "PageID") or "", []).extend(_drawn(note))
    return found


def _drawn(note: Element) -> Iterator[Element]:
    return (item for item in note if local(item) == "Appearance")


def _path(base: str, node: Element) -> str:
    return _joined(base, (attribute(node, "BaseLoc") or "").strip())


def _joined(base: str, location: str) -> str:
    return location.lstrip("/") if location.startswith("/") else posixpath.normpath(posixpath.join(base, location))


def _width(node: Element | None, default: float = _A4_WIDTH * _POINTS) -> float:
    box = next((item for item in node.iter() if local(item) == "PhysicalBox"), None) if node is not None else None
    sizes = _numbers(box.text or "") if box is not None else []
    return sizes[2] * _POINTS if len(sizes) == 4 else default


def _numbers(text: str) -> list[float]:
    found = []
    for word in text.split():
        try:
            found.append(float(word))
        except ValueError:
            return []
    return found


def _boundary(node: Element) -> tuple[float, float, float, float]:
    values = _numbers(attribute(node, "Boundary") or "")
    return (values[0], values[1], values[2], values[3]) if len(values) == 4 else (0.0, 0.0, 0.0, 0.0)


def _runs(layer: Element) -> Iterator[Run]:
    """Pieces of text in points. A text's baseline is given; its box reaches one font size up."""
    for node in layer.iter():
        if local(node) != "TextObject":
            continue
        left, top, width, _ = _boundary(node)
        size = (_numbers(attribute(node, "Size") or "") or [3.5])[0]
        scale = _numbers(attribute(node, "CTM") or "")
        size *= abs(scale[3]) if len(scale) == 6 and scale[3] else 1.0
        codes = [item for item in node if local(item) == "TextCode"]
        for code in codes:
            text = code.text or ""
            x = left + (_numbers(attribute(code, "X") or "") or [0.0])[0] * (abs(scale[0]) if len(scale) == 6 else 1.0)
            base = top + (_numbers(attribute(code, "Y") or "") or [size])[0] * (abs(scale[3]) if len(scale) == 6 else 1.0)
            end = left + width if len(codes) == 1 and width else x + size * sum(1.0 if ord(char) > 0x2E80 else 0.5 for char in text)
            yield Run(text, Box(x * _POINTS, (base - size) * _POINTS, max(end, x) * _POINTS, base * _POINTS))


def _grids(layers: list[Element]) -> list[Grid]:
    return grids([segment for layer in layers for segment in _segments(layer)])


def _segments(layer: Element) -> Iterator[Box]:
    """Straight strokes of the paths, in points; operators M, L, C of AbbreviatedData, and rectangles by their corners."""
    for node in layer.iter():
        if local(node) != "PathObject":
            continue
        left, top, _, _ = _boundary(node)
        data = child(node, "AbbreviatedData")
        yield from _strokes((data.text or "") if data is not None else "", left, top)


def _strokes(path: str, left: float, top: float) -> Iterator[Box]:
    words = path.replace(",", " ").split()[:20_000]
    here = start = (0.0, 0.0)
    at = 0
    while at < len(words):
        operator, at = words[at], at + 1
        size = {"M": 2, "S": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}.get(operator)
        if size is None:
            return
        values = _numbers(" ".join(words[at : at + size]))
        at += size
        if len(values) != size:
            return
        point = (values[-2], values[-1]) if values else start
        if operator in {"L", "C"}:
            (x0, x1), (y0, y1) = sorted((here[0], point[0])), sorted((here[1], point[1]))
            yield Box((left + x0) * _POINTS, (top + y0) * _POINTS, (left + x1) * _POINTS, (top + y1) * _POINTS)
        start = point if operator in {"M", "S"} else start
        here = point
