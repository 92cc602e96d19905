"""The Word form among the seeds says the same as text, as .doc and as .docx, read by the command."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from crawler.cli import run
from crawler.extract.document.tools import find


@pytest.fixture
def label(shared: Path) -> dict[str, Any]:
    lines = (shared / "corpus" / "notices.jsonl").read_text("utf-8").splitlines()
    return next(row["label"] for row in map(json.loads, lines) if row["id"] == "seed-000")  # type: ignore[no-any-return]


def seed(shared: Path, kind: str) -> Path:
    if kind == "doc" and find("antiword") is None and not os.environ.get("SIGNOFF_REQUIRE_TOOLS"):
        pytest.skip("antiword is not installed")
    return next((shared / "seeds").glob("000*.txt")) if kind == "txt" else shared / "replica" / "data" / "att" / f"seed000.{kind}"


@pytest.mark.parametrize("kind", ["txt", "doc", "docx"])
def test_the_form_is_read_exactly(shared: Path, label: dict[str, Any], kind: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    status = run(["extract", "--jobs", "1", str(seed(shared, kind))])
    found = json.loads(capsysbinary.readouterr().out)
    assert (status, {name: found[name] for name in label}) == (0, label)


@pytest.mark.parametrize("kind", ["doc", "docx"])
def test_its_cells_are_the_same_in_every_format(shared: Path, kind: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    run(["extract", "--jobs", "1", str(seed(shared, "txt")), str(seed(shared, kind))])
    text, word = map(json.loads, capsysbinary.readouterr().out.splitlines())
    assert ("".join(str(word["sections"]).split()), word["title"]) == ("".join(str(text["sections"]).split()), text["title"])
