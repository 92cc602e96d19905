"""Shortcuts in the reading of pages give what the long way gives: tests before patterns, tables in place of libraries."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.fields import contacts, doc_type, stage
from crawler.extract.outline import line_cache, sections
from crawler.extract.outline.labels import _ENUMERATOR, strip_enumerator
from crawler.extract.outline.pieces import _SIGNATURE, _STOPS, is_body, is_date_line, piece
from crawler.extract.page import chrome
from crawler.extract.page.tables import tidy
from crawler.extract.wording import fold
from crawler.gazetteer import regions
from crawler.notice import numbers, periods
from crawler.text import dates
from crawler.text.widths import half, is_easy, nfkc

#: prose, marks in both widths, and characters that combine, hide or stand for several
PROSE = st.text(alphabet="整改环境第序号项清单问题任务公示年月日一二三十1205-～，：；（）()“”…—　 \t\n·〇○", max_size=60)
ODD = st.text(alphabet="a文e\u0301\u200b\ufeff\u00ad\u202e\u3164㎡①ｶ\uff9e\u1100\u1161ﬁ\ufe0f\x01\x85`´--", max_size=30)
ANY = st.one_of(PROSE, ODD, st.text(max_size=40), st.tuples(PROSE, ODD, PROSE).map("".join))


@given(ANY)
def test_nfkc_is_the_librarys(text: str) -> None:
    assert nfkc(text) == unicodedata.normalize("NFKC", text)


@given(ANY)
def test_half_keeps_places(text: str) -> None:
    assert len(half(text)) == len(text)


@given(ANY)
def test_half_of_half_is_half(text: str) -> None:
    assert half(half(text)) == half(text)


@given(ANY)
def test_half_goes_character_by_character(text: str) -> None:
    assert half(text) == "".join(map(half, text))


@given(PROSE, st.sampled_from(["\u200b", "\ufeff", "\u00ad"]))
def test_fold_is_the_same_by_the_long_way(text: str, invisible: str) -> None:
    assert fold(text + invisible) == fold(text)


@given(ANY)
def test_tidy_removes_what_cannot_be_seen_before_it_joins(text: str) -> None:
    bare = re.sub("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]", "", text)
    assert tidy(text) == " ".join(bare.split())


@given(ANY)
def test_squeeze_leaves_no_white_space(text: str) -> None:
    assert chrome.squeeze(text) == "".join(text.split()).replace("\u200b", "").replace("\ufeff", "")


FOOTERS = ("ICP备1号", "沪icp备", "版权所有", "COPYRIGHT", "©", "网站标识码：1", "公网安备", "公安备案", "主办：甲", "网站主办单位：甲", "承办:甲",
           "网站维护：甲", "技术支持：甲", "运行维护：甲", "powered by：甲", "网站地图", "建议使用1024分辨率", "未经授权不得转载")  # fmt: skip


@pytest.mark.parametrize("line", FOOTERS)
def test_the_first_look_lets_every_footer_through(line: str) -> None:
    assert chrome.is_footer(line)


@pytest.mark.parametrize("word", chrome._BUTTONS)
def test_the_first_look_lets_every_button_through(word: str) -> None:
    assert chrome.is_chrome(word)


@given(PROSE.map(chrome.squeeze))
def test_an_info_line_has_an_info_word(line: str) -> None:
    assert not chrome.is_info(line) or chrome._INFO_WORD.search(line)


LEADS = st.sampled_from(
    ["", "市", "序号", "编号", "任务序号", "第", "清单", "问题", "任务", "反馈问题", "附件", "号", "(", "“", " ", "、", "-"]
)
FIGURES = st.sampled_from(["3", "21", "十二", "１２", "5-2", "GX-31", "二"])
TAILS = st.sampled_from(["", "号", "项", "号问题", "号整改任务", "个反馈问题", "条", "：", "）", "整改", " "])
NAMED = st.lists(st.tuples(LEADS, FIGURES, TAILS).map("".join), min_size=1, max_size=4).map("".join)


@given(NAMED)
def test_no_gate_hides_a_number(text: str) -> None:
    plain = half(text).replace("附件", "  ")
    for gate, pattern in zip(numbers._GATES, numbers._PATTERNS, strict=True):
        assert not pattern.search(plain) or (re.search(gate, plain) and numbers._ANY_GATE.search(half(text)))


@given(st.text(alphabet="12〇二一十0年月日./- 519", max_size=24))
def test_every_day_is_found_by_its_first_figure(text: str) -> None:
    ungated = re.compile(dates._FULL.pattern.replace("(?=[12一二])", ""))
    assert [m.span() for m in dates._FULL.finditer(text)] == [m.span() for m in ungated.finditer(text)]


@given(st.text(alphabet="第一十（(1２①●、. 部分文)", max_size=8).map(half))
def test_no_enumerator_is_overlooked(text: str) -> None:
    found = _ENUMERATOR.match(text)
    assert strip_enumerator(text)[0] == (found.end() if found else 0)


@given(st.text(alphabet="某县人民政府局委办公室中心(盖章)。", min_size=4, max_size=20))
def test_no_body_is_overlooked(text: str) -> None:
    assert is_body(text) == (not _STOPS.search(text) and _SIGNATURE.match(text) is not None)


@given(st.lists(st.sampled_from([region.name for region in list(regions.table().values())[::37]] + ["岸", "的", "和", "甘"]), max_size=6))
def test_names_of_regions_are_found_wherever_they_begin(parts: list[str]) -> None:
    text = "".join(parts)
    scanner, at, found = regions._scanner(), 0, []
    while at < len(text) - 1:
        name = next(
            (n for n in scanner.get(text[at : at + 2], ()) if text.startswith(n, at) and not regions._inside_word(text, at, n)), None
        )
        found += [(name, at)] if name else []
        at += len(name) if name else 1
    assert [(name, place) for name, _, place in regions.mentions(text)] == found


#: words of notices in any order: what the dear patterns look for, and what stands around it
WORDED = st.lists(
    st.sampled_from(
        [
            "共",
            "反馈",
            "项",
            "个",
            "3",
            "12",
            "件",
            "任务",
            "问题",
            "整改",
            "全部",
            "完成",
            "销号",
            "推进",
            "其余",
            "编号",
            "DX",
            "SC2023",
            "2024年",
            "年",
            "月",
            "日",
            "占",
            "完成率",
            "序时",
            "方案",
            "清单",
            "共提出",
            "分解",
            "如下",
            "印发",
            "认真",
            "落实",
            "村民",
            "说",
            "介绍",
            "在",
            "看到",
            "走进",
            "设立",
            "电话",
            "信箱",
            "受理",
            "举报",
            "时间",
            "每天",
            "监督电话",
            ":",
            "0311-8765",
            "4321",
            "对公示",
            "异议",
            "来电",
            "另行",
            "公示",
            "撤销",
            "重新",
            "列入",
            "台账",
            "后",
            "反弹",
            "第",
            "（",
            "Ａ",
            "N",
            "Ｎ",
            "ｏ",
            "o",
            ".",
            "１",
            "二",
            "号",
            "条",
            "之",
            "自",
            "从",
            "起",
            "至",
            "到",
            "止",
            "前",
            "截止",
            "结束",
            "届满",
            "5月3日",
            "5.4",
            "，",
            "。",
            "(",
            ")",
            "-",
            "138",
            "1234",
            "5678",
            "400",
        ]
    ),
    max_size=14,
).map("".join)


@given(WORDED)
def test_a_clue_cannot_match_without_what_it_needs(text: str) -> None:
    assert all(clue.needs.search(text) for clue in doc_type._CLUES if clue.needs is not None and clue.pattern.search(text))


@given(st.one_of(WORDED, PROSE))
def test_the_first_look_lets_every_number_of_a_task_through(text: str) -> None:
    assert list(numbers.find_numbers(text)) == list(numbers._numbers(text))


@given(WORDED.map(half))
def test_the_first_look_lets_every_closing_word_and_telephone_through(text: str) -> None:
    assert not sections._SPEAKS.search(text) or sections._SPEAKING.search(text)
    assert not contacts._PHONE.search(text) or contacts._FIGURES.search(text)
    assert not stage._REOPENED.search(text) or stage._REOPENING.search(text)


@given(WORDED.map(half))
def test_the_first_look_lets_every_day_of_a_window_through(text: str) -> None:
    for needs, patterns in (
        (periods._BEGINNING, (periods._START, periods._BEGUN)),
        (periods._ENDING, (periods._END, periods._RANGE)),
        (periods._LIMITING, (periods._BEFORE,)),
    ):
        assert needs.search(text) or not any(pattern.search(text) for pattern in patterns)


FORM = re.compile(
    r"(?:整改任务|(?:反馈|整改|督察)问题).{0,2000}?(?:整改(?:目标|措施|时限)|责任单位|牵头单位).{0,4000}?(?:完成|整改|落实|进展)(?:情况|结果)"
)
FORMED = st.lists(
    st.sampled_from(["整改任务", "反馈问题", "整改问题", "整改", "目标", "措施", "责任单位", "完成情况", "结果", "落实", "情况", "问题", "\n", "文" * 1999, "。"]),
    max_size=12,
).map("".join)  # fmt: skip


@given(FORMED)
def test_a_form_is_found_by_its_places_as_by_one_pattern(text: str) -> None:
    assert doc_type.has_form(text) == bool(FORM.search(text))


def test_a_form_needs_all_three_in_order() -> None:
    assert [doc_type.has_form(text) for text in ("整改任务、责任单位、完成情况", "责任单位、整改任务、完成情况")] == [True, False]


@given(ANY)
def test_what_is_easy_to_fold_is_easy_when_folded(text: str) -> None:
    assert is_easy(nfkc(text)) or not is_easy(text)


@given(ANY)
def test_no_line_is_a_body_and_a_date(text: str) -> None:
    assert not (is_body(half(text)) and is_date_line(half(text)))


COUNTED = st.lists(
    st.sampled_from([*"1205七十个。，\n　", "工作日", "日", "天", "周", "星期", "公示期为", "自即日起", "月", "期", "至"]), max_size=12
).map("".join)  # fmt: skip


@given(COUNTED)
def test_no_length_is_stated_without_a_count(text: str) -> None:
    assert periods.may_state_length(half(text)) or periods.comment_length(text).length is None


ADDRESSES = st.lists(
    st.sampled_from(["ab", "1", "@", "#", "[at]", " AT ", "(艾特)", ".", "点", "[dot]", "cn", "邮箱", "：", " "]), max_size=9
)


@given(ADDRESSES.map("".join))
def test_the_first_look_lets_every_address_through(text: str) -> None:
    assert contacts._may_have_address(text) or not contacts._EMAIL.search(text)


def test_a_line_is_asked_once_on_all_pages() -> None:
    asked: list[str] = []

    def question(text: str) -> None:
        asked.append(text)

    for _ in range(2):
        piece("公示期：5个工作日", 3).ask(question)
    assert asked == ["公示期:5个工作日"]


def test_long_lines_are_not_remembered() -> None:
    assert line_cache.answers_about("某" * 120) is line_cache.answers_about("某" * 120)
    assert line_cache.answers_about("某" * 121) is not line_cache.answers_about("某" * 121)
