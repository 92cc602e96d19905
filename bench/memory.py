"""Memory of a crawl over many pages: a first crawl of the scale farm, then one over the pages known by then.

    python bench/memory.py [--notices 50000] [--hosts 8] [--page-bytes 6000] [--again 1]

Prints the peak of resident memory for each tenth of the way, that of the crawl's process and that of its children apart, and
how far the peaks after the first tenth (warm-up) lie above the second's.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from replica_farm import Farm, Signoff, farm, registry

TENTHS = 10
GROWTH, MOST_MB = 0.10, 300
PAUSE = 0.25  # seconds between two looks at the process


@dataclass
class Peaks:
    """Largest resident memory in each tenth of the way, MB."""

    process: list[float] = field(default_factory=lambda: [0.0] * TENTHS)
    children: list[float] = field(default_factory=lambda: [0.0] * TENTHS)

    def note(self, share: float, pid: int) -> None:
        tenth = min(TENTHS - 1, int(share * TENTHS))
        self.process[tenth] = max(self.process[tenth], resident(pid))
        self.children[tenth] = max(self.children[tenth], sum(resident(child) for child in below(pid)))

    @property
    def growth(self) -> float:
        """How far the highest peak after the warm-up lies above the first of them, as a share."""
        return max(self.process[1:]) / self.process[1] - 1


def resident(pid: int) -> float:
    """Resident memory of a process in MB; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def below(pid: int) -> Iterator[int]:
    """The processes that a process started, and theirs."""
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = [int(word) for word in children.read_text("ascii").split()]
        except OSError:
            continue
        for child in found:
            yield child
            yield from below(child)


def served(here: Farm) -> int:
    return int(here.get("/stats")["requests"])


def watch(program: Signoff, here: Farm, clock: str, pages: int) -> tuple[Peaks, float, int]:
    """Crawl, and look at the process until it ends: peaks, seconds, requests."""
    here.post("/log/reset")
    peaks, began = Peaks(), time.monotonic()
    with (program.folder / "lines").open("wb") as out:
        process = subprocess.Popen(program.command("crawl", "--json"), env=program.env(clock), stdout=out)
        asked = 0
        while process.poll() is None:
            asked = served(here)
            peaks.note(asked / pages, process.pid)
            time.sleep(PAUSE)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"the crawl ended with {process.returncode}")
    return peaks, time.monotonic() - began, served(here)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--notices", type=int, default=50_000)
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("--page-bytes", type=int, default=6000)
    parser.add_argument("--again", type=int, default=1, help="crawls over the known pages after the first")
    parser.add_argument("--keep", type=Path, help="folder for database and archive")
    options = parser.parse_args()
    scale = ["--bench", str(options.notices), "--hosts", str(options.hosts), "--page-bytes", str(options.page_bytes)]
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with farm(options.shared, folder, *scale, seconds=7200) as here:
            sources = registry([{**site, "adcode": "130000"} for site in here.sites], folder / "sources")
            program = Signoff(folder, sources)
            pages = options.notices + options.notices // 50
            for turn in range(1 + options.again):
                peaks, seconds, asked = watch(program, here, f"2025-06-{4 + turn:02d}T09:00:00+08:00", pages)
                tell("first crawl" if turn == 0 else f"crawl over known pages {turn}", peaks, seconds, asked)


def tell(name: str, peaks: Peaks, seconds: float, asked: int) -> None:
    print(f"{name}: {asked} requests in {seconds:.0f} s ({asked / seconds:.0f} a second)")
    print(f"    peak of each tenth, MB: {' '.join(f'{peak:.0f}' for peak in peaks.process)}")
    print(f"    of its children, MB:    {' '.join(f'{peak:.0f}' for peak in peaks.children)}")
    flat = peaks.growth <= GROWTH and max(peaks.process) <= MOST_MB
    print(
        f"    growth after the first tenth {100 * peaks.growth:.1f} % (target {100 * GROWTH:.0f}), largest {max(peaks.process):.0f} MB "
        f"(target {MOST_MB}): {'flat' if flat else 'NOT flat'}",
        flush=True,
    )


if __name__ == "__main__":
    main()
