"""Verdicts: only ``ok`` is success, and it has to be proved."""

from __future__ import annotations

import pytest

from crawler.notice.model import Verdict
from crawler.policy.plan import KNOWN_GROUND
from crawler.policy.verdict import Facts, ListWalk, Trouble, judge

GOOD = ListWalk("http://a.example/l", pages=3, rows=50, interesting=4, end="page 3 of 3")


def broken_off(trouble: Trouble, pages: int = 0) -> ListWalk:
    return ListWalk("http://a.example/m", pages=pages, rows=pages * 20, trouble=trouble, why="it stopped")


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(Facts([GOOD]), Verdict.OK, id="read to its proved end"),
        pytest.param(Facts([]), Verdict.FAILED, id="nothing looked at"),
        pytest.param(Facts([GOOD, ListWalk("u", pages=2, rows=9)]), Verdict.PARTIAL, id="one end is not proved"),
        pytest.param(Facts([GOOD, broken_off(Trouble.BLOCKED)]), Verdict.BLOCKED, id="one list refused"),
        pytest.param(Facts([GOOD, broken_off(Trouble.BROKEN)]), Verdict.BROKEN, id="one layout not understood"),
        pytest.param(Facts([broken_off(Trouble.FAILED)]), Verdict.FAILED, id="no answer"),
        pytest.param(Facts([broken_off(Trouble.FAILED, pages=2)]), Verdict.PARTIAL, id="no answer half way"),
        pytest.param(Facts([GOOD, broken_off(Trouble.FAILED)]), Verdict.PARTIAL, id="one of two lists read"),
        pytest.param(Facts([ListWalk("u", pages=1, rows=0, end="no rows")]), Verdict.SILENT, id="an empty list"),
        pytest.param(
            Facts([ListWalk("u", 1, 20, 0, "one page")], had_interesting=True), Verdict.SILENT, id="none of interest where there were some"
        ),
        pytest.param(
            Facts([ListWalk("u", 1, 20, 0, KNOWN_GROUND)], had_interesting=True), Verdict.OK, id="a due look at one page of other things"
        ),
        pytest.param(Facts([ListWalk("u", 1, 20, 0, "one page")]), Verdict.OK, id="none of interest, and there never was"),
        pytest.param(Facts([GOOD], unread=1), Verdict.PARTIAL, id="a page of interest unread"),
        pytest.param(Facts([GOOD], blocked_pages=5, read_pages=1), Verdict.BLOCKED, id="most pages refuse"),
        pytest.param(Facts([GOOD], blocked_pages=1, read_pages=9), Verdict.PARTIAL, id="one page refuses"),
        pytest.param(Facts([GOOD], closed=1, read_pages=1), Verdict.OK, id="one page closed for good, another is not"),
        pytest.param(Facts([GOOD], closed=1, blocked_pages=1, read_pages=9), Verdict.PARTIAL, id="one closed for good, one newly"),
        pytest.param(Facts([GOOD], closed=4, read_pages=9), Verdict.PARTIAL, id="too many closed for good"),
        pytest.param(Facts([GOOD], closed=4, read_pages=2), Verdict.BLOCKED, id="most closed for good"),
        pytest.param(Facts([GOOD], interrupted="killed"), Verdict.PARTIAL, id="interrupted"),
    ],
)
def test_verdict(facts: Facts, verdict: Verdict) -> None:
    assert judge(facts).verdict is verdict


def test_an_ok_names_the_proof_of_every_list() -> None:
    assert judge(Facts([GOOD])).why == "http://a.example/l: page 3 of 3"
