"""What a day without news costs: a full crawl of the replica farm, then ``crawl --due`` a day later with nothing changed.

    python bench/due.py [--days 5]

Prints requests (seen from the server), bytes and CPU for each day, beside what a full crawl takes.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from datetime import date, timedelta
from pathlib import Path

from replica_farm import FAMILIES, Signoff, farm, registry

from crawler.registry.families import FAMILIES as OURS

START = date(2025, 6, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--days", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, farm(options.shared, Path(scratch)) as here:
        sites = [site for site in here.sites if not site["needs_browser"] and FAMILIES.get(site["cms"], site["cms"]) in OURS]
        program = Signoff(Path(scratch), registry(sites, Path(scratch) / "sources"))
        lists = sum(len(site["list_urls"]) for site in sites)
        for day in range(options.days + 1):
            here.post("/log/reset")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            words = ("crawl", "--json") if day == 0 else ("crawl", "--due", "--json")
            lines = program.call(*words, clock=f"{START + timedelta(days=day)}T09:00:00+08:00")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            tell(day, here.get("/log")["requests"], lists, cpu, lines)


def tell(day: int, requests: list[dict[str, object]], lists: int, cpu: float, lines: list[dict[str, object]]) -> None:
    robots = sum(1 for r in requests if r["path"] == "/robots.txt")
    unchanged = sum(1 for r in requests if r["status"] == 304)
    size = sum(int(str(r["bytes"])) for r in requests)
    events = sum(int(str(line["new"])) + int(str(line["revised"])) + int(str(line["withdrawn"])) for line in lines)
    kind = "full crawl" if day == 0 else "due look"
    print(
        f"day {day} ({kind}): {len(requests)} requests for {lists} lists ({robots} robots.txt, {unchanged} answered 304), "
        f"{size / 1e6:.2f} MB, {cpu:.1f} s CPU, {events} events, {sum(line['verdict'] == 'ok' for line in lines)} of {len(lines)} ok",
        flush=True,
    )


if __name__ == "__main__":
    main()
