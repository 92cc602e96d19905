"""The demo: crawl the sample sites day by day while they change, and check what was reported against what they did.

The crawler runs as its own program with its public options, exactly as a user or a scheduler starts it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

import crawler
from crawler.demo.check import Agreement, Reported, SourceLine, compare, compare_verdicts, reported_events, source_lines
from crawler.demo.server import SampleSites
from crawler.demo.sites import DAYS, calendar_day, clock_of
from crawler.errors import CannotRunError, UsageError

Report = Callable[[str], None]

#: a folder with this file was made by the demo and may be emptied by the next one
MARK = ".signoff-demo"
#: events of one kind that are shown for one day; the rest is counted
SHOWN = 6
#: seconds after which one command is given up
PATIENCE = 300
EXIT_OK, EXIT_FINDINGS = 0, 1


class Commands(Protocol):
    """Something that runs a command of ours on a simulated day and returns what it printed."""

    def call(self, day: int, *words: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Program:
    """The crawler's command line, bound to the demo's folder."""

    out: Path
    registry: Path

    @property
    def database(self) -> Path:
        return self.out / "signoff.sqlite"

    @property
    def store_options(self) -> tuple[str, ...]:
        return ("--database", f"sqlite:///{self.database}", "--data-dir", str(self.out))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "crawler", *words, "--sources", str(self.registry), *self.store_options]

    def call(self, day: int, *words: str) -> str:
        """Run one command on ``day`` and return what it printed. Raises `CannotRunError` unless it ended done or with findings."""
        try:
            done = subprocess.run(
                self.command(*words),
                cwd=self.out,
                env=environment(day),
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CannotRunError(f"`signoff {words[0]}` did not end within {PATIENCE} seconds") from None
        if done.returncode not in (EXIT_OK, EXIT_FINDINGS):
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise CannotRunError(f"`signoff {words[0]}` ended with status {done.returncode}: {said[-1]}")
        return done.stdout


def environment(day: int) -> dict[str, str]:
    """This process's environment without any setting of ours but those of the demo: the day's clock, loopback allowed, no delay."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIGNOFF_")}
    packages = [str(Path(crawler.__file__).parents[1]), inherited.get("PYTHONPATH", "")]
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join(filter(None, packages)),
        "PYTHONIOENCODING": "utf-8",
        "SIGNOFF_CLOCK": clock_of(day).isoformat(),
        "SIGNOFF_ALLOW_ADDRESSES": "127.0.0.0/8",
        "SIGNOFF_DELAY": "0",
        "SIGNOFF_BROWSER": "never",
    }


def run(out: Path, report: Report) -> int:
    """Run the demo in the folder ``out``.

    Returns 0 if exactly the expected events were reported and every source ended as it should, else 1. Raises `UsageError` if ``out``
    holds something else than an earlier demo, `CannotRunError` if the sites or a command cannot run.
    """
    folder = emptied(out)
    with SampleSites() as sites:
        program = Program(folder, sites.registry_dir(folder / "sources"))
        agreement = crawl_all_days(program, sites, report)
        publish(program, report)
        conclude(agreement, report)
        report(f"look       {shlex.join(('signoff', 'changes', *program.store_options))}")
    return EXIT_OK if agreement.complete else EXIT_FINDINGS


def emptied(out: Path) -> Path:
    """``out`` as an empty, marked folder. What stands in a folder that the demo did not make is never touched."""
    folder = out.resolve()
    if folder.exists():
        if not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).exists()):
            raise UsageError(f"{out}: not an empty folder, and not made by an earlier demo; name another one")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    return folder


def crawl_all_days(program: Commands, sites: SampleSites, report: Report) -> Agreement:
    """Crawl on each day after the sites have changed, tell what it brought, and compare it with what should have been found."""
    total, seq = Agreement(0), 0
    for day in DAYS:
        sites.set_day(day)
        lines = source_lines(program.call(day, "crawl", "--json"))
        events = events_after(seq, program.call(day, "changes", "--json", "--since-seq", str(seq)))
        seq = max((event.seq for event in events), default=seq)
        total += compare(sites.expected_events(day), events) + compare_verdicts(day, lines)
        for line in summary(day, lines, events):
            report(line)
    return total


def events_after(seq: int, output: str) -> list[Reported]:
    return [event for event in reported_events(output) if event.seq > seq]


def summary(day: int, lines: Sequence[SourceLine], events: Sequence[Reported]) -> Iterator[str]:
    """What one day brought, for a reader: a line a source, then the events by kind."""
    yield f"{calendar_day(day)}  day {day}"
    for line in lines:
        own = [event for event in events if event.source_id == line.source_id]
        counts = ", ".join(f"{kind} {len(of_kind)}" for kind, of_kind in by_kind(own))
        looked = f"{line.fetched} fetched" + (f", {line.not_modified} unchanged (304)" if line.not_modified else "")
        yield f"  {line.source_id:<16} {line.verdict:<8} {looked:<32} {counts or '-'}"
    for kind, of_kind in by_kind(events):
        yield from (f"    {kind:<10} {event.source_id:<16} {event.title}" for event in of_kind[:SHOWN])
        if len(of_kind) > SHOWN:
            yield f"    {kind:<10} and {len(of_kind) - SHOWN} more"
    yield ""


def by_kind(events: Sequence[Reported]) -> list[tuple[str, list[Reported]]]:
    ordered = sorted(events, key=lambda event: (event.kind, event.seq))
    return [(kind.value, list(group)) for kind, group in groupby(ordered, key=lambda event: event.kind)]


def publish(program: Program, report: Report) -> None:
    """Leave the feed and the table in the folder and say where everything is."""
    last = DAYS[-1]
    feed, table = program.out / "feed.atom", program.out / "notices.csv"
    program.call(last, "export", "atom", "-o", str(feed))
    program.call(last, "export", "csv", "-o", str(table))
    report(f"database   {program.database}")
    report(f"feed       {feed}")
    report(f"table      {table}")


def conclude(agreement: Agreement, report: Report) -> None:
    expected = agreement.found + len(agreement.missed)
    if agreement.complete:
        report(f"all {expected} expected events found, 0 others")
        return
    report(f"{agreement.found} of {expected} expected events found, {len(agreement.others)} others")
    for what, lines in (("missed", agreement.missed), ("not expected", agreement.others), ("verdict", agreement.verdicts)):
        for line in lines:
            report(f"  {what}: {line}")
