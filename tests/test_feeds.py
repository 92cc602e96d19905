"""Atom and JSON Lines: structure, stability, harmlessness."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from crawler.db.queries import Announced, ChangeRow, Selection, announced, changes, notices
from crawler.notice.model import ChangeKind, DocType, State
from crawler.publish.feed_selection import for_feed, slug
from crawler.publish.formats.atom import FeedInfo, atom, jsonl, jsonl_changes
from crawler.publish.safe_output import QUOTE, clean
from tests.publish_data import filled

__all__ = ["filled"]
ALL = Selection(include_not_news=True)
REPOSTING = frozenset({"gansu_zaobao"})
NS = {"a": "http://www.w3.org/2005/Atom", "at": "http://purl.org/atompub/tombstones/1.0"}


def info(**options: Any) -> FeedInfo:
    return FeedInfo(title="甘肃", selection=ALL, reposting=REPOSTING, **options)


def xml(data: bytes) -> ET.Element:
    return ET.fromstring(data)  # noqa: S314 - the feed is our own


def feed_of(engine: Engine, selection: Selection = ALL, **options: Any) -> bytes:
    return b"".join(atom(announced(engine, selection), info(**options)))


@pytest.fixture
def root(filled: Engine) -> ET.Element:
    return xml(feed_of(filled))


@pytest.fixture
def entries(filled: Engine) -> dict[str, Any]:
    """Entries as a feed reader sees them, by the number of the event."""
    parsed = feedparser.parse(feed_of(filled))
    assert not parsed.bozo
    return {entry.id.rpartition("/")[2]: entry for entry in parsed.entries}


def test_every_event_is_an_entry_newest_first(root: ET.Element) -> None:
    assert [found.text.rpartition("/")[2] for found in root.findall("a:entry/a:id", NS)] == list("87654321")  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["id", "title", "updated", "author/a:name", "category", "summary", "content"])
def test_every_entry_has(root: ET.Element, name: str) -> None:
    assert all(entry.find(f"a:{name}", NS) is not None for entry in root.findall("a:entry", NS))


@pytest.mark.parametrize("name", ["id", "title", "updated"])
def test_the_feed_has(root: ET.Element, name: str) -> None:
    assert root.findtext(f"a:{name}", None, NS)


def test_feed_is_as_new_as_its_newest_event(root: ET.Element) -> None:
    assert root.findtext("a:updated", "", NS) == "2026-03-02T17:30:00+08:00"


def test_entry_ids_are_tags(entries: dict[str, Any]) -> None:
    assert entries["6"].id == "tag:signoff.example,2026:notice/n-first/event/6"


def test_published_is_the_date_of_the_site(entries: dict[str, Any]) -> None:
    assert entries["6"].published == "2026-03-02T00:00:00+08:00"


def test_no_date_on_the_page_no_published(entries: dict[str, Any]) -> None:
    assert "published" not in entries["3"]


def test_updated_is_the_time_of_the_event(entries: dict[str, Any]) -> None:
    assert entries["6"].updated == "2026-03-02T15:30:00+08:00"


def test_author_is_the_issuer(entries: dict[str, Any]) -> None:
    assert entries["6"].author == "兰州市生态环境局"


def test_categories(entries: dict[str, Any]) -> None:
    terms = {tag.scheme.rpartition(":")[2]: tag.term for tag in entries["6"].tags}
    assert terms == {"kind": "revised", "doc_type": "signoff_notice", "region": "620102"}


def test_summary_has_window_and_task(entries: dict[str, Any]) -> None:
    assert "公示期：2026-03-02 — 2026-03-13" in entries["6"].summary
    assert "任务序号：第7项" in entries["6"].summary


def test_revised_shows_the_fields(entries: dict[str, Any]) -> None:
    assert "2026-03-06 → 2026-03-13" in entries["6"].content[0].value


def test_revised_shows_the_diff(entries: dict[str, Any]) -> None:
    assert "<ins>全部</ins>" in entries["6"].content[0].value


def test_moved_shows_the_old_address(entries: dict[str, Any]) -> None:
    assert "https://by.example/b.html" in entries["7"].content[0].value


def test_link_leads_to_the_page(entries: dict[str, Any]) -> None:
    assert entries["8"].link == "https://by.example/new/b.html"


def test_withdrawn_has_a_tombstone_for_what_it_ends(root: ET.Element) -> None:
    assert [found.get("ref") for found in root.findall("at:deleted-entry", NS)] == ["tag:signoff.example,2026:notice/n-gone/event/2"]


def test_a_tombstone_says_when(root: ET.Element) -> None:
    assert [found.get("when") for found in root.findall("at:deleted-entry", NS)] == ["2026-03-02T17:30:00+08:00"]


def test_same_data_same_bytes(filled: Engine) -> None:
    assert feed_of(filled) == feed_of(filled)


def test_a_feed_without_events_is_a_feed() -> None:
    parsed = feedparser.parse(b"".join(atom([], info(updated=datetime(2026, 3, 1, tzinfo=UTC)))))
    assert (parsed.bozo, parsed.feed.updated, parsed.entries) == (False, "2026-03-01T08:00:00+08:00", [])


def test_blind_sources_are_named(filled: Engine) -> None:
    assert "白银市生态环境局" in feedparser.parse(feed_of(filled, blind=("白银市生态环境局",))).feed.subtitle


def test_links_of_the_feed(filled: Engine) -> None:
    links = (("self", "https://signoff.example/feed.atom?a=1&b=2"),)
    assert feedparser.parse(feed_of(filled, links=links)).feed.links[0].href == "https://signoff.example/feed.atom?a=1&b=2"


def test_english(filled: Engine) -> None:
    assert "comment window" in feedparser.parse(feed_of(filled, lang="en")).entries[2].summary


# ------------------------------------------------------------------------------------------------------------- personal data


@pytest.mark.parametrize("secret", ["13912345678", "13812345678", "王小明", "李大伟"])
def test_no_personal_data_in_feeds(filled: Engine, secret: str) -> None:
    assert secret not in feed_of(filled).decode()


@pytest.mark.parametrize("secret", ["13912345678", "王小明", "李大伟"])
def test_no_personal_data_in_notices(filled: Engine, secret: str) -> None:
    assert secret not in b"".join(jsonl(notices(filled, ALL))).decode()


@pytest.mark.parametrize("secret", ["13912345678", "13812345678"])
def test_no_personal_data_in_changes(filled: Engine, secret: str) -> None:
    assert secret not in b"".join(jsonl_changes(changes(filled, ALL))).decode()


def test_office_numbers_go_out(filled: Engine) -> None:
    assert "0931-8412345" in b"".join(jsonl(notices(filled, ALL))).decode()


# ------------------------------------------------------------------------------------------------------------ texts of others


def paper(engine: Engine) -> dict[str, Any]:
    return next(json.loads(line) for line in jsonl(notices(engine, ALL), REPOSTING) if b'"n-copy"' in line)


def test_of_a_newspaper_a_short_quote(filled: Engine) -> None:
    assert len(paper(filled)["text"]) == QUOTE


def test_of_a_newspaper_no_sections(filled: Engine) -> None:
    assert set(paper(filled)["sections"].values()) == {None}


def test_of_a_newspaper_facts(filled: Engine) -> None:
    assert paper(filled)["publish_date"] == "2026-03-02"


def test_of_a_newspaper_a_short_quote_in_feeds(entries: dict[str, Any]) -> None:
    (words,) = re.findall("<blockquote>(.*)</blockquote>", entries["4"].content[0].value)
    assert len(words) == QUOTE


def test_a_text_of_an_authority_goes_out_whole(filled: Engine) -> None:
    found = next(json.loads(line) for line in jsonl(notices(filled, ALL), REPOSTING) if b'"id": "n-gone"' in line)
    assert found["text"] == "两项任务均已完成。"


# ------------------------------------------------------------------------------------------------------------- hostile data


def hostile(title: str, text: str = "", url: str = "https://x.example/") -> Announced:
    change = ChangeRow(
        seq=1, kind=ChangeKind.REVISED, notice_id="n", revision=2, url=url, title=title, at=datetime(2026, 3, 2, tzinfo=UTC), source="s",
        changes={"title": ["a", title], f"tasks.{title}.goal": [None, text]}, news=True, adcode=None, doc_type=DocType.SIGNOFF_NOTICE,
    )  # fmt: skip
    fields = {"title": title, "text": text, "issuer": title, "task_numbers": [title], "phones": [title]}
    return Announced(change, fields, date(2026, 3, 2), "源", State.LIVE, is_repost=False, old_text=f"{text}甲。")


@given(
    st.text(alphabet=st.characters(exclude_categories=()), max_size=30), st.text(alphabet=st.characters(exclude_categories=()), max_size=30)
)
def test_any_text_makes_well_formed_xml(title: str, text: str) -> None:
    assert xml(b"".join(atom([hostile(title, text)], info()))).find("a:entry", NS) is not None


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "]]></content><script/>", "&lt;script&gt;", '"><script>']
)
def test_content_holds_no_tags_but_ours(text: str) -> None:
    content = xml(b"".join(atom([hostile(text, text)], info()))).findtext("a:entry/a:content", "", NS)
    assert set(re.findall(r"<\s*/?\s*(\w+)", content)) <= {"dl", "dt", "dd", "p", "br", "ins", "del"}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " javascript:x", "file:///etc/passwd", "java\nscript:x"])
def test_a_hostile_address_is_no_link(url: str) -> None:
    assert xml(b"".join(atom([hostile("题", url=url)], info()))).find("a:entry/a:link", NS) is None


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f", "\x1b", "\x00", "\x85", "\ufeff", "\ufffe"])
def test_unseen_characters_are_gone(mark: str) -> None:
    assert clean(f"公{mark}示") == "公示"


def test_lone_surrogates_are_told() -> None:
    assert clean("公\ud800示") == "公\ufffd示"


def test_surrogates_in_json_lines() -> None:
    assert json.loads(next(jsonl([{"id": "n", "title": "\ud800"}])))["title"] == "\ufffd"


def test_json_lines_are_one_line_each(filled: Engine) -> None:
    assert all(line.count(b"\n") == 1 for line in jsonl(notices(filled, ALL)))


def test_keys_of_changes(filled: Engine) -> None:
    found = json.loads(next(jsonl_changes(changes(filled, ALL))))
    assert list(found) == ["seq", "kind", "notice_id", "revision", "url", "title", "at", "source", "changes", "news", "adcode", "doc_type"]


# ---------------------------------------------------------------------------------------------------------------- selections


def test_feeds_carry_sign_offs_unless_asked(filled: Engine) -> None:
    kinds = [event.change.doc_type for event in announced(filled, for_feed(ALL))]
    assert set(kinds) == {DocType.SIGNOFF_NOTICE}


def test_feeds_carry_no_copies_unless_asked(filled: Engine) -> None:
    assert 4 not in [event.change.seq for event in announced(filled, for_feed(ALL))]


def test_feeds_carry_copies_if_asked(filled: Engine) -> None:
    asked = for_feed(ALL.with_(kinds=(ChangeKind.REPOST,)))
    assert [event.change.seq for event in announced(filled, asked)] == [4]


def test_slug_is_the_same_in_any_order() -> None:
    assert slug(Selection(regions=("62", "11"))) == slug(Selection(regions=("11", "62")))


@pytest.mark.parametrize(
    "other",
    [
        Selection(),
        Selection(regions=("62",), query="a;task=b"),
        Selection(regions=("62",), task="b"),
        Selection(regions=("62",), include_not_news=True),
        Selection(regions=("62",), since=date(2026, 3, 2)),
    ],
)
def test_slugs_differ(other: Selection) -> None:
    assert slug(other) != slug(Selection(regions=("62",)))


def test_slug_fits_an_address() -> None:
    assert re.fullmatch(r"[\x21-\x7e]+", slug(Selection(query='黄河 "<', task="第7项", until=datetime(2026, 3, 2, tzinfo=UTC))))
