"""Numbers of tasks in all notations, and their keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.fields import inspection
from crawler.extract.outline.pieces import piece
from crawler.notice.numbers import find_numbers, plain_number, task_key
from crawler.text.numerals import number


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("整改任务（序号21）销号的公示", ["序号21"]),
        ("-（市序号1）", ["市序号1"]),
        ("省第76项", ["省第76项"]),
        ("第一轮督察第一项整改任务", ["第一项"]),
        ("第二十一项", ["第二十一项"]),
        ("243号问题", ["243号问题"]),
        ("任务编号：15", ["任务编号15"]),
        ("“问题三十”整改", ["问题三十"]),
        ("序号3、15、27", ["序号3", "序号15", "序号27"]),
        ("第3-5项", ["第3项", "第4项", "第5项"]),
        ("第3至5项", ["第3项", "第4项", "第5项"]),
        ("第6项、第11项", ["第6项", "第11项"]),
        ("编号GX-31", ["编号GX-31"]),
        ("区清单12-2", ["区清单12-2"]),
        ("个性问题8", ["个性问题8"]),
        ("整改任务七", ["整改任务七"]),
        ("市清单第9项", ["市清单第9项"]),
        ("第七、八项", ["第七项", "第八项"]),
        ("序号２１", ["序号２１"]),
        ("第〔三〕项", ["第〔三〕项"]),
    ],
)
def test_notations(text: str, printed: list[str]) -> None:
    assert [found.printed for found in find_numbers(text)] == printed


@pytest.mark.parametrize(
    "text", ["第三轮第四批", "PM2.5", "第四季度", "63.73万亩", "第二批公示", "中央第三生态环境保护督察组", "5项任务", "序号", "附件1"]
)
def test_what_is_no_task_number(text: str) -> None:
    assert list(find_numbers(text)) == []


def once(text: str) -> list[str]:
    return [item.printed for item, _ in inspection._numbers([piece(text, 0)])]


def test_a_number_printed_twice_is_one() -> None:
    assert once("（序号21）……第21项") == ["序号21"]


def test_numbers_of_two_lists_are_two() -> None:
    assert once("（市序号1）……（序号1）") == ["市序号1", "序号1"]


@given(st.integers(1, 199))
def test_chinese_numerals_come_back(value: int) -> None:
    digits = "〇一二三四五六七八九"
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    words = (
        ("一百" if hundreds else "") + (f"{digits[tens]}十" if tens else "零" if hundreds and ones else "") + (digits[ones] if ones else "")
    )
    assert number(words.removeprefix("一") if words.startswith("一十") else words) == value


@given(st.integers(1, 300))
def test_every_plain_number_is_found(value: int) -> None:
    assert [found.plain for found in find_numbers(f"反馈问题（序号{value}）整改")] == [str(value)]


@given(st.text(max_size=120))
def test_any_text_is_read_without_an_error(text: str) -> None:
    list(find_numbers(text))


@pytest.mark.parametrize(("printed", "plain"), [("第二十一项", "21"), ("清单5-2号", "5-2"), ("序号07", "7"), ("无", None)])
def test_plain_number(printed: str, plain: str | None) -> None:
    assert plain_number(printed) == plain


def test_a_key_has_three_digits() -> None:
    assert task_key("central", 2, "-", "130000", "130000", "2") == "central:2:-:130000:130000:002"


def test_a_number_with_parts_has_no_key() -> None:
    assert task_key("central", 3, "-", "310000", "310151", "12-2") is None
