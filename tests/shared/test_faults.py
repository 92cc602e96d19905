"""Every fault of the replica, and its hostile site: no crash, no hang, no wrong ``ok``, nothing lost, nothing made up.

All faults are met in two crawls, each on a site of its own beside one in health; ``python bench/faults.py`` mixes them at random.
"""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import Bench, Case, Outcome, Sick
from replica_farm import DATES, Farm, Signoff, farm, registry

#: kinds that leave nothing to read, for as long as they last: the verdicts that say so
LASTING = {
    "empty": {"failed"}, "redirect_loop": {"failed"}, "redirect_self": {"failed"}, "huge": {"failed"}, "gzip_bomb": {"failed"},
    "list_error": {"failed", "broken"}, "list_empty": {"broken", "silent", "partial"}, "login_wall": {"blocked"}, "waf": {"blocked"},
    "bad_gzip": {"broken", "failed"},
}  # fmt: skip
#: big enough to be given up, hanging for fewer requests than the farm's own: the test has to end
MILDER: dict[str, dict[str, float]] = {
    "huge": {"mib": 6},
    "gzip_bomb": {"mib": 6},
    "hang": {"s": 30, "k": 3},
    "drip": {"bytes": 64, "interval": 0.2, "k": 3},
}
HEALTHY, HOSTILE = "hebei-jtt", "shanxi-yuncheng"


@pytest.fixture(scope="module")
def here(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with farm(shared, tmp_path_factory.mktemp("farm")) as running:
        yield running


@pytest.fixture(scope="module")
def outcomes(here: Farm, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Two runs that meet every kind of fault once."""
    bench = Bench(here, tmp_path_factory.mktemp("faults"), fork=False)
    kinds = sorted(here.get("/faults")["kinds"])
    half = -(-len(kinds) // 2)
    sizes = {slug: counts["listed"] for slug, counts in here.get("/truth/0")["sites"].items()}
    slugs = sorted(set(bench.sites) - {HEALTHY, HOSTILE}, key=lambda slug: sizes[slug])[:half]
    return [bench.run(case(number, kinds[start : start + half], slugs)) for number, start in enumerate((0, half))]


def case(number: int, kinds: list[str], slugs: list[str]) -> Case:
    sick = tuple(Sick(slug, kind, "", MILDER.get(kind, {})) for slug, kind in zip(slugs, kinds, strict=False))
    return Case(number, None, 0, (*slugs, HEALTHY), sick)


def test_every_kind_of_fault_was_met(here: Farm, outcomes: list[Outcome]) -> None:
    assert {fault.kind for out in outcomes for fault in out.case.faults} == set(here.get("/faults")["kinds"])


def test_no_fault_breaks_a_promise(outcomes: list[Outcome]) -> None:
    assert [f"{out.case.number}: {line}" for out in outcomes for line in out.wrong] == []


@pytest.mark.parametrize("kind", LASTING)
def test_a_site_that_cannot_be_read_is_told_by_its_verdict(outcomes: list[Outcome], kind: str) -> None:
    verdicts = {fault.kind: out.verdicts[fault.site] for out in outcomes for fault in out.case.faults}
    assert verdicts[kind] in LASTING[kind]


# ------------------------------------------------------------------------------------------------------------- the hostile site


@pytest.fixture(scope="module")
def attacked(here: Farm, tmp_path_factory: pytest.TempPathFactory) -> Signoff:
    """The hostile site, crawled in two states."""
    folder = tmp_path_factory.mktemp("hostile")
    program = Signoff(folder, registry([site for site in here.sites if site["slug"] == HOSTILE], folder / "sources"))
    for state in (0, 1):
        here.post(f"/state/{state}")
        here.post("/log/reset")
        lines = program.call("crawl", "--json", clock=f"{DATES[state]}T09:00:00+08:00", statuses=(0,))
        assert [line["verdict"] for line in lines] == ["ok"]
    return program


def rows(program: Signoff, query: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(program.folder / "data" / "signoff.sqlite") as db:
        return db.execute(query).fetchall()


def export(program: Signoff, form: str) -> bytes:
    command = program.command("export", form, "--all")
    return subprocess.run(command, env=program.env(f"{DATES[1]}T12:00:00+08:00"), capture_output=True, check=True).stdout


def test_no_address_of_another_host_was_fetched(attacked: Signoff) -> None:
    fetched = rows(
        attacked, "SELECT url FROM capture UNION ALL SELECT url FROM fetch WHERE status IS NOT NULL OR error NOT LIKE 'RefusedAddress%'"
    )
    assert fetched
    assert [url for (url,) in fetched if not url.startswith("http://127.42.20.1:")] == []


def test_no_trap_was_walked_into(here: Farm, attacked: Signoff) -> None:
    paths = [row["path"] for row in here.get(f"/log?site={HOSTILE}")["requests"]]
    assert [path for path in paths if re.search(r"calendar|endless|jsessionid|sid=", path)] == []


def test_no_file_was_written_outside_the_data_folder(attacked: Signoff) -> None:
    written = {path.relative_to(attacked.folder).parts[0] for path in attacked.folder.rglob("*") if path.is_file()}
    assert written <= {"data", "sources"}
    assert not Path("/tmp/evil.docx").exists()  # noqa: S108 - where the hostile name points


def test_names_of_files_hold_no_path_and_no_line_break(attacked: Signoff) -> None:
    names = [name for (name,) in rows(attacked, "SELECT name FROM attachment")]
    assert names
    assert [name for name in names if re.search(r"[/\\\r\n\0]|\.\.", name)] == []


def test_no_control_character_is_kept(attacked: Signoff) -> None:
    texts = [text for (text,) in rows(attacked, "SELECT text FROM revision UNION ALL SELECT title FROM notice")]
    assert [text[:80] for text in texts if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e]", text)] == []


def test_a_huge_title_is_bounded(attacked: Signoff) -> None:
    assert max(len(title) for (title,) in rows(attacked, "SELECT title FROM notice")) <= 500


def test_no_cell_of_the_table_is_a_formula(attacked: Signoff) -> None:
    table = list(csv.reader(io.StringIO(export(attacked, "csv").decode("utf-8-sig"))))
    assert len(table) > 20
    assert [cell for row in table for cell in row if cell[:1] in tuple("=+-@\t\r")] == []


def test_no_markup_of_a_title_lives_in_the_feed(attacked: Signoff) -> None:
    feed = export(attacked, "atom")
    assert b"alert(" in feed
    assert b"<script" not in feed
