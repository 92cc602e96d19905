"""Ids that are kept, and the test for a known text under another address."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.notice.identity import Wording, key_of, keys_of, notice_id, paragraphs_of, same_announcement

BODY = (
    "根据《柳州省贯彻落实督察报告整改方案》,现将序号12问题整改情况予以公示",
    "反馈问题:沿河三家洗砂场未办手续,废水直排,河道淤积严重",
    "整改情况:三家洗砂场已全部拆除,清淤二点四公里,复绿三十七亩,断面水质连续六个月达标",
    "公示期为2025年6月3日至6月16日,如有异议请致电反馈",
)


def wording(*paragraphs: str, numbers: tuple[str, ...] = ("序号12",), files: frozenset[str] = frozenset()) -> Wording:
    return Wording(paragraphs, frozenset(numbers), (date(2025, 6, 3), date(2025, 6, 16)), files)


def test_an_id_depends_on_source_and_first_address_alone() -> None:
    assert notice_id("gansu_lanzhou", "http://a.example/1") == "7f5b9b8223a665a6"


def test_one_address_under_two_sources_makes_two_ids() -> None:
    assert notice_id("a", "http://x.example/1") != notice_id("b", "http://x.example/1")


@given(st.text(max_size=60))
def test_white_space_and_width_make_no_paragraph(text: str) -> None:
    assert paragraphs_of(text) == paragraphs_of(" " + text.replace(" ", "\u200b ") + "\u3000")


@given(st.text(min_size=1))
def test_a_key_fits_a_signed_integer(text: str) -> None:
    assert 0 <= key_of(text) < 2**63


def test_short_paragraphs_are_no_key() -> None:
    assert keys_of(("特此公示", "联系电话")) == ()


def test_a_copy_with_a_lead_is_the_same_announcement() -> None:
    copy = ("某某环保网讯:" + BODY[0], *BODY[1:], "更多资讯请关注本站")
    assert same_announcement(wording(*BODY), wording(*copy))


@pytest.mark.parametrize(
    "line",
    [
        "附件1：清单", "附件下载", "相关附件：清单", "来源：某局", "责任编辑：某人", "编辑：某人", "作者：某人", "原标题：公示", "打印本页",
        "关闭窗口", "扫一扫在手机打开", "清单.doc", "清单.docx", "清单.pdf", "清单.xls", "清单.xlsx", "清单.zip", "清单.rar", "清单.wps",
        "清单.et", "清单.ofd",
    ],
)  # fmt: skip
def test_a_copy_need_not_carry_the_lines_around_a_text(line: str) -> None:
    copy = ("某某环保网讯:" + BODY[0], *BODY[1:])
    assert same_announcement(wording(*BODY, line), wording(*copy))


def test_an_original_found_after_its_copy_is_the_same_announcement() -> None:
    copy = ("某某环保网讯:" + BODY[0], *BODY[1:])
    assert same_announcement(wording(*copy), wording(*BODY))


def test_form_letters_of_two_tasks_are_two_notices() -> None:
    other = tuple(p.replace("序号12", "序号13") for p in BODY)
    assert not same_announcement(wording(*BODY), wording(*other, numbers=("序号13",)))


def test_one_changed_figure_makes_another_text() -> None:
    other = tuple(p.replace("三十七亩", "三十八亩") for p in BODY)
    assert not same_announcement(wording(*BODY), wording(*other))


def test_another_window_makes_another_notice() -> None:
    again = Wording(BODY, frozenset({"序号12"}), (date(2025, 7, 1), date(2025, 7, 14)))
    assert not same_announcement(wording(*BODY), again)


def test_forms_with_different_files_are_two_notices() -> None:
    form = (*BODY[:1], "整改情况详见附件,公示期间如有异议请向我局反映,逾期不再受理,联系方式附后,特此公示公告")
    assert not same_announcement(wording(*form, files=frozenset({"1"})), wording(*form, files=frozenset({"2"})))


def test_a_page_that_quotes_a_notice_among_much_else_is_not_it() -> None:
    page = (*BODY, *(f"第{n}项内容与本任务无关,另有其他整改安排和工作部署,详见各自公示文本与附件说明" for n in range(20)))
    assert not same_announcement(wording(*BODY), wording(*page))


def test_a_text_that_says_next_to_nothing_is_never_recognised() -> None:
    assert not same_announcement(wording("详见附件"), wording("详见附件"))
