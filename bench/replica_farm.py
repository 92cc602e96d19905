"""Crawl the replica farm through its states and compare notices and events with its truth.

Used by ``bench/replica.py``, which prints the figures, and by the tests over the shared test bed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler import urls
from crawler.registry.registry import PROVINCES

KEPT = {"signoff_notice", "rectification_status", "rectification_plan", "inspection_feedback", "other_inspection"}
#: farm's name of a CMS → our family and its options
FAMILIES = {"generic": "static", "mixed": "static", "hostile": "static", "challenge": "static", "jsapi": "script"}
DATES = ("2025-06-04", "2025-06-12", "2025-06-26", "2025-07-17", "2025-08-07")


@dataclass(frozen=True)
class Farm:
    """A running farm. ``sites``: as in its ready file."""

    control: str
    sites: tuple[dict[str, Any], ...]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.control + path, timeout=60) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(self.control + path, json.dumps(body or {}).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def farm(shared: Path, folder: Path, *options: str, seconds: int = 1800) -> Iterator[Farm]:
    """Start the farm on a free port; it ends with the block."""
    ready = folder / "farm-ready.json"
    ready.unlink(missing_ok=True)
    command = [
        sys.executable,
        str(shared / "replica" / "serve.py"),
        "--port",
        "0",
        "--ready-file",
        str(ready),
        "--max-seconds",
        str(seconds),
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not ready.exists() or not ready.read_text("utf-8").strip():
            if process.poll() is not None:
                raise RuntimeError("the farm ended before it was ready")
            time.sleep(0.05)
        told = json.loads(ready.read_text("utf-8"))
        yield Farm(told["control_url"].rstrip("/"), tuple(told["sites"]))
    finally:
        process.terminate()
        process.wait()


def source_id(site: dict[str, Any]) -> str:
    """A registry id for a site of the farm: province in pinyin first."""
    code = site["adcode"]
    if site["level"] == "aggregator":
        return "quanguo_" + site["slug"].replace("-", "_")
    return f"{PROVINCES[code[:2]][1]}_" + site["slug"].replace("-", "_")


def table(site: dict[str, Any]) -> str:
    """The site as a table of the registry."""
    aggregator = site["level"] == "aggregator"
    lines = [
        "[[source]]", f'id = "{source_id(site)}"', f'name = "{site["agency"] if "agency" in site else site["name"]}"',
        f'region = "{"000000" if aggregator else site["adcode"]}"', f'family = "{FAMILIES.get(site["cms"], site["cms"])}"',
        f"list_urls = {json.dumps(site['list_urls'])}", 'schedule = "daily"', "expect = { quiet_days = 120, since = 2023-01-01 }",
    ]  # fmt: skip
    lines += ["reposts = true"] if aggregator else []
    lines += ["browser = true"] if site["needs_browser"] else []
    return "\n".join(lines) + "\n\n"


def registry(sites: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write a registry of these sites, one file a province as the rule is."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    for site in sites:
        name = source_id(site).split("_")[0]
        files[name] = files.get(name, "") + table(site)
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


@dataclass
class Signoff:
    """Our program, used as its users do, with a folder of its own."""

    folder: Path
    sources: Path
    database: str | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        place = ["--sources", str(self.sources), "--data-dir", str(self.folder / "data")]
        return [sys.executable, "-m", "crawler", *words, *place, *(["--database", self.database] if self.database else [])]

    def env(self, clock: str) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("SIGNOFF_")}
        ours = {"SIGNOFF_CLOCK": clock, "SIGNOFF_ALLOW_ADDRESSES": "127.0.0.0/8", "SIGNOFF_DELAY": "0", "SIGNOFF_BROWSER": "never"}
        return mine | ours | self.environment

    def call(self, *words: str, clock: str = "2025-06-04T09:00:00+08:00", statuses: tuple[int, ...] = (0, 1)) -> list[Any]:
        """Run a command and read its JSON Lines."""
        done = subprocess.run(self.command(*words), env=self.env(clock), capture_output=True, text=True, check=False, timeout=900)
        broke = done.returncode == 1 and not done.stdout and "Traceback" in done.stderr  # the interpreter's 1, not ours
        if done.returncode not in statuses or broke:
            raise RuntimeError(f"signoff {' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@dataclass
class Comparison:
    """What a crawl of one state found, missed and made up."""

    state: int
    notices: int = 0
    missing: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    events: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def perfect(self) -> bool:
        return not (self.missing or self.invented or self.missed or self.false)


def _same(url: str) -> str:
    return urls.identity(url)


def compare_notices(truth: dict[str, Any], ours: Sequence[dict[str, Any]], slugs: set[str], out: Comparison) -> None:
    """Every kept notice of the truth that is alive stands among ours, and nothing else that is live."""
    live = {_same(n["url"]): n for n in ours if n["state"] == "live"}
    everything = {_same(n["url"]): n for n in truth["notices"] if n["site"] in slugs}
    kept = {url: n for url, n in everything.items() if n["doc_type"] in KEPT and n["status"] in ("live", "unlisted")}
    out.notices = len(kept)
    out.missing = [f"{n['id']} {n['doc_type']} {n['title'][:40]} {n['url']}" for url, n in kept.items() if url not in live]
    out.invented = [f"{n['doc_type']} {n['title'][:50]} {n['url']}" for url, n in live.items() if url not in kept]


def compare_events(truth: dict[str, Any], ours: Sequence[dict[str, Any]], slugs: set[str], out: Comparison) -> None:
    """The events between two states; an expiry is the farm's withdrawal after the window."""
    expected = Counter((e["kind"], _same(e["url"])) for e in truth["events"] if e["site"] in slugs and e["doc_type"] in KEPT)
    reported = Counter(("withdrawn" if e["kind"] == "expired" else e["kind"], _same(e["url"])) for e in ours)
    titles = {_same(e["url"]): f"{e['id']} {e['title'][:40]} {list(e.get('changes') or ())}" for e in truth["events"]}
    told = {_same(e["url"]): f"{e['title'][:40]} {list(e['changes'])}" for e in ours}
    out.events = sum(expected.values())
    out.missed = [f"{kind} {titles.get(url)} {url}" for (kind, url), n in (expected - reported).items() for _ in range(n)]
    out.false = [f"{kind} {told.get(url)} {url}" for (kind, url), n in (reported - expected).items() for _ in range(n)]


def walk_states(
    here: Farm, program: Signoff, slugs: set[str], states: Sequence[int] = range(5), mode: Sequence[str] = ()
) -> Iterator[Comparison]:
    """Crawl each state and compare; yields as it goes."""
    seq, before = 0, None
    for state in states:
        here.post(f"/state/{state}")
        clock = f"{DATES[state]}T09:00:00+08:00"
        began = time.monotonic()
        lines = program.call("crawl", "--json", *mode, clock=clock)
        out = Comparison(state, seconds=time.monotonic() - began, verdicts=Counter(line["verdict"] for line in lines))
        compare_notices(here.get(f"/truth/{state}"), program.call("notices", "--json", clock=clock), slugs, out)
        events = program.call("changes", "--json", "--since-seq", str(seq), clock=clock)
        seq = max((event["seq"] for event in events), default=seq)
        if before is not None:
            compare_events(here.get(f"/truth/events?from={before}&to={state}"), events, slugs, out)
        before = state
        yield out
