"""Every fault of the replica farm, one at a time and mixed at random, against the promises about verdicts and events.

    python bench/faults.py [--runs 1000] [--seed 1] [--each] [--shared ../shared] [--keep FOLDER]

A run: two to four sites, one of them ill. The program crawls while the fault lasts, then once more without it. Wanted: the
process ends by itself with status 0 or 1; no verdict ``ok`` where a notice or an event of the site is not known; sites in health
are ``ok`` and complete; no event that the truth does not have; after the second crawl every notice and event is there, once.

Cold runs begin without a database, warm ones with a copy of one that saw the state before. A crawl is a fork of this process,
which has loaded the program's modules: each starts as a new process does, only sooner.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from replica_farm import DATES, FAMILIES, KEPT, Farm, Signoff, farm, registry, source_id

import crawler.fetch.archive
import crawler.fetch.handler
import crawler.fetch.replay
import crawler.fetch.robots
import crawler.session
import pipelines.archive
import pipelines.dedupe
import pipelines.extract
import pipelines.normalise
import pipelines.store
import spiders.loader
from crawler import cli, urls
from crawler.families import FAMILIES as OURS

#: loaded before the forks, and not in each of them
LOADED = (crawler.session, pipelines.store, spiders.loader)

#: seconds after which a crawl counts as hung; the slowest faults cost ten time-outs a host
HUNG = 150
#: asks for 20 s between two requests: too slow for many runs
TOO_SLOW = {"fujian-sanming"}
ENVIRONMENT = {"SIGNOFF_TIMEOUT": "2", "SIGNOFF_MAX_BODY": "4000000", "SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"}
LISTS, FILES = r"list|index|gsgg|gggs|tzgg|dataproxy|/api/|/a/|unit", r"(?i)\.(?:docx?|xlsx?|pdf|zip|png|jpg)|download|uploadfile"


@dataclass(frozen=True)
class Sick:
    """One fault as the farm takes it."""

    site: str
    kind: str
    match: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One run. ``before``: the state the database has seen; None: it has seen nothing."""

    number: int
    before: int | None
    state: int
    sites: tuple[str, ...]
    faults: tuple[Sick, ...]
    mode: str = ""

    def __str__(self) -> str:
        ills = "; ".join(f"{f.kind} {f.params or ''} {f.match}".strip() for f in self.faults)
        return f"run {self.number}: T{self.before}→T{self.state} {self.mode} {','.join(self.sites)}: {ills}"


@dataclass(frozen=True)
class Ended:
    """How a crawl's process ended. ``status`` None: it had to be killed."""

    status: int | None
    lines: dict[str, dict[str, Any]]
    errors: str
    seconds: float


def crawl(program: Signoff, clock: str, *words: str, fork: bool = True) -> Ended:
    """Crawl in a process of its own, a fork of this one or a new one; returns when it ended, or was killed for hanging."""
    command, environment = program.command("crawl", "--json", *words), program.env(clock)
    out, err, began = program.folder / "stdout", program.folder / "stderr", time.monotonic()
    with out.open("wb") as told, err.open("wb") as errors:
        files = ((1, told.fileno()), (2, errors.fileno()))
        child = _fork(command[3:], environment, files) if fork else _spawn(command, environment, files)
    status: int | None = None
    while status is None and time.monotonic() - began < HUNG:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
        else:
            time.sleep(0.01)
    if status is None:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines() if line.startswith("{")]
    return Ended(status, {line["source"]: line for line in lines}, err.read_text("utf-8", "replace"), time.monotonic() - began)


Files = Sequence[tuple[int, int]]


def _spawn(command: list[str], environment: dict[str, str], files: Files) -> int:
    actions = [(os.POSIX_SPAWN_DUP2, file, number) for number, file in files]
    return os.posix_spawn(command[0], command, environment, file_actions=actions, setsid=True)


def _fork(arguments: list[str], environment: dict[str, str], files: Files) -> int:
    """A child of this process that becomes ``signoff`` and ends."""
    if child := os.fork():
        return child
    status = 70
    try:
        os.setsid()
        atexit._clear()  # what this process has to clean up is not the child's
        os.environ.clear()
        os.environ.update(environment)
        for number, file in files:
            os.dup2(file, number)
        status = cli.run(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - a crash is what we look for
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


# ---------------------------------------------------------------------------------------------------------------- what is known


Event = tuple[str, str]
_SAME_KIND = {"expired": "withdrawn", "repost": "new"}  # which copy is first depends on whose site is ill


@dataclass(frozen=True)
class Known:
    """What a database holds of a source: addresses of live notices, events, sha256 of files."""

    live: set[str]
    events: Counter[Event]
    files: dict[str, str | None]


def known(folder: Path, source: str, after: int = 0) -> Known:
    with sqlite3.connect(f"file:{folder / 'data' / 'signoff.sqlite'}?mode=ro", uri=True) as db:
        live = {urls.identity(url) for (url,) in db.execute(_LIVE, [source])}
        events = Counter((_SAME_KIND.get(kind, kind), urls.identity(url)) for kind, url in db.execute(_EVENTS, [after, source]))
        files = {urls.identity(url): sha for url, sha in db.execute(_FILES, [source])}
    return Known(live, events, files)


_LIVE = "SELECT url FROM notice WHERE state = 'live' AND source_id = ?"
_EVENTS = "SELECT c.kind, n.url FROM change c JOIN notice n ON n.id = c.notice_id WHERE c.seq > ? AND n.source_id = ?"
_FILES = """
    SELECT a.url, a.sha256 FROM attachment a JOIN notice n ON n.id = a.notice_id
    WHERE a.last_revision IS NULL AND n.state = 'live' AND n.source_id = ?
"""


def last_seq(folder: Path) -> int:
    with sqlite3.connect(folder / "data" / "signoff.sqlite") as db:
        return int(db.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()[0])


@dataclass(frozen=True)
class Wanted:
    """The truth of one site: live notices, events since the state before, and which of them are of files alone."""

    live: set[str]
    events: Counter[Event]
    of_files: set[Event]
    files: dict[str, str]


class Truths:
    """What the farm says, asked once."""

    def __init__(self, here: Farm) -> None:
        self.here = here
        self.states: dict[int, list[dict[str, Any]]] = {}
        self.steps: dict[tuple[int, int], list[dict[str, Any]]] = {}

    def of(self, slug: str, before: int | None, state: int) -> Wanted:
        notices = [n for n in self._notices(state) if n["site"] == slug and n["doc_type"] in KEPT and n["status"] in ("live", "unlisted")]
        live = {urls.identity(n["url"]) for n in notices}
        files = {urls.identity(a["url"]): a["sha256"] for n in notices for a in n["attachments"] if a["sha256"] and not a["hostile"]}
        if before is None:
            listed = {urls.identity(n["url"]) for n in notices if n["status"] == "live"}
            return Wanted(listed, Counter(("new", url) for url in listed), set(), {})
        told = [e for e in self._step(before, state) if e["site"] == slug and e["doc_type"] in KEPT]
        events = Counter((_SAME_KIND.get(e["kind"], e["kind"]), urls.identity(e["url"])) for e in told)
        only_files = [e for e in told if e["kind"] == "revised" and all(change.startswith("attachments") for change in e["changes"])]
        of_files = {("revised", urls.identity(e["url"])) for e in only_files}
        return Wanted(live, events, of_files, files)

    def _notices(self, state: int) -> list[dict[str, Any]]:
        if state not in self.states:
            self.states[state] = self.here.get(f"/truth/{state}")["notices"]
        return self.states[state]

    def _step(self, before: int, state: int) -> list[dict[str, Any]]:
        if (before, state) not in self.steps:
            self.steps[before, state] = self.here.get(f"/truth/events?from={before}&to={state}")["events"]
        return self.steps[before, state]


# --------------------------------------------------------------------------------------------------------------------- one run


@dataclass
class Outcome:
    """What a run came to. ``wrong``: one line for each broken promise; ``verdicts`` of the ill sites while they were ill."""

    case: Case
    wrong: list[str] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Bench:
    """A running farm, its truth, and databases that saw each state."""

    def __init__(self, here: Farm, folder: Path, *, fork: bool = True) -> None:
        self.here, self.folder, self.truths, self.fork = here, folder, Truths(here), fork
        plain = [site for site in here.sites if not site["needs_browser"] and site["slug"] not in TOO_SLOW]
        self.sites = {site["slug"]: site for site in plain if FAMILIES.get(site["cms"], site["cms"]) in OURS}

    def prepare(self, states: Sequence[int] = (0, 1, 2, 3)) -> None:
        """Make the databases that warm runs begin with."""
        folder = self.folder / "template"
        shutil.rmtree(folder, ignore_errors=True)
        program = Signoff(folder, registry(list(self.sites.values()), folder / "sources"), environment=ENVIRONMENT)
        for state in states:
            self.here.post(f"/state/{state}")
            done = crawl(program, _clock(state), fork=self.fork)
            if done.status != 0:
                print(f"T{state} without faults: status {done.status}, {[one for one in done.lines.values() if one['verdict'] != 'ok']}")
            shutil.copytree(folder / "data", self.folder / f"seen-{state}", dirs_exist_ok=True)

    def run(self, case: Case) -> Outcome:
        began, out = time.monotonic(), Outcome(case)
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            folder = Path(scratch)
            program = Signoff(folder, registry([self.sites[slug] for slug in case.sites], folder / "sources"), environment=ENVIRONMENT)
            after = 0
            if case.before is not None:
                shutil.copytree(self.folder / f"seen-{case.before}", folder / "data")
                after = last_seq(folder)
            self.here.post(f"/state/{case.state}")
            for fault in case.faults:
                self.here.post("/fault", {**asdict(fault), "on": True})
            ill = crawl(program, _clock(case.state), *case.mode.split(), fork=self.fork)
            self.here.post("/fault/clear")
            self._while_ill(out, ill, folder, after)
            well = crawl(program, _clock(case.state, hour=15), fork=self.fork)
            self._once_well(out, well, folder, after)
        out.seconds = time.monotonic() - began
        return out

    def _while_ill(self, out: Outcome, done: Ended, folder: Path, after: int) -> None:
        case = out.case
        self._process(out, done, "ill")
        ills = {fault.site for fault in case.faults}
        for slug in case.sites:
            line = done.lines.get(source_id(self.sites[slug]))
            if line is None:
                out.wrong.append(f"{slug}: no verdict")
                continue
            wanted, found = self._both(case, slug, folder, after)
            out.wrong += [f"{slug}: false {event} ({line['verdict']})" for event in found.events - wanted.events]
            if slug in ills:
                out.verdicts.append(line["verdict"])
                out.why.append(line["why"])
            elif line["verdict"] != "ok":
                out.wrong.append(f"{slug}: in health, but {line['verdict']}: {line['why']}")
            if line["verdict"] == "ok" and not case.mode:
                out.wrong += [f"{slug}: wrong ok, not known: {url}" for url in wanted.live - found.live]
                lost = [event for event in wanted.events - found.events if event not in wanted.of_files]
                out.wrong += [f"{slug}: wrong ok, not told: {event}" for event in lost]

    def _once_well(self, out: Outcome, done: Ended, folder: Path, after: int) -> None:
        case = out.case
        self._process(out, done, "well")
        for slug in case.sites:
            line = done.lines.get(source_id(self.sites[slug]), {"verdict": None, "why": ""})
            wanted, found = self._both(case, slug, folder, after)
            if line["verdict"] != "ok":
                out.wrong.append(f"{slug}: well again, but {line['verdict']}: {line['why']}")
            out.wrong += [f"{slug}: lost {url}" for url in wanted.live - found.live]
            out.wrong += [f"{slug}: made up {url}" for url in found.live - wanted.live]
            out.wrong += [f"{slug}: event lost {event}" for event in wanted.events - found.events]
            out.wrong += [f"{slug}: event false or twice {event}" for event in found.events - wanted.events]
            out.wrong += [f"{slug}: file not read {url}" for url, sha in wanted.files.items() if found.files.get(url, sha) != sha]

    def _both(self, case: Case, slug: str, folder: Path, after: int) -> tuple[Wanted, Known]:
        return self.truths.of(slug, case.before, case.state), known(folder, source_id(self.sites[slug]), after)

    def _process(self, out: Outcome, done: Ended, when: str) -> None:
        if done.status not in (0, 1):
            out.wrong.append(f"{when}: exit status {done.status} after {done.seconds:.0f} s: {done.errors[-600:]!r}")
        elif "Traceback" in done.errors or "Unhandled" in done.errors:
            out.wrong.append(f"{when}: traceback: {done.errors[-900:]!r}")


def _clock(state: int, hour: int = 9) -> str:
    return f"{DATES[state]}T{hour:02d}:00:00+08:00"


# ------------------------------------------------------------------------------------------------------------------- which runs


def some_params(kind: str, dice: random.Random) -> dict[str, Any]:
    """Parameters of a fault: few or all requests hit, sizes and waits around our limits."""
    params: dict[str, Any] = {"k": dice.choice([1, 2, 3, 4, 7, 1000000])}
    if kind in ("http503", "http503_date", "http429"):
        params["retry_after"] = dice.choice([0, 1, 2])
    elif kind == "hang":
        params = {"s": dice.choice([0.2, 1, 30]), "k": dice.choice([1, 2, 3, 5])}
    elif kind == "drip":
        params = {"bytes": dice.choice([64, 2048, 8192]), "interval": dice.choice([0.01, 0.2]), "k": dice.choice([1, 3, 6])}
    elif kind in ("huge", "gzip_bomb"):
        params = {"mib": dice.choice([3, 8, 200]), "k": dice.choice([1, 3, 5])}
    elif kind == "wrong_type":
        params["ctype"] = dice.choice(["application/octet-stream", "application/msword", "image/png", "text/plain", "application/json"])
    elif kind == "pagination_shift":
        params = {"k": dice.choice([1, 5, 25])}
    return params


def some_fault(site: str, kind: str, dice: random.Random) -> Sick:
    match = dice.choice(["", "", LISTS, rf"^(?!.*(?:{LISTS}))", FILES, r"[13579]\D*$", r"[2468]\D*$"])
    return Sick(site, kind, match, some_params(kind, dice))


def cases(runs: int, seed: int, bench: Bench, kinds: Sequence[str]) -> Iterator[Case]:
    """Random runs; the same seed gives the same runs."""
    for number in range(runs):
        dice = random.Random(f"{seed}/{number}")
        slugs = tuple(dice.sample(sorted(bench.sites), dice.choice([2, 2, 2, 3, 4])))
        ills = dice.choice([1, 1, 1, 2, 3])
        faults = tuple(some_fault(slugs[0], dice.choice(kinds), dice) for _ in range(ills))
        before = dice.choice([None, 0, 1, 2, 3])
        state = dice.randrange(5) if before is None else before + 1
        yield Case(number, before, state, slugs, faults, dice.choice(["", "", "", "--due"]))


def each(kinds: Sequence[str], slugs: Sequence[str]) -> Iterator[Case]:
    """Every kind of fault once on each of these sites, on all requests and with the farm's own parameters; a sound site beside."""
    small = {"huge": {"mib": 8}, "gzip_bomb": {"mib": 8}}
    for kind in kinds:
        for slug in slugs:
            for before, state in ((None, 0), (0, 1)):
                beside = "hebei-jtt" if slug != "hebei-jtt" else "beidouzhiku"
                yield Case(0, before, state, (slug, beside), (Sick(slug, kind, "", small.get(kind, {})),))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shared", type=Path, default=Path(os.environ.get("SIGNOFF_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    )
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="number of the first run, to go on or to repeat one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", action="store_true", help="every kind once on one site of each family instead")
    parser.add_argument("--keep", type=Path, help="folder for the databases of the states, used again if there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with farm(options.shared, folder, seconds=86400) as here:
            bench = Bench(here, folder)
            bench.prepare()
            kinds = sorted(here.get("/faults")["kinds"])
            if options.each:
                tell_each([bench.run(case) for case in each(kinds, _one_a_family(bench))])
            else:
                tell_runs(bench, (case for case in cases(options.runs, options.seed, bench, kinds) if case.number >= options.first))


def _one_a_family(bench: Bench) -> list[str]:
    return list({site["cms"]: slug for slug, site in sorted(bench.sites.items(), reverse=True)}.values())


def tell_each(outcomes: Sequence[Outcome]) -> None:
    """A line a kind: verdicts, and what was wrong."""
    table: dict[str, Counter[str]] = {}
    for out in outcomes:
        table.setdefault(out.case.faults[0].kind, Counter()).update(out.verdicts)
        for line in out.wrong:
            print(f"    {out.case}: {line}")
    for kind, verdicts in table.items():
        print(f"{kind:18} {dict(verdicts)}")
    print(f"{len(outcomes)} runs, {sum(bool(out.wrong) for out in outcomes)} with a broken promise")


def tell_runs(bench: Bench, todo: Iterator[Case]) -> None:
    """Progress every ten runs, each broken promise at once, figures at the end."""
    count = bad = wrong_ok = 0
    verdicts: Counter[str] = Counter()
    slowest = 0.0
    for case in todo:
        out = bench.run(case)
        count, bad, slowest = count + 1, bad + bool(out.wrong), max(slowest, out.seconds)
        wrong_ok += any("wrong ok" in line for line in out.wrong)
        verdicts.update(out.verdicts)
        for line in out.wrong:
            print(f"{case}: {line}", flush=True)
        if count % 10 == 0:
            print(_figures(count, wrong_ok, bad, verdicts, slowest), flush=True)
    print(_figures(count, wrong_ok, bad, verdicts, slowest), flush=True)


def _figures(count: int, wrong_ok: int, bad: int, verdicts: Counter[str], slowest: float) -> str:
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    told = f"{count} runs, {wrong_ok} wrong ok, {bad} with a broken promise; ill sites {dict(verdicts)}"
    return f"{told}; slowest {slowest:.0f} s, largest process {memory} MB"


if __name__ == "__main__":
    main()
