"""The grammar of dates, periods and deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime

import dateparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ContradictionError
from crawler.extract.fields.relative_day import relative_day
from crawler.notice.deadlines import read_deadline
from crawler.notice.periods import Period, comment_period, publicity, read_window
from crawler.text.dates import find_days, first_day, lost_day

_DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
_DIGITS = "〇一二三四五六七八九"
PUBLISHED = date(2025, 5, 21)


def chinese(number: int) -> str:
    """A day or month as Chinese numerals: 21 → 二十一."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else ("" if tens == 1 else _DIGITS[tens]) + "十"
    return head + (_DIGITS[ones] if ones or not tens else "")


@pytest.mark.parametrize(
    "words",
    [
        "2025年5月21日",
        "2025 年 5 月 21 日",
        "二〇二五年五月二十一日",
        "二○二五年五月二十一日",
        "２０２５年５月２１日",
        "2025.5.21",
        "2025-05-21",
        "2025/5/21",
        "20250521",
        "2025年5月21号",
        "2025年05月21日",
        "20250521日",
        "2025—05—21",
    ],
)
def test_spellings_of_one_day(words: str) -> None:
    spot = first_day(f"落款 {words}")
    assert spot is not None
    assert spot.value == date(2025, 5, 21)


@pytest.mark.parametrize("words", ["2025年2月30日", "2025年13月1日", "1.2025.5", "编号20251399", "第2025号", "3.15-2.1", "12345678901"])
def test_what_is_no_day(words: str) -> None:
    assert first_day(words) is None


@given(
    _DAYS,
    st.sampled_from(
        [
            "{0.year}年{0.month}月{0.day}日",
            "{0.year} 年 {0.month} 月 {0.day} 日",
            "{0.year}-{0.month:02}-{0.day:02}",
            "{0.year}.{0.month}.{0.day}",
            "{0.year}{0.month:02}{0.day:02}",
            "{0.year}/{0.month}/{0.day}",
        ]
    ),
)
def test_every_day_in_every_spelling(day: date, form: str) -> None:
    assert [spot.value for spot in find_days(form.format(day))] == [day]


@given(_DAYS)
def test_every_day_in_chinese_numerals(day: date) -> None:
    year = "".join(_DIGITS[int(mark)] for mark in str(day.year))
    wanted = [day] if year[0] in "二一" else []
    assert [spot.value for spot in find_days(f"{year}年{chinese(day.month)}月{chinese(day.day)}日")] == wanted


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    list(find_days(text))
    read_window(text, PUBLISHED)
    read_window(text, None, labelled=True)
    read_deadline(text)
    lost_day(text, PUBLISHED)


@pytest.mark.parametrize(
    ("line", "near", "day"),
    [
        pytest.param("202639", date(2026, 3, 9), date(2026, 3, 9), id="one reading"),
        pytest.param("20220829", None, date(2022, 8, 29), id="eight digits"),
        pytest.param("2026111", None, None, id="two readings"),
        pytest.param("2026111", date(2026, 1, 11), date(2026, 1, 11), id="the publication decides"),
        pytest.param("2026年", None, None, id="no day"),
    ],
)
def test_signature_that_lost_its_marks(line: str, near: date | None, day: date | None) -> None:
    assert lost_day(line, near) == day


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        pytest.param("公示时间：2024年3月29日至4月7日。", date(2024, 3, 29), date(2024, 4, 7), id="year left out"),
        pytest.param("公示期为2023年12月28日—2024年1月8日", date(2023, 12, 28), date(2024, 1, 8), id="over new year"),
        pytest.param("公示期为2023年12月28日—1月8日", date(2023, 12, 28), date(2024, 1, 8), id="over new year, year left out"),
        pytest.param("公示期自2025年8月11日起，至8月22日止", date(2025, 8, 11), date(2025, 8, 22), id="from … until"),
        pytest.param("公示时间：2025年3月17日至28日", date(2025, 3, 17), date(2025, 3, 28), id="month left out"),
        pytest.param("公示期5天，时间为5月22日至5月26日", date(2025, 5, 22), date(2025, 5, 26), id="no year at all"),
        pytest.param("公示期：20250407日至20250418日", date(2025, 4, 7), date(2025, 4, 18), id="marks lost"),
        pytest.param("公示时间：2025.5.21-5.31", date(2025, 5, 21), date(2025, 5, 31), id="dots"),
        pytest.param("公示日期 2025-05-21 至 2025-05-31", date(2025, 5, 21), date(2025, 5, 31), id="ISO"),
        pytest.param("公示期自二〇二五年五月二十一日至六月三日", date(2025, 5, 21), date(2025, 6, 3), id="Chinese numerals"),
        pytest.param("自2025年5月21日至5月31日进行公示", date(2025, 5, 21), date(2025, 5, 31), id="days before the word"),
        pytest.param("公示期为2025年5月21日8:00至5月31日18:00", date(2025, 5, 21), date(2025, 5, 31), id="with hours"),
        pytest.param("原公示期为2025年5月1日至5月10日，现延长至5月31日", date(2025, 5, 1), date(2025, 5, 31), id="prolonged"),
        pytest.param(
            "首次公示于2025年3月3日至3月14日。本次公示期为2025年5月21日至6月4日。",
            date(2025, 5, 21),
            date(2025, 6, 4),
            id="of two the present one",
        ),
    ],
)
def test_period(text: str, start: date, end: date) -> None:
    assert comment_period(text, PUBLISHED) == Period(start, end)


@pytest.mark.parametrize(
    "text", ["公示期：10个工作日", "自公示之日起10个工作日", "公示期间未收到异议", "2025年5月21日至5月31日开展排查", ""]
)
def test_text_without_two_days_gives_no_period(text: str) -> None:
    assert comment_period(text, PUBLISHED) is None


def test_a_period_that_ends_before_it_starts_is_a_contradiction() -> None:
    with pytest.raises(ContradictionError, match="ends before it starts"):
        comment_period("公示时间：2025年12月29日至2025年1月12日")


def test_of_a_contradiction_the_start_stays() -> None:
    window = read_window("公示时间：2025年12月29日至2025年1月12日")
    assert (window.start, window.end, window.contradiction) == (date(2025, 12, 29), None, True)


@pytest.mark.parametrize(
    ("text", "start", "end", "length"),
    [
        pytest.param("公示期为2025年5月21日起10个工作日", date(2025, 5, 21), None, "10个工作日", id="start and length"),
        pytest.param("公示截止5月31日", None, date(2025, 5, 31), None, id="end alone"),
        pytest.param("公示期自公示之日起10个工作日", None, None, "自公示之日起10个工作日", id="length alone"),
        pytest.param("公示期一周", None, None, "一周", id="a week"),
    ],
)
def test_half_a_window(text: str, start: date | None, end: date | None, length: str | None) -> None:
    window = read_window(text, PUBLISHED)
    assert (window.start, window.end, window.length) == (start, end, length)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        pytest.param("公示期：2021年10月26日至119（11个工作日）", date(2021, 11, 9), id="the length leaves one reading"),
        pytest.param("公示期：2021年10月26日至119", None, id="without a length there are two"),
        pytest.param("公示期：2021年10月26日至119（10个工作日）", None, id="no reading agrees"),
    ],
)
def test_an_end_that_lost_its_marks(text: str, end: date | None) -> None:
    assert read_window(text).end == end


@given(st.dates(date(2016, 1, 1), date(2026, 11, 30)), st.integers(0, 60), st.sampled_from(["至", "—", "-", "~", "到", "－"]))
def test_every_period_written_out_is_read_back(start: date, more: int, to: str) -> None:
    end = date.fromordinal(start.toordinal() + more)
    text = f"公示时间为{start.year}年{start.month}月{start.day}日{to}{end.year}年{end.month}月{end.day}日，欢迎监督。"
    assert comment_period(text) == Period(start, end)


def test_an_estimated_end_is_marked() -> None:
    found = publicity(read_window("公示期自发布之日起10个工作日", PUBLISHED), PUBLISHED)
    assert (found.start, found.end, found.estimated) == (PUBLISHED, date(2025, 6, 4), True)


def test_a_stated_length_that_disagrees_is_inconsistent() -> None:
    found = publicity(read_window("公示期2024年9月29日至10月9日，共10个工作日"), None)
    assert (found.working_days, found.stated_days, found.consistent) == (4, 10, False)


@pytest.mark.parametrize(
    ("text", "kind", "day"),
    [
        ("立行立改", "immediate", None),
        ("立行立改，长期坚持", "immediate+long_term", None),
        ("长期坚持", "long_term", None),
        ("常态长效", "long_term", None),
        ("2025年底前", "dated", date(2025, 12, 31)),
        ("2025年年底", "dated", date(2025, 12, 31)),
        ("2025年12月底", "dated", date(2025, 12, 31)),
        ("2024年12月31日前", "dated", date(2024, 12, 31)),
        ("2020年8月底前", "dated", date(2020, 8, 31)),
        ("2025年上半年", "dated", date(2025, 6, 30)),
        ("2024年第三季度", "dated", date(2024, 9, 30)),
        ("按国家规划时序推进", "schedule", None),
        ("达到序时进度", "schedule", None),
        ("2025年底前，并长期坚持", "dated+long_term", date(2025, 12, 31)),
        ("汛期前", "dated", None),
        ("2024年2月", "dated", date(2024, 2, 29)),
    ],
)
def test_deadline(text: str, kind: str, day: date | None) -> None:
    found = read_deadline(text)
    assert found is not None
    assert (found.kind, found.date) == (kind, day)


def test_a_cell_that_names_no_deadline_gives_none() -> None:
    assert read_deadline("已完成") is None


@pytest.mark.parametrize(
    ("words", "day"),
    [
        pytest.param("发布于3天前", date(2025, 5, 18), id="days ago"),
        pytest.param("昨天 08:15", date(2025, 5, 20), id="yesterday"),
        pytest.param("2小时前", date(2025, 5, 21), id="hours ago"),
        pytest.param("刚刚", date(2025, 5, 21), id="just now"),
        pytest.param("2025-05-01", None, id="a date is not for the library"),
    ],
)
def test_relative_publish_lines(words: str, day: date | None) -> None:
    assert relative_day(words, datetime(2025, 5, 21, 4, 0, tzinfo=UTC)) == day


def test_the_library_cannot_read_a_period_itself() -> None:
    assert dateparser.parse("公示期为2025年5月21日至5月31日", languages=["zh"]) is None
