"""Progress of a run: a living line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from crawler.crawl.job import Report
from crawler.crawl.runner import Progress

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

PLAIN_SECONDS = 30


class Shown:
    """Shows a `Progress` while a run goes on; also says how each source ended."""

    def __init__(self, *, on: bool) -> None:
        self.on = on
        self.progress = Progress()
        self.began = time.monotonic()
        self.live: Live | None = None
        self.stopped = threading.Event()
        self.thread: threading.Thread | None = None
        if on:
            self._prepare()

    def _prepare(self) -> None:
        from rich.console import Console  # a timer's run, without a terminal and with --quiet, starts sooner without it
        from rich.live import Live

        self.console = Console(stderr=True, highlight=False)
        if self.console.is_terminal:
            self.live = Live(get_renderable=self._line, console=self.console, refresh_per_second=4, transient=True)
        else:
            self.thread = threading.Thread(target=self._plain, daemon=True)

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        if self.thread:
            self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stopped.set()
        if self.live:
            self.live.stop()

    def tell(self, report: Report) -> None:
        sys.stdout.write(line_of(report) + "\n")
        sys.stdout.flush()

    def _plain(self) -> None:
        while not self.stopped.wait(PLAIN_SECONDS):
            self.console.print(self._line())

    def _line(self) -> Text:
        from rich.text import Text

        done, total = len(self.progress.reports), self.progress.total
        pages = sum(_answers(crawler) for crawler in list(self.progress.running.values())) + sum(
            report.fetched for report in self.progress.reports
        )
        spent = time.monotonic() - self.began
        rate = pages / spent if spent else 0.0
        left = f", about {spent / done * (total - done):.0f} s left" if done else ""
        running = ", ".join(sorted(self.progress.running)[:4])
        return Text(f"{done}/{total} sources, {pages} answers, {rate:.1f}/s{left}  {running}")


def _answers(crawler: object) -> int:
    stats = getattr(crawler, "stats", None)
    return int(stats.get_value("fetch/answers", 0)) if stats else 0


def line_of(report: Report) -> str:
    """One source's crawl on one line."""
    found = f"{report.list_pages} list pages, {report.fetched} answers: {report.new} new, {report.revised} revised, {report.withdrawn} withdrawn"
    why = "" if report.verdict == "ok" else f"  {report.why}"
    return f"{report.source}  {report.verdict}  {found}  {report.seconds:.0f} s{why}"
