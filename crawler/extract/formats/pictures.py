"""Pictures, and pages that are pictures: text recognition where the extra ``ocr`` is installed."""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from io import BytesIO
from typing import Any

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.formats.layout import Box, Grid, Part, Run, joined_pages, page_parts
from crawler.extract.formats.limits import Job
from crawler.extract.formats.ruling import grids

NEEDS_OCR = "needs: ocr"
#: pixels of one picture; a page of A4 at 300 dpi has nine million
MOST_PIXELS = 60_000_000
#: smaller pictures are seals, logos and lines
_LEAST_SIDE = 200
#: places on a picture are given as if it were a page of this width, in points
_PAGE_WIDTH = 595.0
_LEAST_CELL = 8.0
#: radians: a page lies in the scanner a little askew, by a twentieth of a degree up to five
_LEAST_SLANT, _MOST_SLANT, _STEP = 0.001, 0.09, 0.0015
#: grey below which a pixel belongs to a line or a letter
_DARK = 160

Corners = Sequence[tuple[float, float]]
#: tried on clean, noisy and skewed pages (2026-11): the defaults lose characters of clean lines and of dense tables
_SETTINGS = {
    "Det.limit_type": "max",
    "Det.limit_side_len": 1280,
    "Global.use_cls": False,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def ocr_is_installed() -> bool:
    """Whether text recognition could run here; loads nothing."""
    return importlib.util.find_spec("rapidocr") is not None


def require_ocr(job: Job) -> None:
    """Raises `DocumentError` ("needs: ocr") unless recognition is asked for and installed."""
    if not (job.ocr and ocr_is_installed()):
        raise DocumentError(NEEDS_OCR)


def read_image(data: bytes, job: Job) -> list[Block]:
    """Blocks of one picture file."""
    return read_pictures([data], job)


def read_pictures(pictures: Iterable[bytes], job: Job) -> list[Block]:
    """Blocks of several pictures, in order; those too small to hold text are passed over."""
    require_ocr(job)
    return joined_pages((job.where, recognise(_opened(data))) for data in pictures)


def _opened(data: bytes) -> Any:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(BytesIO(data)) as image:
            return image.convert("RGB")
    except Image.DecompressionBombError:
        raise DocumentError("refused: picture with too many pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DocumentError(f"broken: picture ({type(error).__name__})") from None


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params=_SETTINGS)


def recognise(image: Any) -> list[Part]:
    """Paragraphs and ruled tables in a PIL picture, ordered by their places: the engine's own order is of no use in tables."""
    if min(image.size) < _LEAST_SIDE:
        return []
    found = _engine()(_numpy().asarray(image))
    if found.boxes is None or found.txts is None:
        return []
    corners = [[(float(x), float(y)) for x, y in box] for box in found.boxes]
    scale = _PAGE_WIDTH / image.size[0]
    slope, strokes = _levelled(image, slant(corners), scale)
    runs = [Run(text, _box(box, slope, image.size, scale)) for box, text in zip(corners, found.txts, strict=True)]
    return page_parts(runs, [grid for grid in grids(strokes) if is_plausible(grid)], _PAGE_WIDTH)


def _numpy() -> Any:
    """Comes with the extra ``ocr`` alone."""
    return importlib.import_module("numpy")


def slant(boxes: Sequence[Corners]) -> float:
    """Angle in radians by which the lines of a page sink to the right; 0.0 where it is too small or too large to be a slip of paper."""
    edges = [(right[0] - left[0], right[1] - left[1]) for left, right, *_ in boxes]
    wide = [(across, down) for across, down in edges if across > _LEAST_SIDE]
    slope = math.atan2(sum(down for _, down in wide), sum(across for across, _ in wide)) if wide else 0.0
    return slope if _LEAST_SLANT < abs(slope) < _MOST_SLANT else 0.0


def _levelled(image: Any, slope: float, scale: float) -> tuple[float, list[Box]]:
    """The angle, among those near ``slope`` and none, at which the ruling lines come out longest, and these lines."""
    tried = []
    for angle in sorted({0.0, slope - _STEP, slope, slope + _STEP}, key=abs):
        level = image.rotate(math.degrees(angle), fillcolor="white") if angle else image
        strokes = list(_strokes(_numpy().asarray(level).min(axis=2) < _DARK, scale))
        tried.append((sum(max(box.x1 - box.x0, box.bottom - box.top) ** 2 for box in strokes), -abs(angle), angle, strokes))
    _, _, angle, strokes = max(tried, key=lambda one: one[:2])
    return angle, strokes


def _box(corners: Corners, slope: float, size: tuple[int, int], scale: float) -> Box:
    """The box around four corners, on a page turned level about its middle."""
    (middle_x, middle_y), (cos, sin) = (size[0] / 2, size[1] / 2), (math.cos(slope), math.sin(slope))
    turned = [((x - middle_x) * cos + (y - middle_y) * sin, (y - middle_y) * cos - (x - middle_x) * sin) for x, y in corners]
    xs, ys = [(x + middle_x) * scale for x, _ in turned], [(y + middle_y) * scale for _, y in turned]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _strokes(dark: Any, scale: float) -> Iterator[Box]:
    """Long dark runs along rows and columns of a picture: ruling lines, one box for every pixel of their thickness."""
    height, width = dark.shape
    for y, start, end in _runs(dark, width // 20):
        yield Box(start * scale, y * scale, end * scale, (y + 1) * scale)
    for x, start, end in _runs(dark.T, height // 40):
        yield Box(x * scale, start * scale, (x + 1) * scale, end * scale)


def _runs(dark: Any, least: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of the runs of at least ``least`` dark pixels in each line of a picture."""
    np = _numpy()
    dark = dark.copy()
    dark[1:] |= dark[:-1].copy()  # a line that slants by one pixel over its length is one line
    for number in np.flatnonzero(dark.sum(axis=1) >= least):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], dark[number].view(np.int8), [0]))))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if end - start >= least:
                yield int(number), int(start), int(end)


def is_plausible(grid: Grid) -> bool:
    """Whether every cell has room for a line of text: the stairs that a slanting line makes in pixels have not."""
    return all(place.bottom - place.top >= _LEAST_CELL for row in grid.rows for place in row if isinstance(place, Box))
