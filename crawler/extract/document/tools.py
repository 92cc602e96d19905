"""External programs that read what Python does not: which there are, what each is for, and running one safely."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crawler.errors import DocumentError
from crawler.extract.document.formats.limits import GIB, MIB
from crawler.extract.document.formats.pictures import ocr_is_installed

_VERSION = re.compile(r"\d+(?:\.\d+){1,3}")
_PR_SET_PDEATHSIG = 1
#: loaded here: between fork and exec nothing may be loaded
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
#: files and processes a converter may have open at once: office suites are generous users
_MOST_FILES = 512


@dataclass(frozen=True, slots=True)
class Tool:
    """A program. ``commands``: names it is installed under; ``version``: arguments that print its version, if any do."""

    name: str
    commands: tuple[str, ...]
    purpose: str
    install: str
    version: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolState:
    """A tool as found on this machine. ``path`` is None when it is missing, ``version`` when it does not tell."""

    tool: Tool
    path: str | None
    version: str | None

    @property
    def found(self) -> bool:
        return self.path is not None


_OFFICE = "apt-get install libreoffice-writer-nogui"
TOOLS = (
    Tool("antiword", ("antiword",), "old Word files (.doc, .wps)", "apt-get install antiword", ("-h",)),
    Tool("libreoffice", ("soffice", "libreoffice"), "old Word files that antiword refuses", _OFFICE, ("--version",)),
    Tool("unar", ("unar",), "archives (.rar)", "apt-get install unar", ("--version",)),
    Tool("lsar", ("lsar",), "lists archives (.rar) before they are unpacked", "apt-get install unar", ("--version",)),
    Tool("bsdtar", ("bsdtar",), "archives (.rar 5)", "apt-get install libarchive-tools", ("--version",)),
)
_BY_NAME = {tool.name: tool for tool in TOOLS}
_OCR = Tool("ocr", (), "scanned pages and pictures", "pip install 'signoff[ocr]'")


def find(name: str) -> str | None:
    """Path of a tool's program, or None where it is not installed."""
    return next((path for command in _BY_NAME[name].commands if (path := shutil.which(command))), None)


def require(name: str) -> str:
    """The same; raises `DocumentError` ("needs: NAME") where it is not installed."""
    path = find(name)
    if path is None:
        raise DocumentError(f"needs: {name}")
    return path


def survey() -> tuple[ToolState, ...]:
    """Every tool with its path and version, text recognition last. Runs each program once."""
    states = [ToolState(tool, path := find(tool.name), _version(path, tool.version) if path else None) for tool in TOOLS]
    return (*states, ToolState(_OCR, "rapidocr" if ocr_is_installed() else None, None))


def _version(path: str, arguments: Sequence[str]) -> str | None:
    try:
        done = subprocess.run([path, *arguments], capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search((done.stdout + done.stderr).decode("utf-8", "replace"))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Output:
    """What a program left behind: exit status, and the first MiBs of what it printed."""

    status: int
    printed: bytes
    errors: str


def run(name: str, arguments: Sequence[str], folder: Path, *, seconds: float = 30.0, memory: int = GIB, written: int = 256 * MIB) -> Output:
    """Run a tool in ``folder``, its home and scratch space, and see that it keeps to its limits.

    ``seconds`` of wall time, ``memory`` bytes of address space, ``written`` bytes in ``folder`` altogether. Raises
    `DocumentError`: "needs: NAME" when it is not installed, "refused: …" when it went over a limit.
    """
    path = require(name)
    printed, errors = folder / ".printed", folder / ".errors"
    with printed.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [path, *arguments],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=lambda: _confine(seconds, memory, written),  # noqa: PLW1509 - a worker has one thread
        )
        try:
            _watch(process, name, folder, time.monotonic() + seconds, written)
        finally:
            _end(process)
    return Output(process.returncode, _head(printed, written), _head(errors, 4096).decode("utf-8", "replace"))


def _watch(process: subprocess.Popen[bytes], name: str, folder: Path, deadline: float, written: int) -> None:
    pause = 0.005
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise DocumentError(f"refused: {name} took too long")
        if folder_size(folder) > written:
            raise DocumentError(f"refused: {name} wrote more than {written // MIB} MiB")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(pause)
        pause = min(pause * 2, 0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the program with whatever it started: it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of our own environment but the search path: a converter has no use for passwords."""
    home = str(folder)
    private = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), home)
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **private}


def _confine(seconds: float, memory: int, written: int) -> None:
    """Runs between fork and exec: its own group, limits, and an end when the one who started it ends."""
    os.setpgid(0, 0)
    lower(resource.RLIMIT_CPU, int(seconds) + 1)
    lower(resource.RLIMIT_AS, memory)
    lower(resource.RLIMIT_FSIZE, written)
    lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    lower(resource.RLIMIT_CORE, 0)
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def lower(kind: int, value: int) -> None:
    """Set the soft limit of a resource, as far as the hard limit allows; where the system has no such limit, nothing."""
    hard = resource.getrlimit(kind)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def folder_size(folder: Path) -> int:
    """Bytes of all files below ``folder``; links are not followed, files that vanish meanwhile count nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size)
