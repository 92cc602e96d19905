"""Small files of every kind, made on the spot. All of them hold the same invented notice form."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

TITLE = "具体整改情况表"
FORM = (
    ("整改任务", "云岭区三处砂石料场物料露天堆放，未落实围挡、覆盖措施，雨天污水直排白石河。"),
    ("责任单位", "云岭区人民政府、市自然资源局"),
    ("整改目标", "料场规范整治到位，白石河断面水质稳定达标。"),
    ("整改措施", "（一）拆除三处违规料场，清运全部物料。\n（二）对迹地覆土复绿。"),
    ("完成情况", "（一）三处料场已于2024年8月底前拆除，清运物料2.6万吨。\n（二）复绿面积31亩，成活率95%以上。"),
)


def saved(thing: object) -> bytes:
    """Bytes of whatever has a ``save`` that takes a stream."""
    stream = io.BytesIO()
    thing.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def docx_form() -> bytes:
    import docx

    document = docx.Document()
    document.add_paragraph(TITLE)
    table = document.add_table(rows=0, cols=2)
    for label, value in FORM:
        cells = table.add_row().cells
        cells[0].text = label
        first, *others = value.split("\n")
        cells[1].text = first
        for line in others:
            cells[1].add_paragraph(line)
    return saved(document)


def doc_form() -> bytes:
    """Written by an office suite from `docx_form`: nothing here writes this format."""
    return (Path(__file__).parent / "files" / "form.doc").read_bytes()


def xlsx_form() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([TITLE])
    sheet.merge_cells("A1:B1")
    for row in FORM:
        sheet.append(row)
    return saved(book)


def xls_form() -> bytes:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("情况表")
    sheet.write_merge(0, 0, 0, 1, TITLE)
    for number, (label, value) in enumerate(FORM, 1):
        sheet.write(number, 0, label)
        sheet.write(number, 1, value)
    return saved(book)


def html_form(charset: str = "gb18030") -> bytes:
    rows = "".join(f"<tr><td>{label}</td><td>{value.replace(chr(10), '<br>')}</td></tr>" for label, value in FORM)
    return f"<html><meta charset=gb2312><body><p>{TITLE}</p><table border=1>{rows}</table></body></html>".encode(charset)


def mhtml_form() -> bytes:
    page = base64.encodebytes(html_form()).decode("ascii")
    head = 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html; charset="gb2312"\n'
    return f"{head}Content-Transfer-Encoding: base64\n\n{page}\n--b--\n".encode()


def rtf_form() -> bytes:
    def words(text: str) -> str:
        return "".join(f"\\'{byte:02x}" for byte in text.encode("gb18030")).replace("\\'0a", "\\par ")

    rows = "".join(
        f"\\trowd\\cellx2000\\cellx8000\\pard\\intbl {words(label)}\\cell\\pard\\intbl {words(value)}\\cell\\row\n" for label, value in FORM
    )
    head = "{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0\\fcharset134 " + words("宋体") + ";}}{\\*\\generator None;}"
    return f"{head}\\pard\\f0 {words(TITLE)}\\par\n{rows}\\pard\\par}}".encode("ascii")


def word_xml_form() -> bytes:
    def paragraphs(text: str) -> str:
        return "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.split("\n"))

    rows = "".join(f"<w:tr><w:tc>{paragraphs(label)}</w:tc><w:tc>{paragraphs(value)}</w:tc></w:tr>" for label, value in FORM)
    head = '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Word.Document"?>'
    space = "http://schemas.microsoft.com/office/word/2003/wordml"
    body = f"<w:body>{paragraphs(TITLE)}<w:tbl>{rows}</w:tbl></w:body>"
    return f'{head}<w:wordDocument xmlns:w="{space}">{body}</w:wordDocument>'.encode()


def excel_xml_form() -> bytes:
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{text.replace(chr(10), "&#10;")}</Data></Cell>' for text in row) + "</Row>"
        for row in FORM
    )
    head = f'<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">{TITLE}</Data></Cell></Row>'
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    table = f'<Worksheet ss:Name="情况表"><Table>{head}{rows}</Table></Worksheet>'
    return f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}">{table}</Workbook>'.encode()


def csv_form(charset: str = "gb18030") -> bytes:
    lines = [f"{TITLE},", *(f'{label},"{value}"' for label, value in FORM)]
    return "\r\n".join(lines).encode(charset)


def odt_form() -> bytes:
    def paragraphs(text: str) -> str:
        return "".join(f"<t:p>{line}</t:p>" for line in text.split("\n"))

    cells = ("".join(f"<b:table-cell>{paragraphs(text)}</b:table-cell>" for text in row) for row in FORM)
    rows = "".join(f"<b:table-row>{row}</b:table-row>" for row in cells)
    space = "urn:oasis:names:tc:opendocument:xmlns"
    text = f"<o:text>{paragraphs(TITLE)}<b:table>{rows}</b:table></o:text>"
    spaces = f'xmlns:o="{space}:office:1.0" xmlns:t="{space}:text:1.0" xmlns:b="{space}:table:1.0"'
    root = f"<o:document {spaces}><o:body>{text}</o:body></o:document>"
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": root.encode()})


def zipped(files: Mapping[str, bytes], compressed: bool = True) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def zipped_gbk(files: Mapping[str, bytes]) -> bytes:
    """A zip as Chinese Windows writes it: names in GBK, no flag. The stand-ins in the name are as long as the bytes."""
    data = zipped({"x" * len(name.encode("gbk")): content for name, content in files.items()})
    for name in files:
        raw = name.encode("gbk")
        data = data.replace(b"x" * len(raw), raw)
    return data


def seven_zipped(files: Mapping[str, bytes], password: str | None = None, *, names_too: bool = False) -> bytes:
    import py7zr

    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", password=password, header_encryption=names_too) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return stream.getvalue()


def rarred(files: Mapping[str, bytes], attributes: int = 0o100644) -> bytes:
    """A RAR 4 archive whose members are stored, not packed; ``attributes`` is their Unix mode."""
    parts = [b"Rar!\x1a\x07\x00", _rar_block(0x73, 0, struct.pack("<HI", 0, 0))]
    for name, data in files.items():
        raw = name.encode("utf-8")
        fields = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x58218000, 29, 0x30, len(raw), attributes)
        parts.append(_rar_block(0x74, 0x8000, fields + raw) + data)
    return b"".join([*parts, _rar_block(0x7B, 0x4000, b"")])


def _rar_block(kind: int, flags: int, fields: bytes) -> bytes:
    body = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


def rarred5(files: Mapping[str, bytes]) -> bytes:
    """A RAR 5 archive whose members are stored, not packed."""
    parts = [b"Rar!\x1a\x07\x01\x00", _rar5_block(1, 0, _vint(0))]
    for name, data in files.items():
        raw = name.encode()
        fields = [_vint(len(data)), _vint(4), _vint(len(data)), _vint(0o100644), struct.pack("<I", zlib.crc32(data))]
        fields += [_vint(0), _vint(1), _vint(len(raw)), raw]
        parts.append(_rar5_block(2, 2, b"".join(fields)) + data)
    return b"".join([*parts, _rar5_block(5, 0, _vint(0))])


def _rar5_block(kind: int, flags: int, fields: bytes) -> bytes:
    body = _vint(kind) + _vint(flags) + fields
    body = _vint(len(body)) + body
    return struct.pack("<I", zlib.crc32(body)) + body


def _vint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def text_form() -> bytes:
    """Without columns, every label before its text."""
    lines = [f"{label}：{value}".replace("\n", "") for label, value in FORM]
    return "\r\n".join([TITLE, *lines]).encode("gb18030")


def drawn_form() -> Image.Image:
    """The form as a printed page. Needs the fonts of `bench.scans`."""
    from bench import scans

    return scans.drawn(scans.Sheet(TITLE, rows=FORM, widths=(0.2, 0.8)))


def blank(width: int = 600, height: int = 400) -> Image.Image:
    from PIL import Image

    return Image.new("RGB", (width, height), "white")


def picture(width: int = 600, height: int = 400) -> bytes:
    stream = io.BytesIO()
    blank(width, height).save(stream, "PNG")
    return stream.getvalue()


def scanned_pdf() -> bytes:
    stream = io.BytesIO()
    blank().save(stream, "PDF")
    return stream.getvalue()


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` characters; closing marks hang over, as typesetting has it."""
    lines: list[str] = []
    for part in text.split("\n"):
        while part:
            cut = width + (len(part) > width and part[width] in "，。、）")
            lines.append(part[:cut])
            part = part[cut:]
    return lines


Placed = tuple[float, float, str]
Stroke = tuple[float, float, float, float]
SIZE = 12


def form_page(rows: Sequence[tuple[str, str]] = FORM, title: str = TITLE, top: float = 80) -> tuple[list[Placed], list[Stroke]]:
    """Text and ruling lines of a page, y downwards: label column 80 to 160, value column 160 to 424 (21 characters)."""
    texts: list[Placed] = [(240, top, title)] if title else []
    y = top + 20 if title else top
    strokes = [(80.0, y, 424.0, y)]
    start = y
    for label, value in rows:
        lines = wrapped(value, 21)
        texts.append((86, y + 15, label))
        texts += [(166, y + 15 + 16 * number, line) for number, line in enumerate(lines)]
        y += 16 * len(lines) + 8
        strokes.append((80, y, 424, y))
    return texts, strokes + [(x, start, x, y) for x in (80.0, 160.0, 424.0)]


def pdf(pages: Sequence[tuple[Sequence[Placed], Sequence[Stroke]]]) -> bytes:
    """A PDF with a Chinese font that is named, not embedded; y of texts is the baseline from the top."""
    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType0"
        b"/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000/FontDescriptor<</Type/FontDescriptor"
        b"/FontName/STSong-Light/Flags 4/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>>>]>>"
    )
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(), font]
    for number, (texts, strokes) in enumerate(pages):
        drawn = [f"{x0} {842 - y0} m {x1} {842 - y1} l S" for x0, y0, x1, y1 in strokes]
        drawn += [f"BT /F {SIZE} Tf {x} {842 - y} Td <{text.encode('utf-16-be').hex()}> Tj ET" for x, y, text in texts]
        stream = "\n".join(drawn).encode("ascii")
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents {5 + 2 * number} 0 R>>"
        objects += [page.encode(), b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream)]
    return _pdf_file(objects)


def _pdf_file(objects: Sequence[bytes]) -> bytes:
    data = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return data + head + table + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(data))


def pdf_form() -> bytes:
    return pdf([form_page()])


def ofd(texts: Sequence[Placed], strokes: Sequence[Stroke]) -> bytes:
    """One page in millimetres, made of the same places in points."""
    mm = 25.4 / 72
    size = SIZE * mm
    objects = [_ofd_text(x * mm, y * mm, size, text) for x, y, text in texts]
    objects += [_ofd_line(x0 * mm, y0 * mm, (x1 - x0) * mm, (y1 - y0) * mm) for x0, y0, x1, y1 in strokes]
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    space = 'xmlns="http://www.ofdspec.org/2016"'
    pages = '<Pages><Page ID="1" BaseLoc="Pages/P0/Content.xml"/></Pages>'
    box = "<PageArea><PhysicalBox>0 0 210 297</PhysicalBox></PageArea>"
    files = {
        "OFD.xml": f"{head}<OFD {space}><DocBody><DocRoot>Doc_0/Document.xml</DocRoot></DocBody></OFD>",
        "Doc_0/Document.xml": f"{head}<Document {space}><CommonData>{box}</CommonData>{pages}</Document>",
        "Doc_0/Pages/P0/Content.xml": f"{head}<Page {space}><Content><Layer>{''.join(objects)}</Layer></Content></Page>",
    }
    return zipped({name: text.encode() for name, text in files.items()})


def _ofd_text(x: float, y: float, size: float, text: str) -> str:
    code = f'<TextCode X="0" Y="{size}">{text}</TextCode>'
    return f'<TextObject Boundary="{x} {y - size} {len(text) * size} {size}" Size="{size}">{code}</TextObject>'


def _ofd_line(x: float, y: float, width: float, height: float) -> str:
    path = f"<AbbreviatedData>M 0 0 L {width} {height}</AbbreviatedData>"
    return f'<PathObject Boundary="{x} {y} {width} {height}">{path}</PathObject>'


def ofd_of(image: Image.Image) -> bytes:
    """An OFD whose only page is a picture over the whole of it, as scanners write it."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=80)
    space = 'xmlns="http://www.ofdspec.org/2016"'
    box = "<CommonData><PageArea><PhysicalBox>0 0 210 297</PhysicalBox></PageArea><DocumentRes>DocumentRes.xml</DocumentRes></CommonData>"
    media = '<MultiMedia ID="7" Type="Image"><MediaFile>image_7.jpg</MediaFile></MultiMedia>'
    layer = '<Layer><ImageObject ID="8" ResourceID="7" Boundary="0 0 210 297" CTM="210 0 0 297 0 0"/></Layer>'
    files = {
        "OFD.xml": f"<OFD {space}><DocBody><DocRoot>Doc_0/Document.xml</DocRoot></DocBody></OFD>",
        "Doc_0/Document.xml": f'<Document {space}>{box}<Pages><Page ID="1" BaseLoc="Pages/P0/Content.xml"/></Pages></Document>',
        "Doc_0/DocumentRes.xml": f'<Res {space} BaseLoc="Res"><MultiMedias>{media}</MultiMedias></Res>',
        "Doc_0/Pages/P0/Content.xml": f"<Page {space}><Content>{layer}</Content></Page>",
    }
    return zipped({**{name: text.encode() for name, text in files.items()}, "Doc_0/Res/image_7.jpg": stream.getvalue()})


def ofd_form() -> bytes:
    return ofd(*form_page())
