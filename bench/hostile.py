"""Hostile documents, made on the spot, and what reading them costs: ``python -m bench.hostile``.

Each is read in a worker of its own, as a crawl does it, and after it a good one: status, seconds, peak memory of the worker and all it
started, whether the worker had to be replaced, and files outside its scratch folder. Exit status 1 where a limit did not hold.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from crawler.extract.document.formats.limits import MIB, Limits
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.document.worker import OCR_FACTOR
from tests import document_samples as samples

LIMITS = Limits(seconds=30)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def docx(body: bytes, **more: bytes) -> bytes:
    xml = f'<w:document xmlns:w="{_WORD}"><w:body>'.encode() + body + b"</w:body></w:document>"
    return samples.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": xml, **more})


def xlsx(sheet: bytes, strings: bytes = b"") -> bytes:
    """A workbook as a spreadsheet program writes it, with other rows and strings put in."""
    head = b'<?xml version="1.0"?>'
    with zipfile.ZipFile(io.BytesIO(samples.xlsx_form())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["xl/worksheets/sheet1.xml"] = head + f'<worksheet xmlns="{_SHEET}"><sheetData>'.encode() + sheet + b"</sheetData></worksheet>"
    files["xl/sharedStrings.xml"] = strings if strings.startswith(head) else head + f'<sst xmlns="{_SHEET}">'.encode() + strings + b"</sst>"
    return samples.zipped(files)


def laughs(depth: int = 9) -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(depth))
    return f'<?xml version="1.0"?><!DOCTYPE r [{entities}]><document><body><p><r><t>&a{depth - 1};</t></r></p></body></document>'.encode()


def overlapping() -> bytes:
    """A zip of which a hundred members are one and the same stretch of packed bytes."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(bytes(8 * MIB)) + packed.flush()
    crc = zlib.crc32(bytes(8 * MIB))
    head = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(data), 8 * MIB, 5, 0) + b"a.txt"
    directory = b"".join(
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(data), 8 * MIB, 5, 0, 0, 0, 0, 0, 0)
        + b"%05d" % number
        for number in range(100)
    )
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 100, 100, len(directory), len(head) + len(data), 0)
    return head + data + directory + end


def nested(times: int, data: bytes = b"words") -> bytes:
    for _ in range(times):
        data = samples.zipped({"a.zip": data})
    return data


def many_small() -> bytes:
    return samples.zipped({f"{number}.txt": b"" for number in range(30_000)}, compressed=False)


def zip_links(tmp: Path) -> bytes:
    """Links to a file and a folder outside, and a file through the second of them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, target in (("link", "/etc/hostname"), ("folder", str(tmp))):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, target)
        archive.writestr("folder/evil.txt", "evil")
    return stream.getvalue()


def escapes(tmp: Path) -> dict[str, bytes]:
    names = (
        "../../evil.txt",
        f"{tmp}/evil.txt",
        "..\\..\\evil.txt",
        f"{tmp}\\evil.txt",
        "a/../../../evil.txt",
        "C:\\evil.txt",
        "\\\\host\\evil.txt",
    )
    return dict.fromkeys(names, b"evil")


def unchecked_7z(files: dict[str, bytes]) -> bytes:
    """The library refuses to write such names; it is asked not to look."""
    with mock.patch("py7zr.py7zr.check_archive_path", return_value=True):
        return samples.seven_zipped(files)


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(bytes(MIB))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def pdf_objects(*objects: bytes) -> bytes:
    return samples._pdf_file(list(objects))


def pdf_flate(times: int) -> bytes:
    """A page whose content unpacks several times over."""
    data = b"q Q " * (8 * MIB)
    for _ in range(times):
        data = zlib.compress(data, 9)
    filters = b"/FlateDecode " * times
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    stream = b"<</Length %d/Filter[%s]>>stream\n%s\nendstream" % (len(data), filters, data)
    return pdf_objects(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, stream)


def pdf_forms() -> bytes:
    """Forms that draw each other ten times, twelve levels deep."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length 5>>stream\n/X Do\nendstream",
    ]
    draws = b"/X Do " * 10
    for number in range(5, 17):
        following = b"/Resources<</XObject<</X %d 0 R>>>>" % (number + 1)
        objects.append(b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]%s/Length %d>>stream\n%s\nendstream" % (following, len(draws), draws))
    objects.append(b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 8>>stream\n0 0 m 1 \nendstream")
    return pdf_objects(*objects)


def pdf_lines() -> bytes:
    """A page of two hundred thousand strokes."""
    drawn = b"".join(b"%d %d m %d %d l S\n" % (n % 595, n % 842, (n * 7) % 595, (n * 13) % 842) for n in range(200_000))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    stream = b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn)
    return pdf_objects(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, stream)


def pdf_grid() -> bytes:
    """A table of 130 by 130 ruled cells on each of twenty pages: below the bounds for objects, and slow to find."""
    lines = [(float(x), 0.0, float(x), 800.0) for x in range(0, 520, 4)] + [(0.0, float(y), 520.0, float(y)) for y in range(0, 800, 6)]
    return samples.pdf([([(10, 10 + 6 * n, "格") for n in range(100)], lines)] * 20)


def ole_loop() -> bytes:
    """A Word file of which every allocation entry and directory entry points at itself."""
    data = bytearray(samples.doc_form())
    struct.pack_into("<109I", data, 76, *([0] * 109))
    for at in range(512, min(len(data), 4096), 4):
        struct.pack_into("<I", data, at, (at // 512) - 1)
    return bytes(data)


def hostile(tmp: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Name and maker of each."""
    evil = escapes(tmp)
    yield "zip: 400 MiB of zeros", lambda: samples.zipped({"a.txt": bytes(400 * MIB)})
    yield "zip: members that overlap", overlapping
    yield "zip: nested fifty deep", lambda: nested(50)
    yield "zip: ten bombs of ten", lambda: samples.zipped({f"{n}.zip": samples.zipped({"a.txt": bytes(30 * MIB)}) for n in range(10)})
    yield "zip: 30,000 members", many_small
    yield "zip: names that leave the folder", lambda: samples.zipped(evil)
    yield "zip: links", lambda: zip_links(tmp)
    yield "7z: names that leave the folder", lambda: unchecked_7z(evil)
    yield "7z: 200 MiB of zeros", lambda: samples.seven_zipped({"a.txt": bytes(200 * MIB)})
    yield "rar: names that leave the folder", lambda: samples.rarred(evil)
    yield "rar 5: names that leave the folder", lambda: samples.rarred5(evil)
    yield "rar: a link, and a file through it", lambda: samples.rarred({"l": str(tmp).encode()}, attributes=0o120777)
    yield "gzip: 200 MiB of zeros", lambda: gzip.compress(bytes(200 * MIB))
    yield "tar: links", _tar
    yield "docx: a billion laughs", lambda: samples.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": laughs()})
    yield "docx: entity from a file", lambda: samples.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": _EXTERNAL})
    yield (
        "docx: entity in UTF-7 and UTF-32",
        lambda: samples.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": _EXTERNAL.decode().encode("utf-32")}),
    )
    yield "docx: 60,000 nested tables", lambda: docx(b"<w:tbl><w:tr><w:tc>" * 60_000 + b"</w:tc></w:tr></w:tbl>" * 60_000)
    yield "docx: 2,000,000 paragraphs", lambda: docx(b"<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 2_000_000)
    yield "docx: 5,000,000 empty elements", lambda: docx(b"<w:p/>" * 5_000_000)
    yield "docx: a remote template", lambda: docx(b'<w:attachedTemplate r:id="x" xmlns:r="r"/><w:p><w:r><w:t>a</w:t></w:r></w:p>')
    yield "docx: a numbering that refers to itself", lambda: docx(b"<w:p/>", **{"word/numbering.xml": _NUMBERING})
    yield (
        "xlsx: cells in the far corner",
        lambda: xlsx(
            b'<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', b"<si><t>a</t></si>"
        ),
    )
    yield (
        "xlsx: a million sparse cells",
        lambda: xlsx(b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(1, 1_000_001))),
    )
    yield (
        "xlsx: one long string a million times",
        lambda: xlsx(
            b"".join(
                b'<row r="%d"><c r="A%d" t="s"><v>0</v></c><c r="B%d" t="s"><v>0</v></c></row>' % (n, n, n) for n in range(1, 200_001)
            ),
            b"<si><t>" + b"x" * 32_000 + b"</t></si>",
        ),
    )
    yield "xlsx: a billion laughs", lambda: xlsx(b"", laughs())
    yield "ofd: a billion laughs", lambda: samples.zipped({"OFD.xml": laughs(), "Doc_0/Document.xml": b"<a/>"})
    yield "ofd: 200,000 texts", lambda: samples.ofd([(10 + n % 500, 10 + n % 800, "字") for n in range(200_000)], [])
    yield (
        "ofd: 40,000 strokes",
        lambda: samples.ofd([(10, 10, "字")] * 9, [(n % 500, n % 700, n % 500 + 50, n % 700) for n in range(40_000)]),
    )
    yield (
        "pdf: pages that are their own children",
        lambda: pdf_objects(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>"),
    )
    yield (
        "pdf: claims a billion pages",
        lambda: pdf_objects(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1000000000/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        ),
    )
    yield "pdf: 5,000 pages", lambda: samples.pdf([([(90, 100, "字")], [])] * 5_000)
    yield "pdf: packed thrice", lambda: pdf_flate(3)
    yield "pdf: forms that multiply", pdf_forms
    yield "pdf: 200,000 strokes", pdf_lines
    yield "pdf: 20 pages of 130 x 130 cells", pdf_grid
    yield "pdf: a page of 10 km", lambda: samples.scanned_pdf().replace(b"/MediaBox", b"/UserUnit 9000 /MediaBox")
    yield "rtf: 1,000,000 groups deep", lambda: b"{\\rtf1" + b"{" * 1_000_000
    yield "rtf: 10,000,000 control words", lambda: b"{\\rtf1" + b"\\b" * 10_000_000
    yield "rtf: binary longer than the file", lambda: b"{\\rtf1 a\\bin2147483647 b\\par}"
    yield "doc: allocation table in circles", ole_loop
    yield "html: 1,000,000 tags deep", lambda: b"<html><body>" + b"<div>" * 1_000_000
    yield "html: a cell over a million columns", lambda: b"<html><table>" + b"<tr><td colspan=1000000 rowspan=1000000>a" * 2_000
    yield "csv: one line of 20 MiB", lambda: b"a,b\n" * 3 + b"x," * (10 * MIB)
    yield "png: 60,000 x 60,000", lambda: png(60_000, 60_000)
    yield "png: 7,500 x 7,500", lambda: samples.picture(7_500, 7_500)
    yield "noise: 16 MiB", lambda: os.urandom(16 * MIB)


_NUMBERING = (
    f'<w:numbering xmlns:w="{_WORD}"><w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="a"/></w:abstractNum></w:numbering>'.encode()
)
_EXTERNAL = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><document><body><p><r><t>&x;</t></r></p></body></document>'


def _tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.LNKTYPE, "/etc/hostname"
        archive.addfile(link)
    return stream.getvalue()


class Meter:
    """Watches the memory of all processes of one session and of those it started, several times a second."""

    def __init__(self, reader: DocumentReader) -> None:
        self._reader, self._over = reader, threading.Event()
        self.peak = 0

    def __enter__(self) -> Meter:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            leaders = {worker._process.pid for worker in [*self._reader._busy, *self._reader._idle]}
            self.peak = max(self.peak, sum(_resident(pid) for pid in _processes() if _session(pid) in leaders))


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def main() -> None:
    ocr = "--ocr" in sys.argv
    wanted = [word for word in sys.argv[1:] if word != "--ocr"]
    failures: list[str] = []
    print(f"limits of a document: {LIMITS.seconds:g} s, {LIMITS.memory // MIB} MiB of address space")
    print(f"{'document':42} {'bytes':>10} {'seconds':>7} {'MiB':>5} {'worker':>8}  status")
    with tempfile.TemporaryDirectory() as folder:
        outside, scratch = Path(folder, "outside"), Path(folder, "scratch")
        outside.mkdir()
        scratch.mkdir()
        tempfile.tempdir = str(scratch)
        with DocumentReader(LIMITS, workers=1, ocr=ocr) as reader:
            reader.read_now(b"words", "a.txt")
            for name, make in hostile(outside):
                if not wanted or any(word in name for word in wanted):
                    failures += _attack(reader, name, make(), outside)
        failures += [f"left behind: {path.name}" for path in scratch.iterdir()]
    print(f"{len(failures)} limits that did not hold" + "".join(f"\n  {failure}" for failure in failures))
    sys.exit(1 if failures else 0)


def _attack(reader: DocumentReader, name: str, data: bytes, outside: Path) -> Iterator[str]:
    before = {worker._process.pid for worker in reader._idle}
    with Meter(reader) as meter:
        begun = time.monotonic()
        document = reader.read_now(data, "附件")
        taken = time.monotonic() - begun
    fate = "kept" if {worker._process.pid for worker in reader._idle} & before else "replaced"
    print(f"{name:42} {len(data):10} {taken:7.2f} {meter.peak // MIB:5} {fate:>8}  {document.status}", flush=True)
    if taken > LIMITS.seconds + 2:
        yield f"{name}: took {taken:.1f} s"
    if meter.peak > LIMITS.memory * (OCR_FACTOR if reader.ocr else 1):
        yield f"{name}: took {meter.peak // MIB} MiB"
    if sum(len(block.text.encode()) for block in document.blocks) > LIMITS.text:
        yield f"{name}: gave more text than is allowed"
    if list(outside.iterdir()) or Path("/etc/hostname").read_text().strip() in document.text:
        yield f"{name}: wrote or followed something outside"
    if reader.read_now("整改完成。".encode(), "a.txt").text != "整改完成。":
        yield f"{name}: the next document was not read"


if __name__ == "__main__":
    main()
