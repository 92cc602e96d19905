"""From a page's bytes to a notice: every key, its evidence, its doubts."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract import read_notice
from crawler.extract.blocks import Block, BlockKind, Document, Page
from crawler.extract.page.read_page import read_page
from crawler.notice.model import DocType, Notice, Publisher, Stage
from crawler.notice.names import normalise

TITLE = "格尔木市第二轮中央生态环境保护督察反馈问题（序号45）整改情况公示"
URL = "http://www.example.gov.cn/gsgg/202407/t1.html"
BODY = """<p>按照《青海省贯彻落实第二轮中央生态环境保护督察报告整改方案》要求，现将有关情况公示如下：</p>
<table><tr><td>整改<br>任务</td><td>矿区道路扬尘治理不到位，喷淋设施闲置。</td></tr>
<tr><td>责任单位</td><td>市交通运输局（牵头），市应急管理局（配合）</td></tr><tr><td>督导单位</td><td>省交通运输厅</td></tr>
<tr><td>整改时限</td><td>2023年12月底前，长期坚持</td></tr><tr><td>整改目标</td><td>扬尘得到有效控制。</td></tr>
<tr><td>整改措施</td><td><p>1.硬化道路。</p><p>2.恢复喷淋。</p></td></tr>
<tr><td>完成情况<br>（截至2024年6月20日）</td><td>硬化道路12公里，恢复喷淋设施8套，公布热线0998-1112223，将序号5问题一并整改。</td></tr>
<tr><td>验收意见</td><td>2024年6月25日，市政府组织验收，同意销号。</td></tr></table>
<p>公示期：2024年7月5日至7月18日（10个工作日）。如有异议，请联系。电话：（0979）8412360，邮箱：ge_hb＠126.com</p>
<p>附件：1.现场照片.pdf</p><p>2.验收意见.pdf</p>
<p align="right">格尔木市交通运输局</p><p align="right">2024年7月4日</p>"""


def page_of(
    body: str, title: str = TITLE, line: str = "发布时间：2024-07-05 09:30 来源：市交通运输局", site: str = "格尔木市人民政府"
) -> bytes:
    return (
        f'<html><head><meta charset="utf-8"><title>{title}-{site}</title></head><body>'
        '<div class="nav"><a href="/">首页</a><a href="/a">公示公告</a></div>'
        f'<div class="article"><h1>{title}</h1><div class="info">{line}</div><div id="zoom">{body}</div></div>'
        f'<div class="footer">主办：{site} 联系电话：0979-1234567 网站标识码：6328010003</div></body></html>'
    ).encode()


def read(body: str = BODY, publisher: Publisher | None = None, **parts: str) -> Notice:
    return read_notice.read_bytes(page_of(body, **parts), URL, "text/html; charset=utf-8", publisher)


@pytest.fixture(scope="module")
def notice() -> Notice:
    return read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", TITLE),
        ("doc_type", DocType.SIGNOFF_NOTICE),
        ("stage", Stage.ACCEPTED_PENDING),
        ("level", "central"),
        ("round", 2),
        ("lookback", False),
        ("special", None),
        ("task_numbers", ("序号45",)),
        ("province", "青海省"),
        ("city", "海西蒙古族藏族自治州"),
        ("county", "格尔木市"),
        ("adcode", "632801"),
        ("issuer", "格尔木市交通运输局"),
        ("responsible_units", ("市交通运输局", "市应急管理局")),
        ("publish_date", date(2024, 7, 5)),
        ("publicity_start", date(2024, 7, 5)),
        ("publicity_end", date(2024, 7, 18)),
        ("publicity_days_text", "10个工作日"),
        ("phones", ("（0979）8412360",)),
        ("emails", ("ge_hb@126.com",)),
        ("acceptance_date", date(2024, 6, 25)),
        ("completion_as_of", date(2024, 6, 20)),
        ("plan_titles", ("青海省贯彻落实第二轮中央生态环境保护督察报告整改方案",)),
        ("attachment_names", ("现场照片.pdf", "验收意见.pdf")),
        ("rectification_status", "completed"),
        ("is_repost", False),
        ("repost_source", None),
        ("tasks", ()),
        ("task_keys", ()),
        ("extractor", read_notice.EXTRACTOR),
        ("url", URL),
    ],
)
def test_every_field_of_a_notice(notice: Notice, name: str, value: object) -> None:
    assert getattr(notice, name) == value


def test_its_window_agrees_with_the_calendar(notice: Notice) -> None:
    assert (notice.publicity.natural_days, notice.publicity.working_days, notice.publicity.consistent) == (14, 10, True)


def test_its_deadline(notice: Notice) -> None:
    assert notice.deadline is not None
    assert (notice.deadline.kind, notice.deadline.date) == ("dated+long_term", date(2023, 12, 31))


def test_its_sections(notice: Notice) -> None:
    assert (notice.sections.problem, notice.sections.measures) == ("矿区道路扬尘治理不到位，喷淋设施闲置。", "1.硬化道路。 2.恢复喷淋。")


def test_every_value_has_evidence(notice: Notice) -> None:
    silent = {
        "url",
        "doc_type",
        "stage",
        "attachments",
        "text",
        "evidence",
        "derived",
        "flags",
        "extractor",
        "lookback",
        "is_repost",
        "repost_source",
    }
    filled = {field.name for field in fields(notice) if getattr(notice, field.name) not in (None, (), "", False)} - silent
    told = {name.split(".")[0] for name in notice.evidence}
    assert filled - told == set()


def test_evidence_stands_in_the_block_it_names() -> None:
    page = read_page(page_of(BODY), URL, "text/html")
    notice = read_notice.read(page)
    strangers = [
        each.words
        for found in notice.evidence.values()
        for each in found
        if each.block >= 0 and each.words not in " ".join(page.blocks[each.block].text.split())
    ]
    assert strangers == []


def test_page_chrome_is_never_read(notice: Notice) -> None:
    assert "0979-1234567" not in str(notice.as_json())


@pytest.mark.parametrize(
    ("sentence", "name", "value"),
    [
        pytest.param("现公示，公示期自发布之日起10个工作日。", "publicity_end", None, id="a length is no date"),
        pytest.param("公示时间：2024年7月5日至2024年6月30日。", "publicity_end", None, id="end before start"),
        pytest.param("公示时间：2024年7月5日至2024年6月30日。", "publicity_start", date(2024, 7, 5), id="of a contradiction the start"),
        pytest.param("公示截止7月12日。", "publicity_end", date(2024, 7, 12), id="end alone"),
        pytest.param("联系人：（略） 联系电话：（略）", "phones", (), id="masked contact"),
        pytest.param("公示期限为5天。", "publicity_start", None, id="no start"),
    ],
)
def test_windows_and_contacts(sentence: str, name: str, value: object) -> None:
    notice = read(f"<p>第二轮中央生态环境保护督察反馈的序号9问题已完成整改。{sentence}</p><p align=right>格尔木市水利局</p>")
    assert getattr(notice, name) == value


def test_an_estimated_end_stands_beside_what_is_stated() -> None:
    found = read("<p>序号9问题已完成整改，现公示，公示期自发布之日起10个工作日。</p>").publicity
    assert (found.end, found.estimated, found.consistent) == (date(2024, 7, 18), True, None)


def test_a_contradiction_is_flagged() -> None:
    notice = read("<p>序号9问题已完成整改，公示时间：2024年7月5日至2024年6月30日。</p>")
    assert (notice.publicity.consistent, "window-ends-before-it-starts" in notice.flags) == (False, True)


def test_a_count_that_disagrees_leaves_both() -> None:
    notice = read("<p>序号9问题已完成整改，公示时间：2024年7月5日至2024年7月9日，共10个工作日。</p>")
    assert (notice.publicity_end, notice.publicity_days_text, notice.publicity.consistent) == (date(2024, 7, 9), "共10个工作日", False)


@pytest.mark.parametrize(
    ("title", "level", "round_", "lookback", "special"),
    [
        ("东河市第三轮中央生态环境保护督察整改任务（序号1）公示", "central", 3, False, None),
        ("东河市第二轮省级生态环境保护督察整改任务（序号1）公示", "provincial", 2, False, None),
        ("东河县自治区党委生态环境保护督察整改任务（序号1）公示", "provincial", None, False, None),
        ("东丽区关于2023年天津市生态环境保护督察反馈问题（序号1）整改公示", "provincial", None, False, None),
        ("东河市中央环境保护督察“回头看”及水环境问题专项督察整改任务（序号1）公示", "central", None, True, "水环境问题专项督察"),
        ("东河市第一轮中央生态环境保护督察及“回头看”整改任务（序号1）公示", "central", 1, None, None),
        ("东河市落实中省环保督察整改任务（序号1）公示", None, None, False, None),
        ("东河市第一轮、第二轮中央生态环境保护督察整改任务公示", "central", None, False, None),
    ],
)
def test_which_inspection(title: str, level: str | None, round_: int | None, lookback: bool | None, special: str | None) -> None:
    notice = read("<p>已完成整改，现予以公示，公示期5天。</p>", title=title)
    assert (notice.level, notice.round, notice.lookback, notice.special) == (level, round_, lookback, special)


def test_a_rule_named_beside_says_nothing_about_the_level() -> None:
    body = "<p>根据《中央生态环境保护督察整改工作办法》，经省生态环境保护督察整改工作领导小组办公室同意，现将序号3问题公示。</p>"
    assert read(body, title="东河市整改任务完成情况公示").level is None


def test_numbers_of_other_tasks_are_not_the_notices(notice: Notice) -> None:
    assert notice.task_numbers == ("序号45",)


def test_a_provincial_department_counts_in_the_provinces_plan() -> None:
    notice = read(
        "<p>序号33问题已完成整改，拟予销号，公示期5天。</p><p align=right>河北省水利厅</p><p align=right>2024年7月5日</p>",
        title="河北省水利厅关于第二轮中央生态环境保护督察整改任务（序号33）销号的公示",
    )
    assert notice.task_keys == ("central:2:-:130000:130000:033",)


def test_a_citys_own_number_has_the_citys_key() -> None:
    notice = read(
        "<p>已完成整改，现公示5天。</p><p align=right>武汉市江汉区人民政府</p><p align=right>2024年7月5日</p>",
        title="江汉区关于第二轮省生态环境保护督察反馈问题（市序号1）整改情况的公示",
    )
    assert notice.task_keys == ("provincial:2:-:420100:420100:001",)


@pytest.mark.parametrize(
    ("url", "line", "is_repost", "source"),
    [
        ("http://www.example.gov.cn/a.html", "发布时间：2024-07-05 来源：格尔木市交通运输局", False, None),
        ("http://www.example.com/a.html", "发布时间：2024-07-05 来源：格尔木市人民政府网", True, "格尔木市人民政府网"),
        ("http://www.example.gov.cn/a.html", "发布时间：2024-07-05 来源：某某日报", True, "某某日报"),
    ],
)
def test_reposts(url: str, line: str, is_repost: bool, source: str | None) -> None:
    notice = read_notice.read_bytes(page_of(BODY, line=line), url, "text/html")
    assert (notice.is_repost, notice.repost_source) == (is_repost, source)


def test_a_countys_text_on_its_prefectures_site_is_a_repost() -> None:
    assert read(publisher=Publisher("海西州人民政府", "632800")).is_repost


def test_on_the_countys_own_site_it_is_none() -> None:
    assert not read(publisher=Publisher("格尔木市人民政府", "632801")).is_repost


def test_a_publisher_that_reposts_is_never_the_issuer() -> None:
    notice = read(
        "<p>序号9问题已完成整改，现公示5天。</p>",
        publisher=Publisher("某某网", "000000", reposts=True),
        title="整改公示",
        line="来源：某某网",
    )
    assert (notice.is_repost, notice.issuer) == (True, None)


def test_the_publisher_decides_between_places_of_one_name() -> None:
    body = "<p>序号9问题已完成整改，现公示5天。</p><p align=right>朝阳区水务局</p><p align=right>2024年7月5日</p>"
    page = Page(URL, "朝阳区整改公示", read_page(page_of(body), URL).blocks)
    assert (read_notice.read(page).county, read_notice.read(page, Publisher("北京市朝阳区人民政府", "110105")).adcode) == (None, "110105")


BARE = page_of("<p>详见附件。</p><p>附件：整改情况表.docx</p>", title="第二轮中央生态环境保护督察整改公示")


def document(*rows: tuple[str, str], lines: tuple[str, ...] = ()) -> Document:
    blocks = [Block(BlockKind.PARAGRAPH, line) for line in lines]
    if rows:
        blocks.append(Block(BlockKind.TABLE, "\n".join("\t".join(row) for row in rows), rows))
    return Document("整改情况表.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "read", tuple(blocks))


def test_an_attachment_fills_what_the_page_leaves_open() -> None:
    notice = read_notice.read_bytes(
        BARE, URL, "text/html", documents=[document(("整改任务", "甲"), ("责任单位", "县水利局"), ("完成情况", "已完成乙"))]
    )
    assert (notice.sections.problem, notice.responsible_units) == ("甲", ("县水利局",))


def test_its_evidence_names_the_attachment() -> None:
    notice = read_notice.read_bytes(BARE, URL, "text/html", documents=[document(("整改任务", "甲"), ("责任单位", "县水利局"))])
    assert {each.where for each in notice.evidence["responsible_units"]} == {"整改情况表.docx"}


def test_window_and_contact_can_stand_in_the_attachment() -> None:
    notice = read_notice.read_bytes(
        BARE, URL, "text/html", documents=[document(lines=("公示期为2024年7月5日至7月11日。", "联系电话：0979-8412360"))]
    )
    assert (notice.publicity_end, notice.phones) == (date(2024, 7, 11), ("0979-8412360",))


def test_where_both_speak_the_page_wins_and_a_difference_is_flagged() -> None:
    notice = read_notice.read_bytes(
        page_of(BODY), URL, "text/html", documents=[document(("整改任务", "别的问题"), ("责任单位", "县水利局"), ("完成情况", "完成"))]
    )
    assert (notice.responsible_units[0], "attachment-differs:responsible_units" in notice.flags) == ("市交通运输局", True)


@pytest.mark.parametrize("status", ["broken", "encrypted", "needs: soffice", "refused: bomb", "empty"])
def test_a_file_that_cannot_be_read_never_costs_the_notice(status: str) -> None:
    notice = read_notice.read_bytes(page_of(BODY), URL, "text/html", documents=[Document("1.doc", "application/msword", status)])
    assert (notice.county, len(notice.attachments)) == ("格尔木市", 1)


def test_linked_files_carry_their_documents() -> None:
    body = '<p>详见附件。</p><p>附件：<a href="/files/整改情况表.docx">整改情况表.docx</a></p>'
    notice = read_notice.read_bytes(page_of(body), URL, "text/html", documents=[document(("整改任务", "甲"), ("责任单位", "乙局"))])
    assert [(each.status, (each.text or "")[:4], each.url.startswith("http")) for each in notice.attachments] == [
        ("read", "整改任务", True)
    ]


def test_a_relative_publish_line_needs_the_instant_of_the_capture() -> None:
    page = read_page(page_of("<p>序号9问题已完成整改，现公示5天。</p>", line="发布于：3天前"), URL)
    page = Page(page.url, page.title, page.blocks, publish_line="发布于：3天前")
    seen = datetime(2024, 7, 8, 1, tzinfo=UTC)
    assert (read_notice.read(page).publish_date, read_notice.read(page, seen=seen).publish_date) == (None, date(2024, 7, 5))


def test_a_clock_on_the_page_is_not_its_date() -> None:
    page = Page(URL, TITLE, (), publish_line="今天是：2026年1月1日 星期四 发布时间：2024-07-05")
    assert read_notice.read(page).publish_date == date(2024, 7, 5)


def test_what_follows_from_tables_stands_apart() -> None:
    body = "<p>序号9问题已完成整改，现公示5天。</p><p align=right>青海省水利厅</p><p align=right>2020年7月5日</p>"
    notice = read(body, title="青海省水利厅关于中央生态环境保护督察整改任务（序号9）的公示", line="发布时间：2018-07-05")
    assert (notice.round, notice.derived.get("round")) == (None, 1)


def test_normalising_changes_spelling_alone(notice: Notice) -> None:
    tidy, touched = normalise(notice)
    assert (tidy.phones, touched) == (("0979-8412360",), ("phones",))


def test_normalising_twice_touches_nothing(notice: Notice) -> None:
    assert normalise(normalise(notice)[0])[1] == ()


def test_json_has_every_key_of_the_model(notice: Notice) -> None:
    assert set(notice.as_json()) == {field.name for field in fields(Notice)}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(body: bytes) -> None:
    read_notice.read_bytes(body, URL, "text/html")


PARTS = st.sampled_from(
    [
        "<table>",
        "<tr>",
        "<td>",
        "</td>",
        "</table",
        "公示期",
        "2025年5月21日至",
        "序号",
        "第十项",
        "一、反馈问题",
        "责任单位：",
        "《整改方案",
        "电话：0998-1234567",
        "(",
        "）",
        "<p>",
        "</div>",
        "附件：1.",
        "回头看",
        "督察",
        "第二轮",
        "中央",
        "县人民政府",
        "<br>",
        "&nbsp;",
        "\x00",
        "截至2025年",
        "我局",
        "@",
        "。",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, max_size=40))
def test_any_broken_page_is_read_without_an_error(parts: list[str]) -> None:
    read_notice.read_bytes(page_of("".join(parts)), URL, "text/html")


def test_a_length_alone_has_two_readings() -> None:
    notice = read("<p>序号9问题已完成整改，现公示，公示期自发布之日起10天。</p>")
    assert (notice.publicity.end, notice.derived["publicity_end_without_first_day"]) == (date(2024, 7, 14), date(2024, 7, 15))


def test_a_place_that_only_the_publisher_gives_is_flagged() -> None:
    notice = read("<p>序号9问题已完成整改，现公示5天。</p>", Publisher("某某局", "630102"), title="整改公示", line="发布时间：2024-07-05")
    assert (notice.adcode, "place-from-publisher" in notice.flags) == ("630102", True)


@pytest.mark.parametrize("url", ["http://[::1/", "not an address", ""])
def test_an_address_that_cannot_be_read_costs_nothing(url: str) -> None:
    assert read_notice.read_bytes(page_of(BODY), url, "text/html").county == "格尔木市"


@pytest.mark.parametrize(
    ("title", "special"),
    [
        ("关于长江经济带生态环境警示片披露东河市问题整改情况的公示", "长江经济带生态环境警示片"),
        ("江西省2022年长江经济带生态环境警示片反馈问题整改销号公示", "2022年长江经济带生态环境警示片"),
        ("省级生态环境警示片披露问题整改完成情况公示", "省级生态环境警示片"),
    ],
)
def test_warning_films_have_a_name_and_no_level(title: str, special: str) -> None:
    notice = read("<p>已完成整改，现公示5天。</p>", title=title)
    assert (notice.special, notice.level) == (special, None)


def test_a_deadline_can_stand_in_a_sentence() -> None:
    notice = read("<p>序号9问题已完成整改，整改时限为2023年底前，现公示5天。</p>")
    assert notice.deadline is not None
    assert notice.deadline.date == date(2023, 12, 31)


def test_the_one_day_of_an_acceptance_section_is_its_date() -> None:
    notice = read("<p>完成情况：已改造。</p><p>验收意见：2024年6月25日，县政府组织现场核查，同意销号。</p>")
    assert notice.acceptance_date == date(2024, 6, 25)


def test_a_recheck_is_no_acceptance() -> None:
    assert read("<p>完成情况：2024年6月25日通过县水利局组织的复核。</p><p>现公示5天。</p>").acceptance_date is None


def test_a_plan_whose_tasks_stand_in_one_paragraph_each() -> None:
    body = (
        "<p>一、码头反弹问题。责任单位：甲县政府、市交通局；整改时限：2025年10月底前；整改目标：动态清零。</p>"
        "<p>二、污水直排问题。责任单位：乙县政府；整改时限：立行立改；整改目标：消除直排。</p>"
    )
    tasks = read(body, title="东河市第三轮中央生态环境保护督察整改任务清单").plan_tasks
    assert [(task.problem, task.units, task.deadline_kind) for task in tasks] == [
        ("码头反弹问题。", ("甲县政府", "市交通局"), "dated"),
        ("污水直排问题。", ("乙县政府",), "immediate"),
    ]


def test_a_report_is_partial_while_tasks_are_left() -> None:
    body = "<p>截至2024年6月底，我市承担的45项整改任务，已完成41项，其余4项正在推进。</p>"
    notice = read(body, title="东河市第二轮中央生态环境保护督察整改进展情况报告")
    assert (notice.rectification_status, notice.completion_as_of) == ("partially_completed", date(2024, 6, 30))


def test_several_tasks_stand_apart() -> None:
    one, two = "<p>第6项</p><p>反馈问题：甲。</p><p>完成情况：已完成。</p>", "<p>第7项</p><p>反馈问题：丙。</p><p>完成情况：已完成。</p>"
    body = f"<p>现公示5天。</p>{one}{two}"
    notice = read(body, title="东河市第二轮中央生态环境保护督察反馈意见整改任务完成情况公示")
    assert ([task.number for task in notice.tasks], notice.sections.problem) == (["第6项", "第7项"], None)


def test_the_signature_of_a_document_beneath_is_not_the_notices() -> None:
    signed = "<p align=right>格尔木市水利局</p><p align=right>2024年7月4日</p>"
    beneath = "<p>附件</p><p>验收意见</p><p align=right>海西州生态环境局</p><p align=right>2024年6月1日</p>"
    assert read(f"<p>序号9问题已完成整改，现公示5天。</p>{signed}{beneath}").issuer == "格尔木市水利局"
