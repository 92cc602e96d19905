"""What is left out of Scrapy's work for every page is missed by nobody."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.spiders import Spider
from scrapy.utils.test import get_crawler

from crawler.crawl.scrapy_patches import Signals, Stats

SIGNAL, OTHER = object(), object()


@pytest.fixture
def signals() -> Signals:
    return Signals(get_crawler(Spider))


def test_who_listens_hears(signals: Signals) -> None:
    heard: list[Any] = []

    def receiver(word: str) -> int:
        heard.append(word)
        return 7

    signals.connect(receiver, SIGNAL)
    assert [answer for _, answer in signals.send_catch_log(SIGNAL, word="told")] == [7]
    assert heard == ["told"]


def test_where_nobody_listens_nobody_answers(signals: Signals) -> None:
    signals.connect(lambda: 1, OTHER, weak=False)
    assert signals.send_catch_log(SIGNAL) == []


def test_who_left_hears_no_more(signals: Signals) -> None:
    def receiver() -> int:
        return 7

    signals.connect(receiver, SIGNAL)
    signals.disconnect(receiver, SIGNAL)
    assert signals.send_catch_log(SIGNAL) == []


def test_counts_are_those_of_scrapy() -> None:
    stats = Stats(get_crawler(Spider))
    stats.inc_value("pages")
    stats.inc_value("pages", 2)
    stats.max_value("largest", 5)
    assert stats.get_stats() == {"pages": 3, "largest": 5}
