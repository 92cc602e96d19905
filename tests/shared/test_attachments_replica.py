"""The attachments of the replica farm: all that need no text recognition read; the hostile ones do no harm."""

from __future__ import annotations

import json
import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.extract.blocks import Document
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.document.tools import find

LABELS = {"整改任务", "责任单位", "整改目标", "整改措施", "完成情况"}


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "replica" / "data" / "att"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An own temporary folder, so that what is left behind can be seen."""
    made = tmp_path_factory.mktemp("scratch")
    before, tempfile.tempdir = tempfile.tempdir, str(made)
    yield made
    tempfile.tempdir = before


@pytest.fixture(scope="module")
def read(folder: Path, scratch: Path) -> dict[str, tuple[dict[str, Any], Document]]:
    """Every attachment as the crawl reads it: name → its entry in the manifest, and the document."""
    if find("antiword") is None:
        if os.environ.get("SIGNOFF_REQUIRE_TOOLS"):
            pytest.fail("antiword is not installed")
        pytest.skip("antiword is not installed")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    with DocumentReader() as reader:
        return {name: (entry, reader.read_now((folder / name).read_bytes(), name)) for name, entry in manifest.items()}


def bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def cells(document: Document) -> set[str]:
    return {cell for block in document.blocks for row in block.rows for cell in row}


def test_there_are_attachments(read: dict[str, tuple[dict[str, Any], Document]]) -> None:
    assert len(read) >= 70


def test_all_that_need_no_recognition_are_read(read: dict[str, tuple[dict[str, Any], Document]]) -> None:
    wanted = [(name, document) for name, (entry, document) in read.items() if entry["text_sample"] and not entry["ocr"]]
    assert [name for name, document in wanted if document.status != "read"] == []


def test_all_hold_their_sample(read: dict[str, tuple[dict[str, Any], Document]]) -> None:
    wanted = [(name, entry, document) for name, (entry, document) in read.items() if entry["text_sample"] and not entry["ocr"]]
    assert [name for name, entry, document in wanted if bare(entry["text_sample"]) not in bare(document.text)] == []


def test_pictures_wait_for_recognition(read: dict[str, tuple[dict[str, Any], Document]]) -> None:
    assert {document.status for entry, document in read.values() if entry["ocr"]} == {"needs: ocr"}


@pytest.mark.parametrize("kind", ["docx", "doc", "pdf", "xls", "xlsx", "zip"])
def test_forms_of_every_kind_have_their_labels(read: dict[str, tuple[dict[str, Any], Document]], kind: str) -> None:
    forms = [document for entry, document in read.values() if entry["kind"] == kind and "整改目标" in document.text]
    assert forms
    assert all({cell.split("\n")[0].split("(")[0] for cell in cells(document)} >= LABELS for document in forms)


def test_word_form_is_the_same_in_both_formats(read: dict[str, tuple[dict[str, Any], Document]]) -> None:
    old, new = (tuple(block.rows for block in read[name][1].blocks if block.rows) for name in ("seed000.doc", "seed000.docx"))
    assert old == new


def test_hostile_files_give_a_status(read: dict[str, tuple[dict[str, Any], Document]]) -> None:
    hostile = [(entry["kind"].removeprefix("hostile-"), document) for entry, document in read.values() if "hostile" in entry["kind"]]
    found = {kind: document.status.split(":")[0] for kind, document in hostile}
    assert found == {
        "brokenpdf": "broken", "empty": "empty", "htmldoc": "read", "looppdf": "broken", "nested": "refused",
        "xmlbomb": "refused", "xxe": "refused", "zipbomb": "refused", "zipslip": "read",
    }  # fmt: skip


def test_nothing_is_left_in_the_scratch_folder(read: dict[str, tuple[dict[str, Any], Document]], scratch: Path) -> None:
    assert read
    assert list(scratch.iterdir()) == []


def test_no_file_is_left_where_a_hostile_archive_aims(read: dict[str, tuple[dict[str, Any], Document]], folder: Path) -> None:
    assert read
    with zipfile.ZipFile(folder / "hostile-zipslip.zip") as archive:
        aims = [Path(name) for name in archive.namelist() if name.startswith("/")]
    assert aims
    assert [path for path in aims if path.exists()] == []
