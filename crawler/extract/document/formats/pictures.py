"""Pictures, and pages that are pictures: text recognition where the extra ``ocr`` is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats import scanning
from crawler.extract.document.formats.columns import unruled
from crawler.extract.document.formats.layout import Box, Grid, PageParts, Part, Run, joined_pages, page_parts
from crawler.extract.document.formats.limits import Job, PartlyReadError
from crawler.extract.document.formats.ruling import grids

NEEDS_OCR = "needs: ocr"
#: pixels of one picture; a page of A4 at 300 dpi has nine million
MOST_PIXELS = 60_000_000
#: more than a page of A4 at 300 dpi shows no more, and takes memory
MOST_SIDE = 3_600
#: frames of one picture file: a fax is a TIFF of many
_MOST_FRAMES = 400
#: smaller pictures are seals, logos and lines
_LEAST_SIDE = 200
#: places on a picture are given as if it were a page of this width, in points
_PAGE_WIDTH = 595.0
#: a page read the right way up is surer than this, one that stands on its head is not
_UPRIGHT = 0.85
#: lines that the engine is less sure of are none
_LEAST_SURE = 0.5
#: a line of text is this much wider than high, or it stands on end
_ON_END = 1.5

#: tried on clean, noisy and skewed pages (2026-11): the defaults lose characters of clean lines and of dense tables
_SETTINGS = {
    "Det.limit_type": "max",
    "Det.limit_side_len": 1280,
    "Global.use_cls": False,
    "Global.text_score": 0.0,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def ocr_is_installed() -> bool:
    """Whether text recognition could run here; loads nothing."""
    return importlib.util.find_spec("rapidocr") is not None


def require_ocr(job: Job) -> None:
    """Raises `DocumentError` ("needs: ocr") unless recognition is asked for and installed."""
    if not may_recognise(job):
        raise DocumentError(NEEDS_OCR)


def may_recognise(job: Job) -> bool:
    return job.ocr and ocr_is_installed()


def read_image(data: bytes, job: Job) -> list[Block]:
    """Blocks of one picture file, of all its pages where it has several."""
    return read_pictures([data], job)


def read_pictures(pictures: Iterable[bytes], job: Job) -> list[Block]:
    """Blocks of several pictures, in order; those too small to hold text are passed over."""
    require_ocr(job)
    return as_far_as_read(recognised(image, f"{job.where}{page}", job) for data in pictures for page, image in opened(data))


def recognised(image: Any, where: str, job: Job) -> PageParts:
    """A page read from a PIL picture. Raises `DocumentError` where the document's time is over."""
    job.budget.check_time()
    return PageParts(where, *recognise(image))


def as_far_as_read(pages: Iterable[PageParts]) -> list[Block]:
    """Blocks of pages that are read while they are asked for. Raises `PartlyReadError` with those before a page that fails."""
    read: list[PageParts] = []
    try:
        read.extend(pages)
    except DocumentError as error:
        raise PartlyReadError(str(error), joined_pages(read)) from None
    return joined_pages(read)


def opened(data: bytes) -> Iterator[tuple[str, Any]]:
    """The pages of a picture file: "#page=N" where it can hold several, and a PIL picture, turned as the camera held it.

    Raises `DocumentError`.
    """
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as image:
            several = image.format == "TIFF"
            for number, frame in enumerate(ImageSequence.Iterator(image) if several else iter([image]), 1):
                if number > _MOST_FRAMES:
                    raise DocumentError(f"refused: more than {_MOST_FRAMES} pages")
                if frame.width * frame.height > MOST_PIXELS:
                    raise DocumentError("refused: picture with too many pixels")
                yield f"#page={number}" if several else "", ImageOps.exif_transpose(_opaque(frame))
    except Image.DecompressionBombError:
        raise DocumentError("refused: picture with too many pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise DocumentError(f"broken: picture ({type(error).__name__})") from None


def _opaque(image: Any) -> Any:
    """On white paper: what shines through a picture is black otherwise. Larger ones are made as small as they may be read."""
    from PIL import Image

    image.thumbnail((MOST_SIDE, MOST_SIDE))
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    return paper.convert("RGB")


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params=_SETTINGS)


@dataclass(frozen=True, slots=True)
class _Line:
    """A recognised line: its corners from the upper left on, its text, and how sure the engine is of it."""

    corners: scanning.Corners
    text: str
    sure: float

    @property
    def on_end(self) -> bool:
        (left, top), (right, beside), _, (down, bottom) = self.corners
        return abs(bottom - top) + abs(down - left) > _ON_END * (abs(right - left) + abs(beside - top))


def recognise(image: Any) -> tuple[list[Part], float | None]:
    """Paragraphs and ruled tables in a PIL picture, and how sure the engine is of a character on average, None where there is none.

    The page is turned upright and level before. Lines are ordered by their places: the engine's own order is of no use in tables.
    """
    if min(image.size) < _LEAST_SIDE:
        return [], None
    image, found = _upright(_cleaned(image))
    if not found:
        return [], None
    scale = _PAGE_WIDTH / image.size[0]
    slope, strokes = scanning.levelled(image, scanning.slant([line.corners for line in found]), scale)
    runs = [Run(line.text, scanning.upright_box(line.corners, slope, image.size, scale)) for line in found]
    ruled = [grid for grid in grids(strokes) if scanning.is_plausible(grid)]
    return page_parts([*runs, *_missed(image, slope, ruled, runs)], ruled or unruled(runs), _PAGE_WIDTH), round(_sure(found), 3)


def _cleaned(image: Any) -> Any:
    from PIL import Image

    return Image.fromarray(scanning.without_grain(scanning.without_seals(scanning.numpy().asarray(image))))


def _upright(image: Any) -> tuple[Any, list[_Line]]:
    """The picture turned so that its lines lie and are read most surely, and these lines."""
    found = _lines(image)
    if _lying(found) and _sure(found) > _UPRIGHT:
        return image, found
    tries = [(image, found)]
    for angle in (180,) if _lying(found) else (270, 90):
        turned = image.rotate(angle, expand=True)
        tries.append((turned, _lines(turned)))
        if _sure(tries[-1][1]) > _UPRIGHT:
            break
    image, found = max(tries, key=lambda one: (_lying(one[1]), sum(line.sure * len(line.text) for line in one[1])))
    return image, found


def _lines(image: Any) -> list[_Line]:
    found = _engine()(scanning.numpy().asarray(image), use_det=True)
    if found.boxes is None or found.txts is None:
        return []
    boxes = ([(float(x), float(y)) for x, y in box] for box in found.boxes)
    return [_Line(*one) for one in zip(boxes, found.txts, found.scores, strict=True) if one[2] >= _LEAST_SURE]


def _lying(found: Sequence[_Line]) -> bool:
    """Whether most of the text lies along the page's width."""
    return sum(len(line.text) * (1 if line.on_end else -1) for line in found) <= 0


def _sure(found: Sequence[_Line]) -> float:
    """Mean confidence of a character."""
    total = sum(len(line.text) for line in found)
    return sum(line.sure * len(line.text) for line in found) / total if total else 0.0


def _missed(image: Any, slope: float, ruled: Sequence[Grid], runs: Sequence[Run]) -> Iterator[Run]:
    """Text of cells in which nothing was found though there is ink: a single digit is easily overlooked among lines."""
    scale = _PAGE_WIDTH / image.size[0]
    picture = scanning.turned(image, slope)
    for place in (place for grid in ruled for row in grid.rows for place in row if isinstance(place, Box)):
        if any(place.holds(run.box.middle) for run in runs):
            continue
        part = scanning.inside(picture, place, scale)
        if part is not None:
            found = _engine()(part, use_det=False)
            for text, sure in zip(found.txts or (), found.scores or (), strict=True):
                if sure >= _LEAST_SURE:
                    yield Run(text, place)
