"""Extraction has a floor: F1 per field on the labelled pages, pinned with a digest of them in ``tests/reading_floor.toml``.

A field that falls below its floor fails. Lowering a floor takes its own commit that says why.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crawler.extract import read_notice
from crawler.extract.page import read_page

FLOOR = tomllib.loads((Path(__file__).parents[1] / "reading_floor.toml").read_text("utf-8"))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def scores(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Figures of the shared scorer over every authored page, read from bytes."""
    corpus = shared / "corpus" / "authored.jsonl"
    predictions = tmp_path_factory.mktemp("reading") / "predictions.jsonl"
    with predictions.open("w", encoding="utf-8") as out:
        for row in _lines(corpus):
            notice = read_notice.read_bytes(row["html"].encode(), row["url"], "text/html; charset=utf-8")
            out.write(json.dumps({"id": row["id"], "notice": notice.as_json()}, ensure_ascii=False) + "\n")
    tool = shared / "tools" / "score_extraction.py"
    done = subprocess.run(
        [sys.executable, str(tool), str(corpus), str(predictions), "--complete"], capture_output=True, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def test_the_pages_are_those_the_floor_was_measured_on(shared: Path) -> None:
    assert hashlib.sha256((shared / "corpus" / "authored.jsonl").read_bytes()).hexdigest() == FLOOR["authored"]["sha256"]


@pytest.mark.parametrize("field", sorted(FLOOR["authored"]["f1"]))
def test_no_field_falls_below_its_floor(scores: dict[str, Any], field: str) -> None:
    assert scores[field]["f1"] >= FLOOR["authored"]["f1"][field]


def test_every_scored_field_has_a_floor(scores: dict[str, Any]) -> None:
    scored = {name for name, value in scores.items() if isinstance(value, dict)}
    assert scored - set(FLOOR["authored"]["f1"]) == set()


def test_the_mean_and_the_classes_hold(scores: dict[str, Any]) -> None:
    assert scores["mean_f1"] >= FLOOR["authored"]["mean_f1"]
    assert scores["doc_type_macro_f1"] >= FLOOR["authored"]["doc_type_macro_f1"]


def _seeds() -> list[str]:
    return [f"seed-{number:03}" for number in range(5)]


@pytest.fixture(scope="module")
def seeds(shared: Path) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """What we read of each seed, and its label."""
    rows = {row["id"]: row for row in _lines(shared / "corpus" / "notices.jsonl") if row["id"].startswith("seed-")}
    out = {}
    for number, path in enumerate(sorted((shared / "seeds").glob("*.txt"))):
        row = rows[f"seed-{number:03}"]
        page = read_page.from_text(path.read_text("utf-8"), row["url"] or "")
        out[row["id"]] = read_notice.read(page).as_json(), row["label"] | {"title": row["title"]}
    return out


@pytest.mark.parametrize("seed", _seeds())
def test_seeds_are_read_exactly(seeds: dict[str, tuple[dict[str, Any], dict[str, Any]]], seed: str) -> None:
    read, label = seeds[seed]
    assert {name: read[name] for name in label} == label


def test_nothing_is_invented(shared: Path) -> None:
    """Every phone, address and unit that is read stands on the page itself."""
    strangers = []
    for row in _lines(shared / "corpus" / "authored.jsonl"):
        notice = read_notice.read_bytes(row["html"].encode(), row["url"], "text/html; charset=utf-8")
        for name, evidence in notice.evidence.items():
            strangers += [
                (row["id"], name, each.words)
                for each in evidence
                if each.block >= 0 and each.words not in notice.text.replace("\n", " ").replace("\t", " ")
            ]
    assert strangers == []
