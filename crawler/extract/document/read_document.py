"""A file of any kind to blocks. The kind is told by the content; what cannot be read says why in its status.

This module works in the calling process. Files from the network go through `crawler.extract.document.sandbox`.
"""

from __future__ import annotations

import importlib
from dataclasses import replace

from crawler.errors import DocumentError
from crawler.extract.blocks import Document
from crawler.extract.document.formats import sniffing
from crawler.extract.document.formats.building import clipped
from crawler.extract.document.formats.limits import MIB, Budget, Job, Limits, PartlyReadError, Reader

sniff = sniffing.sniff

#: media type → module and function in crawler.extract.document.formats; loaded when first wanted, so that a start costs little
_READERS = {
    sniffing.DOCX: ("word", "read_docx"),
    sniffing.WORD_XML: ("word", "read_word_xml"),
    sniffing.DOC: ("legacy_word", "read_doc"),
    sniffing.OLE: ("legacy_word", "read_storage"),
    sniffing.RTF: ("rtf", "read_rtf"),
    sniffing.PDF: ("pdf", "read_pdf"),
    sniffing.OFD: ("ofd", "read_ofd"),
    sniffing.XLS: ("sheets", "read_sheets"),
    sniffing.XLSX: ("sheets", "read_sheets"),
    sniffing.ODT: ("odt", "read_odt"),
    sniffing.ODS: ("sheets", "read_sheets"),
    sniffing.EXCEL_XML: ("sheets", "read_spreadsheet_xml"),
    sniffing.CSV: ("plain", "read_csv"),
    sniffing.TEXT: ("plain", "read_text"),
    sniffing.HTML: ("markup", "read_html"),
    sniffing.MHTML: ("markup", "read_mhtml"),
    sniffing.ZIP: ("archives", "read_zip"),
    sniffing.SEVEN_ZIP: ("archives", "read_7z"),
    sniffing.RAR: ("archives", "read_rar"),
}


def read_document(
    data: bytes, name: str = "", declared: str | None = None, *, limits: Limits | None = None, ocr: bool = False, office: bool = True
) -> Document:
    """Read a file to blocks, whatever its kind. Never raises for what the file holds: the status tells.

    ``name``: as the page gives it, used for ``where`` alone. ``declared``: media type by the server; it is not believed.
    ``ocr``: recognise text in scanned pages (extra ``ocr``); ``office``: let LibreOffice convert what antiword refuses.

    Status: ``read``; ``empty``; ``encrypted``; ``broken: WHY``; ``refused: WHY`` (a limit, or a kind we do not read);
    ``needs: TOOL``, where blocks may hold the part that was read without it.
    """
    job = Job(name, name, Budget(limits or Limits()), _read, declared, ocr=ocr, office=office)
    return _bounded(_read(data, job), job.budget.limits)


def _read(data: bytes, job: Job) -> Document:
    media_type = sniffing.UNKNOWN
    try:
        media_type = sniff(data)
        if media_type == sniffing.EMPTY:
            return Document(job.name, media_type, "empty")
        blocks = _reader(media_type)(data, job)
    except PartlyReadError as error:
        return Document(job.name, media_type, str(error), error.blocks)
    except DocumentError as error:
        return Document(job.name, media_type, str(error))
    except MemoryError:
        return Document(job.name, media_type, f"refused: needs more than {job.budget.limits.memory // MIB} MiB of memory")
    except Exception as error:  # noqa: BLE001 - parsers fail on hostile bytes in every way there is; the notice must not suffer
        return Document(job.name, media_type, f"broken: {type(error).__name__} while reading")
    return Document(job.name, media_type, "read" if blocks else "empty", tuple(blocks))


def _reader(media_type: str) -> Reader:
    if media_type == sniffing.LOCKED_OFFICE:
        raise DocumentError("encrypted")
    place = ("pictures", "read_image") if media_type.startswith("image/") else _READERS.get(media_type)
    if place is None:
        raise DocumentError(f"refused: {media_type} is not read")
    reader: Reader = getattr(importlib.import_module(f"crawler.extract.document.formats.{place[0]}"), place[1])
    return reader


def _bounded(document: Document, limits: Limits) -> Document:
    kept, all_fit = clipped(document.blocks, limits.text)
    if all_fit:
        return document
    return replace(document, status=f"refused: more than {limits.text // MIB} MiB of text", blocks=tuple(kept))
