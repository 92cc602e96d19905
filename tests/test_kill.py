"""kill -9 in the middle of crawls, then the next crawl: nothing lost, nothing doubled, the archive readable by public tools."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from tests.driven import Done, Sites, World, expected, sites

SOURCES = ("hunan_yiyang", "anhui_chuzhou", "shandong_dezhou")
CRAWL = ("crawl", "--json", *(word for source in SOURCES for word in ("--source", source)))
_DRAWN = random.Random(20250604)
#: requests after which the first and the second crawl are killed; the third runs through
FIRST_LOOKS = [tuple(sorted(_DRAWN.sample(range(2, 30), 2))) for _ in range(2)]
#: the same for a look at sites that have changed since a complete crawl
LATER_LOOKS = [(_DRAWN.randrange(4, 24),) for _ in range(2)]


@pytest.fixture(scope="module")
def running() -> Iterator[Sites]:
    with sites() as up:
        yield up


@dataclass(frozen=True)
class Story:
    """A world whose crawls were killed, then one that was not. ``killed``: exit statuses of the killed ones."""

    world: World
    killed: tuple[int, ...]
    last: Done
    wanted: Counter[tuple[str, str, str]]

    @property
    def warcs(self) -> list[Path]:
        return sorted((self.world.data / "warc").rglob("*.warc.gz*"))


def told(world: World, running: Sites, kills: tuple[int, ...], day: int, wanted: Counter[tuple[str, str, str]]) -> Story:
    running.set_day(day)
    killed = tuple(world.killed(running, number, *CRAWL, day=day) for number in kills)
    return Story(world, killed, world.call(*CRAWL, day=day), wanted)


@pytest.fixture(scope="module")
def before(running: Sites, tmp_path_factory: pytest.TempPathFactory) -> World:
    """What a complete crawl of the first day left: the ground of the later looks."""
    folder = tmp_path_factory.mktemp("before")
    world = World(folder, running.registry_dir(folder / "registry"))
    running.set_day(0)
    assert world.call(*CRAWL).status == 0
    return world


@pytest.fixture(scope="module", params=[*FIRST_LOOKS, *LATER_LOOKS], ids=lambda kills: "-".join(map(str, kills)))
def story(request: pytest.FixtureRequest, running: Sites, before: World, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("killed")
    world = World(folder, before.registry)
    if request.param in FIRST_LOOKS:
        return told(world, running, request.param, 0, expected(running, 0, sources=SOURCES))
    shutil.copytree(before.data, world.data)
    return told(world, running, request.param, 3, expected(running, 0, 1, 2, 3, sources=SOURCES) - unseen(running))


def unseen(running: Sites) -> Counter[tuple[str, str, str]]:
    """A withdrawal needs looks on several days; these stories have one later look."""
    return Counter({event: n for event, n in expected(running, 3).items() if event[0] == "withdrawn"})


def test_the_kill_hit_a_crawl_that_ran(story: Story) -> None:
    assert set(story.killed) == {-9}


def test_the_next_crawl_takes_every_source_over_at_once(story: Story) -> None:
    assert {line["source"]: line["verdict"] for line in story.last.lines} == dict.fromkeys(SOURCES, "ok")


def test_every_event_is_there_once_and_no_other(story: Story) -> None:
    assert Counter(story.world.events()) == story.wanted


def test_events_are_numbered_without_a_gap(story: Story) -> None:
    numbers = [row.seq for row in story.world.ask("SELECT seq FROM change ORDER BY seq")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_notice_is_doubled(story: Story) -> None:
    titles = Counter((row.source_id, row.title) for row in story.world.ask("SELECT source_id, title FROM notice"))
    assert [title for title, n in titles.items() if n > 1] == []


def test_every_notice_has_the_revision_it_names(story: Story) -> None:
    query = "SELECT n.id FROM notice n LEFT JOIN revision r ON r.notice_id = n.id AND r.number = n.revision WHERE r.number IS NULL"
    assert story.world.ask(query) == []


def test_no_claim_is_left(story: Story) -> None:
    assert story.world.ask("SELECT id FROM source WHERE claimed_by IS NOT NULL") == []


def test_warcio_reads_every_capture(story: Story) -> None:
    read: set[str] = set()
    for path in story.warcs:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                read.add(record.rec_headers.get_header("WARC-Record-ID").strip("<>").removeprefix("urn:uuid:"))
    assert captured(story) <= read


def test_fastwarc_reads_every_capture(story: Story) -> None:
    read: set[str] = set()
    for path in story.warcs:
        with path.open("rb") as file:
            for record in FastIterator(file, verify_digests=True):
                record.reader.read()
                read.add(record.record_id.strip("<>").removeprefix("urn:uuid:"))
    assert captured(story) <= read


def captured(story: Story) -> set[str]:
    return {row.record_id.strip("<>").removeprefix("urn:uuid:") for row in story.world.ask("SELECT record_id FROM capture")}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
def test_no_process_outlives_the_killed_crawl(story: Story) -> None:
    mark = f"SIGNOFF_DATA_DIR={story.world.data}".encode()
    assert [process for process in Path("/proc").glob("[0-9]*") if mark in environment_of(process).split(b"\0")] == []


def environment_of(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""  # it has ended, or is another user's


def test_on_postgresql_every_event_is_there_once(running: Sites, before: World, tmp_path: Path, postgres_url: str) -> None:
    world = World(tmp_path, before.registry, database=postgres_url)
    story = told(world, running, (17,), 0, expected(running, 0, sources=SOURCES))
    assert (story.killed, Counter(world.events())) == ((-9,), story.wanted)
