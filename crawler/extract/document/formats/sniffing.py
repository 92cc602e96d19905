"""What kind of file this is, by its bytes alone. Names and declared types lie too often to be asked."""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO

from crawler.extract.document.formats import ole
from crawler.extract.document.formats.plain import delimiter_of
from crawler.extract.page.charset import decode

EMPTY, UNKNOWN = "application/x-empty", "application/octet-stream"
PDF, RTF, OFD, ZIP = "application/pdf", "application/rtf", "application/ofd", "application/zip"
SEVEN_ZIP, RAR = "application/x-7z-compressed", "application/vnd.rar"
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
_OPEN = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = f"{_OPEN}wordprocessingml.document", f"{_OPEN}spreadsheetml.sheet", f"{_OPEN}presentationml.presentation"
ODT, ODS = "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet"
WORD_XML, EXCEL_XML, XML = "application/vnd.ms-word.document+xml", "application/vnd.ms-excel.sheet+xml", "application/xml"
HTML, MHTML, CSV, TEXT = "text/html", "multipart/related", "text/csv", "text/plain"
LOCKED_OFFICE, OLE = "application/x-encrypted-office", "application/x-ole-storage"

_MAGICS = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (ole.MAGIC, OLE),
    (b"{\\rtf", RTF),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"Rar!\x1a\x07", RAR),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\x1f\x8b", "application/gzip"),
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|table|div|p|span|script|style|center|font|h[1-6])[\s>/]", re.IGNORECASE)
_MHTML = re.compile(rb"(?:^|\n)(?:MIME-Version:|Content-Type:\s*multipart/related)", re.IGNORECASE)
_STREAMS = (("EncryptedPackage", LOCKED_OFFICE), ("WordDocument", DOC), ("Workbook", XLS), ("Book", XLS), ("PowerPoint Document", PPT))
_MAIN_PARTS = (b"word/document.xml", b"xl/workbook.xml", b"OFD.xml")
_HEAD = 4096


def sniff(data: bytes) -> str:
    """Media type of ``data``; ``application/octet-stream`` when it is none that we know."""
    if not data.strip(b"\0\t\n\r "):
        return EMPTY
    found = by_magic(data)
    if found == OLE:
        return _ole(data)
    if found == ZIP:
        return _zip(data)
    head = _start(data)
    return found or _picture(head) or _markup(head) or _text(data)


def by_magic(data: bytes) -> str | None:
    """Media type by the first bytes alone; containers are not opened, so this is safe to ask of any bytes anywhere."""
    head = _start(data)
    found = next((media_type for magic, media_type in _MAGICS if head.startswith(magic)), None)
    return found or (PDF if b"%PDF-" in data[:1024] else None)


def _start(data: bytes) -> bytes:
    return data[:_HEAD].lstrip(b"\xef\xbb\xbf\t\n\r ")


def _picture(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    # the size of a bitmap's header says whether "BM" begins a picture or a word
    return "image/bmp" if head[:2] == b"BM" and head[14:18] in (b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0") else None


def _ole(data: bytes) -> str:
    names = ole.streams(data)
    return next((media_type for name, media_type in _STREAMS if name in names), OLE)


def _zip(data: bytes) -> str:
    """By what is inside; a torn file shows the names of its first members all the same."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = {info.filename.lstrip("/") for info in archive.filelist}
            kind = archive.read("mimetype")[:100].decode("ascii", "replace").strip() if _is_small(archive, "mimetype") else ""
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError, RuntimeError, zlib.error):
        names, kind = {part.decode("ascii") for part in _MAIN_PARTS if part in data[: 64 * _HEAD]}, ""
    if "OFD.xml" in names:
        return OFD
    for folder, media_type in (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX)):
        if any(name.startswith(folder) for name in names) and ("[Content_Types].xml" in names or len(names) == 1):
            return media_type
    return kind if kind in (ODT, ODS) else ZIP


def _is_small(archive: zipfile.ZipFile, name: str) -> bool:
    return any(info.filename == name and info.file_size < 200 and not info.flag_bits & 1 for info in archive.filelist[:5])


def _markup(head: bytes) -> str | None:
    if b"\0" in head[:200]:
        return None
    if _MHTML.search(head[:1024]) and b"multipart/related" in head.lower():
        return MHTML
    if head.startswith((b"<?xml", b"<?mso")):
        return _xml(head)
    if _HTML.match(head) or (head.startswith(b"<!--") and _HTML.search(head)):
        return HTML
    return HTML if re.search(rb"<html[\s>]", head[:2048], re.IGNORECASE) and head.startswith(b"<") else None


def _xml(head: bytes) -> str:
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        return EXCEL_XML
    if b"wordml" in head or b"schemas.microsoft.com/office/2006/xmlPackage" in head or b'progid="Word.Document"' in head:
        return WORD_XML
    return HTML if re.search(rb"<html[\s>]", head, re.IGNORECASE) else XML


def _text(data: bytes) -> str:
    """Text if it decodes and holds hardly any control or replaced character."""
    text = decode(data).text
    sample = text[:20_000]
    strange = sum(char == "\ufffd" or (char < " " and char not in "\t\n\r\f") for char in sample)
    if strange * 100 > len(sample):
        return UNKNOWN
    return CSV if delimiter_of(text) else TEXT
