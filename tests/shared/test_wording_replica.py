"""Every page of the replica sites in every state: found bodies, titles and files, and which pages count as revised."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from crawler.extract import wording
from crawler.extract.blocks import Page
from crawler.extract.fields import doc_type as kind
from crawler.extract.page import read_page, response_kind

STATES = 5
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u00ad\u2060"))


@dataclass
class World:
    """What the sites served and what is true: per state the truth, the pages read, and the answers judged."""

    truth: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    pages: list[dict[str, Page]] = field(default_factory=list)
    answers: list[dict[str, response_kind.Judgement]] = field(default_factory=list)
    titles: list[tuple[str, str]] = field(default_factory=list)
    revised: dict[tuple[int, int], dict[str, dict[str, Any]]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def control(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, frozenset[str]]]:
    ready = tmp_path_factory.mktemp("farm") / "ready.json"
    farm = subprocess.Popen(
        [sys.executable, str(shared / "replica" / "serve.py"), "--port", "0", "--ready-file", str(ready), "--max-seconds", "300"],
        stdout=subprocess.DEVNULL,
    )
    try:
        facts = _wait_for(ready, farm)
        yield facts["control_url"], frozenset(site["slug"] for site in facts["sites"] if not site["needs_browser"])
    finally:
        farm.terminate()
        farm.wait(10)


def _wait_for(ready: Path, farm: subprocess.Popen[bytes]) -> dict[str, Any]:
    for _ in range(600):
        if ready.exists() and ready.read_text("utf-8").strip():
            return dict(json.loads(ready.read_text("utf-8")))
        assert farm.poll() is None, "the replica farm did not start"
        time.sleep(0.05)
    pytest.fail("the replica farm did not get ready")


@pytest.fixture(scope="module")
def world(control: tuple[str, frozenset[str]]) -> World:
    address, sites = control
    found = World()
    for state in range(STATES):
        _ask(f"{address}/state/{state}", b"")
        truth = {notice["id"]: notice for notice in _ask(f"{address}/truth/{state}")["notices"] if notice["site"] in sites}
        answers, pages = {}, {}
        for name, notice in truth.items():
            status, url, body, content_type = _fetch(notice["url"])
            answers[name] = response_kind.judge(status, url, notice["url"], body, content_type)
            if notice["status"] in ("live", "unlisted"):
                pages[name] = read_page.read_page(body, url, content_type)
        found.truth.append(truth)
        found.answers.append(answers)
        found.pages.append(pages)
    found.titles = [(entry["title"], entry["doc_type"]) for entry in _ask(f"{address}/truth/{STATES - 1}?all=1")["notices"]]
    for before in range(STATES):
        for after in range(before + 1, STATES):
            events = _ask(f"{address}/truth/events?from={before}&to={after}")["events"]
            found.revised[before, after] = {event["id"]: event["changes"] for event in events if event["kind"] == "revised"}
    return found


def _ask(url: str, data: bytes | None = None) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, data=data)) as answer:  # noqa: S310  # loopback
        return json.load(answer)


def _fetch(url: str) -> tuple[int, str, bytes, str | None]:
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310  # loopback
            return answer.status, answer.url, answer.read(), answer.headers.get("Content-Type")
    except urllib.error.HTTPError as refusal:
        return refusal.code, url, refusal.read(), refusal.headers.get("Content-Type")


def norm(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).replace("〜", "~").translate(INVISIBLE).split())


def known(world: World) -> Iterator[tuple[dict[str, Any], Page]]:
    """Pages whose true text is known, hostile ones left out."""
    for truth, pages in zip(world.truth, world.pages, strict=True):
        for name, page in pages.items():
            if truth[name]["text"] is not None and not truth[name].get("hostile"):
                yield truth[name], page


def test_pages_were_seen(world: World) -> None:
    assert sum(map(len, world.pages)) > 1500


def test_every_text_is_found(world: World) -> None:
    missing = [
        notice["id"] for notice, page in known(world) if norm(notice["text"]) not in norm("".join(block.text for block in page.blocks))
    ]
    assert missing == []


def test_little_else_is_taken_for_text(world: World) -> None:
    extra = [
        notice["id"]
        for notice, page in known(world)
        if len(norm("".join(block.text for block in page.blocks))) > len(norm(notice["text"])) + 60
    ]
    assert extra == []


def test_every_title_is_found(world: World) -> None:
    assert [notice["id"] for notice, page in known(world) if norm(page.title) != norm(notice["title"])] == []


def test_exactly_the_files_are_found(world: World) -> None:
    wrong = [
        notice["id"]
        for notice, page in known(world)
        if {link.url for link in page.attachments} != {file["url"] for file in notice["attachments"] if file["url"] and not file["hostile"]}
    ]
    assert wrong == []


def test_every_class_is_found(world: World) -> None:
    wrong = {(notice["id"], found.value) for notice, page in known(world) if (found := kind.classify(page).doc_type) != notice["doc_type"]}
    assert wrong == set()


def test_pages_are_gone_exactly_where_they_are(world: World) -> None:
    wrong = {
        (name, truth[name]["status"], answer.answer.value)
        for truth, answers in zip(world.truth, world.answers, strict=True)
        for name, answer in answers.items()
        if (answer.answer is response_kind.Answer.GONE) != (truth[name]["status"] not in ("live", "unlisted"))
    }
    assert wrong == set()


def test_wording_differs_exactly_where_words_were_revised(world: World) -> None:
    words = [{name: wording.wording(page) for name, page in pages.items()} for pages in world.pages]
    wrong = []
    for (before, after), changes in world.revised.items():
        for name in words[before].keys() & words[after].keys():
            told = changes.get(name, {})
            revised = bool(told.get("text") or "title" in told)
            if (words[before][name] != words[after][name]) != revised:
                wrong.append((before, after, name, revised))
    assert wrong == []


def test_every_title_of_ours_is_worth_fetching(world: World) -> None:
    assert [title for title, doc_type in world.titles if doc_type not in ("unrelated", "news") and not kind.is_interesting(title)] == []


def test_few_other_titles_are_fetched(world: World) -> None:
    others = [title for title, doc_type in world.titles if doc_type == "unrelated"]
    assert sum(map(kind.is_interesting, others)) < len(others) * 0.15
