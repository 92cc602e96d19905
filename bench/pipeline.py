"""The whole pipeline against bare Scrapy (default settings) fetching the same pages, one after the other, each on one core.

    python bench/pipeline.py [--notices 2000] [--hosts 8] [--page-bytes 6000] [--rounds 3]

Both are whole processes pinned to one core; the farm runs on another. Ours archives, reads, matches and stores each page.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from replica_farm import Signoff, farm, registry

BARE = Path(__file__).with_name("bare_spider.py")


def pinned(command: list[str], env: dict[str, str] | None = None) -> tuple[float, float, str]:
    """Seconds on the clock, CPU seconds, and what was printed, of a command on core 0."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(["taskset", "-c", "0", *command], env=env, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr[-2000:])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--notices", type=int, default=2000)
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("--page-bytes", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    scale = ["--bench", str(options.notices), "--hosts", str(options.hosts), "--page-bytes", str(options.page_bytes)]
    with tempfile.TemporaryDirectory() as scratch, farm(options.shared, Path(scratch), *scale) as here:
        sites = [{**site, "adcode": "130000"} for site in here.sites]
        sources = registry(sites, Path(scratch) / "sources")
        starts = json.dumps([url for site in here.sites for url in site["list_urls"]])
        ratios = []
        for turn in range(options.rounds):
            bare_seconds, bare_cpu, told = pinned([sys.executable, str(BARE), starts])
            pages = int(told.strip().splitlines()[-1])
            program = Signoff(Path(scratch) / f"ours-{turn}", sources)
            seconds, cpu, _ = pinned(
                program.command("crawl", "--json"), program.env("2025-06-04T09:00:00+08:00") | {"PYTHONDONTWRITEBYTECODE": ""}
            )
            kept = sum(1 for _ in program.call("notices", "--json"))
            ratios.append(bare_seconds / seconds)
            print(
                f"round {turn + 1}: {pages} pages; bare Scrapy {bare_seconds:.1f} s ({pages / bare_seconds:.0f} pages/s, {bare_cpu:.1f} s CPU); "
                f"signoff {seconds:.1f} s ({pages / seconds:.0f} pages/s, {cpu:.1f} s CPU), {kept} notices; ratio {ratios[-1]:.2f}",
                flush=True,
            )
        print(f"signoff makes {statistics.median(ratios):.2f} of bare Scrapy's pages/s (median of {options.rounds}; target 0.5)")


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
