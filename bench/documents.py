"""Seconds per document and format: ``python -m bench.documents [FOLDER]``; without a folder, the sample form of the tests in every format.

Each file is read in a worker, as in a crawl; the first of a format pays for loading its library and is shown apart. Recognition is
measured where the extra ``ocr`` is installed, LibreOffice alone and with many files at once where it is.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench import scans
from crawler.extract.document.formats import legacy_word
from crawler.extract.document.formats.limits import Limits
from crawler.extract.document.formats.pictures import ocr_is_installed
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.document.tools import find

ROUNDS = 5
_TOGETHER = 20


def samples() -> Iterator[tuple[str, bytes]]:
    """Format and bytes of every sample form."""
    from tests import document_samples as made
    from tests.test_documents import FORMS

    yield from ((kind, make()) for kind, make in FORMS.items())
    yield "txt", made.text_form()
    if ocr_is_installed() and scans.has_fonts():
        page = made.drawn_form()
        yield "picture (recognised)", scans.as_jpg(page)
        yield "scanned pdf (recognised)", scans.as_pdf([page])
        yield "ofd of a picture (recognised)", made.ofd_of(page)
        yield "turned picture (recognised)", scans.as_jpg(page.rotate(90, expand=True))


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file in a folder."""
    return ((path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file())


def main() -> None:
    given = list(files(Path(sys.argv[1])) if len(sys.argv) > 1 else samples())
    taken: dict[str, list[float]] = defaultdict(list)
    states: dict[str, set[str]] = defaultdict(set)
    with DocumentReader(Limits(seconds=300), workers=1, ocr=True) as reader:
        started = time.monotonic()
        reader.read_now(b"words", "a.txt")
        print(f"start of a worker: {time.monotonic() - started:.3f} s")
        for _ in range(ROUNDS):
            for name, data in given:
                begun = time.monotonic()
                document = reader.read_now(data, name)
                taken[name].append(time.monotonic() - begun)
                states[name].add(document.status)
    print(f"{'format':32} {'first':>8} {'median':>8} {'worst':>8}  status")
    for kind, seconds in taken.items():
        later = sorted(seconds[1:])
        figures = f"{seconds[0]:8.4f} {later[len(later) // 2]:8.4f} {later[-1]:8.4f}"
        print(f"{kind:32} {figures}  {', '.join(sorted(states[kind]))}")
    if find("libreoffice"):
        for text in _by_office([1, _TOGETHER]):
            print(text)


def _by_office(counts: Iterable[int]) -> Iterator[str]:
    from tests import document_samples as made

    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            names = [f"{number}.doc" for number in range(count)]
            for file in names:
                (folder / file).write_bytes(made.doc_form())
            begun = time.monotonic()
            legacy_word.convert(folder, names)
            taken = (time.monotonic() - begun) / count
            assert len(list((folder / "out").iterdir())) == count
        yield f"LibreOffice, {count:2} .doc at once:  {taken:8.4f} s each"


if __name__ == "__main__":
    main()
