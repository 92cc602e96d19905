"""New sources: the family told by the page, and a draft that loads."""

from __future__ import annotations

import dataclasses
import tomllib
from datetime import date
from pathlib import Path

import pytest

from crawler.errors import RegistryError, UsageError
from crawler.items import Ask
from crawler.registry.draft import Draft, as_toml, write
from crawler.registry.registry import load
from spiders.families import ListResponse
from spiders.families.detect import Guess, sniff

GOLDEN = Path(__file__).parent / "golden_lists"
DRAFT = Draft("gansu_lanzhou", "兰州市生态环境局", "620100", "trs", ("https://x.example/a/", "https://x.example/b/"), 120, date(2022, 5, 1))


def told(case: str) -> Guess | None:
    about = tomllib.loads((GOLDEN / case / "about.toml").read_text("utf-8"))
    text = next((GOLDEN / case).glob("page.*")).read_bytes().decode(about.get("charset", "utf-8"))
    return sniff(ListResponse(about["url"], text.encode(), text, Ask(about["url"]), about["list_url"]))


@pytest.mark.parametrize(
    ("case", "family"),
    [
        ("static/next_link", "static"),
        ("trs/in_comment", "trs"),
        ("dede/first", "dede"),
        ("oldasp/middle", "oldasp"),
        ("jpage/column", "jpage"),
        ("jpaas/column", "jpaas"),
        ("gkmlpt/shell", "gkmlpt"),
        ("ucap/html", "ucap"),
        ("ucap/channel", "ucap"),
        ("longxun/first", "longxun"),
        ("showlist/middle", "showlist"),
        ("epoint/page", "epoint"),
        ("querylist/page", "querylist"),
        ("jeecms/last", "jeecms"),
    ],
)
def test_family_is_told(case: str, family: str) -> None:
    guess = told(case)
    assert guess is not None
    assert (guess.family, guess.certain) == (family, True)


def test_a_page_without_list_has_no_family() -> None:
    page = "<html><body><div id='app'></div><script src='/js/app.js'></script></body></html>"
    assert sniff(ListResponse("https://x.example/", page.encode(), page, Ask("https://x.example/"), "https://x.example/")) is None


def test_draft_loads(tmp_path: Path) -> None:
    write(DRAFT, tmp_path)
    assert load(tmp_path)["gansu_lanzhou"].list_urls == DRAFT.list_urls


def test_draft_joins_what_is_there(tmp_path: Path) -> None:
    write(DRAFT, tmp_path)
    write(dataclasses.replace(DRAFT, id="gansu_tianshui", region="620500", list_urls=("https://y.example/",)), tmp_path)
    assert list(load(tmp_path)) == ["gansu_lanzhou", "gansu_tianshui"]


@pytest.mark.parametrize("change", [{"id": "lanzhou"}, {"region": "620999"}, {"list_urls": ()}, {"options": {"entri": "li"}}])
def test_draft_that_would_not_load_is_not_written(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(RegistryError):
        write(dataclasses.replace(DRAFT, **change), tmp_path)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_unknown_region(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        write(dataclasses.replace(DRAFT, region="99"), tmp_path)


def test_hostile_names_stay_text() -> None:
    name = 'a"\n[[source]]\nid = "x'
    (table,) = tomllib.loads(as_toml(dataclasses.replace(DRAFT, name=name, notes=("two\n[[source]]",))))["source"]
    assert table["name"] == name


def test_options_and_browser() -> None:
    draft = dataclasses.replace(DRAFT, options={"entry": 'a[b="c"]', "first": 0, "x": None}, browser=True)
    (table,) = tomllib.loads(as_toml(draft))["source"]
    assert (table["options"], table["browser"]) == ({"entry": 'a[b="c"]', "first": 0}, True)
