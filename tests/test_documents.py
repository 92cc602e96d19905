"""Every kind of file reads to the same blocks; the kind is told by the content; bad files get a status, never an exception."""

from __future__ import annotations

import os
import struct
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import scans
from crawler.extract import read_notice
from crawler.extract.blocks import BlockKind, Document
from crawler.extract.document.formats import pictures, scanning
from crawler.extract.document.formats.archives import safe_name
from crawler.extract.document.formats.layout import Box, Run, lines
from crawler.extract.document.formats.limits import MIB, Limits
from crawler.extract.document.formats.numbering import spell
from crawler.extract.document.formats.ruling import grids
from crawler.extract.document.read_document import read_document, sniff
from crawler.extract.document.tools import find
from crawler.extract.page import read_page
from tests import document_samples as samples

FORMS: dict[str, Callable[[], bytes]] = {
    "docx": samples.docx_form,
    "doc": samples.doc_form,
    "rtf": samples.rtf_form,
    "word 2003 xml": samples.word_xml_form,
    "odt": samples.odt_form,
    "pdf": samples.pdf_form,
    "ofd": samples.ofd_form,
    "xlsx": samples.xlsx_form,
    "xls": samples.xls_form,
    "excel 2003 xml": samples.excel_xml_form,
    "html": samples.html_form,
    "mhtml": samples.mhtml_form,
    "csv": samples.csv_form,
    "zip": lambda: samples.zipped_gbk({"附件/情况表.docx": samples.docx_form()}),
    "7z": lambda: samples.seven_zipped({"情况表.xlsx": samples.xlsx_form()}),
    "rar": lambda: samples.rarred({"form.docx": samples.docx_form()}),
    "rar 5": lambda: samples.rarred5({"附件/情况表.docx": samples.docx_form()}),
    "archives in archives": lambda: samples.zipped(
        {"a.7z": samples.seven_zipped({"b.zip": samples.zipped_gbk({"表.xls": samples.xls_form()})})}
    ),
}
TOOL_OF = {"doc": "antiword", "rar": "unar", "rar 5": "bsdtar"}
#: names that files of a kind carry as well, or by mistake
NAMES = {"doc": "表.wps", "xls": "表.et", "html": "表.doc", "xlsx": "表.xls", "rtf": "表.doc", "pdf": "表.docx"}


def need(tool: str | None) -> None:
    """Skip without the tool on a developer's machine, fail where tools are required."""
    if tool and find(tool) is None:
        if os.environ.get("SIGNOFF_REQUIRE_TOOLS"):
            pytest.fail(f"{tool} is not installed")
        pytest.skip(f"{tool} is not installed")


def need_recognition() -> None:
    """The same for the extra ``ocr`` and the fonts in which pages are drawn."""
    if not (pictures.ocr_is_installed() and scans.has_fonts()):
        if os.environ.get("SIGNOFF_REQUIRE_TOOLS"):
            pytest.fail("the extra ocr or fonts-noto-cjk is not installed")
        pytest.skip("the extra ocr or fonts-noto-cjk is not installed")


def rows(document: Document) -> list[tuple[tuple[str, ...], ...]]:
    return [block.rows for block in document.blocks if block.kind is BlockKind.TABLE]


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if block.kind is not BlockKind.TABLE]


@pytest.mark.parametrize("kind", FORMS)
def test_the_same_form_reads_to_the_same_rows(kind: str) -> None:
    need(TOOL_OF.get(kind))
    assert rows(read_document(FORMS[kind](), "附件1")) == [samples.FORM]


def fields(document: Document) -> dict[str, object]:
    """What a notice that only points to its attachment says, by way of this one."""
    page = read_page.from_text(
        "关于云岭区第二轮省级生态环境保护督察反馈问题（序号12）整改完成情况的公示\n现将整改完成情况予以公示，详见附件。",
        "http://x.example.gov.cn/a.html",
    )
    notice = read_notice.read(page, documents=[document]).as_json()
    return {name: notice[name] for name in ("sections", "responsible_units", "tasks", "rectification_status")}


@pytest.fixture(scope="module")
def wanted() -> dict[str, object]:
    found = fields(read_document(samples.docx_form(), "附件1"))
    assert found["responsible_units"] == ["云岭区人民政府", "市自然资源局"]
    assert all(found["sections"][name] for name in ("problem", "goal", "measures", "completion"))  # type: ignore[index]
    return found


@pytest.mark.parametrize("kind", [*FORMS, "txt", "picture", "scanned pdf", "ofd of a picture"])
def test_the_same_form_reads_to_the_same_fields(kind: str, wanted: dict[str, object]) -> None:
    need(TOOL_OF.get(kind))
    if kind in FORMS:
        data = FORMS[kind]()
    elif kind == "txt":
        data = samples.text_form()
    else:
        need_recognition()
        page = samples.drawn_form()
        data = {"picture": scans.as_jpg, "scanned pdf": lambda image: scans.as_pdf([image]), "ofd of a picture": samples.ofd_of}[kind](page)
    assert spaceless(fields(read_document(data, NAMES.get(kind, "附件1"), ocr=True))) == spaceless(wanted)


def spaceless(value: object) -> object:
    """Without white space: how the paragraphs of a cell are broken is seen in some formats only."""
    return "".join(unicodedata.normalize("NFKC", repr(value)).replace("\\n", "").split())


@pytest.mark.parametrize("kind", FORMS)
def test_the_title_of_the_form_stands_before_it(kind: str) -> None:
    need(TOOL_OF.get(kind))
    assert texts(read_document(FORMS[kind]()))[0] == samples.TITLE


@pytest.mark.parametrize("kind", FORMS)
def test_a_read_form_says_so(kind: str) -> None:
    need(TOOL_OF.get(kind))
    assert read_document(FORMS[kind]()).status == "read"


@pytest.mark.parametrize("name", ["a.doc", "a.pdf", "a.zip", "a.png", "", "../../etc/passwd"])
def test_the_name_decides_nothing(name: str) -> None:
    assert rows(read_document(samples.docx_form(), name, "image/png")) == [samples.FORM]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(b"", "application/x-empty", id="nothing"),
        pytest.param(b" \r\n\0\0", "application/x-empty", id="blanks"),
        pytest.param(b"%PDF-1.7\n", "application/pdf", id="pdf"),
        pytest.param(b"\r\n\r\n%PDF-1.4\n", "application/pdf", id="pdf behind blank lines"),
        pytest.param(b"{\\rtf1 a}", "application/rtf", id="rtf"),
        pytest.param(b"Rar!\x1a\x07\x01\x00", "application/vnd.rar", id="rar 5"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "image/png", id="png"),
        pytest.param(b"\xff\xd8\xff\xe0", "image/jpeg", id="jpeg"),
        pytest.param("\ufeff<!DOCTYPE html><p>a".encode(), "text/html", id="html with a mark"),
        pytest.param(b"<table><tr><td>1</table>", "text/html", id="bare table"),
        pytest.param("整改完成情况如下，共三项。".encode("gbk"), "text/plain", id="gbk text"),
        pytest.param("序号,整改任务\n1,甲\n2,乙\n".encode(), "text/csv", id="csv"),
        pytest.param(b"BM only words", "text/plain", id="words that begin like a bitmap"),
        pytest.param(bytes(range(256)) * 8, "application/octet-stream", id="noise"),
        pytest.param(b"\x7fELF\x02\x01\x01" + bytes(64), "application/octet-stream", id="a program"),
        pytest.param(samples.zipped({"a.txt": b"a"}), "application/zip", id="zip"),
        pytest.param(samples.zipped({"word/a.txt": b"a", "b.txt": b"b"}), "application/zip", id="zip with a folder named word"),
    ],
)
def test_kind_by_content(data: bytes, media_type: str) -> None:
    assert sniff(data) == media_type


def test_where_is_the_attachment() -> None:
    assert {block.where for block in read_document(samples.docx_form(), "附件1.docx").blocks} == {"附件1.docx"}


def test_where_names_the_page() -> None:
    assert {block.where for block in read_document(samples.pdf_form(), "a.pdf").blocks} == {"a.pdf#page=1"}


def test_where_names_the_sheet() -> None:
    assert {block.where for block in read_document(samples.xls_form(), "a.xls").blocks} == {"a.xls#sheet=情况表"}


def test_where_names_the_member_as_chinese_windows_wrote_it() -> None:
    data = samples.zipped_gbk({"附件/情况表.txt": "已完成整改。".encode()})
    assert [block.where for block in read_document(data, "a.zip").blocks] == ["a.zip/附件/情况表.txt"]


def test_members_in_order() -> None:
    data = samples.zipped({"2.txt": "第一个文件。".encode(), "1.txt": "第二个文件。".encode()})
    assert texts(read_document(data)) == ["第一个文件。", "第二个文件。"]


def test_archive_in_an_archive() -> None:
    inner = samples.zipped({"b.docx": samples.docx_form()})
    assert rows(read_document(samples.zipped({"a.zip": inner}))) == [samples.FORM]


# Word


def docx_of(body: str, numbering: str = "") -> bytes:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    files = {
        "[Content_Types].xml": b"<Types/>",
        "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>".encode(),
        "word/numbering.xml": f"<w:numbering {space}>{numbering}</w:numbering>".encode(),
    }
    return samples.zipped(files)


def para(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{para(text)}</w:tc>"


def grid(*lines: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"


def test_cell_merged_sideways_stands_once() -> None:
    body = grid(cell("甲", '<w:gridSpan w:val="2"/>'), cell("乙") + cell("丙"))
    assert rows(read_document(docx_of(body))) == [(("甲",), ("乙", "丙"))]


def test_cell_merged_downwards_stands_once() -> None:
    body = grid(cell("序号", '<w:vMerge w:val="restart"/>') + cell("乙"), cell("重复", "<w:vMerge/>") + cell("丁"))
    assert rows(read_document(docx_of(body))) == [(("序号", "乙"), ("", "丁"))]


def test_nested_table_is_lines_of_its_cell() -> None:
    inner = grid(cell("料场") + cell("面积"), cell("一号") + cell("31亩"))
    body = grid(cell("完成情况") + f"<w:tc>{para('如下：')}{inner}</w:tc>")
    assert rows(read_document(docx_of(body))) == [(("完成情况", "如下：\n料场 面积\n一号 31亩"),)]


def test_table_that_only_frames_another_gives_that_one() -> None:
    body = grid(f"<w:tc>{grid(cell('责任单位') + cell('市水利局'))}</w:tc>")
    assert rows(read_document(docx_of(body))) == [(("责任单位", "市水利局"),)]


def test_frame_around_one_cell_is_no_table() -> None:
    assert texts(read_document(docx_of(grid(cell("公示内容"))))) == ["公示内容"]


def test_deleted_text_is_not_read() -> None:
    deleted, added = "<w:del><w:r><w:delText>作废</w:delText></w:r></w:del>", "<w:ins><w:r><w:t>。</w:t></w:r></w:ins>"
    body = f"<w:p><w:r><w:t>公示期5日</w:t></w:r>{deleted}{added}</w:p>"
    assert texts(read_document(docx_of(body))) == ["公示期5日。"]


def test_field_code_is_not_read() -> None:
    body = '<w:p><w:r><w:instrText>HYPERLINK "http://x.example/"</w:instrText></w:r><w:r><w:t>附件</w:t></w:r></w:p>'
    assert texts(read_document(docx_of(body))) == ["附件"]


def test_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{para('联系电话：0000-1234567')}</w:txbxContent>"
    body = f"<w:p><w:r><w:AlternateContent><w:Choice>{box}</w:Choice><w:Fallback>{box}</w:Fallback></w:AlternateContent></w:r></w:p>"
    assert texts(read_document(docx_of(body))) == ["联系电话：0000-1234567"]


def test_bookmark_residue_is_dropped() -> None:
    assert texts(read_document(docx_of(para("整改[bookmark: _GoBack]完成")))) == ["整改完成"]


def test_brackets_that_are_text_stay() -> None:
    assert texts(read_document(docx_of(para("云环〔2024〕5号[picture]")))) == ["云环〔2024〕5号"]


def test_signature_at_the_right() -> None:
    document = read_document(docx_of(para("青岩市生态环境局", '<w:jc w:val="right"/>')))
    assert [block.align for block in document.blocks] == ["right"]


def test_automatic_numbers_are_put_back() -> None:
    level = '<w:lvl w:ilvl="0"><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%1）"/></w:lvl>'
    numbering = f'<w:abstractNum w:abstractNumId="3">{level}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="3"/></w:num>'
    item = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    body = para("拆除料场。", item) + para("覆土复绿。", item)
    assert texts(read_document(docx_of(body, numbering))) == ["（一）拆除料场。", "（二）覆土复绿。"]


@pytest.mark.parametrize(("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五")])
def test_chinese_counting(number: int, words: str) -> None:
    assert spell(number, "chineseCounting") == words


def test_word_file_of_pictures_waits_for_recognition() -> None:
    files = {
        "[Content_Types].xml": b"<Types/>",
        "word/document.xml": b"<document><body/></document>",
        "word/media/a.png": samples.picture(),
    }
    assert read_document(samples.zipped(files)).status == "needs: ocr"


def test_word_file_of_packed_web_pages() -> None:
    body = b"<document><body><altChunk/></body></document>"
    files = {"[Content_Types].xml": b"<Types/>", "word/document.xml": body, "word/afchunk.htm": samples.html_form("gb18030")}
    assert rows(read_document(samples.zipped(files))) == [samples.FORM]


def test_old_word_file_with_a_password() -> None:
    data = bytearray(samples.doc_form())
    at = data.index(b"\xec\xa5")
    struct.pack_into("<H", data, at + 10, struct.unpack_from("<H", data, at + 10)[0] | 0x0100)
    assert read_document(bytes(data)).status == "encrypted"


def test_old_word_file_without_its_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_document(samples.doc_form()).status == "needs: antiword"


def test_old_word_file_by_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    need("libreoffice")
    monkeypatch.setattr("crawler.extract.document.formats.legacy_word._by_antiword", lambda *_: [])
    assert rows(read_document(samples.doc_form())) == [samples.FORM]


def test_conversion_is_left_to_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.extract.document.formats.legacy_word._by_antiword", lambda *_: [])
    assert read_document(samples.doc_form(), office=False).status == "needs: libreoffice"


# Rich text


def test_rtf_unicode_with_its_replacement() -> None:
    assert texts(read_document(b"{\\rtf1\\ansi\\uc1 \\u25972?\\u25913?\\par}")) == ["整改"]


def test_rtf_skips_what_is_not_text() -> None:
    data = b"{\\rtf1{\\info{\\author Somebody}}{\\*\\unknown words}{\\pict\\bin4 }}}}}text\\par}"
    assert texts(read_document(data)) == ["text"]


def test_rtf_that_is_torn_gives_what_it_has() -> None:
    assert texts(read_document(b"{\\rtf1 one\\par two")) == ["one", "two"]


def test_rtf_nested_without_end() -> None:
    assert read_document(b"{\\rtf1" + b"{" * 5000).status == "refused: nested too deeply"


# PDF and OFD


def test_pdf_table_over_a_page_break_is_one() -> None:
    label, value = samples.FORM[0]
    lines = samples.wrapped(value, 21)
    first = samples.form_page(rows=[(label, "".join(lines[:1]))], title="")
    second = samples.form_page(rows=[("", "".join(lines[1:])), *samples.FORM[1:]], title="")
    assert rows(read_document(samples.pdf([first, second]))) == [samples.FORM]


def test_pdf_repeated_head_row_is_dropped() -> None:
    head = ("序号", "任务")
    pages = [samples.form_page(rows=[head, (number, text)], title="") for number, text in (("1", "第一项。"), ("2", "第二项。"))]
    assert rows(read_document(samples.pdf(pages))) == [(head, ("1", "第一项。"), ("2", "第二项。"))]


def test_pdf_lines_join_to_paragraphs() -> None:
    text = "经复核，云岭区三处砂石料场整改任务已经完成，现予以公示。公示期为五个工作日，自发布之日起计算，欢迎社会各界监督。"
    placed = [(90, 100 + 18 * number, line) for number, line in enumerate(samples.wrapped(text, 34))]
    assert texts(read_document(samples.pdf([(placed, [])]))) == [text]


def test_pdf_paragraph_over_a_page_break_is_one() -> None:
    line = "自本公示发布之日起五个工作日内对公示内容有异议的单位和个人可以向我局书面反映情况"[:34]
    pages = [([(90, 760, line)], []), ([(90, 80, "并留下联系方式。")], [])]
    assert texts(read_document(samples.pdf(pages))) == [f"{line}并留下联系方式。"]


PORTRAIT = b"/MediaBox[0 0 595 842]"


@pytest.mark.parametrize("more", [b"/Rotate 90", b"/Rotate 180", b"/Rotate 270"])
def test_pdf_that_is_shown_turned_is_read_as_it_was_written(more: bytes) -> None:
    assert rows(read_document(samples.pdf_form().replace(PORTRAIT, PORTRAIT + more))) == [samples.FORM]


def test_pdf_of_a_shifted_page() -> None:
    assert rows(read_document(samples.pdf_form().replace(PORTRAIT, b"/MediaBox[-50 -60 545 782]"))) == [samples.FORM]


def test_pdf_form_without_ruling_lines() -> None:
    placed, _ = samples.form_page()
    assert rows(read_document(samples.pdf([(placed, [])]))) == [samples.FORM]


def test_pdf_list_without_ruling_lines() -> None:
    listed = (("序号", "整改任务", "责任单位"), ("1", "料场露天堆放。", "云岭区人民政府"), ("2", "污水直排。", "市水务局"))
    placed = [(x, 100 + 24 * number, cell) for number, row in enumerate(listed) for x, cell in zip((80, 130, 280), row, strict=True)]
    assert rows(read_document(samples.pdf([(placed, [])]))) == [listed]


def test_pdf_cell_merged_downwards_stands_once() -> None:
    flat = [(80.0, 90.0, 500.0, 90.0), (80.0, 120.0, 500.0, 120.0), (200.0, 150.0, 500.0, 150.0), (80.0, 180.0, 500.0, 180.0)]
    upright = [(x, 90.0, x, 180.0) for x in (80.0, 200.0, 500.0)]
    placed = [(86, 110, "责任单位"), (206, 110, "市水务局"), (86, 155, "完成情况"), (206, 140, "拆除。"), (206, 170, "复绿。")]
    document = read_document(samples.pdf([(placed, [*flat, *upright])]))
    assert rows(document) == [(("责任单位", "市水务局"), ("完成情况", "拆除。"), ("", "复绿。"))]


def test_pdf_signature_and_date_stay_apart() -> None:
    opening = "特此公示，欢迎社会各界监督并依法反映有关情况和意见建议，我局将认真核实处理。"[:34]
    lines = [(90, 100, opening), (402, 140, "青岩市生态环境局"), (402, 158, "二〇二五年五月二")]
    assert texts(read_document(samples.pdf([(lines, [])])))[1:] == ["青岩市生态环境局", "二〇二五年五月二"]


def test_pdf_text_beside_the_cells_is_not_lost() -> None:
    placed, strokes = samples.form_page(rows=[("序号", "任务"), ("1", "第一项。")], title="")
    beside = [(300.0, 80.0, 424.0, 80.0), (424.0, 80.0, 424.0, 40.0), (300.0, 40.0, 424.0, 40.0), (300.0, 40.0, 300.0, 80.0)]
    document = read_document(samples.pdf([([*placed, (90, 60, "附件")], [*strokes, *beside])]))
    assert "附件" in document.text


@pytest.mark.parametrize("folio", ["— 1 —", "- 12 -", "3", "第1页 共3页"])
def test_pdf_page_number_is_left_out(folio: str) -> None:
    placed = [(90, 100, "整改已完成。"), (280, 800, folio)]
    assert texts(read_document(samples.pdf([(placed, [])]))) == ["整改已完成。"]


def test_pdf_year_inside_the_text_stays() -> None:
    placed = [(90, 100, "整改已完成。"), (90, 130, "2024"), (90, 160, "特此公示。")]
    assert "2024" in texts(read_document(samples.pdf([(placed, [])])))


def test_scanned_pdf_waits_for_recognition() -> None:
    assert read_document(samples.scanned_pdf()).status == "needs: ocr"


def test_picture_waits_for_recognition() -> None:
    assert read_document(samples.picture()).status == "needs: ocr"


def test_recognition_is_off_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "ocr_is_installed", lambda: True)
    assert read_document(samples.picture()).status == "needs: ocr"


def test_runs_on_a_page_are_ordered_by_place() -> None:
    places = {"丁": (200, 30, 212, 42), "乙": (200, 10, 212, 20), "丙": (10, 31, 22, 41), "甲": (10, 11, 22, 21)}
    runs = [Run(text, Box(*place)) for text, place in places.items()]
    assert [line.text for line in lines(runs)] == ["甲 乙", "丙 丁"]


def test_stairs_of_a_slanting_line_are_no_table() -> None:
    flat = [Box(0, y, 100, y + 0.3) for y in (0, 4, 40)]
    upright = [Box(x, 0, x + 0.3, 40) for x in (0, 50, 100)]
    assert [scanning.is_plausible(grid) for grid in grids([*flat, *upright])] == [False]


def test_pdf_with_a_password() -> None:
    protected = b"<</Filter/Standard/V 1/R 2/P -4/O(" + b"o" * 32 + b")/U(" + b"u" * 32 + b")>>"
    data = samples.pdf_form().replace(b"/Root 1 0 R", b"/Root 1 0 R/ID[(aaaaaaaaaaaaaaaa)(aaaaaaaaaaaaaaaa)]/Encrypt " + protected)
    assert read_document(data).status == "encrypted"


def test_ofd_of_a_picture_waits_for_recognition() -> None:
    assert read_document(samples.ofd_of(samples.blank(600, 400))).status == "needs: ocr"


# Sheets and text


def test_merged_cells_of_a_sheet_stand_once() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["序号", "整改", "整改"], ["1", "甲", "乙"], ["1", "丙", "丁"]):
        book.active.append(row)
    book.active.merge_cells("B1:C1")
    book.active.merge_cells("A2:A3")
    assert rows(read_document(samples.saved(book))) == [(("序号", "整改"), ("1", "甲", "乙"), ("", "丙", "丁"))]


def test_hidden_sheet_is_not_read() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["公开", "内容"])
    hidden = book.create_sheet("内部")
    hidden.append(["内部", "内容"])
    hidden.sheet_state = "hidden"
    assert rows(read_document(samples.saved(book))) == [(("公开", "内容"),)]


@pytest.mark.parametrize(("value", "text"), [(14, "14"), (0.97, "0.97"), (True, "TRUE")])
def test_value_as_a_reader_writes_it(value: object, text: str) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["数值", value])
    assert rows(read_document(samples.saved(book))) == [(("数值", text),)]


def test_remarks_below_a_sheet_are_paragraphs() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["责任单位", "市水利局"], ["公示期：2025年5月6日至5月12日"], ["青岩市生态环境局"], ["2025年5月6日"]):
        book.active.append(row)
    assert texts(read_document(samples.saved(book)))[0] == "公示期：2025年5月6日至5月12日"


def test_label_without_a_value_stays_in_the_table() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["整改任务", "甲"], ["责任单位", "乙"], ["完成情况"]):
        book.active.append(row)
    assert rows(read_document(samples.saved(book)))[0][-1][0] == "完成情况"


def test_traditional_characters_in_their_own_charset() -> None:
    lines = ["關於整改任務完成情況的公示", "責任單位：雲嶺區人民政府", "整改目標：料場規範整治到位。"]
    assert texts(read_document("\n".join(lines).encode("big5"))) == lines


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_any_charset(charset: str) -> None:
    lines = ["云岭区整改任务已完成，现予公示。", "公示期五日。"]
    assert texts(read_document("\n".join(lines).encode(charset))) == lines


def test_sentences_with_commas_are_no_columns() -> None:
    data = b"Rectified, accepted, and published.\nNo comments were made\nThe period, five days, is over"
    assert rows(read_document(data)) == []


def test_html_that_poses_as_a_document() -> None:
    assert read_document(samples.html_form(), "通知.doc", "application/msword").media_type == "text/html"


# What is wrong gets a status


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(samples.seven_zipped({"a.txt": b"secret"}, password="x", names_too=True), "encrypted", id="7z with hidden names"),
        pytest.param(b"%PDF-1.5 and no more", "broken: PDF that does not open", id="pdf"),
        pytest.param(b"\x1f\x8b\x08" + bytes(40), "refused: application/gzip is not read", id="a kind we do not read"),
        pytest.param(docx_of(""), "empty", id="Word file without text"),
        pytest.param(samples.seven_zipped({"a.txt": b"secret"}, password="x"), "encrypted", id="7z with a password"),
    ],
)
def test_status(data: bytes, status: str) -> None:
    assert read_document(data).status == status


@pytest.mark.parametrize("kind", [kind for kind in FORMS if kind not in TOOL_OF and kind not in ("html", "mhtml", "csv", "rtf")])
def test_torn_file_is_broken(kind: str) -> None:
    data = FORMS[kind]()
    assert read_document(data[: len(data) * 2 // 3]).status.startswith(("broken", "read", "empty"))


def locked_zip() -> bytes:
    """The flag that says "encrypted" set by hand in both places: nothing in Python writes such an archive."""
    data = bytearray(samples.zipped({"a.txt": b"words"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def test_zip_with_a_password() -> None:
    assert read_document(locked_zip()).status == "encrypted"


def test_office_file_with_a_password() -> None:
    name = "EncryptedPackage".encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<H", len(name) + 2) + b"\x02" + bytes(61)
    assert read_document(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + entry).status == "encrypted"


ENTITIES = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("reference", [b"&b;", b"&x;"], ids=["bomb", "external"])
def test_entities_are_refused(reference: bytes) -> None:
    xml = ENTITIES + b"<document><body><p><r><t>" + reference + b"</t></r></p></body></document>"
    data = samples.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": xml})
    assert read_document(data).status == "refused: XML that declares entities"


def test_nested_archives_have_an_end() -> None:
    data = samples.zipped({"a.txt": b"words"})
    for _ in range(6):
        data = samples.zipped({"next.zip": data})
    assert read_document(data).status == "refused: archives nested more than 3 deep"


def test_bomb_is_refused_by_its_ratio() -> None:
    data = samples.zipped({"a.txt": bytes(20 * MIB)})
    assert read_document(data).status == "refused: opens to more than 200 times its size"


def test_bomb_is_refused_by_its_size() -> None:
    data = samples.zipped({f"{number}.txt": b"line of words\n" * 1000 for number in range(10)})
    assert read_document(data, limits=Limits(unpacked=100_000)).status == "refused: opens to more than 0 MiB"


def test_bomb_in_a_word_file_is_refused() -> None:
    data = samples.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b" " * (20 * MIB)})
    assert read_document(data).status.startswith("refused")


def test_bomb_of_7z_is_refused() -> None:
    assert read_document(samples.seven_zipped({"a.txt": bytes(20 * MIB)})).status.startswith("refused")


def test_too_many_files_are_refused() -> None:
    data = samples.zipped({f"{number}.txt": b"" for number in range(6)})
    assert read_document(data, limits=Limits(entries=5)).status == "refused: more than 5 files inside"


def test_too_much_text_is_cut_and_said() -> None:
    document = read_document("一行文字。\n".encode() * 1000, limits=Limits(text=1000))
    assert (document.status.startswith("refused"), 0 < len(document.blocks) < 1000) == (True, True)


def test_one_bad_member_does_not_cost_the_others() -> None:
    data = samples.zipped({"bad.pdf": b"%PDF-1.4 torn", "good.docx": samples.docx_form()})
    assert rows(read_document(data)) == [samples.FORM]


def test_member_that_waits_for_a_tool_is_said() -> None:
    data = samples.zipped({"scan.png": samples.picture(), "good.docx": samples.docx_form()})
    assert read_document(data).status == "needs: ocr"


def test_what_was_read_beside_a_waiting_member_is_there() -> None:
    data = samples.zipped({"scan.png": samples.picture(), "good.docx": samples.docx_form()})
    assert rows(read_document(data)) == [samples.FORM]


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil.txt", "..\\..\\evil.bat", "C:\\evil.txt", "a/../../evil.txt", "__MACOSX/a.txt", "a/.DS_Store", ""]
)
def test_member_that_is_passed_over(name: str) -> None:
    assert safe_name(name) is None


def test_member_name_loses_what_cannot_be_seen() -> None:
    assert safe_name("a\u202e\n表.docx") == "a 表.docx"


def test_member_below_a_folder_keeps_its_path() -> None:
    assert safe_name("附件\\一\\表.docx") == "附件/一/表.docx"


def test_rar_link_is_not_followed() -> None:
    need("unar")
    data = samples.rarred({"a.txt": b"/etc/hostname"}, attributes=0o120777)
    assert read_document(data).blocks == ()


def test_rar_without_its_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_document(samples.rarred({"a.txt": b"words"})).status == "needs: unar"


_MAGICS = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"7z\xbc\xaf\x27\x1c", b"GIF8"]
HEADS = st.sampled_from([b"", b"%PDF-1.4\n", b"{\\rtf1", b"<html>", b"<?xml", b"MIME-Version: 1.0\n", *_MAGICS])


@settings(max_examples=150, deadline=None)
@given(HEADS, st.binary(max_size=600))
def test_no_bytes_raise(head: bytes, data: bytes) -> None:
    assert read_document(head + data).status.split(":")[0] in {"read", "empty", "encrypted", "broken", "refused", "needs"}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["docx", "xlsx", "xls", "ofd", "rtf", "pdf", "odt"]), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_no_damage_raises(kind: str, place: int, damage: bytes) -> None:
    data = bytearray(FORMS[kind]())
    at = place % len(data)
    data[at : at + len(damage)] = damage
    assert read_document(bytes(data)).status.split(":")[0] in {"read", "empty", "encrypted", "broken", "refused", "needs"}
