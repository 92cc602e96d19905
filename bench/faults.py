"""Every fault of the replica farm, one at a time and mixed at random, against the promises about verdicts and events.

    python bench/faults.py [--crawls 250] [--first 0] [--seed 1] [--each] [--record FILE] [--shared ../shared]

A run: a site with one to three faults. Four of them and one in health share a crawl. The program crawls while the faults last,
then once more without them; a run whose faults no request met does not count. Wanted: the
process ends by itself with status 0 or 1; no verdict ``ok`` where a notice or an event of the site is not known (``--due``: one
that the same look without a fault knows); sites in health are ``ok`` and complete; no event that the truth does not have; after
the second crawl every notice and event is there, once.

Cold runs begin without a database, warm ones with a copy of one that saw the state before. With ``--record`` each crawl becomes
a line of that file; those it has are not run again, and the figures are of all that it has.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fault_cases import Case, Sick, cases, each
from forked import Ended, crawl, load
from held import Known, Truths, Wanted, known, last_seq
from replica_farm import DATES, FAMILIES, Farm, Signoff, farm, registry, source_id

from crawler.registry.families import FAMILIES as OURS

__all__ = ["Bench", "Case", "Outcome", "Sick"]

#: asks for 20 s between two requests: too slow for many runs
TOO_SLOW = {"fujian-sanming"}
ENVIRONMENT = {"SIGNOFF_TIMEOUT": "2", "SIGNOFF_MAX_BODY": "4000000", "SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"}
#: how the lines of broken promises begin, after the site
PROMISES = {
    "wrong ok": r"wrong ok", "lost": r"lost|event lost|file not read", "false or doubled": r"false|made up|event false",
    "other site harmed": r"in health", "crash or hang": r"exit status|traceback|no verdict", "not well again": r"well again",
}  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------- one run


@dataclass
class Outcome:
    """What a crawl came to. ``wrong``: one line for each broken promise; of each ill site ``verdicts`` and ``why`` while it was
    ill, and how many requests ``met`` a fault."""

    case: Case
    wrong: list[str] = field(default_factory=list)
    verdicts: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class Bench:
    """A running farm, its truth, and databases that saw each state."""

    def __init__(self, here: Farm, folder: Path, *, fork: bool = True) -> None:
        self.here, self.folder, self.truths, self.fork = here, folder, Truths(here), fork
        self.due: dict[int, dict[str, Known]] = {}
        plain = [site for site in here.sites if not site["needs_browser"] and site["slug"] not in TOO_SLOW]
        self.sites = {site["slug"]: site for site in plain if FAMILIES.get(site["cms"], site["cms"]) in OURS}

    def prepare(self, states: Sequence[int] = (0, 1, 2, 3)) -> None:
        """Make the databases that warm runs begin with."""
        if self.fork:
            load()
        folder = self.folder / "template"
        shutil.rmtree(folder, ignore_errors=True)
        program = Signoff(folder, registry(list(self.sites.values()), folder / "sources"), environment=ENVIRONMENT)
        for state in states:
            self.here.post(f"/state/{state}")
            done = crawl(program, _clock(state), fork=self.fork)
            if done.status != 0:
                print(f"T{state} without faults: status {done.status}, {[one for one in done.lines.values() if one['verdict'] != 'ok']}")
            shutil.copytree(folder / "data", self.folder / f"seen-{state}", dirs_exist_ok=True)

    def known_by_due(self, before: int) -> dict[str, Known]:
        """What a ``--due`` look without faults knows of each site, and tells of it, one state later."""
        if before not in self.due:
            self.here.post(f"/state/{before + 1}")
            with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
                folder = Path(scratch)
                program = Signoff(folder, registry(list(self.sites.values()), folder / "sources"), environment=ENVIRONMENT)
                shutil.copytree(self.folder / f"seen-{before}", folder / "data")
                after = last_seq(program)
                crawl(program, _clock(before + 1), "--due", fork=self.fork)
                self.due[before] = {slug: known(program, source_id(site), after) for slug, site in self.sites.items()}
        return self.due[before]

    def run(self, case: Case) -> Outcome:
        began, out = time.monotonic(), Outcome(case)
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            folder = Path(scratch)
            program = Signoff(folder, registry([self.sites[slug] for slug in case.sites], folder / "sources"), environment=ENVIRONMENT)
            after = 0
            if case.before is not None:
                shutil.copytree(self.folder / f"seen-{case.before}", folder / "data")
                after = last_seq(program)
            ground = self.known_by_due(case.before) if case.before is not None and case.mode == "--due" else {}
            self.here.post(f"/state/{case.state}")
            for sick in case.faults:
                self.here.post("/fault", {**asdict(sick), "on": True})
            ill = crawl(program, _clock(case.state), *case.mode.split(), fork=self.fork)
            for fault in self.here.get("/faults")["on"]:
                out.met[fault["site"]] += fault["hits"]
            self.here.post("/fault/clear")
            self._while_ill(out, ill, program, after, ground)
            well = crawl(program, _clock(case.state, hour=15), fork=self.fork)
            self._once_well(out, well, program, after)
        out.seconds = time.monotonic() - began
        return out

    def _while_ill(self, out: Outcome, done: Ended, program: Signoff, after: int, ground: dict[str, Known]) -> None:
        case = out.case
        self._process(out, done, "ill")
        ills = {fault.site for fault in case.faults}
        for slug in case.sites:
            line = done.lines.get(source_id(self.sites[slug]))
            if line is None:
                out.wrong.append(f"{slug}: no verdict")
                continue
            wanted, found = self._both(case, slug, program, after)
            out.wrong += [f"{slug}: false {event} ({line['verdict']})" for event in found.events - wanted.events]
            if slug in ills:
                out.verdicts[slug], out.why[slug] = line["verdict"], line["why"]
            elif line["verdict"] != "ok":
                out.wrong.append(f"{slug}: in health, but {line['verdict']}: {line['why']}")
            if line["verdict"] == "ok":
                least = ground.get(slug, wanted)
                out.wrong += [f"{slug}: wrong ok, not known: {url}" for url in (least.live & wanted.live) - found.live]
                lost = [event for event in least.events - found.events if event not in wanted.of_files]
                out.wrong += [f"{slug}: wrong ok, not told: {event}" for event in lost]

    def _once_well(self, out: Outcome, done: Ended, program: Signoff, after: int) -> None:
        case = out.case
        self._process(out, done, "well")
        for slug in case.sites:
            line = done.lines.get(source_id(self.sites[slug]), {"verdict": None, "why": ""})
            wanted, found = self._both(case, slug, program, after)
            if line["verdict"] != "ok":
                out.wrong.append(f"{slug}: well again, but {line['verdict']}: {line['why']}")
            out.wrong += [f"{slug}: lost {url}" for url in wanted.live - found.live]
            out.wrong += [f"{slug}: made up {url}" for url in found.live - wanted.live]
            out.wrong += [f"{slug}: event lost {event}" for event in wanted.events - found.events]
            out.wrong += [f"{slug}: event false or twice {event}" for event in found.events - wanted.events]
            out.wrong += [f"{slug}: file not read {url}" for url, sha in wanted.files.items() if found.files.get(url, sha) != sha]

    def _both(self, case: Case, slug: str, program: Signoff, after: int) -> tuple[Wanted, Known]:
        return self.truths.of(slug, case.before, case.state), known(program, source_id(self.sites[slug]), after)

    def _process(self, out: Outcome, done: Ended, when: str) -> None:
        if done.status not in (0, 1):
            out.wrong.append(f"{when}: exit status {done.status} after {done.seconds:.0f} s: {done.errors[-600:]!r}")
        elif "Traceback" in done.errors or "Unhandled" in done.errors:
            out.wrong.append(f"{when}: traceback: {done.errors[-900:]!r}")


def _clock(state: int, hour: int = 9) -> str:
    return f"{DATES[state]}T{hour:02d}:00:00+08:00"


# ------------------------------------------------------------------------------------------------------------------ the figures


def as_record(seed: str, out: Outcome) -> dict[str, Any]:
    """A crawl as a line of the record."""
    kinds = {slug: [fault.kind for fault in out.case.faults if fault.site == slug] for slug in out.verdicts}
    ills = [
        {"site": slug, "kinds": kinds[slug], "met": out.met[slug], "verdict": verdict, "why": out.why[slug]}
        for slug, verdict in out.verdicts.items()
    ]
    return {
        "seed": seed,
        "crawl": out.case.number,
        "case": str(out.case),
        "ills": ills,
        "wrong": out.wrong,
        "seconds": round(out.seconds, 1),
    }


def figures(records: Sequence[dict[str, Any]]) -> str:
    """All runs in one line."""
    met = [ill for record in records for ill in record["ills"] if ill["met"]]
    told = ", ".join(f"{sum(_breaks(record, pattern) for record in records)} {name}" for name, pattern in PROMISES.items())
    verdicts = Counter(ill["verdict"] for ill in met)
    slowest = max((record["seconds"] for record in records), default=0.0)
    return f"{len(met)} runs in {len(records)} crawls: {told}; ill sites {dict(verdicts.most_common())}; slowest {slowest:.0f} s"


def _breaks(record: dict[str, Any], pattern: str) -> int:
    """Sites, or processes, that broke a promise in this crawl."""
    return len({found[1] for line in record["wrong"] if (found := re.match(rf"([\w-]+): (?:{pattern})\b", line))})


def table(records: Sequence[dict[str, Any]]) -> Iterable[str]:
    """A line a kind: verdicts of the sites that had it alone."""
    alone = [ill for record in records for ill in record["ills"] if len(ill["kinds"]) == 1 and ill["met"]]
    for kind in sorted({ill["kinds"][0] for ill in alone}):
        yield f"{kind:18} {dict(Counter(ill['verdict'] for ill in alone if ill['kinds'] == [kind]).most_common())}"


# ------------------------------------------------------------------------------------------------------------------- which runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shared", type=Path, default=Path(os.environ.get("SIGNOFF_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    )
    parser.add_argument("--crawls", type=int, default=20, help="random ones have four runs each")
    parser.add_argument("--first", type=int, default=0, help="number of the first crawl, to repeat one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--each", action="store_true", help="every kind alone on a site of each family, in this order: 48 crawls meet every kind"
    )
    parser.add_argument("--record", type=Path, help="file of the crawls so far; they are not repeated")
    options = parser.parse_args()
    seed = "each" if options.each else str(options.seed)
    lines = options.record.read_text("utf-8").splitlines() if options.record and options.record.exists() else []
    records = [json.loads(line) for line in lines]
    done = {record["crawl"] for record in records if record["seed"] == seed}
    todo = [number for number in range(options.first, options.first + options.crawls) if number not in done]
    if todo:
        with tempfile.TemporaryDirectory() as scratch, farm(options.shared, Path(scratch), seconds=86400) as here:
            bench = Bench(here, Path(scratch))
            bench.prepare()
            run_all(bench, chosen(bench, todo, None if options.each else options.seed), seed, records, options.record)
    print(*table(records), figures(records), sep="\n")


def chosen(bench: Bench, todo: Sequence[int], seed: int | None) -> Iterable[Case]:
    kinds = sorted(bench.here.get("/faults")["kinds"])
    if seed is not None:
        return cases(todo, seed, sorted(bench.sites), kinds)
    one_a_family = sorted({site["cms"]: slug for slug, site in sorted(bench.sites.items(), reverse=True)}.values())
    return [case for case in each(kinds, one_a_family) if case.number in set(todo)]


def run_all(bench: Bench, todo: Iterable[Case], seed: str, records: list[dict[str, Any]], file: Path | None) -> None:
    """Progress every ten crawls, each broken promise at once."""
    for count, case in enumerate(todo, 1):
        out = bench.run(case)
        records.append(as_record(seed, out))
        if file:
            with file.open("a", encoding="utf-8") as book:
                book.write(json.dumps(records[-1], ensure_ascii=False) + "\n")
        for line in out.wrong:
            print(f"seed {seed} {case}: {line}", flush=True)
        if count % 10 == 0:
            print(figures(records), flush=True)


if __name__ == "__main__":
    main()
