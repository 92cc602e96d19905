"""The diff that people read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.publish.diff import Op, Span, clause_diff, diff, html, unified

CHINESE = st.text(alphabet="河道垃圾已清理。，\n 2026年3月 １２(（", max_size=60)


def changed(old: str, new: str) -> list[tuple[str, str]]:
    return [(span.old, span.new) for span in diff(old, new) if span.op is not Op.EQUAL]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("甲。乙。", "甲。乙。", [], id="nothing"),
        pytest.param("公示期至4月7日。", "公示期至4月12日。", [("7", "12")], id="a number as a whole"),
        pytest.param("到2024年底。", "到2025年底。", [("2024", "2025")], id="not digit by digit"),
        pytest.param("甲。丙。", "甲。乙。丙。", [("", "乙。")], id="a clause more"),
        pytest.param("甲。乙。丙。", "甲。丙。", [("乙。", "")], id="a clause less"),
        pytest.param("管网已建成并通水。", "设备全部拆除到位。", [("管网已建成并通水。", "设备全部拆除到位。")], id="nothing in common"),
        pytest.param("第１项（一）。", "第1项 (一)。", [], id="width and white space"),
        pytest.param("", "甲。", [("", "甲。")], id="from nothing"),
        pytest.param("", "", [], id="nothing at all"),
    ],
)
def test_changes(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert changed(old, new) == expected


@given(CHINESE, CHINESE)
def test_nothing_is_lost(old: str, new: str) -> None:
    spans = diff(old, new)
    assert ("".join(span.old for span in spans), "".join(span.new for span in spans)) == (old, new)


@given(CHINESE)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert changed(text, text) == []


@given(CHINESE, CHINESE)
def test_no_change_is_empty(old: str, new: str) -> None:
    assert all(pair != ("", "") for pair in changed(old, new))


def test_clauses_stay_whole() -> None:
    assert clause_diff("甲，乙一。", "甲，乙二。") == (Span(Op.EQUAL, "甲，", "甲，"), Span(Op.REPLACE, "乙一。", "乙二。"))


def test_texts_too_long_to_compare_are_shown_as_replaced() -> None:
    old, new = "甲，" * 20_000, "乙，" * 20_000
    assert diff(old, new) == (Span(Op.REPLACE, old, new),)


def test_unified() -> None:
    assert list(unified("甲。\n至4月7日。\n丙。", "甲。\n至4月12日。\n丙。")) == ["  甲。", "- 至4月7日。", "+ 至4月12日。", "  丙。"]


def test_unified_says_that_nothing_changed() -> None:
    assert list(unified("甲。", "甲。", "en")) == ["the texts do not differ"]


def test_long_unchanged_passages_are_left_out() -> None:
    lines = list(unified("甲" * 500 + "。一。", "甲" * 500 + "。二。"))
    assert "未改动" in lines[0]


def test_html_marks() -> None:
    assert html("至4月7日。", "至4月12日。") == "至4月<del>7</del><ins>12</ins>日。"


@given(st.text(alphabet="<>&\"'/script alert", max_size=40), st.text(alphabet="<>&\"'/script", max_size=40))
def test_html_holds_our_own_marks_alone(old: str, new: str) -> None:
    bare = html(old, new)
    for mark in ("<del>", "</del>", "<ins>", "</ins>", "<br/>"):
        bare = bare.replace(mark, "")
    assert "<" not in bare
