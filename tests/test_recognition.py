"""Text in pictures: scans are turned and levelled, tables keep their rows, and what is unsure says so. The real engine reads them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from bench import scans
from crawler.extract import read_notice
from crawler.extract.blocks import Block, BlockKind, Document
from crawler.extract.document.formats import pictures
from crawler.extract.document.formats.limits import Limits
from crawler.extract.document.read_document import read_document
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.page import read_page
from tests import document_samples as samples
from tests.test_documents import need_recognition, rows

PAGE = read_page.from_text(
    "关于云岭区第二轮省级生态环境保护督察反馈问题（序号12）整改完成情况的公示\n详见附件。", "http://x.example.gov.cn/a.html"
)


@pytest.fixture(scope="module")
def tasks() -> Image.Image:
    need_recognition()
    return scans.drawn(scans.TASKS)


def recognised(picture: Image.Image) -> Document:
    return read_document(scans.as_png(picture), "清单.png", ocr=True)


SCANS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "noisy": lambda page: scans.noisy(page, random.Random(1)),
    "skewed": lambda page: scans.skewed(page, -3.2),
    "turned by a quarter": lambda page: page.rotate(90, expand=True),
    "on its head": lambda page: page.rotate(180),
    "stamped": lambda page: scans.stamped(page, random.Random(1), "整改办公室专用章"),
}


@pytest.mark.parametrize("kind", SCANS)
def test_a_list_of_tasks_keeps_its_rows(tasks: Image.Image, kind: str) -> None:
    [found] = rows(recognised(SCANS[kind](tasks)))
    assert [row[0] for row in found] == [row[0] for row in scans.TASKS.rows]
    assert scans.right("".join(map("".join, found)), "".join(map("".join, scans.TASKS.rows))) >= scans.WANTED["noisy"]


def test_a_clean_scan_has_the_fields_of_the_word_file(tasks: Image.Image) -> None:
    assert scans.fields_of(recognised(tasks)) == scans.fields_of(read_document(scans.as_docx(scans.TASKS)))


def test_a_clean_page_is_sure() -> None:
    need_recognition()
    assert min(read_document(scans.as_pdf([samples.drawn_form()]), "表.pdf", ocr=True).confidence.values()) > read_notice.LOW_CONFIDENCE


def test_confidence_stands_at_its_page() -> None:
    need_recognition()
    small = scans.drawn(scans.Sheet("整改情况公示", above=("料场已经拆除。",))).resize((620, 877))
    document = read_document(scans.as_pdf([small, small]), "表.pdf", ocr=True)
    assert list(document.confidence) == ["表.pdf#page=1", "表.pdf#page=2"]


def test_every_page_of_a_fax_is_read() -> None:
    need_recognition()
    small = scans.drawn(scans.Sheet("整改情况公示", above=("料场已经拆除。",))).resize((1240, 1754)).convert("1", dither=Image.Dither.NONE)
    stream = io.BytesIO()
    small.save(stream, "TIFF", save_all=True, append_images=[small])
    assert list(read_document(stream.getvalue(), "a.tif", ocr=True).confidence) == ["a.tif#page=1", "a.tif#page=2"]


def test_recognition_works_within_the_reader_s_limits() -> None:
    need_recognition()
    with DocumentReader(Limits(seconds=60), workers=1, ocr=True) as documents:
        assert documents.read_now(scans.as_jpg(samples.drawn_form()), "表.jpg").status == "read"


def test_a_file_of_another_task_is_flagged() -> None:
    block = Block(BlockKind.TABLE, "x", (("整改任务", "序号一：料场露天堆放。"), *samples.FORM[1:]), where="附件")
    assert "attachment-differs:task_numbers" in read_notice.read(PAGE, documents=[Document("附件", "a/b", "read", (block,))]).flags


def test_a_file_of_the_page_s_task_is_not_flagged() -> None:
    block = Block(BlockKind.TABLE, "x", (("整改任务", "序号十二：料场露天堆放。"), *samples.FORM[1:]), where="附件")
    assert "attachment-differs:task_numbers" not in read_notice.read(PAGE, documents=[Document("附件", "a/b", "read", (block,))]).flags


def unsure(sure: float) -> Document:
    block = Block(BlockKind.TABLE, "x", samples.FORM, where="表.jpg", sure=sure)
    return Document("表.jpg", "image/jpeg", "read", (block,))


def test_a_field_from_an_unsure_page_is_marked() -> None:
    assert "low-confidence:responsible_units" in read_notice.read(PAGE, documents=[unsure(0.6)]).flags


def test_a_field_from_a_sure_page_is_not_marked() -> None:
    assert [flag for flag in read_notice.read(PAGE, documents=[unsure(0.98)]).flags if flag.startswith("low")] == []


def test_a_field_of_the_page_itself_is_not_marked() -> None:
    assert "low-confidence:title" not in read_notice.read(PAGE, documents=[unsure(0.6)]).flags


def test_pages_before_the_end_of_time_are_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "ocr_is_installed", lambda: True)
    monkeypatch.setattr(pictures, "recognise", lambda _: ([], None))
    document = read_document(scans.as_pdf([samples.blank()]), "a.pdf", ocr=True, limits=replace(Limits(), seconds=-1))
    assert document.status.startswith("refused: takes more than")


def test_a_picture_of_too_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "ocr_is_installed", lambda: True)
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1_000)
    assert read_document(samples.picture(), ocr=True).status == "refused: picture with too many pixels"
