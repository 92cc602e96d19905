"""A page that answers 403 for ever: visible, no longer a gap, and never an absence; a host that does so stays blocked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from crawler.policy.plan import BROKEN_FOR_GOOD
from tests.driven import World
from tests.fetching import Site, plain

PAGES = {f"/a/{number}.html": number for number in range(1, 6)}
CLOSED = "/a/1.html"


def article(number: int) -> bytes:
    title = f"关于云山县中央生态环境保护督察整改任务（序号{number}）完成情况的公示"
    lines = (
        f"现将序号{number}整改任务完成情况公示如下，公示期为2025年5月{20 + number}日至6月{3 + number}日。",
        f"整改完成情况：云山县建成污水管网{number * 7 + 3}公里，清理淤泥{number * 31 + 11}立方米，关停排污口{number + 2}个。",
    )
    return f"<html><title>{title}</title><body><h1>{title}</h1>{''.join(f'<p>{line}</p>' for line in lines)}</body></html>".encode()


def listing() -> bytes:
    row = "<li><a href='{}'>中央生态环境保护督察整改任务（序号{}）完成情况的公示</a><span>2025-05-{}</span></li>"
    rows = "".join(row.format(path, number, 20 + number) for path, number in PAGES.items())
    return f"<html><body><ul>{rows}</ul><div>第1页 共1页</div></body></html>".encode()


@dataclass
class Story:
    """Verdicts by crawl, what was asked in the due look, states of the notices after it, and what health says."""

    verdicts: dict[str, str]
    due: list[str]
    states: list[str]
    findings: str


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("closed")
    with Site({path: plain(article(number)) for path, number in PAGES.items()} | {"/list.html": plain(listing())}) as site:
        (folder / "sources").mkdir()
        table = f'[[source]]\nid = "hunan_x"\nname = "云山县生态环境局"\nregion = "430100"\nfamily = "static"\nlist_urls = ["{site.url("/list.html")}"]\n'
        (folder / "sources" / "hunan.toml").write_text(table + "expect = { quiet_days = 120, since = 2023-01-01 }\n", "utf-8")
        world = World(folder, folder / "sources")
        yield told(world, site)


def told(world: World, site: Site) -> Story:
    verdicts: dict[str, str] = {}

    def crawl(name: str, day: float, *words: str) -> None:
        done = world.call("crawl", "--json", *words, day=day)
        assert len(done.lines) == 1, done
        (line,) = done.lines
        verdicts[name] = line["verdict"]

    def change(statement: str, *values: object) -> None:
        """As if more days had passed."""
        with closing(sqlite3.connect(world.data / "signoff.sqlite")) as db, db:
            assert db.execute(statement, values).rowcount > 0

    crawl("open", 0)
    site.answers[CLOSED] = plain(b"<html>403 Forbidden</html>", "403 Forbidden")
    crawl("newly closed", 1)
    change("UPDATE address SET failures = ? WHERE url LIKE ?", BROKEN_FOR_GOOD, f"%{CLOSED}")
    crawl("closed for good", 2)
    change("UPDATE address SET due_at = '2025-06-01 00:00:00' WHERE url LIKE ?", f"%{CLOSED}")
    change("UPDATE source SET due_at = '2025-12-01 00:00:00'")
    site.log.clear()
    crawl("due", 2.1, "--due")
    due = site.paths()
    states = [row.state for row in world.ask("SELECT state FROM notice")]
    (line,) = world.call("sources", "health", "--json", day=2.2).lines
    for path in PAGES:
        site.answers[path] = site.answers[CLOSED]
    change("UPDATE address SET failures = ? WHERE role = 'detail'", BROKEN_FOR_GOOD)
    crawl("all closed", 3)
    return Story(verdicts, due, states, "; ".join(line["findings"]))


def test_a_page_closed_for_good_no_longer_makes_the_crawl_partial(story: Story) -> None:
    assert (story.verdicts["newly closed"], story.verdicts["closed for good"]) == ("partial", "ok")


def test_it_is_visible_in_health(story: Story) -> None:
    assert "pages that cannot be read for long: 1, as http://127.0.0.1" in story.findings


def test_it_is_never_an_absence(story: Story) -> None:
    assert story.states == ["live"] * len(PAGES)


def test_a_due_look_at_it_takes_an_open_page_along(story: Story) -> None:
    assert story.verdicts["due"] == "ok"
    assert len(story.due) == 2
    assert CLOSED in story.due


def test_a_host_that_closed_is_blocked(story: Story) -> None:
    assert story.verdicts["all closed"] == "blocked"
