"""Labels, sections, units, contacts, windows: the parts that a notice is read with."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.blocks import Block, BlockKind
from crawler.extract.fields.contacts import emails, phones
from crawler.extract.fields.plans import plan_titles
from crawler.extract.fields.units import units
from crawler.extract.fields.window import find_window
from crawler.extract.outline.labels import Label, heading, label_of
from crawler.extract.outline.pieces import is_body, is_date_line, piece
from crawler.extract.outline.sections import Outline, outline
from crawler.notice.names import email, phone, plain_width
from crawler.text.widths import half


def paragraphs(*texts: str) -> list[Block]:
    return [Block(BlockKind.PARAGRAPH, text) for text in texts]


def table(*rows: tuple[str, ...]) -> Block:
    return Block(BlockKind.TABLE, "\n".join("\t".join(row) for row in rows), rows)


def texts(found: Outline) -> dict[str, str | None]:
    return {
        label.value: found.common.text(label) for label in (Label.PROBLEM, Label.GOAL, Label.MEASURES, Label.COMPLETION, Label.ACCEPTANCE)
    }


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("督察反馈问题", Label.PROBLEM),
        ("整改任务", Label.PROBLEM),
        ("问题概述", Label.PROBLEM),
        ("目标任务", Label.GOAL),
        ("整改总体目标", Label.GOAL),
        ("重点措施", Label.MEASURES),
        ("整改措施及完成情况", Label.COMPLETION),
        ("整改进展（截至2025年3月）", Label.COMPLETION),
        ("工作开展情况", Label.COMPLETION),
        ("整 改 成 效", Label.COMPLETION),
        ("自我验收意见", Label.ACCEPTANCE),
        ("销号意见", Label.ACCEPTANCE),
        ("验收时间", Label.ACCEPTED_ON),
        ("整改实施主体", Label.UNITS),
        ("市级牵头单位", Label.UNITS),
        ("督导单位", Label.OTHER_ROLE),
        ("验收单位", Label.OTHER_ROLE),
        ("责任领导", Label.OTHER_ROLE),
        ("完成时限", Label.DEADLINE),
        ("公示期限", Label.WINDOW),
        ("公示起止日期", Label.WINDOW),
        ("监督方式", Label.CONTACT),
        ("任务序号", Label.NUMBER),
        ("公示单位及联系方式", Label.SIGNATURE),
        ("备注", Label.ASIDE),
    ],
)
def test_labels_are_known_by_their_meaning(words: str, label: Label) -> None:
    assert label_of(words) is label


@pytest.mark.parametrize("words", ["下一步打算", "严格执行标准", "第6项", "总体情况", "现将情况公示如下", ""])
def test_what_is_no_label(words: str) -> None:
    assert label_of(words) is None


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        pytest.param("一、整改目标", "", id="numbered"),
        pytest.param("（二）整改目标：", "", id="bracketed number"),
        pytest.param("【整改目标】水质达标。", "水质达标。", id="bracketed label"),
        pytest.param("整改目标：水质达标。", "水质达标。", id="colon"),
        pytest.param("二：整改目标 水质达标。", "水质达标。", id="colon for a comma, space behind"),
        pytest.param("3．整改目标。水质达标。", "水质达标。", id="full stop behind"),
    ],
)
def test_headings(line: str, rest: str) -> None:
    found = heading(half(line))
    assert found is not None
    assert (found.label, line[found.rest :]) == (Label.GOAL, rest)


@pytest.mark.parametrize("line", ["整改目标是水质达标", "1.严格整改措施落实，压实责任", "一是完成情况良好"])
def test_running_text_is_no_heading(line: str) -> None:
    assert heading(half(line)) is None


def test_numbered_sections() -> None:
    found = outline(
        paragraphs("现将情况公示如下：", "一、反馈问题", "甲。", "二、整改措施", "1.乙。", "2.丙。", "三、完成情况", "丁。", "公示期5天。")
    )
    assert texts(found) == {"problem": "甲。", "goal": None, "measures": "1.乙。 2.丙。", "completion": "丁。", "acceptance": None}


def test_closing_words_end_the_last_section() -> None:
    found = outline(paragraphs("一、反馈问题", "甲。", "二、完成情况", "丁。", "如有异议，请拨打电话。", "某某县水务局", "2024年5月6日"))
    assert [line.raw for line in found.tail] == ["如有异议，请拨打电话。"]


def test_a_signature_is_no_sections_text() -> None:
    found = outline(paragraphs("一、反馈问题", "甲。", "二、完成情况", "丁。", "某某县水务局", "2024年5月6日"))
    assert [line.raw for line in found.signed] == ["某某县水务局", "2024年5月6日"]


def test_a_sub_heading_stays_in_its_section() -> None:
    found = outline(paragraphs("一、整改措施", "（一）甲。", "二、整改完成情况", "总体良好。", "（一）整改措施落实情况", "乙。"))
    assert texts(found)["completion"] == "总体良好。 （一）整改措施落实情况 乙。"


def test_sections_in_one_paragraph() -> None:
    long = "水体" * 40
    found = outline(paragraphs(f"现公示。 一、反馈问题 {long}。 二、整改措施 截污。 三、完成情况 已完成。 公示期为2024年5月6日至5月10日。"))
    assert (texts(found)["measures"], texts(found)["completion"]) == ("截污。", "已完成。")


def test_two_column_table() -> None:
    found = outline([table(("整改\n任务", "甲"), ("责任单位", "乙局"), ("完成情况（截至2024年5月6日）", "丙\n丁"))])
    assert (texts(found)["problem"], texts(found)["completion"]) == ("甲", "丙 丁")


def test_four_column_table() -> None:
    found = outline([table(("序号", "17", "责任单位", "乙局"), ("问题描述", "甲", "", ""), ("完成情况", "丙", "", ""))])
    assert (found.common.pieces(Label.NUMBER)[0].raw, texts(found)["problem"]) == ("17", "甲")


def test_one_row_under_a_head_is_the_notices() -> None:
    found = outline([table(("序号", "反馈问题", "完成情况"), ("8", "甲", "乙"))])
    assert (found.common.number, texts(found)["completion"]) == ("8", "乙")


def test_rows_under_a_head_are_tasks() -> None:
    found = outline([table(("序号", "反馈问题", "完成情况"), ("8", "甲", "乙"), ("9", "丙", "丁"))])
    assert [(entry.number, entry.text(Label.COMPLETION)) for entry in found.tasks] == [("8", "乙"), ("9", "丁")]


def test_a_row_below_merged_cells_goes_on() -> None:
    found = outline([table(("序号", "反馈问题", "完成情况"), ("8", "甲", "乙"), ("", "", "戊"), ("9", "丙", "丁"))])
    assert [entry.text(Label.COMPLETION) for entry in found.tasks] == ["乙 戊", "丁"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("第6项", "反馈问题：甲。", "完成情况：乙。", "第7项", "反馈问题：丙。", "完成情况：丁。"), id="bare numbers"),
        pytest.param(
            ("一、序号6问题", "反馈问题：", "甲。", "完成情况：", "乙。", "二、序号7问题", "反馈问题：", "丙。", "完成情况：", "丁。"),
            id="numbered",
        ),
        pytest.param(
            ("反馈问题一（第6项）：", "甲。", "完成情况：乙。", "反馈问题二（第7项）：", "丙。", "完成情况：丁。"), id="number in brackets"
        ),
        pytest.param(
            (
                "一、关于第6项“某某”问题",
                "（一）反馈问题",
                "甲。",
                "（二）完成情况",
                "乙。",
                "二、关于第7项“某某”问题",
                "（一）反馈问题",
                "丙。",
                "（二）完成情况",
                "丁。",
            ),
            id="about",
        ),
    ],
)
def test_several_tasks(lines: tuple[str, ...]) -> None:
    found = outline(paragraphs(*lines))
    assert [(entry.text(Label.PROBLEM), entry.text(Label.COMPLETION)) for entry in found.tasks] == [("甲。", "乙。"), ("丙。", "丁。")]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("甲县人民政府、县水利局", ["甲县人民政府", "县水利局"]),
        ("省水利厅（牵头），省农业农村厅（配合）", ["省水利厅", "省农业农村厅"]),
        ("牵头单位：市城管局；配合单位：市水务局、各镇（街道）", ["市城管局", "市水务局", "各镇（街道）"]),
        ("甲县委、县政府", ["甲县委、县政府"]),
        ("甲县人民政府；督查部门：自治区生态环境厅", ["甲县人民政府"]),
        ("区农牧局 区水利局 生态环境局东河区分局", ["区农牧局", "区水利局", "生态环境局东河区分局"]),
        ("市委、市政府；市级牵头单位：我局", ["市委、市政府", "东河市水务局"]),
        ("有关县（市、区）人民政府", ["有关县（市、区）人民政府"]),
        ("无", []),
    ],
)
def test_units(words: str, names: list[str]) -> None:
    assert [found.value for found in units([piece(words, 0)], "东河市水务局")] == names


def test_our_bureau_names_nobody_without_a_name() -> None:
    assert units([piece("我局", 0)], None) == []


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("联系电话：0998-7654321，0998-7654322（传真）", ["0998-7654321", "0998-7654322"]),
        ("监督电话：（0998）1234567、7654321", ["(0998)1234567", "7654321"]),
        ("如有异议请拨打12345或0998-1234567反映", ["12345", "0998-1234567"]),
        ("联系人：王工 13900001111", ["13900001111"]),
        ("电话：8226013，联系人：李工", ["8226013"]),
        ("地址：东河路100000号，邮编：123456", []),
        ("完成治理1234567平方米", []),
        ("电话：（略）", []),
    ],
)
def test_phones(words: str, numbers: list[str]) -> None:
    assert [half(found.value) for found in phones([piece(words, 0)], [])] == numbers


def test_under_a_label_a_number_needs_no_announcement() -> None:
    assert [found.value for found in phones([], [piece("东河市水务局 0998-1234567", 3)])] == ["0998-1234567"]


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("邮箱：dcb@126.com。", "dcb@126.com"),
        ("邮箱：dcb＠126．com", "dcb@126.com"),
        ("邮箱dcb#163.com", "dcb@163.com"),
        ("dcb(at)gov.cn", "dcb@gov.cn"),
        ("a_b-c@x.gov.cn；", "a_b-c@x.gov.cn"),
    ],
)
def test_emails(words: str, address: str) -> None:
    assert [found.value for found in emails([piece(words, 0)])] == [address]


def test_the_window_in_its_own_section_comes_first() -> None:
    found = outline(paragraphs("公示期10天。", "一、完成情况", "甲。", "二、公示时间", "2024年5月6日至5月10日"))
    assert find_window(found, None).window.end == date(2024, 5, 10)


def test_a_window_in_a_sections_text_is_not_the_notices() -> None:
    found = outline(paragraphs("一、完成情况", "甲项目于2023年公示，公示期2023年5月6日至5月10日。", "二、联系方式", "电话：1234567"))
    assert find_window(found, None).window.start is None


def test_short_forms_are_no_plan_titles() -> None:
    lines = [piece("根据《某某市贯彻落实督察报告整改方案》（以下简称《整改方案》）和《工作规程》", 0)]
    assert [found.value for found in plan_titles(lines)] == ["某某市贯彻落实督察报告整改方案"]


@pytest.mark.parametrize("line", ["某某市生态环境局", "中共某某县委 某某县人民政府", "某某市环境保护督察整改工作领导小组办公室"])
def test_bodies_that_sign(line: str) -> None:
    assert is_body(line)


@pytest.mark.parametrize("line", ["已通知市生态环境局。", "责任单位", "附件：某某市生态环境局", "公示"])
def test_what_does_not_sign(line: str) -> None:
    assert not is_body(line)


@pytest.mark.parametrize("line", ["2024年5月6日", "二〇二四年五月六日", "20240506", "202456", "2024 年 5 月 6 日"])
def test_date_lines(line: str) -> None:
    assert is_date_line(line)


def test_widths_keep_their_places() -> None:
    assert len(half("（第１项）：ＡＢ　")) == len("（第１项）：ＡＢ　")


@pytest.mark.parametrize(
    ("printed", "spelled"),
    [
        ("（0998）1234567", "0998-1234567"),
        ("0998—1234567", "0998-1234567"),
        ("12345", "12345"),
        ("0998-1234567转8012", "0998-1234567转8012"),
    ],
)
def test_one_spelling_for_a_phone(printed: str, spelled: str) -> None:
    assert phone(printed) == spelled


def test_one_spelling_for_an_address() -> None:
    assert email("Dcb@126.COM") == "Dcb@126.com"


@given(st.text(max_size=60))
def test_spelling_twice_changes_nothing_more(text: str) -> None:
    assert plain_width(plain_width(text)) == plain_width(text)


@given(st.lists(st.text(max_size=60), max_size=12), st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=4).map(tuple), max_size=4))
def test_any_blocks_are_taken_apart_without_an_error(lines: list[str], rows: list[tuple[str, ...]]) -> None:
    found = outline([*paragraphs(*lines), *([table(*rows)] if rows else [])])
    find_window(found, None)
    phones(found.outside, found.contacts)
