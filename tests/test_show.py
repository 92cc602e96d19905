"""Lines for a terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from sqlalchemy import Engine

from crawler.db.queries import NoticeDetail, Selection, changes, notice, notices
from crawler.errors import UsageError
from crawler.publish import terminal
from tests.publish_data import filled

__all__ = ["filled"]
ALL = Selection(include_not_news=True)


@pytest.fixture
def first(filled: Engine) -> NoticeDetail:
    return notice(filled, "n-first")


def test_columns_hold_with_chinese() -> None:
    lines = list(terminal.table([("甲乙", "x"), ("a", "x")], 80))
    assert {cell_len(line) for line in lines} == {7}


def test_the_last_column_is_cut() -> None:
    (line,) = terminal.table([("a", "公示" * 50)], 40)
    assert (cell_len(line) <= 40, line[-1]) == (True, "…")


def test_every_event_is_one_line(filled: Engine) -> None:
    assert len(list(terminal.change_lines(changes(filled, ALL)))) == 8


def test_an_event_says_what_changed(filled: Engine) -> None:
    line = list(terminal.change_lines(changes(filled, ALL), width=400))[5]
    assert "2026-03-06 → 2026-03-13" in line


def test_every_notice_is_one_line(filled: Engine) -> None:
    assert len(list(terminal.notice_lines(notices(filled, ALL)))) == 5


def test_nothing_found() -> None:
    assert list(terminal.notice_lines([], lang="en")) == ["nothing found"]


def test_a_hostile_title_writes_no_escapes(filled: Engine) -> None:
    assert not set("\x1b\u202e") & set("".join(terminal.detail_lines(notice(filled, "n-nasty"))))


def test_a_notice_shows_its_window(first: NoticeDetail) -> None:
    assert "2026-03-02 — 2026-03-13" in "\n".join(terminal.detail_lines(first))


def test_a_notice_shows_its_texts(first: NoticeDetail) -> None:
    assert "河道垃圾已全部清理。" in list(terminal.detail_lines(first))


def test_tasks_show_their_numbers(filled: Engine) -> None:
    assert "[序号3 完成情况]" in list(terminal.detail_lines(notice(filled, "n-gone")))


def test_no_personal_data_on_the_terminal(first: NoticeDetail) -> None:
    lines = [*terminal.detail_lines(first), *terminal.history_lines(first), *terminal.diff_lines(first, 1, 2)]
    assert not [secret for secret in ("王小明", "13912345678", "13812345678") if secret in "\n".join(lines)]


def test_history_tells_events_wordings_and_addresses(first: NoticeDetail) -> None:
    assert [line[:4] for line in terminal.history_lines(first, "en") if not line.startswith(" ")] == [
        "2026",
        "2026",
        "revi",
        "revi",
        "2026",
    ]


def test_diff_of_two_wordings(first: NoticeDetail) -> None:
    assert "- 河道垃圾已清理。" in list(terminal.diff_lines(first, 1, 2))


def test_diff_shows_the_title(first: NoticeDetail) -> None:
    assert "+ 关于第7项任务整改完成情况的公示（更正）" in list(terminal.diff_lines(first, 1, 2))


def test_no_diff_of_a_newspaper(first: NoticeDetail) -> None:
    assert list(terminal.diff_lines(first, 1, 2, "en", {"gansu_lanzhou"})) == ["a copied text: facts only"]


def test_unknown_revision_names_those_there_are(first: NoticeDetail) -> None:
    with pytest.raises(UsageError, match="1, 2"):
        list(terminal.diff_lines(first, 1, 9))
