"""The sample sites: what they serve on which day, and that the events written beside them agree with what they do."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import chinese_calendar
import pytest

from crawler.demo.sites import DAYS, Page, SampleSite, apply, calendar_day, change_of, clock_of, sample_sites
from crawler.notice.model import KEPT, ChangeKind, DocType

SITES = {site.id: site for site in sample_sites()}
EVERY_PAGE = [pytest.param(site, page, id=f"{site.id}/{page.key}") for site in sample_sites() for page in site.pages]
KEPT_PAGES = [
    pytest.param(site, page, id=f"{site.id}/{page.key}") for site in SITES.values() for page in site.pages if page.doc_type in KEPT
]


def page_of(site_id: str, key: str) -> Page:
    return next(page for page in SITES[site_id].pages if page.key == key)


def event_days(page: Page, kind: ChangeKind) -> list[int]:
    return [day for day, found in page.events if found is kind]


# ---- the texts


def test_every_family_of_the_sample_has_a_site() -> None:
    assert {site.family for site in sample_sites()} == {"static", "trs", "columns", "zwgk", "oldasp", "dede"}


def test_there_are_enough_signoff_notices() -> None:
    assert sum(page.doc_type is DocType.SIGNOFF_NOTICE for site in sample_sites() for page in site.pages) >= 25


@pytest.mark.parametrize("doc_type", sorted(KEPT | {DocType.COMPLAINT_HANDLING, DocType.NEWS, DocType.UNRELATED}))
def test_every_kind_of_document_occurs(doc_type: DocType) -> None:
    assert any(page.doc_type is doc_type for site in sample_sites() for page in site.pages)


@pytest.mark.parametrize("kind", sorted(ChangeKind))
def test_every_kind_of_event_occurs(kind: ChangeKind) -> None:
    assert any(found is kind for site in sample_sites() for page in site.pages for _, found in page.events)


@pytest.mark.parametrize("site", [pytest.param(site, id=site.id) for site in sample_sites()])
def test_a_list_has_several_pages(site: SampleSite) -> None:
    assert 2 <= -(-len(site.listing(0)) // site.per_page) <= 4


@pytest.mark.parametrize("site", [pytest.param(site, id=site.id) for site in sample_sites()])
def test_no_key_is_used_twice(site: SampleSite) -> None:
    assert len({page.key for page in site.pages}) == len(site.pages)


@pytest.mark.parametrize(("site", "page"), EVERY_PAGE)
def test_no_page_is_dated_after_the_day_it_appears(site: SampleSite, page: Page) -> None:
    assert page.date <= calendar_day(page.born)


@pytest.mark.parametrize(("site", "page"), EVERY_PAGE)
def test_a_text_fits_the_charset_of_its_site(site: SampleSite, page: Page) -> None:
    assert page.first.text.encode(site.charset).decode(site.charset) == page.first.text


@pytest.mark.parametrize(("site", "page"), EVERY_PAGE)
def test_no_mobile_number_stands_in_a_text(site: SampleSite, page: Page) -> None:
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", page.first.text)


WINDOW = re.compile(r"(\d{4})年(\d+)月(\d+)日(?:起)?[至—到](?:(\d{4})年)?(\d+)月(\d+)日止?[（，]?共?(\d+)个工作日")


def stated_windows() -> list[tuple[str, date, date, int]]:
    found = []
    for site in sample_sites():
        for page in site.pages:
            for version in {page.at(day) for day in DAYS if page.at(day)}:
                assert version is not None
                for year, month, day, end_year, end_month, end_day, count in WINDOW.findall(version.text):
                    start = date(int(year), int(month), int(day))
                    found.append((page.key, start, date(int(end_year or year), int(end_month), int(end_day)), int(count)))
    return found


def test_the_stated_windows_are_seen_by_this_test() -> None:
    assert len(stated_windows()) >= 8


def test_one_stated_count_of_working_days_is_wrong() -> None:
    wrong = {key for key, start, end, count in stated_windows() if len(chinese_calendar.get_workdays(start, end)) != count}
    assert wrong == {"wrong-count"}


# ---- the events agree with what the pages do


@pytest.mark.parametrize(("site", "page"), EVERY_PAGE)
def test_a_page_has_events_exactly_if_its_kind_is_kept(site: SampleSite, page: Page) -> None:
    assert bool(page.events) == (page.doc_type in KEPT)


@pytest.mark.parametrize(("site", "page"), KEPT_PAGES)
def test_a_page_is_new_or_a_repost_at_the_first_look_that_can_see_it(site: SampleSite, page: Page) -> None:
    first_seen = min(day for day in DAYS if day >= page.born and day not in site.blocked)
    assert [day for day, kind in page.events if kind in (ChangeKind.NEW, ChangeKind.REPOST)] == [first_seen]


def substance(page: Page, day: int) -> tuple[object, ...]:
    version = page.at(day)
    assert version is not None
    return version.title, version.text, version.files


@pytest.mark.parametrize(("site", "page"), KEPT_PAGES)
def test_a_revised_event_stands_where_the_words_change(site: SampleSite, page: Page) -> None:
    days = [day for day in DAYS if day >= page.born]
    changed = [day for before, day in pairwise(days) if substance(page, before) != substance(page, day)]
    assert event_days(page, ChangeKind.REVISED) == changed


@pytest.mark.parametrize(("site", "page"), KEPT_PAGES)
def test_a_withdrawn_or_expired_event_stands_at_the_third_look_over_48_hours(site: SampleSite, page: Page) -> None:
    decided: list[int] = []
    misses: list[int] = []
    for day in (day for day in DAYS if day >= page.born and day not in site.blocked):
        version = page.at(day)
        assert version is not None
        misses = [*misses, day] if version.gone else []
        if len(misses) >= 3 and clock_of(misses[-1]) - clock_of(misses[0]) >= clock_of(2) - clock_of(0):
            decided.append(day)
            break
    assert [day for day, kind in page.events if kind in (ChangeKind.WITHDRAWN, ChangeKind.EXPIRED)] == decided


@pytest.mark.parametrize(("site", "page"), KEPT_PAGES)
def test_a_moved_event_stands_where_the_address_changes(site: SampleSite, page: Page) -> None:
    days = [day for day in DAYS if day >= page.born]
    versions = [version for day in days if (version := page.at(day))]
    moves = [day for day, before, now in zip(days[1:], versions, versions[1:], strict=False) if now.moves != before.moves]
    assert event_days(page, ChangeKind.MOVED) == moves


def unmarked(page: Page) -> str:
    return page.first.text.replace("\n> ", "\n")


def test_a_copy_has_the_text_of_its_original() -> None:
    originals = {unmarked(page) for site in sample_sites() if site.family != "dede" for page in site.pages}
    copies = {unmarked(page) for page in SITES["quanguo_qingfeng"].pages if event_days(page, ChangeKind.REPOST)}
    assert (len(copies), copies - originals) == (3, set())


def test_a_change_that_replaces_nothing_is_an_error() -> None:
    version = page_of("shandong_dezhou", "plan").first
    with pytest.raises(ValueError, match="does not occur"):
        apply(change_of({"day": 1, "swap": [["没有这句话", ""]]}), version)


def test_a_change_with_an_unknown_key_is_an_error() -> None:
    with pytest.raises(TypeError, match="swapp"):
        change_of({"day": 1, "swapp": []})
