"""kill -9 in the middle of crawls, then a crawl that runs through: is anything lost or doubled, is everything readable?

    python bench/kills.py [--runs 1000] [--first 0] [--seed 1] [--postgres 10] [--record FILE] [--shared ../shared]

A run: a crawl of one or two small sites of the replica, cold or over a state it has seen, is killed at a moment drawn at
random: after some part of its usual time, or at the n-th passage of a named point (`kill_points`). Every third time the crawl
after it is killed as well. The last one runs through. Wanted: every notice, event and file of the truth, once; events numbered
without a gap; revisions numbered without a gap; every capture readable by warcio with its digests, no torn WARC file; no claim
left; a sound database. Every tenth run (``--postgres``; 0: none) is on PostgreSQL.

With ``--record`` each run becomes a line of that file; those it has are not run again, and the figures are of all its runs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import postgres_server
from forked import HUNG, Ended, crawl, load
from held import Truths, ask, known, last_seq
from kill_points import POINTS, Doom
from replica_farm import DATES, Farm, Signoff, farm, registry, source_id
from sqlalchemy import create_engine, text
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

SITES = ("beidouzhiku", "hebei-jtt", "shaanxi-ankang")
ENVIRONMENT = {"SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"}
AT_ANY_TIME = "at any time"
POSTGRES = "postgresql"


@dataclass(frozen=True)
class Case:
    """One run. ``before``: the state the database has seen; None: nothing. ``kills``: for each killed crawl the point, and how far
    into the undisturbed crawl's passages or seconds, from 0 to 1."""

    number: int
    database: str
    before: int | None
    state: int
    sites: tuple[str, ...]
    kills: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        kills = ", then ".join(f"{point} {part:.3f}" for point, part in self.kills)
        return f"run {self.number}: {self.database} T{self.before}→T{self.state} {','.join(self.sites)}: {kills}"


def cases(numbers: Sequence[int], seed: int, postgres: int) -> Iterator[Case]:
    """Random runs; the same seed and number give the same run."""
    for number in numbers:
        dice = random.Random(f"kills {seed}/{number}")
        before = dice.choice([None, 0, 1, 2, 3])
        state = dice.randrange(5) if before is None else before + 1
        sites = tuple(sorted(dice.sample(SITES, dice.choice([1, 2]))))
        kills = tuple((dice.choice([AT_ANY_TIME, AT_ANY_TIME, *POINTS]), dice.random()) for _ in range(dice.choice([1, 1, 2])))
        database = POSTGRES if postgres and number % postgres == postgres - 1 else "sqlite"
        yield Case(number, database, before, state, sites, kills)


@dataclass(frozen=True)
class Usual:
    """An undisturbed crawl: its seconds, and how often it passed each point."""

    seconds: float
    passed: dict[str, int]


@dataclass
class Outcome:
    """What a run came to. ``hit``: which of the kills met a crawl that ran; ``wrong``: one line for each broken promise."""

    case: Case
    hit: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Bench:
    """A running farm, databases that saw each state, and undisturbed crawls to measure kills by."""

    def __init__(self, here: Farm, folder: Path, server: str | None) -> None:
        self.here, self.folder, self.server, self.truths = here, folder, server, Truths(here)
        self.sites = {site["slug"]: site for site in here.sites if site["slug"] in SITES}
        self.usual: dict[tuple[object, ...], Usual] = {}
        self.made = 0

    def prepare(self, database: str) -> None:
        """Make the databases that warm runs begin with."""
        folder = self.folder / f"template-{database}"
        with self.database(database, "template") as url:
            program = self.program(folder, SITES, url)
            for state in range(4):
                self.here.post(f"/state/{state}")
                if crawl(program, clock(state)).status != 0:
                    raise SystemExit(f"T{state}: the crawl before all kills was not ok")
                shutil.copytree(folder / "data", self.folder / f"{database}-{state}")
                if url:
                    self.admin(f"CREATE DATABASE seen_{state} TEMPLATE template")

    def program(self, folder: Path, sites: Sequence[str], url: str | None) -> Signoff:
        return Signoff(folder, registry([self.sites[slug] for slug in sites], folder / "sources"), url, ENVIRONMENT)

    @contextmanager
    def database(self, database: str, name: str, template: str = "template0") -> Iterator[str | None]:
        """A PostgreSQL database for the time of the block; SQLite's is in the data folder."""
        if database != POSTGRES or self.server is None:
            yield None
            return
        self.admin(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.server.replace("/postgres?", f"/{name}?")
        self.admin(f"DROP DATABASE {name} WITH (FORCE)")

    def admin(self, statement: str) -> None:
        assert self.server is not None
        engine = create_engine(self.server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    @contextmanager
    def ground(self, case: Case) -> Iterator[Signoff]:
        """The program over what this case has seen before."""
        self.made += 1
        warm = case.before is not None
        template = f"seen_{case.before}" if warm else "template0"
        with (
            tempfile.TemporaryDirectory(dir=self.folder) as scratch,
            self.database(case.database, f"run_{self.made}", template) as url,
        ):
            folder = Path(scratch)
            if warm:
                shutil.copytree(self.folder / f"{case.database}-{case.before}", folder / "data")
            self.here.post(f"/state/{case.state}")
            yield self.program(folder, case.sites, url)

    def usually(self, case: Case) -> Usual:
        key = (case.database, case.before, case.state, case.sites)
        if key not in self.usual:
            with self.ground(case) as program:
                counts = program.folder / "passed.json"
                done = crawl(program, clock(case.state), doom=Doom(counts=counts))
                if done.status != 0:
                    raise SystemExit(f"{case}: not ok without a kill: {done.errors[-500:]}")
                self.usual[key] = Usual(done.seconds, json.loads(counts.read_text("utf-8")))
        return self.usual[key]

    def run(self, case: Case) -> Outcome:
        usual, out, began = self.usually(case), Outcome(case), time.monotonic()
        with self.ground(case) as program:
            after = last_seq(program) if case.before is not None else 0
            for hour, (point, part) in enumerate(case.kills, 9):
                number = 1 + int(part * usual.passed.get(point, 1))
                seconds = part * usual.seconds if point == AT_ANY_TIME else HUNG
                done = crawl(program, clock(case.state, hour), doom=Doom(point, number), kill_after=seconds)
                out.hit += [point] if done.status in (None, -9) else []
                if done.status not in (None, -9, 0):
                    out.wrong.append(f"exit status {done.status}: {done.errors[-400:]!r}")
            last = crawl(program, clock(case.state, 15))
            out.wrong += [*_ended(last), *self._history(case, program, last, after), *_numbers(program), *_archive(program)]
        out.seconds = time.monotonic() - began
        return out

    def _history(self, case: Case, program: Signoff, last: Ended, after: int) -> Iterator[str]:
        for slug in case.sites:
            source = source_id(self.sites[slug])
            line = last.lines.get(source, {"verdict": None, "why": "no verdict"})
            if line["verdict"] != "ok":
                yield f"{slug}: {line['verdict']}: {line['why']}"
            wanted, found = self.truths.of(slug, case.before, case.state), known(program, source, after)
            yield from (f"{slug}: lost {url}" for url in wanted.live - found.live)
            yield from (f"{slug}: made up {url}" for url in found.live - wanted.live)
            yield from (f"{slug}: lost event {event}" for event in wanted.events - found.events)
            yield from (f"{slug}: doubled or false event {event}" for event in found.events - wanted.events)
            yield from (f"{slug}: lost file {url}" for url, sha in wanted.files.items() if found.files.get(url, sha) != sha)


def clock(state: int, hour: int = 8) -> str:
    return f"{DATES[state]}T{hour:02d}:00:00+08:00"


def _ended(last: Ended) -> Iterator[str]:
    if last.status != 0 or "Traceback" in last.errors:
        yield f"exit status {last.status} after {last.seconds:.0f} s: {last.errors[-600:]!r}"


def _numbers(program: Signoff) -> Iterator[str]:
    """What must be whole, whatever was written."""
    numbers = [row.seq for row in ask(program, "SELECT seq FROM change ORDER BY seq")]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"gap in the numbers of events: {numbers}"
    for row in ask(program, "SELECT source_id, url FROM notice GROUP BY source_id, url HAVING count(*) > 1"):
        yield f"doubled notice {row.url}"
    for row in ask(program, _REVISIONS):
        yield f"lost revision of notice {row.id}: {row.revision} named, {row.stored} stored"
    for row in ask(program, "SELECT id FROM source WHERE claimed_by IS NOT NULL"):
        yield f"claim left on {row.id}"
    if program.database is None:
        found = [*ask(program, "PRAGMA integrity_check"), *ask(program, "PRAGMA foreign_key_check")]
        yield from (f"unsound database: {tuple(row)}" for row in found if tuple(row) != ("ok",))


_REVISIONS = """
    SELECT n.id, n.revision, count(r.number) AS stored FROM notice n LEFT JOIN revision r ON r.notice_id = n.id
    GROUP BY n.id, n.revision HAVING n.revision <> count(r.number) OR n.revision <> max(r.number)
"""


def _archive(program: Signoff) -> Iterator[str]:
    """Every WARC file reads from end to end, and every capture is the record its row names, at its place."""
    folder, places = program.folder / "data" / "warc", {}
    for path in sorted(folder.glob("*")):
        if path.suffix != ".gz":
            yield f"left in the archive: {path.name}"
            continue
        try:
            with path.open("rb") as file:
                records = ArchiveIterator(file, check_digests="raise")
                for record in records:
                    record.content_stream().read()
                    places[record.rec_headers.get_header("WARC-Record-ID")] = (path.name, records.get_record_offset())
        except (ArchiveLoadFailed, OSError, EOFError) as error:
            yield f"torn archive {path.name}: {type(error).__name__}: {error}"
    for row in ask(program, "SELECT url, record_id, warc_file, warc_offset FROM capture"):
        if places.get(row.record_id) != (row.warc_file, row.warc_offset):
            yield f"lost capture of {row.url}: {row.record_id} not at {row.warc_file}:{row.warc_offset}"


# ------------------------------------------------------------------------------------------------------------------ the figures


def as_record(seed: int, out: Outcome) -> dict[str, Any]:
    """A run as a line of the record."""
    return {
        "seed": seed, "run": out.case.number, "case": str(out.case), "database": out.case.database, "hit": out.hit,
        "killed": len(out.case.kills), "wrong": out.wrong, "seconds": round(out.seconds, 1),
    }  # fmt: skip


def figures(records: Sequence[dict[str, Any]]) -> str:
    """All runs in one line; a kill that came after the end of its crawl does not count."""
    killed = [record for record in records if record["hit"]]
    points = Counter(point for record in killed for point in record["hit"])
    servers = sum(record["database"] == POSTGRES for record in killed)
    lost, doubled = (sum(any(word in line for line in record["wrong"]) for record in records) for word in ("lost", "doubled"))
    wrong = sum(bool(record["wrong"]) for record in records)
    told = f"{len(records)} runs, {sum(points.values())} crawls killed in {len(killed)} of them ({servers} on PostgreSQL)"
    return f"{told}: {lost} lost, {doubled} doubled, {wrong} with any broken promise; killed {dict(points.most_common())}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shared", type=Path, default=Path(os.environ.get("SIGNOFF_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    )
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="number of the first run, to repeat one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", type=int, default=10, help="every how many-th run is on PostgreSQL; 0: none")
    parser.add_argument("--record", type=Path, help="file of the runs so far; they are not repeated")
    options = parser.parse_args()
    programs = postgres_server.programs()
    if options.postgres and programs is None:
        print("no PostgreSQL server here: all runs are on SQLite (--postgres 0)", file=sys.stderr)
        options.postgres = 0
    lines = options.record.read_text("utf-8").splitlines() if options.record and options.record.exists() else []
    records = [json.loads(line) for line in lines]
    done = {(record["seed"], record["run"]) for record in records}
    todo = [number for number in range(options.first, options.first + options.runs) if (options.seed, number) not in done]
    if todo:
        with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory(dir="/tmp") as place:
            server = postgres_server.running(programs, Path(place)) if options.postgres and programs else nullcontext()
            with farm(options.shared, Path(scratch), seconds=86400) as here, server as url:
                run_all(Bench(here, Path(scratch), url), todo, options, records)
    print(figures(records))


def run_all(bench: Bench, todo: Sequence[int], options: argparse.Namespace, records: list[dict[str, Any]]) -> None:
    """Progress every twenty runs, each broken promise at once."""
    load()
    for database in ("sqlite", POSTGRES) if options.postgres else ("sqlite",):
        bench.prepare(database)
    for count, case in enumerate(cases(todo, options.seed, options.postgres), 1):
        out = bench.run(case)
        records.append(as_record(options.seed, out))
        if options.record:
            with options.record.open("a", encoding="utf-8") as book:
                book.write(json.dumps(records[-1], ensure_ascii=False) + "\n")
        for line in out.wrong:
            print(f"seed {options.seed} {case}: {line}", flush=True)
        if count % 20 == 0:
            print(figures(records), flush=True)


if __name__ == "__main__":
    main()
