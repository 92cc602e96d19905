"""Pictures, and pages that are pictures: text recognition where the extra ``ocr`` is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from typing import Any

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.formats.building import paragraph
from crawler.extract.formats.limits import Job

NEEDS_OCR = "needs: ocr"
#: pixels of one picture; a page of A4 at 300 dpi has nine million
_MOST_PIXELS = 60_000_000
#: smaller pictures are seals, logos and lines
_LEAST_SIDE = 200

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
    return [block for data in pictures for block in recognise(_opened(data), job.where)]


def _opened(data: bytes) -> Any:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        with Image.open(BytesIO(data)) as image:
            return image.convert("RGB")
    except Image.DecompressionBombError:
        raise DocumentError("refused: picture with too many pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DocumentError(f"broken: picture ({type(error).__name__})") from None


_Box = tuple[float, float, float, str]


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR  # type: ignore[import-not-found, unused-ignore]

    return RapidOCR(params=_SETTINGS)


def recognise(image: Any, where: str) -> list[Block]:
    """Lines of text in a PIL picture, from top to bottom and left to right, each a paragraph."""
    if min(image.size) < _LEAST_SIDE:
        return []
    import numpy as np  # type: ignore[import-not-found, unused-ignore]

    found = _engine()(np.asarray(image))
    if found.boxes is None or found.txts is None:
        return []
    boxes = [_box(corners, text) for corners, text in zip(found.boxes, found.txts, strict=True)]
    return [block for line in _lines(boxes) for block in paragraph(line, where)]


def _box(corners: Any, text: str) -> _Box:
    ys = [float(corner[1]) for corner in corners]
    return min(ys), max(ys), min(float(corner[0]) for corner in corners), text


def _lines(boxes: list[_Box]) -> list[str]:
    """Boxes (top, bottom, left, text) joined to lines: the engine's own order is of no use in tables."""
    lines: list[list[_Box]] = []
    for box in sorted(boxes):
        middle = (box[0] + box[1]) / 2
        if lines and lines[-1][0][0] <= middle <= lines[-1][0][1]:
            lines[-1].append(box)
        else:
            lines.append([box])
    return [" ".join(text for *_, text in sorted(line, key=lambda box: box[2])) for line in lines]
