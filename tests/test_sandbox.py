"""Documents are opened in other processes: those may hang, crash or eat memory, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.extract.document import read_document as documents
from crawler.extract.document import sandbox
from crawler.extract.document.formats.limits import MIB, Limits
from crawler.extract.document.read_document import read_document
from crawler.extract.document.sandbox import DocumentReader
from tests import document_samples as samples


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder that holds nothing but what the test makes."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def reader() -> Iterator[DocumentReader]:
    with DocumentReader() as made:
        yield made


HOSTILE = {
    "loops": "while True: pass",
    "sleeps": "import time; time.sleep(600)",
    "ignores signals": "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)",
}
CRASHES = {
    "kills itself": "import os; os.kill(os.getpid(), 11)",
    "exits": "import os; os._exit(3)",
    "answers nonsense": "import os; os.write(answers.fileno(), b'{nonsense}\\n'); os._exit(0)",
    "answers another shape": "import os; os.write(answers.fileno(), b'[1]\\n'); os._exit(0)",
}


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """A worker that runs the given code instead of reading, as a parser taken over by a document would."""

    def act(code: str) -> None:
        module = tmp_path / "acting_worker.py"
        module.write_text(f"import sys, os\nanswers = os.fdopen(1, 'wb')\nsys.stdin.buffer.readline()\n{code}\n")
        monkeypatch.setattr(sandbox, "_MODULE", "acting_worker")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return act


def test_no_process_before_the_first_document(scratch: Path) -> None:
    with DocumentReader():
        assert list(scratch.iterdir()) == []


def test_reads_what_the_plain_function_reads(reader: DocumentReader) -> None:
    data = samples.docx_form()
    assert reader.read_now(data, "附件.docx") == read_document(data, "附件.docx")


def test_awaits_several_at_once(reader: DocumentReader) -> None:
    async def read() -> list[str]:
        found = await asyncio.gather(*(reader.read(f"第{number}项".encode(), f"{number}.txt") for number in range(6)))
        return [document.text for document in found]

    assert asyncio.run(read()) == [f"第{number}项" for number in range(6)]


def test_threads_may_share_a_reader(reader: DocumentReader) -> None:
    found: dict[int, str] = {}

    def read(number: int) -> None:
        found[number] = reader.read_now(f"第{number}项".encode(), "a.txt").text

    threads = [threading.Thread(target=read, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"第{number}项" for number in range(5)}


def test_a_worker_is_used_again(reader: DocumentReader, scratch: Path) -> None:
    reader.read_now(b"one", "a.txt")
    first = list(scratch.iterdir())
    reader.read_now(b"two", "b.txt")
    assert list(scratch.iterdir()) == first


def test_nothing_of_a_document_is_left_for_the_next(reader: DocumentReader, scratch: Path) -> None:
    reader.read_now(samples.docx_form(), "a.docx")
    assert [list(folder.iterdir()) for folder in scratch.iterdir()] == [[]]


def test_closing_removes_all_folders(scratch: Path) -> None:
    with DocumentReader() as made:
        made.read_now(b"one", "a.txt")
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE.keys())
def test_hung_reader_is_given_up(acting: object, code: str) -> None:
    acting(code)  # type: ignore[operator]
    with DocumentReader(Limits(seconds=0.5)) as made:
        assert made.read_now(b"data", "a.txt").status == "refused: takes more than 0.5 s"


@pytest.mark.parametrize("code", CRASHES.values(), ids=CRASHES.keys())
def test_crash_is_a_status(acting: object, code: str) -> None:
    acting(code)  # type: ignore[operator]
    with DocumentReader() as made:
        assert made.read_now(b"data", "a.txt").status.startswith("broken: reader")


def test_endless_answer_is_given_up(acting: object) -> None:
    acting("while True: answers.write(b'x' * 65536)")  # type: ignore[operator]
    with DocumentReader(Limits(text=MIB)) as made:
        assert made.read_now(b"data", "a.txt").status == "refused: answer of the reader is too long"


def test_what_a_hung_reader_started_ends_with_it(acting: object, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    start = "import subprocess, time\np = subprocess.Popen(['sleep', '600'], process_group=0)"
    acting(f"{start}\nopen({str(note)!r}, 'w').write(str(p.pid) + '.')\ntime.sleep(600)")  # type: ignore[operator]
    made = DocumentReader()
    thread = threading.Thread(target=made.read_now, args=(b"data", "a.txt"))
    thread.start()
    while not (note.exists() and note.read_text().endswith(".")):
        threading.Event().wait(0.01)
    made.close()
    thread.join()
    assert _ends(int(note.read_text().strip(".")))


def test_what_a_crashed_reader_started_ends_with_it(acting: object, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    start = "import subprocess\np = subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL, process_group=0)"
    acting(f"{start}\nopen({str(note)!r}, 'w').write(str(p.pid))\nos._exit(3)")  # type: ignore[operator]
    with DocumentReader() as made:
        made.read_now(b"data", "a.txt")
    assert _ends(int(note.read_text()))


def _ends(pid: int) -> bool:
    """Whether a process comes to its end: a killed one takes a moment, and one that waits to be collected counts as ended."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        threading.Event().wait(0.01)
    return False


def test_next_document_is_read_after_a_crash(reader: DocumentReader) -> None:
    reader.read_now(b"one", "a.txt")
    for worker in reader._idle:
        os.kill(worker._process.pid, signal.SIGKILL)
        worker._process.wait()
    assert reader.read_now(b"two", "b.txt").text == "two"


def test_worker_is_replaced_in_time(scratch: Path) -> None:
    with DocumentReader(recycle=1) as made:
        made.read_now(b"one", "a.txt")
        assert list(scratch.iterdir()) == []


def test_memory_has_a_limit() -> None:
    data = samples.zipped({"a.txt": b"words and words\n" * (8 * MIB)})
    with DocumentReader(Limits(memory=220 * MIB, ratio=10_000)) as made:
        assert made.read_now(data, "a.zip").status == "refused: needs more than 220 MiB of memory"


def test_sheet_that_claims_every_cell_there_is() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active["A1"] = "first"
    book.active["XFD1048576"] = "last"
    with DocumentReader() as made:
        assert made.read_now(samples.saved(book), "a.xlsx").status.startswith(("broken", "refused"))


def test_worker_sees_nothing_of_our_environment(acting: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIGNOFF_DATABASE_URL", "postgresql://somebody:secret@db/signoff")
    note = tmp_path / "environment"
    acting(f"open({str(note)!r}, 'w').write(repr(dict(os.environ)))")  # type: ignore[operator]
    with DocumentReader() as made:
        made.read_now(b"data", "a.txt")
    assert "secret" not in note.read_text()


def test_worker_loads_no_code_from_its_folder(reader: DocumentReader, scratch: Path) -> None:
    reader.read_now(b"one", "a.txt")
    (next(scratch.iterdir()) / "docx.py").write_text("raise SystemExit")
    assert reader.read_now(samples.docx_form(), "a.docx").status == "read"


def test_full_disk_is_to_be_tried_again(reader: DocumentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert reader.read_now(b"one", "a.txt").status == "needs: scratch space (No space left on device)"


def test_close_ends_a_busy_worker(acting: object) -> None:
    acting("import time; time.sleep(600)")  # type: ignore[operator]
    made = DocumentReader()
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(made.read_now(b"data", "a.txt").status))
    thread.start()
    while not made._busy:
        threading.Event().wait(0.01)
    made.close()
    thread.join()
    assert found[0].startswith("broken: reader")


def test_archive_leaves_no_file_outside(reader: DocumentReader, scratch: Path, tmp_path: Path) -> None:
    names = ["../evil.txt", f"{tmp_path}/evil.txt", "..\\evil.txt", "a/../../../evil.txt"]
    for data in (samples.zipped(dict.fromkeys(names, b"evil")), samples.rarred(dict.fromkeys(names, b"evil"))):
        reader.read_now(data, "a")
    assert list(tmp_path.rglob("evil*")) == []


def test_name_may_be_of_any_length(reader: DocumentReader) -> None:
    assert reader.read_now(b"one", "名" * 100_000).name == "名" * 100_000


def test_start_of_a_worker_loads_no_parser() -> None:
    """A crawl with nothing but small text files must not pay for the PDF library."""
    assert all(module.count(".") == 0 for module, _ in documents._READERS.values())
