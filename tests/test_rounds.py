"""Rounds of central inspections: what year and province give, for ``derived`` alone."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.gazetteer import rounds


@pytest.mark.parametrize(
    ("adcode", "year", "round_"),
    [
        pytest.param("420000", 2016, 1, id="first round"),
        pytest.param("420100", 2021, 2, id="a city lies in its province"),
        pytest.param("130000", 2017, None, id="no inspection in that year"),
        pytest.param("630000", 2023, 3, id="third round"),
    ],
)
def test_round_of_a_year(adcode: str, year: int, round_: int | None) -> None:
    assert rounds.round_in_year(adcode, year) == round_


def test_the_look_back_is_asked_for_apart() -> None:
    assert (rounds.round_in_year("420000", 2018), rounds.round_in_year("420000", 2018, lookback=True)) == (None, 1)


def test_rounds_a_notice_can_deal_with() -> None:
    assert rounds.rounds_before("630000", date(2020, 1, 1)) == (1, 2)


def test_a_round_that_has_just_begun_has_no_sign_offs_yet() -> None:
    assert rounds.rounds_before("630000", date(2017, 8, 20)) == ()


def test_every_inspection_ends_after_it_starts() -> None:
    assert [item for item in rounds.inspections() if item.end is not None and item.end < item.start] == []


def test_the_table_has_every_round() -> None:
    assert {item.round for item in rounds.inspections()} == {1, 2, 3}
