"""PDF: text by pypdfium2; pages with ruling lines by pdfplumber, which finds their tables; pages of pictures by recognition."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.columns import unruled
from crawler.extract.document.formats.layout import Box, Grid, PageParts, Part, Run, page_parts
from crawler.extract.document.formats.limits import Job, PartlyReadError
from crawler.extract.document.formats.pictures import MOST_SIDE, NEEDS_OCR, as_far_as_read, may_recognise, recognised
from crawler.extract.document.formats.ruling import grid_of

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

_MOST_PAGES = 400
#: a page with more objects is a drawing; its ruling lines are not looked at
_MOST_OBJECTS = 20_000
_LEAST_LINES = 4
#: share of a document's time for finding its tables
_MOST_TIME = 0.5
#: characters of a page that is more than a picture, and the share of the page that such a picture covers
_LEAST_TEXT, _COVERED = 20, 0.4
_OCR_DPI = 200
#: characters that tell how a page lies; parts of a point in which places are told
_SAMPLE, _FINE = 200, 20
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
#: share of unreadable characters from which text without a character map goes to recognition
_UNREADABLE = 0.3


@dataclass(frozen=True, slots=True)
class _Look:
    """What a page is made of."""

    text: str
    lines: int
    images: int
    turn: int | None = None
    covered: bool = False

    @property
    def is_picture(self) -> bool:
        """No text, no more than a page number beside a picture, or text whose fonts do not say which characters they draw; yet
        something is to be seen."""
        if self.covered and len(self.text.strip()) < _LEAST_TEXT:
            return True
        strange = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in self.text)
        if self.text.strip():
            return strange > _UNREADABLE * len(self.text.strip())
        return self.images > 0 or self.lines > 50


def read_pdf(data: bytes, job: Job) -> list[Block]:
    """Blocks of a PDF. Raises `DocumentError`: "encrypted", "broken: …", "needs: ocr" where no page has text."""
    document = _opened(data)
    try:
        if len(document) > _MOST_PAGES:
            raise DocumentError(f"refused: more than {_MOST_PAGES} pages")
        looks = [_look(document[place]) for place in range(len(document))]
        data = _set_upright(document, looks) or data
        ruled = {place for place, look in enumerate(looks) if look.lines >= _LEAST_LINES and not look.is_picture}
        tables = _ruled_pages(data, ruled, job)
        blocks = as_far_as_read(_page(document[place], place, look, tables.get(place), job) for place, look in enumerate(looks))
    finally:
        document.close()
    if any(look.is_picture for look in looks) and not may_recognise(job):
        raise PartlyReadError(NEEDS_OCR, blocks)
    return blocks


def _opened(data: bytes) -> PdfDocument:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        return PdfDocument(data)
    except PdfiumError as error:
        code = getattr(error, "err_code", None)
        raise DocumentError("encrypted" if code == _PASSWORD_ERROR else "broken: PDF that does not open") from None


def _look(page: PdfPage) -> _Look:
    from pypdfium2 import raw

    counts = {raw.FPDF_PAGEOBJ_PATH: 0, raw.FPDF_PAGEOBJ_IMAGE: 0}
    covered, size = False, page.get_width() * page.get_height()
    for place, item in enumerate(page.get_objects(filter=list(counts), max_depth=4)):
        counts[item.type] += 1
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            x0, y0, x1, y1 = item.get_bounds()
            covered = covered or (x1 - x0) * (y1 - y0) > _COVERED * size
        if place > _MOST_OBJECTS:
            break
    words = page.get_textpage()
    lines = counts[raw.FPDF_PAGEOBJ_PATH] if sum(counts.values()) <= _MOST_OBJECTS else 0
    return _Look(words.get_text_range(), lines, counts[raw.FPDF_PAGEOBJ_IMAGE], _turn(words), covered)


def _turn(words: PdfTextPage) -> int | None:
    """By how many degrees the page must be turned so that most of its text lies; None where it has no text."""
    from pypdfium2 import raw

    count = words.count_chars()
    angles = (raw.FPDFText_GetCharAngle(words, place) for place in range(0, count, max(count // _SAMPLE, 1)))
    quarters = Counter(round(angle / (math.pi / 2)) % 4 for angle in angles if angle >= 0)
    return 90 * quarters.most_common(1)[0][0] if quarters else None


def _page(page: PdfPage, place: int, look: _Look, ruled: list[Part] | None, job: Job) -> PageParts:
    where = f"{job.where}#page={place + 1}"
    if look.is_picture:
        return recognised(_rendered(page), where, job) if may_recognise(job) else PageParts(where, [])
    if ruled is not None:
        return PageParts(where, ruled)
    runs = list(_runs(page))
    return PageParts(where, page_parts(runs, unruled(runs), page.get_width()))


def _rendered(page: PdfPage) -> Any:
    """A page as a picture, in colours: they tell seals from text."""
    scale = min(_OCR_DPI / 72, MOST_SIDE / max(page.get_width(), page.get_height(), 1.0))
    return page.render(scale=scale).to_pil().convert("RGB")


def _runs(page: PdfPage) -> Iterator[Run]:
    """Pieces of text as the page sets them, y turned downwards."""
    text = page.get_textpage()
    for place in range(text.count_rects()):
        rect = text.get_rect(place)
        (x0, y0), (x1, y1) = _shown(page, *rect[:2]), _shown(page, *rect[2:])
        yield Run(text.get_text_bounded(*rect), Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))


def _shown(page: PdfPage, x: float, y: float) -> tuple[float, float]:
    """A point of the page as it is shown: turned, without what is cropped, from the top, in points."""
    from pypdfium2 import raw

    right, down = ctypes.c_int(), ctypes.c_int()
    size = (round(side * _FINE) for side in page.get_size())
    raw.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, right, down)
    return right.value / _FINE, down.value / _FINE


def _set_upright(document: PdfDocument, looks: Sequence[_Look]) -> bytes | None:
    """Turn the pages so that their text lies; the file with these turns, where there are any."""
    turned = False
    for place, look in enumerate(looks):
        page = document[place]
        if look.turn is not None and page.get_rotation() != look.turn:
            page.set_rotation(look.turn)
            turned = True
    if not turned:
        return None
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def _ruled_pages(data: bytes, wanted: set[int], job: Job) -> dict[int, list[Part]]:
    """Parts of the wanted pages that hold a table; pages without one are left to the faster way, and so is what takes too long."""
    if not wanted:
        return {}
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException

    found: dict[int, list[Part]] = {}
    try:
        with pdfplumber.open(BytesIO(data)) as document:
            for place in sorted(wanted & set(range(len(document.pages)))):
                if job.budget.used_time() > _MOST_TIME:
                    break
                page = document.pages[place]
                grids = [grid for table in page.find_tables() if (grid := _grid(table)) is not None]
                if grids:
                    found[place] = page_parts([_char(char) for char in page.dedupe_chars().chars], grids, float(page.width))
                page.close()
    except PdfminerException:
        return found  # a damaged file that the other library opens all the same: its text is read, without tables
    return found


def _grid(table: Any) -> Grid | None:
    return grid_of([Box(*map(float, cell)) for cell in table.cells])


def _char(char: dict[str, Any]) -> Run:
    return Run(str(char["text"]), Box(float(char["x0"]), float(char["top"]), float(char["x1"]), float(char["bottom"])))
