"""What Scrapy does for every page and nobody asks for: left out."""

from __future__ import annotations

from typing import Any

from scrapy.crawler import Crawler
from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import MemoryStatsCollector


class Stats(MemoryStatsCollector):
    """Scrapy's statistics, without its search, at every count, for an argument that nobody passes any more."""

    __getattribute__ = object.__getattribute__


class Signals(SignalManager):
    """Scrapy's signals; of one that nobody connected to through this object nobody is told, nor looked for six times a page."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._heard: set[Any] = set()

    def connect(self, receiver: Any, signal: Any, **kwargs: Any) -> None:
        self._heard.add(signal)
        super().connect(receiver, signal, **kwargs)

    def send_catch_log(self, signal: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        return super().send_catch_log(signal, **kwargs) if signal in self._heard else []
