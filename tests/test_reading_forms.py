"""Forms of notices that pages by other hands brought to light: one form a test, on the smallest page that shows it."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.extract.read_notice import read_bytes
from crawler.notice.numbers import find_numbers

TITLE = "青禾县第二轮中央生态环境保护督察反馈问题整改完成情况公示"


def _read(body: str, title: str = TITLE, around: str = "", code: str = "") -> dict[str, Any]:
    html = (
        f"<html><head><meta charset='utf-8'><title>{title}</title></head><body><h1>{title}</h1>"
        f"<p>发布时间：2024-05-06　来源：青禾县水利局</p><div id='zoom'>{body}</div>{around}<p>网站标识码：{code}</p></body></html>"
    )
    return read_bytes(html.encode(), "http://www.qinghe-x.gov.cn.example/a.html", "text/html; charset=utf-8").as_json()


def _lines(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def _table(*rows: tuple[str, ...]) -> str:
    return (
        "<table>"
        + "".join("<tr>" + "".join(cell if cell[:3] == "<td" else f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        + "</table>"
    )


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("关于反馈青禾县第六项问题", ["第六项"]),
        ("（省第41项）", ["省第41项"]),
        ("对应省第41项", ["省第41项"]),
        ("任务编号2024-018已验收", ["任务编号2024-018"]),
        ("整改事项第8条：用水", ["事项第8条"]),
        ("反馈问题整改任务二十三销号公示", ["整改任务二十三"]),
    ],
)
def test_numbers_in_these_forms(text: str, printed: list[str]) -> None:
    assert [found.printed for found in find_numbers(text)] == printed


def test_a_label_may_be_broken_over_rows_beside_one_value() -> None:
    body = _table(("反馈", "<td rowspan=2>沟渠淤积。</td>"), ("问题",), ("整改目标", "沟渠畅通。"), ("整改完成情况", "已清淤。"))
    assert _read(body)["sections"]["problem"] == "沟渠淤积。"


def test_a_label_over_other_labels_is_no_label_of_theirs() -> None:
    body = _table(
        ("<td rowspan=2>整改任务</td>", "序号", "17"),
        ("内容", "沟渠淤积。"),
        ("<td colspan=2>完成情况</td>", "已清淤。"),
        ("<td colspan=2>完成时限</td>", "2023年底"),
    )
    assert _read(body)["sections"]["completion"] == "已清淤。"


def test_a_head_may_stand_in_two_rows() -> None:
    body = _table(
        ("<td rowspan=2>序号</td>", "<td rowspan=2>反馈问题</td>", "<td colspan=2>整改</td>"),
        ("整改目标", "整改情况"),
        ("12", "沟渠淤积。", "沟渠畅通。", "已清淤。"),
    )
    assert _read(body)["sections"]["goal"] == "沟渠畅通。"


def test_a_table_for_each_task_gives_each_its_texts() -> None:
    first = _table(("整改任务", "第十九项：沟渠淤积"), ("整改情况", "已清淤"))
    second = _table(("整改任务", "第二十项：堤岸破损"), ("整改情况", "已修复"))
    assert [task["completion"] for task in _read(first + second)["tasks"]] == ["已清淤", "已修复"]


def test_a_paragraph_may_hold_a_whole_task() -> None:
    body = _lines("现公示如下：", "1.序号2：沟渠淤积。整改完成情况：已清淤。", "2.序号5：堤岸破损。整改完成情况：已修复。")
    assert [task["number"] for task in _read(body)["tasks"]] == ["序号2", "序号5"]


def test_a_repeated_problem_label_begins_the_next_task() -> None:
    body = _lines("第一项 沟渠", "反馈问题：淤积。", "整改情况：已清淤。", "第二项 堤岸", "反馈问题：破损。", "整改情况：已修复。")
    assert [task["problem"] for task in _read(body)["tasks"]] == ["淤积。", "破损。"]


def test_a_heading_that_ends_with_its_number_names_a_task() -> None:
    body = _lines(
        "一、沟渠问题（序号4）",
        "（一）问题描述",
        "淤积。",
        "（二）整改情况",
        "已清淤。",
        "二、堤岸问题（序号7）",
        "（一）问题描述",
        "破损。",
        "（二）整改情况",
        "已修复。",
    )
    assert [task["number"] for task in _read(body)["tasks"]] == ["序号4", "序号7"]


def test_a_heading_of_one_word_is_no_task() -> None:
    body = _lines("一、问题", "问题内容：淤积。", "二、整改", "牵头单位：青禾县水利局", "整改进度：已清淤。")
    assert _read(body)["task_numbers"] == []


@pytest.mark.parametrize(
    ("line", "phones"),
    [
        ("青禾县水利局 0999-8212255", ["0999-8212255"]),
        ("如有意见请向青禾县整改办（0999-5122233）反映。", ["0999-5122233"]),
        ("公示联系人及电话：李某，0999-7882211", ["0999-7882211"]),
    ],
)
def test_contacts_without_the_usual_words(line: str, phones: list[str]) -> None:
    assert _read(_lines("问题已完成整改，现予公示，可向以下单位反映。", line))["phones"] == phones


def test_the_number_in_a_footer_known_by_its_code_is_no_contact() -> None:
    html = (
        f"<html><head><title>{TITLE}</title></head><body><p><b>{TITLE}</b></p>"
        "<p>问题已完成整改，现予公示，欢迎监督，联系电话：0999-1234567。</p>"
        "<div>青禾县人民政府 电话0999-7654321 标识码1234560001</div></body></html>"
    )
    assert read_bytes(html.encode(), "http://x.gov.cn.example/", "text/html; charset=utf-8").phones == ("0999-1234567",)


def test_an_address_whose_sign_is_described_is_restored() -> None:
    assert _read(_lines("问题已完成整改，现予公示。", "意见反馈邮箱：qhx#example-mail.cn（请将#替换为@）"))["emails"] == [
        "qhx@example-mail.cn"
    ]


@pytest.mark.parametrize(
    "line", ["如有异议，请于2024年5月6日至5月10日来电来函。", "公示起始时间：2024年5月6日，公示截止时间：2024年5月10日。"]
)
def test_windows_without_the_usual_words(line: str) -> None:
    notice = _read(_lines("反馈问题：淤积。已完成整改，现予公示。", line))
    assert (notice["publicity_start"], notice["publicity_end"]) == ("2024-05-06", "2024-05-10")


def test_a_seal_is_no_part_of_the_signature() -> None:
    assert _read(_lines("问题已完成整改，现予公示。", "青禾县水利局（盖章）", "2024年5月6日"))["issuer"] == "青禾县水利局"


def test_a_place_that_begins_like_and_keeps_its_name() -> None:
    assert _read(_lines("反馈问题：淤积。", "责任单位：延吉市政府、和龙市政府", "整改目标：通畅。", "完成情况：已清淤。"))[
        "responsible_units"
    ] == ["延吉市政府", "和龙市政府"]


def test_an_acceptance_day_takes_its_year_from_the_publication() -> None:
    body = _lines("一、反馈问题", "淤积。", "二、完成情况", "已清淤。", "三、验收意见", "4月20日，验收组现场踏勘，认为整改到位。")
    assert _read(body)["acceptance_date"] == "2024-04-20"


def test_numbers_in_brackets_below_the_title_count() -> None:
    body = _lines("（省序号19，市序号8）", "一、反馈问题", "淤积。", "二、整改情况", "已清淤。")
    assert _read(body, title="青禾区第二轮中央生态环境保护督察反馈问题（市序号8）整改公示")["task_numbers"] == ["市序号8", "省序号19"]


def test_a_body_named_by_rank_is_that_of_the_site() -> None:
    html = (
        "<html><head><title>某任务现场验收</title></head><body><h1>省级生态环境保护督察整改任务现场验收</h1><p>发布时间：2024-05-06　来源：县生态环境局</p>"
        "<div id='zoom'><p>5月5日，县生态环境局组成验收组开展现场验收，查看了治理设施。</p></div><p>网站标识码：3713270001</p></body></html>"
    )
    assert read_bytes(html.encode(), "http://x.gov.cn.example/", "text/html; charset=utf-8").adcode == "371327"


def test_a_look_back_of_a_civic_campaign_is_none_of_an_inspection() -> None:
    title = "青禾市创建全国文明城市“回头看”问题整改情况公示"
    assert _read(_lines("“回头看”反馈的问题已全部完成整改，现公示。"), title=title)["doc_type"] == "unrelated"
