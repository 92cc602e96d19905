"""How much one document may cost, and the running account of what it has cost so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from crawler.errors import DocumentError
from crawler.extract.blocks import Block, Document

KIB, MIB, GIB = 2**10, 2**20, 2**30

#: below this many unpacked bytes no ratio is suspicious: a form full of blanks packs a thousandfold
RATIO_FLOOR = 8 * MIB
#: share of the time after which no further page is begun
_MOST_TIME = 0.8


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` of wall time, ``memory`` bytes of address space, ``text`` bytes (UTF-8) handed back, and for archives:
    ``entries`` and ``unpacked`` bytes over all levels, ``depth`` of nesting, ``ratio`` of unpacked to packed bytes."""

    seconds: float = 60.0
    memory: int = GIB
    text: int = 8 * MIB
    entries: int = 500
    depth: int = 3
    unpacked: int = 256 * MIB
    ratio: int = 200


@dataclass(slots=True)
class Budget:
    """What one document, with everything inside it, has used of its limits."""

    limits: Limits = field(default_factory=Limits)
    entries: int = 0
    unpacked: int = 0
    started: float = field(default_factory=time.monotonic)

    def used_time(self) -> float:
        """Share of the time that is over."""
        return (time.monotonic() - self.started) / max(self.limits.seconds, 0.001)

    def check_time(self) -> None:
        """For work that takes seconds a page: ends it while what was read so far can still be handed over."""
        if self.used_time() > _MOST_TIME:
            raise DocumentError(f"refused: takes more than {_MOST_TIME * self.limits.seconds:g} s")

    def count_entries(self, number: int) -> None:
        self.entries += number
        if self.entries > self.limits.entries:
            raise DocumentError(f"refused: more than {self.limits.entries} files inside")

    def count_bytes(self, number: int) -> None:
        self.unpacked += number
        if self.unpacked > self.limits.unpacked:
            raise DocumentError(f"refused: opens to more than {self.limits.unpacked // MIB} MiB")

    def check_ratio(self, unpacked: int, packed: int) -> None:
        if unpacked > RATIO_FLOOR and unpacked > self.limits.ratio * max(packed, 1):
            raise DocumentError(f"refused: opens to more than {self.limits.ratio} times its size")


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read. ``name``: as the page or the archive gives it; ``where``: what its blocks are to carry.

    ``read_member`` reads a file found inside this one (bytes, name) with the same budget, one level deeper.
    ``ocr``: recognise text in pictures; ``office``: convert with LibreOffice what nothing else reads.
    """

    name: str
    where: str
    budget: Budget
    read_member: Callable[[bytes, Job], Document]
    declared: str | None = None
    depth: int = 0
    ocr: bool = False
    office: bool = True

    def inside(self, name: str) -> Job:
        """The job for the member ``name``; raises `DocumentError` when that is nested too deeply."""
        if self.depth >= self.budget.limits.depth:
            raise DocumentError(f"refused: archives nested more than {self.budget.limits.depth} deep")
        return replace(self, name=name, where=f"{self.where}/{name}", declared=None, depth=self.depth + 1)


class PartlyReadError(DocumentError):
    """Not all of a document was read. ``blocks``: what was."""

    def __init__(self, status: str, blocks: Iterable[Block]) -> None:
        self.blocks = tuple(blocks)
        super().__init__(status)


#: what each format module offers: raises `DocumentError` whose message is the status to report
Reader = Callable[[bytes, Job], list[Block]]
