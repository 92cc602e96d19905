"""A year of looks at eight invented sites: requests and bytes a source and day, against a naive re-crawl; and what was seen late.

    python bench/year.py [--days 365] [--naive-days 3]

Day one is a full crawl, every further day ``crawl --due`` under the clock of that day, each in a process of its own. Requests
and bytes are counted by the sites. The naive re-crawl fetches every list page, every notice's page and every file each day:
summed up from the sites, and on a few days really made by plain Scrapy (``bench/naive_spider.py``).
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from faults import crawl
from replica_farm import Signoff, registry, source_id
from year_world import DAYS, SITES, START, Site, naive, timeline

HERE = Path(__file__).parent
#: what a day's requests of ours are for, in the words of the sites' log
LIST, PAGES = "list", ("notice", "other", "gone", "file")


@contextmanager
def world(folder: Path) -> Iterator[dict[str, Any]]:
    """The sites, running while the block lasts."""
    ready = folder / "world.json"
    process = subprocess.Popen([sys.executable, str(HERE / "year_world.py"), str(ready)])
    try:
        while not ready.exists() or not ready.read_text("utf-8").endswith("}"):
            if process.poll() is not None:
                raise RuntimeError("the sites ended before they were ready")
            time.sleep(0.05)
        yield json.loads(ready.read_text("utf-8"))
    finally:
        process.terminate()
        process.wait()


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.load(answer)


@dataclass
class Costs:
    """What looks at one source took. ``naive``: the same days without any plan. ``kinds``: kind and status → requests."""

    days: int = 0
    requests: int = 0
    bytes: int = 0
    naive_requests: int = 0
    naive_bytes: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    quiet: int = 0  # days on which each list cost one request

    def add(self, log: dict[str, int], site: Site, day: date) -> None:
        counts = {name: n for name, n in log.items() if name != "bytes"}
        more, size = naive(site, day)
        self.days, self.requests, self.bytes = self.days + 1, self.requests + sum(counts.values()), self.bytes + log.get("bytes", 0)
        self.naive_requests, self.naive_bytes = self.naive_requests + more, self.naive_bytes + size
        self.kinds.update(counts)
        self.quiet += sum(n for name, n in counts.items() if name.split()[0] == LIST) == site.lists

    def of(self, *kinds: str) -> int:
        return sum(n for name, n in self.kinds.items() if name.split()[0] in kinds)

    def line(self, name: str) -> str:
        days = max(1, self.days)
        unchanged = sum(n for kind, n in self.kinds.items() if kind.endswith(" 304"))
        shares = f"{self.quiet / days:7.0%}{self.of(*PAGES) / days:8.1f}{unchanged / max(1, self.requests):7.0%}"
        ours = f"{name:15}{self.requests / days:9.1f}{self.of(LIST) / days:7.1f}{shares}{self.bytes / days / 1e3:9.0f}"
        every = f"{self.naive_requests / days:10.1f}{self.naive_bytes / days / 1e3:9.0f}"
        return f"{ours}{every}{self.naive_requests / max(1, self.requests):9.1f}{self.naive_bytes / max(1, self.bytes):8.1f}"


HEAD = f"{'source':15}{'requests':>9}{'lists':>7}{'quiet':>7}{'pages':>8}{'304':>7}{'kB':>9}{'naive':>10}{'kB':>9}{'requests':>9}{'kB':>8}"


def plus(costs: Iterator[Costs]) -> Costs:
    total = Costs()
    for one in costs:
        total.days += one.days
        total.requests, total.bytes = total.requests + one.requests, total.bytes + one.bytes
        total.naive_requests, total.naive_bytes = total.naive_requests + one.naive_requests, total.naive_bytes + one.naive_bytes
        total.kinds.update(one.kinds)
        total.quiet += one.quiet
    return total


# ------------------------------------------------------------------------------------------------------------- what was seen, and when


def expected(last: date) -> dict[tuple[str, str, str], date]:
    """Events of the year: (kind, source, path) → the day it came on line. A kind is counted once a page."""
    found: dict[tuple[str, str, str], date] = {}
    for site in SITES:
        for e in timeline(site):
            if e.kind not in ("notice", "slipped") or (e.gone and e.gone <= START):
                continue
            where = (site.slug, e.path)
            found["slipped in" if e.kind == "slipped" else "new", *where] = max(e.born, START)
            changes = sorted(d for d in (e.revised, e.file_changed) if d and d > max(START, e.born))
            for n, day in enumerate(dict.fromkeys(changes)):
                found[f"revised {n + 1}", *where] = day
            if e.gone and e.gone > max(START, e.born):
                found["withdrawn", *where] = e.gone
    return {key: day for key, day in found.items() if day <= last}


_EVENTS = "SELECT c.kind, n.source_id, n.url, c.at FROM change c JOIN notice n ON n.id = c.notice_id ORDER BY c.seq"


def reported(database: Path, sites: dict[str, str]) -> dict[tuple[str, str, str], date]:
    """The same of what the program has told; whatever is told twice shows as an event of its own."""
    found: dict[tuple[str, str, str], date] = {}
    seen: Counter[tuple[str, str, str]] = Counter()
    slipped = {(site.slug, e.path) for site in SITES for e in timeline(site) if e.kind == "slipped"}
    with closing(sqlite3.connect(database)) as connection:
        for kind, source, url, at in connection.execute(_EVENTS):
            where = (sites[source], "/" + url.split("/", 3)[3])
            seen[kind, *where] += 1
            name = "withdrawn" if kind == "expired" else "slipped in" if kind == "new" and where in slipped else kind
            name += f" {seen[kind, *where]}" if kind == "revised" or seen[kind, *where] > 1 else ""
            moment = datetime.fromisoformat(at) if isinstance(at, str) else at
            found[name, *where] = (moment if moment.tzinfo else moment.replace(tzinfo=None)).date()
    return found


def tell_delays(database: Path, sites: dict[str, str], last: date) -> None:
    wanted, told = expected(last), reported(database, sites)
    late: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key, day in wanted.items():
        if key in told:
            late[key[0].split()[0], key[1]].append((told[key] - day).days)
    print("\nseen how many days after it came on line: most (number); withdrawn after three looks over two days")
    kinds = sorted({kind for kind, _ in late})
    print(f"{'source':15}" + "".join(f"{kind:>16}" for kind in kinds))
    for site in SITES:
        cells = (late.get((kind, site.slug), []) for kind in kinds)
        print(f"{site.slug:15}" + "".join(f"{f'{max(cell)} ({len(cell)})' if cell else '-':>16}" for cell in cells))
    patience = {"new": 1, "revised": 1, "withdrawn": 4, "slipped": 31}
    open_ones = {key: day for key, day in wanted.items() if key not in told and last - day > timedelta(days=patience[key[0].split()[0]])}
    print(f"{len(wanted)} events, {len(open_ones)} not told, {len(set(told) - set(wanted))} told that were none")
    for key in [*open_ones, *(set(told) - set(wanted))][:20]:
        print("    ", *key, "not told" if key in open_ones else f"false, {told[key]}")


# ------------------------------------------------------------------------------------------------------------------------- the year


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--naive-days", type=int, default=3, help="days on which plain Scrapy crawls as well")
    parser.add_argument("--keep", type=Path, help="folder for database and archive")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with world(folder) as here:
            program = Signoff(folder, registry(here["sites"], folder / "sources"))
            year(here, program, options.days, options.naive_days)


def year(here: dict[str, Any], program: Signoff, days: int, naive_days: int) -> None:
    costs = {site.slug: Costs() for site in SITES}
    first = {site.slug: Costs() for site in SITES}
    bad: Counter[str] = Counter()
    seconds = 0.0
    began = time.monotonic()
    for n in range(days):
        day = START + timedelta(days=n)
        get(f"{here['control_url']}/day/{day}")
        done = crawl(program, f"{day}T09:00:00+08:00", *(["--due"] if n else []))
        log = get(f"{here['control_url']}/log")
        for site in SITES:
            (costs if n else first)[site.slug].add(log.get(site.slug, {}), site, day)
        bad.update(f"{name} {line['verdict']}: {line['why']}" for name, line in done.lines.items() if line["verdict"] != "ok")
        bad.update([f"exit status {done.status}"] if done.status not in (0, 1) else [])
        seconds += done.seconds
        if n % 30 == 0:
            print(f"day {n}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        if naive_days and n % max(1, days // naive_days) == max(1, days // naive_days) - 1:
            tell_naive(here, day)
    print(f"\n{days - 1} days of due looks, a source and day (after a first crawl of {sum(c.requests for c in first.values())} requests)")
    print(f"{'':15}{'ours':>9}{'':38}{'every page':>10}{'':9}{'ratio':>9}")
    print(HEAD)
    for site in SITES:
        print(costs[site.slug].line(site.slug))
    print(plus(iter(costs.values())).line("all"))
    print("quiet: days on which each list cost one request; 304: of all requests; robots.txt is among the requests, not among the pages")
    print(f"robots.txt: {sum(c.of('robots') for c in costs.values())} requests; {seconds / days:.2f} s a day for {len(SITES)} sources")
    sites = {source_id(s): s["slug"] for s in here["sites"]}
    tell_delays(program.folder / "data" / "signoff.sqlite", sites, START + timedelta(days=days - 1))
    for line, count in bad.items():
        print(f"not ok on {count} days: {line}")


def tell_naive(here: dict[str, Any], day: date) -> None:
    """Let plain Scrapy crawl everything, and compare what the sites counted with the sum used in the table."""
    get(f"{here['control_url']}/day/{day}")
    starts = json.dumps([url for site in here["sites"] for url in site["list_urls"]])
    subprocess.run([sys.executable, str(HERE / "naive_spider.py"), starts], check=True, capture_output=True)
    log = get(f"{here['control_url']}/log")
    made = sum(n for counts in log.values() for name, n in counts.items() if name not in ("bytes", "robots 200"))
    size = sum(counts["bytes"] for counts in log.values())
    sums = [naive(site, day) for site in SITES]
    summed = f"summed up {sum(n for n, _ in sums)}, {sum(b for _, b in sums) / 1e6:.2f} MB"
    print(f"{day}: plain Scrapy made {made} requests, {size / 1e6:.2f} MB; {summed}", flush=True)


if __name__ == "__main__":
    main()
