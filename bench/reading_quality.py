"""How well pages are read: scores per field on labelled pages, by the test bed's own scorer, written to docs/reading-quality.md.

    .venv/bin/python bench/reading_quality.py [--shared DIR] [--print]

The labelled pages are those of the test bed that SIGNOFF_SHARED names. ``--print`` only prints. Nothing of the pages is copied
into the document: cases are named by their ids.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.extract import read_notice
from crawler.extract.page import read_page
from crawler.extract.read_notice import EXTRACTOR
from crawler.notice.model import Notice

_SHARED = Path(os.environ.get("SIGNOFF_SHARED") or Path(__file__).resolve().parents[2] / "shared")
_OUT = Path(__file__).resolve().parents[1] / "docs" / "reading-quality.md"
_CASE = re.compile(r"^(\S+?):? .*?want (.*), got (.*)$")
_WORST = 8
#: how the scorer shows that there is none
_NOTHING = ("None", "nothing", "[]", "''", "False")
#: what was measured once and cannot be measured again: the pages have been seen since
RECORDED = (
    ("third kept aside, before its errors were seen", "`doc_type` accuracy", "0.970"),
    ("third kept aside, before its errors were seen", "`doc_type` macro-F1", "0.958"),
    ("third kept aside, before its errors were seen", "`stage`, right of all", "13 of 16"),
    ("third kept aside, before its errors were seen", "mean F1 over fields", "0.947"),
    ("other two thirds, at that moment", "mean F1 over fields", "0.984"),
)


@dataclass(frozen=True)
class Quality:
    """What a run measured. ``figures``: the scorer's; ``cases``: field → ids of pages with a wrong value, and of what kind."""

    digest: str
    figures: dict[str, Any]
    cases: dict[str, list[tuple[str, str]]]
    seeds: dict[str, list[str]]
    invented: int

    @property
    def fields(self) -> dict[str, dict[str, float]]:
        return {name: value for name, value in self.figures.items() if isinstance(value, dict)}

    @property
    def made_up(self) -> list[tuple[str, str]]:
        """Field and case of every value where the page states none, or fewer."""
        return [(name, case) for name, cases in self.cases.items() for case, kind in cases if kind == "made up"]

    @property
    def worst(self) -> list[str]:
        """Fields below 1.0, the worst first."""
        return sorted((name for name, one in self.fields.items() if one["f1"] < 1), key=lambda name: self.fields[name]["f1"])[:_WORST]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def measure(shared: Path) -> Quality:
    """Read every labelled page from bytes and have it scored."""
    corpus = shared / "corpus" / "authored.jsonl"
    labelled = rows(corpus)
    read = {row["id"]: read_notice.read_bytes(row["html"].encode(), row["url"], "text/html; charset=utf-8") for row in labelled}
    with tempfile.TemporaryDirectory() as scratch:
        predictions = Path(scratch) / "predictions.jsonl"
        lines = (json.dumps({"id": name, "notice": notice.as_json()}, ensure_ascii=False) for name, notice in read.items())
        predictions.write_text("\n".join(lines) + "\n", "utf-8")
        figures = json.loads(scored(shared, corpus, predictions)[-1])
        wrong = [name for name, value in figures.items() if isinstance(value, dict) and value["f1"] < 1]
        cases = {name: [case for line in scored(shared, corpus, predictions, "--errors", name) for case in case_of(line)] for name in wrong}
    invented = sum(is_invented(notice) for notice in read.values())
    return Quality(hashlib.sha256(corpus.read_bytes()).hexdigest(), figures, cases, seeds(shared), invented)


def scored(shared: Path, corpus: Path, predictions: Path, *options: str) -> list[str]:
    """What the scorer prints."""
    command = [sys.executable, str(shared / "tools" / "score_extraction.py"), str(corpus), str(predictions), "--complete", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def case_of(line: str) -> Iterator[tuple[str, str]]:
    """The case that a line of errors tells of, and whether a value is missing, made up, or another one."""
    found = _CASE.match(line)
    if found:
        want, got = (0 if told in _NOTHING else _size(told) for told in found.group(2, 3))
        yield found[1], "missing" if got < want else "made up" if got > want else "another value"


def _size(told: str) -> int:
    """How many values the scorer's words show: elements of a list, else one."""
    try:
        value = ast.literal_eval(told)
    except (ValueError, SyntaxError):
        return 1
    return len(value) if isinstance(value, list) else 1


def is_invented(notice: Notice) -> bool:
    """Whether some field rests on words that the page does not have."""
    text = notice.text.replace("\n", " ").replace("\t", " ")
    return any(one.block >= 0 and one.words not in text for each in notice.evidence.values() for one in each)


def seeds(shared: Path) -> dict[str, list[str]]:
    """Each seed with the fields that are not exactly as labelled."""
    labels = {
        row["id"]: row["label"] | {"title": row["title"]}
        for row in rows(shared / "corpus" / "notices.jsonl")
        if row["text_status"] == "full"
    }
    out = {}
    for number, path in enumerate(sorted((shared / "seeds").glob("*.txt"))):
        label = labels[f"seed-{number:03}"]
        read = read_notice.read(read_page.from_text(path.read_text("utf-8"))).as_json()
        out[f"seed-{number:03}"] = [name for name in label if read[name] != label[name]]
    return out


def document(quality: Quality) -> str:
    """The page for the docs, whole."""
    figures = quality.figures
    head = [
        "# How well pages are read", "",
        "Written by `bench/reading_quality.py`; run it again after every change of the rules. CI holds the floors in",
        "`tests/reading_floor.toml` (`tests/shared/test_corpus.py`).", "",
        "## Now", "",
        f"{figures['documents']} labelled pages (digest `{quality.digest[:16]}…`), read from bytes, reading rules of version {EXTRACTOR}. All of them",
        "have been looked at while the rules were made: these figures guard against losses and are **no estimate for pages nobody has seen**.",
        "The pages were written for the test: their classes and difficulties are chosen, not drawn.", "",
        "| what | now | target |", "| --- | --- | --- |",
        f"| `doc_type` macro-F1 | {figures['doc_type_macro_f1']:.3f} | ≥ 0.98 |",
        f"| `doc_type` accuracy | {figures['doc_type_accuracy']:.3f} | |",
        f"| mean F1 over fields | {figures['mean_f1']:.4f} | ≥ 0.97 |",
        f"| values made up, where a page states none or fewer | {len(quality.made_up)} | 0 |",
        f"| pages with a value whose words do not stand on them | {quality.invented} | 0 |",
        f"| seeds read exactly as labelled | {sum(not wrong for wrong in quality.seeds.values())} of {len(quality.seeds)} | all |",
    ]  # fmt: skip
    return "\n".join([*head, "", *_recorded(), "", *_worst(quality), "", *_fields(quality), ""])


def _recorded() -> list[str]:
    lines = [
        "## Pages not seen before (recorded)", "",
        "A third of the labelled pages was kept aside while the rules were written and read once. Then its errors were looked at and the",
        "rules completed, so this cannot be measured again; what a page by another hand meets is nearer to these figures than to those above.", "",
        "| pages | what | recorded |", "| --- | --- | --- |",
    ]  # fmt: skip
    return [*lines, *(f"| {pages} | {what} | {figure} |" for pages, what, figure in RECORDED)]


def _worst(quality: Quality) -> list[str]:
    lines = ["## Worst fields and their cases", ""]
    lines += [f"- {name}: not as labelled: {', '.join(wrong)}" for name, wrong in quality.seeds.items() if wrong]
    if not quality.worst:
        return [*lines, "Every field of every labelled page is right."]
    for name in quality.worst:
        told = ", ".join(f"{case} ({kind})" for case, kind in quality.cases[name])
        lines.append(f"- `{name}` F1 {quality.fields[name]['f1']:.3f}: {told}")
    return lines


def _fields(quality: Quality) -> list[str]:
    lines = ["## Every field", "", "| field | precision | recall | F1 | values |", "| --- | --- | --- | --- | --- |"]
    return lines + [
        f"| `{name}` | {one['p']:.3f} | {one['r']:.3f} | {one['f1']:.3f} | {one['n']} |" for name, one in quality.fields.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=_SHARED)
    parser.add_argument("--print", action="store_true", help="write nothing")
    options = parser.parse_args()
    text = document(measure(options.shared))
    print(text)
    if not options.print:
        _OUT.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
