"""Reads documents in processes of their own, which may crash, hang or eat memory without harm to the crawl."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from crawler.extract.blocks import Block, BlockKind, Document
from crawler.extract.document.formats.limits import MIB, Limits
from crawler.extract.document.formats.sniffing import UNKNOWN, by_magic

_PART = MIB // 4
#: JSON escapes make an answer longer than its text: six bytes for a character of three, and cells stand in it twice
_ANSWER_FACTOR = 6
_LONGEST_NAME = 500
#: a process may start another one while the list is read
_KILL_ROUNDS = 3
_MODULE = "crawler.extract.document.worker"
_ROOT = Path(__file__).resolve().parents[3]


class _StoppedError(Exception):
    """A worker did not answer; the message is the status to report."""


class _Worker:
    """One process, leader of a session of its own, with a scratch folder that is its home and current folder."""

    def __init__(self) -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="signoff-reading-"))
        self.served = 0
        try:
            self._process = self._started()
        except OSError:
            shutil.rmtree(self.scratch, ignore_errors=True)
            raise
        self._requests, self._answers = _pipes(self._process)

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", _MODULE]
        return subprocess.Popen(
            command,
            cwd=self.scratch,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        """The search paths and nothing else: a reader of hostile files has no use for addresses and passwords."""
        home = str(self.scratch)
        paths = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        python = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}
        private = {"HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
        return {"PATH": os.environ.get("PATH", os.defpath), **python, **private}

    def ask(self, data: bytes, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """The worker's answer. Raises `_StoppedError` when there is none in time; the worker is of no use afterwards."""
        self.served += 1
        (self.scratch / "in").write_bytes(data)
        line = json.dumps({**request, "file": "in", "limits": asdict(limits)}).encode("ascii") + b"\n"
        try:
            self._requests.write(line)
            self._requests.flush()
        except OSError:
            raise _StoppedError(f"broken: {self._cause(limits)}") from None
        return self._answer(time.monotonic() + limits.seconds, limits)

    def _answer(self, deadline: float, limits: Limits) -> dict[str, Any]:
        most = _ANSWER_FACTOR * limits.text + MIB
        parts = bytearray()
        for part in self._parts(deadline):
            if part is None:
                raise _StoppedError(f"refused: takes more than {limits.seconds:g} s")
            if not part:
                raise _StoppedError(f"broken: {self._cause(limits)}")
            parts += part
            if len(parts) > most:
                raise _StoppedError("refused: answer of the reader is too long")
        answer: dict[str, Any] = json.loads(parts)
        return answer

    def _parts(self, deadline: float) -> Iterator[bytes | None]:
        """What arrives until the line ends; None when time is up, ``b""`` when the process is gone."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            part = b""
            while not part.endswith(b"\n"):
                wait = deadline - time.monotonic()
                if wait <= 0 or not selector.select(wait):
                    yield None
                    return
                part = os.read(self._answers.fileno(), _PART)
                yield part

    def _cause(self, limits: Limits) -> str:
        """Why the process ended, as its exit status tells."""
        self._end_others()  # now, for once the process is collected its number may become another's
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        status = self._process.returncode
        if status is None:
            return "reader fell silent"
        if status < 0:
            return f"reader stopped by signal {-status}"
        return f"reader ended with status {status} ({limits.memory // MIB} MiB of memory allowed)"

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process with everything it started, and remove its folder."""
        self.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def kill(self) -> None:
        """End the process with everything it started; whoever waits for its answer learns that it is gone."""
        if self._process.returncode is None:
            _kill(self._process.pid)
            self._end_others()

    def _end_others(self) -> None:
        for _ in range(_KILL_ROUNDS):
            others = self._session()
            if not others:
                return
            for pid in others:
                _kill(pid)

    def _session(self) -> list[int]:
        """Processes of the worker's session: converters lead groups of their own in it."""
        if not Path("/proc/self").exists():
            return []
        numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [number for number in numbers if number != self._process.pid and _session_of(number) == self._process.pid]


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("started without pipes")
    return process.stdin, process.stdout


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


class DocumentReader:
    """Reads documents, several at a time, each in a worker process under ``limits``. Workers start with the first document.

    ``workers``: processes at most. ``ocr`` and ``office``: see `crawler.extract.document.read_document.read_document`; both take
    seconds per page, so a crawl leaves them off and a later job turns them on. ``recycle``: a worker is replaced after
    so many documents, before leaks of its libraries add up.
    """

    def __init__(
        self, limits: Limits | None = None, *, workers: int = 2, ocr: bool = False, office: bool = True, recycle: int = 200
    ) -> None:
        self.limits = limits or Limits()
        self.ocr, self.office = ocr, office
        self._recycle = recycle
        self._slots = threading.BoundedSemaphore(workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="documents")
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    async def read(self, data: bytes, name: str, declared: str | None = None) -> Document:
        """Read a document without holding up the event loop. Never raises for what the document is or does."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_now, data, name, declared)

    def read_now(self, data: bytes, name: str, declared: str | None = None) -> Document:
        """The same, and wait for it. Safe to call from several threads."""
        with self._slots:
            try:
                worker = self._taken()
            except OSError as error:
                return _failed(data, name, f"needs: a reader process ({error.strerror})")
            return self._read_by(worker, data, name, declared)

    def _read_by(self, worker: _Worker, data: bytes, name: str, declared: str | None) -> Document:
        request = {"name": name[:_LONGEST_NAME], "declared": (declared or "")[:_LONGEST_NAME] or None}
        fit = False
        try:
            document = _document(worker.ask(data, {**request, "ocr": self.ocr, "office": self.office}, self.limits), name)
            fit = True
        except _StoppedError as stopped:
            document = _failed(data, name, str(stopped))
        except (ValueError, TypeError, KeyError):
            document = _failed(data, name, "broken: reader gave no proper answer")
        except OSError as error:
            document = _failed(data, name, f"needs: scratch space ({error.strerror})")
        finally:
            self._given_back(worker, fit)
        return document

    def _taken(self) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive():
                    self._busy.add(worker)
                    return worker
                worker.stop()
        worker = _Worker()
        with self._lock:
            self._busy.add(worker)
        return worker

    def _given_back(self, worker: _Worker, fit: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
            keep = fit and worker.served < self._recycle and not self._closed
            if keep:
                self._idle.append(worker)
        if not keep:
            worker.stop()

    def close(self) -> None:
        """End all workers, busy ones too, and remove their folders. Nothing can be read afterwards."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for worker in idle:
            worker.stop()
        for worker in busy:
            worker.kill()
        self._threads.shutdown(wait=True)

    def __enter__(self) -> DocumentReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _failed(data: bytes, name: str, status: str) -> Document:
    return Document(name, by_magic(data) or UNKNOWN, status)


def _document(answer: dict[str, Any], name: str) -> Document:
    """The answer as a document; raises ValueError, TypeError or KeyError when it does not have that shape."""
    blocks = tuple(_block(*item) for item in answer["blocks"])
    return Document(name, str(answer["media_type"]), str(answer["status"]), blocks)


def _block(kind: str, text: str, rows: list[list[str]], align: str, where: str, sure: float | None) -> Block:
    cells = tuple(tuple(str(cell) for cell in row) for row in rows)
    return Block(BlockKind(kind), str(text), cells, str(align), str(where), None if sure is None else float(sure))
