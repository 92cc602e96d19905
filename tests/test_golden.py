"""Whole pages and what they must say. Adding one: put page.html and about.toml into a folder of tests/golden/<source>/<case>
and run this; the first run writes expected.json and fails until somebody has compared it with the page."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crawler.extract.blocks import Block
from crawler.extract.fields import doc_type
from crawler.extract.page import read_page

CASES = sorted((Path(__file__).parent / "golden").glob("*/*/page.html"))


def test_there_are_cases() -> None:
    assert len(CASES) >= 24  # a wrong glob must not pass


@pytest.mark.parametrize("page", CASES, ids=lambda page: f"{page.parent.parent.name}/{page.parent.name}")
def test_page_reads_as_expected(page: Path) -> None:
    found, expected = read(page), page.parent / "expected.json"
    if not expected.exists():
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
        pytest.fail(f"wrote {expected}: compare it with the page, then run again")
    assert found == json.loads(expected.read_text("utf-8"))


def read(path: Path) -> dict[str, Any]:
    """What the rules find on a page, as JSON."""
    about = tomllib.loads((path.parent / "about.toml").read_text("utf-8"))
    page = read_page.read_page(path.read_bytes(), about["url"], about.get("content_type"))
    classified = doc_type.classify(page)
    return {
        "title": page.title,
        "doc_type": classified.doc_type.value,
        "stage": classified.stage.value if classified.stage else None,
        "charset": page.charset,
        "header": dict(page.header),
        "publish_line": page.publish_line,
        "site_code": page.site_code,
        "attachments": [[link.name, link.url] for link in page.attachments],
        "flags": list(page.flags),
        "blocks": [shape(block) for block in page.blocks],
    }


def shape(block: Block) -> list[Any]:
    return [block.kind.value, block.align, [list(row) for row in block.rows] or block.text]
