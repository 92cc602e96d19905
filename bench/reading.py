"""Pages a second from bytes to fields, next to the extraction of plain text by trafilatura on the same pages.

    .venv/bin/python bench/reading.py [PAGES.jsonl] [--rounds N]

``PAGES.jsonl``: lines with ``html`` and ``url``; default: the authored pages of the test bed that SIGNOFF_SHARED names.
Both run in one process on one core, in turns; processor time is counted, so that a busy machine does not change the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import trafilatura

from crawler.extract.page.read_page import read_page
from crawler.extract.read_notice import read, read_bytes

_SHARED = Path(os.environ.get("SIGNOFF_SHARED") or Path(__file__).parents[2] / "shared")
Pages = list[tuple[bytes, str]]


def load(path: Path) -> Pages:
    """Bodies as bytes, with their addresses."""
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
    return [(row["html"].encode(), row["url"]) for row in rows]


def timed(work: Callable[[bytes, str], object], pages: Pages) -> float:
    """Pages a second of processor time, of one pass."""
    start = time.process_time()
    for body, url in pages:
        work(body, url)
    return len(pages) / (time.process_time() - start)


def to_fields(body: bytes, url: str) -> object:
    return read_bytes(body, url, "text/html; charset=utf-8")


def to_blocks(body: bytes, url: str) -> object:
    return read_page(body, url, "text/html; charset=utf-8")


def to_text(body: bytes, url: str) -> object:
    return trafilatura.extract(body, url=url)


def measure(pages: Pages, rounds: int) -> dict[str, float]:
    """Median rates over ``rounds`` turns, after one turn to warm up."""
    works = {"fields": to_fields, "blocks": to_blocks, "trafilatura": to_text}
    rates: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            rate = timed(work, pages)
            if turn:
                rates[name].append(rate)
    parsed = [read_page(body, url, "text/html; charset=utf-8") for body, url in pages]
    start = time.process_time()
    for page in parsed:
        read(page)
    alone = len(pages) / (time.process_time() - start)
    return {name: statistics.median(found) for name, found in rates.items()} | {"blocks to fields": alone}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="?", type=Path, default=_SHARED / "corpus" / "authored.jsonl")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    pages = load(options.pages)
    rates = measure(pages, options.rounds)
    size = sum(len(body) for body, _ in pages) / len(pages)
    print(f"{len(pages)} pages of {size:.0f} bytes on average, one core, median of {options.rounds}")
    for name, rate in rates.items():
        print(f"{name:18} {rate:8.0f} pages/s")
    print(f"{'ratio':18} {rates['fields'] / rates['trafilatura']:8.2f} fields to trafilatura")


if __name__ == "__main__":
    main()
