"""What a scanner did to a page, found and undone: seals over the text, a page that lies askew, ruling lines that are only pixels.

numpy and cv2 come with the extra ``ocr``; nothing here is loaded without it.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any

from crawler.extract.document.formats.layout import Box, Grid

#: radians: a page lies in the scanner a little askew, by a twentieth of a degree up to ten
_LEAST_SLANT, _MOST_SLANT, _STEP = 0.001, 0.18, 0.0015
#: pixels; shorter lines of text do not say how a page lies
_LEAST_LINE = 200
#: grey below which a pixel belongs to a line or a letter
_DARK = 160
#: the same on paper in the shade: how much darker than the mean of so many pixels around
_DARKER, _AROUND = 0.8, 101
#: lines: parts of the page's width that a piece of one has, pixels by which pieces may stand apart crosswise, thickness
_SHORTEST, _STEPS, _THICKEST = 40, 3, 14
_LEAST_CELL = 8.0
#: points of a cell's edge that may be its frame; in pixels: side of the smallest cell, ink of a character, paper around it
_FRAME, _LEAST_INSIDE, _LEAST_INK, _ROOM = 2.0, 16, 20, 8
#: a seal: by how much red outshines the rest, its sides in parts of the page's width, and how far from square it may be
_RED, _SEAL, _SQUARE = 50, (0.1, 0.4), (0.55, 1.8)
#: the mask of red is looked at this much smaller, so that a broken ring is one
_COARSE, _TRACE = 8, 0.01
#: grey by which a grainy page's pixels differ from their neighbours
_GRAIN = 6

Corners = Sequence[tuple[float, float]]


def numpy() -> Any:
    return importlib.import_module("numpy")


def _cv2() -> Any:
    return importlib.import_module("cv2")


def _dark(image: Any) -> Any:
    """Pixels of a grey PIL picture that are much darker than the paper around them, however it is lit."""
    grey = _cv2().medianBlur(numpy().asarray(image.convert("L")), 3)
    return grey < _DARKER * _cv2().blur(grey, (_AROUND, _AROUND))


def without_seals(picture: Any) -> Any:
    """Pixels (rows × columns × red, green, blue) without round red marks: in red light they are as pale as paper, and black ink is dark.

    Red words that are no seal, as the head of an official letter, stay.
    """
    np = numpy()
    red = picture[..., 0].astype(np.int16) - picture[..., 1:].max(axis=2) > _RED
    if not red.any():
        return picture
    coarse = _cv2().blur(red.astype(np.float32), (2 * _COARSE, 2 * _COARSE))[::_COARSE, ::_COARSE] > _TRACE
    clean = picture.copy()
    for x, y, wide, high, _ in _cv2().connectedComponentsWithStats(coarse.astype(np.uint8))[2][1:]:
        if all(_SEAL[0] < side * _COARSE / picture.shape[1] < _SEAL[1] for side in (wide, high)) and _SQUARE[0] < wide / high < _SQUARE[1]:
            part = clean[y * _COARSE : (y + high) * _COARSE, x * _COARSE : (x + wide) * _COARSE]
            part[...] = np.where(part[..., :1] > _DARK, 255, part[..., :1])
    return clean


def without_grain(picture: Any) -> Any:
    """Pixels without the grain of a poor copy, where half of them or more stand out from their neighbours; a clean page stays as it is."""
    np, smooth = numpy(), _cv2().medianBlur(picture, 3)
    grain = np.median(np.abs(picture[::4, ::4, 0].astype(np.int16) - smooth[::4, ::4, 0]))
    return smooth if grain >= _GRAIN else picture


def slant(boxes: Sequence[Corners]) -> float:
    """Angle in radians by which the lines of a page sink to the right; 0.0 where it is too small or too large to be a slip of paper."""
    edges = [(right[0] - left[0], right[1] - left[1]) for left, right, *_ in boxes]
    wide = [(across, down) for across, down in edges if across > _LEAST_LINE]
    slope = math.atan2(sum(down for _, down in wide), sum(across for across, _ in wide)) if wide else 0.0
    return slope if _LEAST_SLANT < abs(slope) < _MOST_SLANT else 0.0


def levelled(image: Any, slope: float, scale: float) -> tuple[float, list[Box]]:
    """The angle, among those near ``slope`` and none, at which the ruling lines come out longest, and these lines; ``slope`` where
    there are none."""
    tried, grey = [], image.convert("L")
    for angle in sorted({0.0, slope - _STEP, slope, slope + _STEP}, key=lambda one: abs(one - slope)):
        level = grey.rotate(math.degrees(angle), fillcolor="white") if angle else grey
        strokes = _strokes(_dark(level), scale)
        tried.append((sum(max(box.x1 - box.x0, box.bottom - box.top) ** 2 for box in strokes), angle, strokes))
    _, angle, strokes = max(tried, key=lambda one: one[0])
    return angle, strokes


def turned(image: Any, slope: float) -> Any:
    """Pixels of a picture turned level about its middle."""
    return numpy().asarray(image.rotate(math.degrees(slope), fillcolor="white") if slope else image)


def upright_box(corners: Corners, slope: float, size: tuple[int, int], scale: float) -> Box:
    """The box around four corners, on a page turned level about its middle."""
    (middle_x, middle_y), (cos, sin) = (size[0] / 2, size[1] / 2), (math.cos(slope), math.sin(slope))
    turned = [((x - middle_x) * cos + (y - middle_y) * sin, (y - middle_y) * cos - (x - middle_x) * sin) for x, y in corners]
    xs, ys = [(x + middle_x) * scale for x, _ in turned], [(y + middle_y) * scale for _, y in turned]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _strokes(dark: Any, scale: float) -> list[Box]:
    """Ruling lines: dark runs along rows and columns of a picture that are longer than any stroke of a letter."""
    _height, width = dark.shape
    flat = _ruled(dark, width // _SHORTEST)
    upright = _ruled(dark.T, width // _SHORTEST)
    lying = [Box(start * scale, place * scale, end * scale, place * scale) for place, start, end in flat]
    return lying + [Box(place * scale, start * scale, place * scale, end * scale) for place, start, end in upright]


def _ruled(dark: Any, least: int) -> list[tuple[float, int, int]]:
    """Place, start and end of the lines along the rows of a picture, twice as long as ``least`` or longer.

    What is shorter goes; what is left is joined where a line is broken, or steps aside by a pixel because it slants.
    """
    np, cv2 = numpy(), _cv2()
    lines = cv2.morphologyEx(np.ascontiguousarray(dark, np.uint8), cv2.MORPH_OPEN, np.ones((1, least), np.uint8))
    lines = cv2.morphologyEx(lines, cv2.MORPH_CLOSE, np.ones((_STEPS, least), np.uint8))
    found = cv2.connectedComponentsWithStats(lines)[2][1:]
    return [(y + high / 2, int(x), int(x + wide)) for x, y, wide, high, _ in found if wide >= 2 * least and high <= _THICKEST]


def is_plausible(grid: Grid) -> bool:
    """Whether every cell has room for a line of text: the stairs that a slanting line makes in pixels have not."""
    return all(place.bottom - place.top >= _LEAST_CELL for row in grid.rows for place in row if isinstance(place, Box))


def inside(picture: Any, cell: Box, scale: float) -> Any:
    """Pixels around what is written in a cell, without its frame; None where nothing is, or the cell is too small."""
    np, cv2 = numpy(), _cv2()
    x0, y0, x1, y1 = (round(value / scale) for value in (cell.x0 + _FRAME, cell.top + _FRAME, cell.x1 - _FRAME, cell.bottom - _FRAME))
    part = np.ascontiguousarray(picture[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)])
    if min(part.shape[:2]) < _LEAST_INSIDE:
        return None
    dark = cv2.medianBlur(part.min(axis=2), 3) < _DARKER * np.median(part)
    found = [one for one in cv2.connectedComponentsWithStats(dark.astype(np.uint8))[2][1:] if one[4] >= _LEAST_INK]
    if not found:
        return None
    left, top = min(one[0] for one in found), min(one[1] for one in found)
    right, low = max(one[0] + one[2] for one in found), max(one[1] + one[3] for one in found)
    return part[max(top - _ROOM, 0) : low + _ROOM, max(left - _ROOM, 0) : right + _ROOM]
