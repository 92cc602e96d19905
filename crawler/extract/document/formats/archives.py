"""Archives: every file inside is read like any other, in order, within one common budget."""

from __future__ import annotations

import json
import lzma
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.building import tidy
from crawler.extract.document.formats.limits import Budget, Job, PartlyReadError
from crawler.extract.document.formats.package import Package
from crawler.extract.document.tools import find, run

RAR5 = b"Rar!\x1a\x07\x01\x00"
_SYSTEM_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_LONGEST_PATH = 300
_DRIVE = re.compile(r"[A-Za-z]:")


def read_zip(data: bytes, job: Job) -> list[Block]:
    """Blocks of all files in a zip archive."""
    package = Package(data, job.budget)
    job.budget.count_entries(len(package.names))
    return _read_all(((name, _Late(package, name)) for name in package.names), job)


@dataclass(frozen=True, slots=True)
class _Late:
    """A member that is unpacked when it is wanted, so that one locked file does not cost the others."""

    package: Package
    name: str

    def read(self) -> bytes:
        return self.package.read(self.name)


@dataclass(frozen=True, slots=True)
class _Ready:
    data: bytes

    def read(self) -> bytes:
        return self.data


def safe_name(name: str) -> str | None:
    """Path of a member below the archive, with forward slashes; None for one that points outside or is the system's own."""
    path = name.replace("\\", "/").replace("\0", "")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or _DRIVE.match(path) or ".." in parts or not parts:
        return None
    if parts[0] == "__MACOSX" or parts[-1].lower() in _SYSTEM_FILES:
        return None
    return tidy("/".join(parts))[:_LONGEST_PATH] or None


def _read_all(members: Iterable[tuple[str, _Late | _Ready]], job: Job) -> list[Block]:
    blocks: list[Block] = []
    states: list[str] = []
    for name, member in members:
        path = safe_name(name)
        if path is None:
            continue
        inner = job.inside(path)
        try:
            document = job.read_member(member.read(), inner)
        except DocumentError as error:
            if _is_over(job.budget):
                raise
            states.append(str(error))
        else:
            blocks += document.blocks
            states.append(document.status)
    return _judged(blocks, states)


def _is_over(budget: Budget) -> bool:
    """Whether the whole archive is to be given up, not the one member alone."""
    return budget.unpacked > budget.limits.unpacked or budget.entries > budget.limits.entries


def _judged(blocks: list[Block], states: list[str]) -> list[Block]:
    """The blocks, if some file was read and none waits for a tool; else an error with the most telling state."""
    waiting = next((state for state in states if state.startswith("needs")), None)
    if waiting is not None:
        raise PartlyReadError(waiting, blocks)
    if states and not blocks:
        worst = next((state for kind in ("encrypted", "refused", "broken") for state in states if state.startswith(kind)), "empty")
        raise PartlyReadError(worst, ())
    return blocks


def read_7z(data: bytes, job: Job) -> list[Block]:
    """Blocks of all files in a 7z archive; unpacked in memory, links and device files are not made."""
    import py7zr
    from py7zr.exceptions import ArchiveError, PasswordRequired

    try:
        with py7zr.SevenZipFile(BytesIO(data)) as archive:
            if archive.needs_password():
                raise DocumentError("encrypted")
            files = [item for item in archive.list() if not item.is_directory]
            _check_listing([item.uncompressed or 0 for item in files], len(data), job.budget)
            store = _store(job.budget)
            archive.extract(targets=[item.filename for item in files], factory=store)
            members = [(name, _Ready(part.data())) for name, part in store.parts.items()]
    except PasswordRequired:  # even the names are locked
        raise DocumentError("encrypted") from None
    except (ArchiveError, lzma.LZMAError, OSError, ValueError, EOFError, KeyError, IndexError) as error:
        raise DocumentError(f"broken: 7z ({type(error).__name__})") from None
    return _read_all(members, job)


def _check_listing(sizes: list[int], packed: int, budget: Budget) -> None:
    """The listing alone condemns most bombs. What it claims is not trusted further: unpacking is measured as well."""
    budget.count_entries(len(sizes))
    Budget(budget.limits).count_bytes(sum(sizes))
    budget.check_ratio(sum(sizes), packed)


def _store(budget: Budget) -> Any:
    """py7zr's way to unpack into memory, here with the account kept."""
    from py7zr.io import Py7zIO, WriterFactory

    class Part(Py7zIO):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            self._data = bytearray()

        def write(self, s: bytes | bytearray) -> int:
            budget.count_bytes(len(s))
            self._data += s
            return len(s)

        def read(self, size: int | None = None) -> bytes:
            return bytes(self._data if size is None else self._data[:size])

        def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 - the library's signature
            return offset

        def flush(self) -> None: ...

        def size(self) -> int:
            return len(self._data)

        def data(self) -> bytes:
            return bytes(self._data)

    class Store(WriterFactory):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            self.parts: dict[str, Part] = {}

        def create(self, filename: str, mode: str | None = None) -> Part:  # noqa: ARG002 - the library's signature
            return self.parts.setdefault(filename, Part())

    return Store()


def read_rar(data: bytes, job: Job) -> list[Block]:
    """Blocks of all files in a rar archive. Neither program reads every kind, so both are tried.

    unar fails on solid RAR 5 and on RAR 5 with folders, bsdtar on RAR 2 and on solid RAR 3 and 4. A result counts
    only when it holds as many files as the listing.
    """
    with tempfile.TemporaryDirectory(prefix="rar-") as name:
        folder = Path(name)
        (folder / "in.rar").write_bytes(data)
        expected = _listed(folder, len(data), job.budget)
        for tool in ("bsdtar", "unar") if data.startswith(RAR5) else ("unar", "bsdtar"):
            if find(tool) is not None:
                files = _unpacked(tool, folder, job.budget)
                if files and (expected is None or len(files) == expected):
                    return _read_all(_from_disk(files, folder / tool, job.budget), job)
        if find("unar") is None or find("bsdtar") is None:
            raise DocumentError("needs: unar" if find("unar") is None else "needs: bsdtar")
    raise DocumentError("broken: rar that no program unpacks")


def _listed(folder: Path, packed: int, budget: Budget) -> int | None:
    """Number of files by lsar's listing, checked against the limits; None without lsar."""
    if find("lsar") is None:
        return None
    done = run("lsar", ["-j", "in.rar"], folder, seconds=20)
    try:
        entries = json.loads(done.printed)["lsarContents"]
        files = [item for item in entries if not item.get("XADIsDirectory") and not item.get("XADIsLink")]
        sizes = [int(item.get("XADFileSize") or 0) for item in files]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if any(item.get("XADIsEncrypted") for item in files):
        raise DocumentError("encrypted")
    _check_listing(sizes, packed, budget)
    return len(files)


def _unpacked(tool: str, folder: Path, budget: Budget) -> list[Path]:
    """Regular files that the program left in its folder; links and everything else are removed first."""
    target = folder / tool
    target.mkdir()
    arguments = {
        "unar": ["-quiet", "-no-directory", "-force-skip", "-password", "", "-output-directory", tool, "in.rar"],
        "bsdtar": ["-x", "--no-same-owner", "--no-same-permissions", "-C", tool, "-f", "in.rar"],
    }
    run(tool, arguments[tool], folder, seconds=30, written=budget.limits.unpacked + (folder / "in.rar").stat().st_size)
    return sorted(_regular_files(target))


def _regular_files(target: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(target):
        for name in [*folders, *names]:
            path = Path(parent, name)
            if path.is_symlink():
                path.unlink()
            elif path.is_file() and path.stat().st_nlink == 1:
                yield path


def _from_disk(files: list[Path], folder: Path, budget: Budget) -> Iterator[tuple[str, _Ready]]:
    for path in files:
        budget.count_bytes(path.lstat().st_size)
        yield str(path.relative_to(folder)), _Ready(path.read_bytes())
