"""What a visit's findings mean, rule by rule; what silence means; what a draft says. No network."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import UsageError
from crawler.items import Entry
from crawler.policy import verdict
from crawler.policy.verdict import Trouble
from crawler.registry.draft import as_toml, printable
from crawler.registry.model import Expect, Source
from crawler.survey import guess
from crawler.survey.findings import Answer, DetailFound, ListFound, Site, Twice, Visit, Walked, Wish
from crawler.survey.guess import Drafted, Given
from crawler.survey.rules import Level, Line, built_by_script, is_plain_challenge, judge, organiser_in, refusal, source_named

TODAY = date(2025, 6, 4)
URL = "https://sthjj.lanzhou.example.gov.cn/dczg/"
SOURCE = Source("gansu_lanzhou", "兰州市生态环境局", "620100", "static", (URL,), Expect(120, date(2022, 5, 1)), verified=date(2025, 5, 1))
FIRST = Answer(URL, 0.2, 200, URL, content_type="text/html", size=9000, sha256="a", charset="utf-8")
SITE = Site("6201000001", "兰州市生态环境局", "兰州市生态环境局", "督察整改-兰州市生态环境局")


def entry(number: int, day: date | None = date(2025, 5, 20), title: str = "关于第{}项整改任务销号的公示") -> Entry:
    return Entry(f"{URL}{number}.html", title.format(number), day)


ENTRIES = tuple(entry(number, date(2025, 5, 20) - timedelta(days=60 * number)) for number in range(6))
WALKED = Walked("static", {}, 3, ENTRIES, "page 3 of 3", said=3)
PAGE = DetailFound(ENTRIES[0], Answer(ENTRIES[0].url, 0.1, 200, ENTRIES[0].url, sha256="p"), ENTRIES[0].title, 900, "", "", 1)


def visit(walked: Walked | None = WALKED, first: Answer = FIRST, site: Site = SITE, details: tuple[DetailFound, ...] = (PAGE,)) -> Visit:
    return Visit(Wish((URL,)), (ListFound(URL, first, site, walked),), details)


def line(found: Visit, rule: str, source: Source = SOURCE) -> Line:
    return next(line for line in judge(found, source, TODAY) if line.rule == rule)


# ---- what keeps a list from being read


@pytest.mark.parametrize(
    ("first", "site", "told"),
    [
        pytest.param(
            FIRST, replace(SITE, frame=URL + "in.html"), f"the list may stand in a frame; give its address: {URL}in.html", id="frame"
        ),
        pytest.param(replace(FIRST, content_type="application/pdf"), SITE, "no list, but application/pdf", id="file"),
        pytest.param(replace(FIRST, final_url="https://x.example/"), SITE, "redirected to https://x.example/: no row", id="redirect"),
        pytest.param(FIRST, replace(SITE, article=900), "a page with a text of 900 characters, no list", id="page"),
        pytest.param(replace(FIRST, status=403, trouble=Trouble.BLOCKED, why="status 403"), SITE, "status 403", id="refusal"),
    ],
)
def test_why_a_list_was_not_read(first: Answer, site: Site, told: str) -> None:
    assert refusal(ListFound(URL, first, site)).startswith(told)


def test_a_list_with_a_text_above_it_is_a_list() -> None:
    assert not ListFound(URL, FIRST, replace(SITE, article=900), WALKED).is_article


def test_a_browser_that_was_tried_in_vain_is_told() -> None:
    script = replace(SITE, script="an empty element waits for a script")
    drafted = guess.draft(replace(visit(None, site=script), in_vain="status 403"), Given(), {}, (), TODAY)
    assert drafted.draft.paused == "could not be read, in a browser neither: status 403"
    assert "? browser: tried, and no row came of it: status 403" in drafted.draft.notes


def test_a_second_list_on_the_page_is_told() -> None:
    drafted = guess.draft(visit(site=replace(SITE, lists=2)), Given(), {}, (), TODAY)
    assert any("2 lists stand on this page" in note for note in drafted.draft.notes)


# ---- what a page is

CHALLENGE = "<html><head><script>$_ts=window['$_ts'];document.cookie='a=1';location.reload();</script></head><body></body></html>"
COOKIE_IN_HEX = r"<script>document['\x63\x6f\x6f\x6b\x69\x65']='a=1';</script><noscript>请启用JavaScript</noscript>"


@pytest.mark.parametrize(
    ("status", "text", "plain"),
    [
        pytest.param(412, CHALLENGE, True, id="412 with its script"),
        pytest.param(521, COOKIE_IN_HEX, True, id="521, names written in hex"),
        pytest.param(200, CHALLENGE, True, id="answered with 200"),
        pytest.param(403, "<h1>Forbidden</h1>", False, id="403 without a script"),
        pytest.param(403, CHALLENGE, False, id="403 is a refusal"),
        pytest.param(412, CHALLENGE + "请完成验证码", False, id="asks a person"),
        pytest.param(200, f"<script>location.reload()</script><p>{'整改情况公示' * 40}</p>", False, id="a page with words"),
    ],
)
def test_a_plain_challenge_is_told_from_the_rest(status: int, text: str, plain: bool) -> None:
    assert is_plain_challenge(status, text) is plain


@pytest.mark.parametrize(
    ("markup", "shown", "script"),
    [
        pytest.param("<ul><li>数据加载中…</li></ul><script src='/a.js'></script>", "数据加载中…", True, id="words that wait"),
        pytest.param("<div id='app'></div><script src='/a.js'></script>", "", True, id="an empty element"),
        pytest.param("<li>{{ item.title }}</li><script></script>", "{{ item.title }}", True, id="a template"),
        pytest.param("<div id='app'></div>", "", False, id="no script at all"),
        pytest.param("<p>栏目建设中</p><script></script>", "栏目建设中", False, id="nothing waits"),
    ],
)
def test_a_page_built_by_script_says_so(markup: str, shown: str, script: bool) -> None:
    assert (built_by_script(markup, shown) is not None) is script


def test_the_organiser_stands_at_the_foot() -> None:
    assert organiser_in("要闻 主办单位：兰州市生态环境局　网站标识码：6201000001") == "兰州市生态环境局"


def test_the_owner_of_the_rights_stands_in_for_the_organiser() -> None:
    assert organiser_in("版权所有：兰州市生态环境局 备案号") == "兰州市生态环境局"


@pytest.mark.parametrize(
    ("meta", "words", "named"), [("省厅", "", "省厅"), ("", "来源：山西日报 | 2025-05-01", "山西日报"), ("", "2025-05-01", "")]
)
def test_the_named_source(meta: str, words: str, named: str) -> None:
    assert source_named(meta, words) == named


# ---- rule by rule


def test_all_is_well() -> None:
    assert {line.level for line in judge(visit(), SOURCE, TODAY)} == {Level.OK}


@pytest.mark.parametrize(
    ("walked", "level"),
    [
        pytest.param(WALKED, Level.OK, id="end proved"),
        pytest.param(replace(WALKED, end=None, capped=True), Level.WARN, id="left before the end"),
        pytest.param(replace(WALKED, end=None, why="nothing proves that this page is the last"), Level.FAIL, id="no proof"),
        pytest.param(replace(WALKED, end=None, trouble=Trouble.FAILED, why="status 500"), Level.FAIL, id="broke off"),
    ],
)
def test_pagination(walked: Walked, level: Level) -> None:
    assert line(visit(walked), "pagination").level is level


def test_a_list_without_rows_fails_and_says_why() -> None:
    found = line(visit(Walked("static", trouble=Trouble.BROKEN, why="no row")), "list")
    assert (found.level, "no row" in found.words) == (Level.FAIL, True)


def test_robots_that_forbid_are_one_failure_not_two() -> None:
    denied = Answer(URL, 0.1, trouble=Trouble.BLOCKED, why="robots.txt of x forbids y")
    rules = [line.rule for line in judge(visit(None, denied, Site(), ()), SOURCE, TODAY) if line.level is Level.FAIL]
    assert rules == ["robots"]


def test_a_crawl_delay_is_told() -> None:
    assert "10 s" in line(replace(visit(), crawl_delay=10.0), "robots").words


@pytest.mark.parametrize(
    ("days", "level"),
    [
        pytest.param([date(2025, 5, 1)] * 4, Level.OK, id="all dated"),
        pytest.param([date(2025, 5, 1), None, None], Level.WARN, id="most undated"),
        pytest.param([None, None], Level.WARN, id="none dated"),
        pytest.param([date(2025, 5, 1), date(2052, 5, 1)], Level.WARN, id="in the future"),
    ],
)
def test_dates(days: list[date | None], level: Level) -> None:
    entries = tuple(entry(number, day) for number, day in enumerate(days))
    assert line(visit(replace(WALKED, entries=entries)), "dates").level is level


def test_silence_beyond_quiet_days_is_a_warning() -> None:
    assert line(visit(), "rhythm", replace(SOURCE, expect=Expect(10, date(2022, 5, 1)))).level is Level.WARN


def test_a_column_without_titles_of_interest_is_a_warning() -> None:
    walked = replace(WALKED, entries=(entry(1, title="第{}次食堂采购公告"),))
    assert line(visit(walked), "titles").level is Level.WARN


def test_rows_that_lead_elsewhere_are_told() -> None:
    walked = replace(WALKED, entries=(*ENTRIES, Entry("https://mp.example.com/s/1", "第9项整改任务销号的公示", date(2025, 5, 1))))
    assert "1 lead to other hosts" in line(visit(walked), "titles").words


@pytest.mark.parametrize(
    ("change", "level"),
    [
        pytest.param({}, Level.OK, id="read"),
        pytest.param({"characters": 0, "files": 0}, Level.FAIL, id="nothing on it"),
        pytest.param({"characters": 0, "files": 1}, Level.OK, id="only a file"),
        pytest.param({"title": "领导之窗"}, Level.WARN, id="another title"),
        pytest.param({"answer": replace(PAGE.answer, status=404, trouble=Trouble.FAILED, why="status 404")}, Level.WARN, id="gone"),
        pytest.param({"answer": replace(PAGE.answer, trouble=Trouble.BLOCKED, why="status 403")}, Level.FAIL, id="refused"),
    ],
)
def test_detail(change: dict[str, object], level: Level) -> None:
    assert line(visit(details=(replace(PAGE, **change),)), "detail").level is level  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "size", "level"), [(200, 900, Level.OK), (404, 0, Level.WARN), (200, 0, Level.WARN)])
def test_attachment(status: int, size: int, level: Level) -> None:
    file = Answer(URL + "a.docx", 0.1, status, size=size)
    assert line(visit(details=(replace(PAGE, file=file),)), "attachment").level is level


TAGGED = replace(FIRST, etag='"1"')


@pytest.mark.parametrize(
    ("twice", "level", "words"),
    [
        pytest.param(Twice(TAGGED, TAGGED, Answer(URL, 0.1, 304)), Level.OK, "304", id="honest"),
        pytest.param(Twice(FIRST, FIRST), Level.OK, "none", id="none"),
        pytest.param(Twice(TAGGED, TAGGED, TAGGED), Level.OK, "not answered", id="ignored"),
        pytest.param(Twice(TAGGED, replace(TAGGED, sha256="b"), Answer(URL, 0.1, 304)), Level.WARN, "stayed while", id="lying"),
        pytest.param(Twice(TAGGED, replace(TAGGED, etag='"2"'), TAGGED), Level.OK, "every look", id="another each time"),
    ],
)
def test_validators(twice: Twice, level: Level, words: str) -> None:
    found = line(replace(visit(), validators=(twice,)), "validators")
    assert (found.level, words in found.words) == (level, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"verified": None}, "not verified"),
        ({"verified": date(2024, 1, 1)}, "a year ago"),
        ({"paused": "no list", "paused_on": TODAY}, "paused since"),
    ],
)
def test_what_the_registry_lacks_is_a_warning(change: dict[str, object], words: str) -> None:
    lines = judge(visit(), replace(SOURCE, **change), TODAY)  # type: ignore[arg-type]
    assert any(line.level is Level.WARN and words in line.words for line in lines if line.rule == "registry")


def test_a_source_without_lists_fails() -> None:
    assert [line.level for line in judge(Visit(Wish(()), ()), SOURCE, TODAY)] == [Level.FAIL]


# ---- rhythm


def every(days: int, times: int) -> list[date]:
    return [TODAY - timedelta(days=days * number) for number in range(times)]


@pytest.mark.parametrize(
    ("days", "quiet"),
    [
        pytest.param(every(60, 12), 90, id="every two months"),
        pytest.param(every(2, 40), 30, id="never under a month"),
        pytest.param(every(900, 5), 730, id="never over two years"),
        pytest.param([day - timedelta(days=200) for day in every(10, 9)], 300, id="today's silence counts"),
        pytest.param(every(10, 3), 365, id="too few"),
        pytest.param([], 365, id="none"),
    ],
)
def test_expected_silence(days: list[date], quiet: int) -> None:
    assert verdict.expectation(days, TODAY).quiet_days == quiet


def test_expected_since_the_first() -> None:
    assert verdict.expectation(every(60, 12), TODAY).since == min(every(60, 12))


def test_a_rhythm_of_three_is_a_guess() -> None:
    assert not verdict.expectation(every(10, 3), TODAY).certain


@given(st.lists(st.dates(date(2015, 1, 1), date(2025, 12, 31)), max_size=40))
def test_a_drafted_expectation_always_loads(days: list[date]) -> None:
    found = verdict.expectation(days, TODAY)
    assert 1 <= found.quiet_days <= 3660
    assert found.since <= TODAY


def test_notices_per_year() -> None:
    assert verdict.notices_per_year(every(73, 10), TODAY - timedelta(days=730), TODAY) == 5.0


@pytest.mark.parametrize(
    ("last", "silent"), [(date(2025, 6, 1), 3), (None, 34), (date(2020, 1, 1), 34)], ids=["last notice", "none yet", "before it counts"]
)
def test_silent_days(last: date | None, silent: int) -> None:
    assert verdict.silent_days(last, date(2025, 5, 1), TODAY) == silent


def test_the_usual_gap_is_the_median() -> None:
    assert verdict.usual_gap([date(2025, 1, 1), date(2025, 1, 11), date(2025, 1, 21), date(2025, 6, 1)]) == 10


# ---- the draft

KNOWN = {
    source.id: source
    for source in (
        SOURCE,
        replace(SOURCE, id="gansu_tianshui_zhengfu", region="620500", list_urls=("https://www.tianshui.example.gov.cn/",)),
    )
}


def drafted(found: Visit, given: Given = Given()) -> Drafted:
    return guess.draft(found, given, KNOWN, (), TODAY)


def remark(found: Drafted, about: str) -> str:
    return next((note for note in found.draft.notes if note.removeprefix("? ").startswith(about)), "")


def test_name_region_and_id_follow_from_the_page() -> None:
    draft = drafted(visit()).draft
    assert (draft.id, draft.name, draft.region) == ("gansu_lanzhou", "兰州市生态环境局", "620100")


def test_a_clear_page_leaves_nothing_open() -> None:
    assert [note for note in drafted(visit()).draft.notes if note.startswith("?")] == []


@pytest.mark.parametrize(
    ("code", "name", "made"),
    [
        ("6200000001", "甘肃省生态环境厅", "gansu_shengting"),
        ("1100000001", "北京市生态环境局", "beijing_shiju"),
        ("6400000001", "宁夏回族自治区生态环境厅", "ningxia_quting"),
        ("6205000001", "天水市生态环境局", "gansu_tianshui"),
        ("6205000001", "天水市人民政府", "gansu_tianshui_zhengfu"),
    ],
)
def test_ids_follow_the_rules(code: str, name: str, made: str) -> None:
    assert drafted(visit(site=Site(code, name, name))).draft.id == made


@pytest.mark.parametrize("name", ["白银市生态环境局", "兰州市交通运输委员会"], ids=["a place not spelled before", "another agency"])
def test_what_the_rules_do_not_tell_a_person_must(name: str) -> None:
    code = "6204000001" if name.startswith("白银") else "6201000001"
    assert drafted(visit(site=Site(code, name, name))).needs == ("--id",)


def test_a_taken_id_is_not_drafted() -> None:
    assert guess.draft(visit(), Given(), KNOWN, ("gansu_lanzhou",), TODAY).needs == ("--id",)


def test_code_and_name_that_disagree_are_marked() -> None:
    found = drafted(visit(site=Site("6205000001", "兰州市生态环境局", "兰州市生态环境局")))
    assert remark(found, "region").startswith("? region: 网站标识码 6205000001 says 620500")


def test_a_finer_name_within_the_code_is_taken() -> None:
    name = "兰州市生态环境局城关区分局"
    assert drafted(visit(site=Site("6201000001", name, name))).draft.region == "620102"


def test_a_region_that_was_given_stands() -> None:
    found = drafted(visit(), Given(region="620500"))
    assert (found.draft.region, remark(found, "region")[:1]) == ("620500", "?")


def test_without_region_nothing_is_written() -> None:
    assert drafted(visit(site=Site(title="列表"))).needs == ("--region", "--id")


def titles_of(*places: str) -> Walked:
    return replace(WALKED, entries=tuple(entry(n, title=f"{place}关于第{{}}项督察整改任务销号的公示") for n, place in enumerate(places)))


def test_a_list_of_many_provinces_collects() -> None:
    assert drafted(visit(titles_of("山西省", "甘肃省", "浙江省", "湖南省", "云南省"))).draft.reposts


def test_now_and_then_a_place_is_no_collection() -> None:
    assert not drafted(visit(titles_of("山西省", "甘肃省", "浙江省", "湖南省", *[""] * 60))).draft.reposts


def test_the_ministry_names_many_provinces_and_collects_nothing() -> None:
    site = Site("bm17000009", "生态环境部", "生态环境部")
    assert not drafted(visit(titles_of("山西省", "甘肃省", "浙江省", "湖南省", "云南省"), site=site)).draft.reposts


def test_pages_that_name_sources_of_other_provinces_are_copies() -> None:
    details = tuple(replace(PAGE, named=name) for name in ("山西省生态环境厅", "武汉市生态环境局"))
    assert drafted(visit(details=details)).draft.reposts


def test_own_pages_are_no_copies() -> None:
    assert not drafted(visit(details=(replace(PAGE, named="兰州市生态环境局"),))).draft.reposts


def test_a_challenge_is_drafted_for_the_browser_and_paused() -> None:
    first = replace(FIRST, status=412, trouble=Trouble.BLOCKED, why="status 412", plain_challenge=True)
    draft = drafted(visit(None, first, SITE, ())).draft
    assert (draft.browser, draft.paused is not None, draft.paused_on) == (True, True, TODAY)


EMPTY = Walked("static", pages=1, end="empty: a pager without pages")


def test_an_empty_list_is_one_that_was_read() -> None:
    assert (drafted(visit(EMPTY)).draft.paused, line(visit(EMPTY), "list").level) == (None, Level.WARN)


def test_an_empty_list_that_waits_for_a_script_was_not_read() -> None:
    found = visit(EMPTY, site=replace(SITE, script="the page says '加载中'"))
    assert (drafted(found).draft.browser, line(found, "list").level) == (True, Level.FAIL)


HOSTILE = "局\x1b[2J\x00\ud800\u202e\n[[source]]"


def test_words_of_a_site_cannot_break_the_table() -> None:
    found = drafted(visit(site=Site("6201000001", HOSTILE, HOSTILE, HOSTILE)), Given(id="gansu_x"))
    (table,) = tomllib.loads(as_toml(found.draft))["source"]
    assert table["name"] == "局[2J [[source]]"


def test_words_of_a_site_cannot_steer_a_terminal() -> None:
    assert printable(HOSTILE).isprintable()


def test_a_refusal_is_paused_without_a_browser() -> None:
    first = replace(FIRST, status=403, trouble=Trouble.BLOCKED, why="status 403")
    draft = drafted(visit(None, first, SITE, ())).draft
    assert (draft.browser, draft.paused) == (False, "could not be read: status 403")


def test_an_address_without_a_list_is_not_worth_a_draft() -> None:
    first = replace(FIRST, status=404, trouble=Trouble.FAILED, why="status 404")
    assert drafted(visit(None, first, Site(), ())).hopeless == f"{URL}: status 404"


def test_what_the_browser_read_is_not_paused() -> None:
    plain = ListFound(URL, replace(FIRST, status=412, plain_challenge=True), Site())
    draft = drafted(replace(visit(), browser=True, plain=(plain,))).draft
    assert (draft.browser, draft.paused) == (True, None)


def test_pages_without_text_are_marked() -> None:
    assert remark(drafted(visit(details=(replace(PAGE, characters=0, files=0),))), "pages").startswith("? ")


def test_an_end_that_is_not_proved_is_marked() -> None:
    assert remark(drafted(visit(replace(WALKED, end=None, why="nothing proves it"))), URL).startswith("? ")


def test_lists_of_two_sites_are_two_sources() -> None:
    with pytest.raises(UsageError, match="one by one"):
        guess.same_site(["https://a.lanzhou.gov.cn/x/", "https://b.tianshui.gov.cn/x/"])


def test_hosts_of_one_government_are_one_site() -> None:
    guess.same_site(["https://www.lanzhou.gov.cn/x/", "https://sthjj.lanzhou.gov.cn/x/"])
