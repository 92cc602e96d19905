"""Seconds per document and format: ``python -m bench.documents [FOLDER]``; without a folder, the sample forms of the tests.

Each file is read in a worker, as in a crawl; the first of a format pays for loading its library and is shown apart.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from crawler.extract.documents import sniff
from crawler.extract.sandbox import DocumentReader

ROUNDS = 5


def samples() -> Iterable[tuple[str, bytes]]:
    """Name and bytes of every sample form."""
    from tests.test_documents import FORMS

    return [(kind, make()) for kind, make in FORMS.items()]


def files(folder: Path) -> Iterable[tuple[str, bytes]]:
    """Name and bytes of every file in a folder."""
    return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file()]


def main() -> None:
    given = files(Path(sys.argv[1])) if len(sys.argv) > 1 else samples()
    taken: dict[str, list[float]] = defaultdict(list)
    states: dict[str, set[str]] = defaultdict(set)
    with DocumentReader(workers=1) as reader:
        started = time.monotonic()
        reader.read_now(b"words", "a.txt")
        print(f"start of a worker: {time.monotonic() - started:.3f} s")
        for _ in range(ROUNDS):
            for name, data in given:
                begun = time.monotonic()
                document = reader.read_now(data, name)
                taken[sniff(data)].append(time.monotonic() - begun)
                states[sniff(data)].add(document.status)
    print(f"{'format':75} {'reads':>5} {'first':>8} {'median':>8} {'worst':>8}  status")
    for kind, seconds in sorted(taken.items()):
        later = sorted(seconds[1:])
        figures = f"{len(seconds):5} {seconds[0]:8.4f} {later[len(later) // 2]:8.4f} {later[-1]:8.4f}"
        print(f"{kind:75} {figures}  {', '.join(sorted(states[kind]))}")


if __name__ == "__main__":
    main()
