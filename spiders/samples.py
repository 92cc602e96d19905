"""Rows that their titles refuse, looked at all the same: a few a crawl, after everything else, so that the title rule is measured."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawler import urls
from crawler.extract import read_notice
from crawler.extract.blocks import Page
from crawler.items import Entry
from crawler.notice.model import KEPT, Publisher
from crawler.policy.plan import Plan, is_drawn
from crawler.registry.registry import Source

#: refused rows looked at in one crawl of a source
MOST = 5
#: a page with fewer characters says too little by itself: its files decide
FEW = 200


@dataclass(slots=True)
class Samples:
    """The sample of one crawl. ``waiting``: pages to ask for when all else is done, so that none of them can cost a list its end."""

    taken: set[str] = field(default_factory=set)
    waiting: list[Entry] = field(default_factory=list)

    def takes(self, entry: Entry, plan: Plan, heads: frozenset[str]) -> bool:
        """Draw a refused row, at most `MOST` of them. ``heads``: rows its list began with at the last look; in a look that goes
        no further they are no news, and cost nothing."""
        same = urls.identity(entry.url)
        if same in self.taken or len(self.taken) >= MOST or not is_drawn(entry.url) or plan.at(entry.url):
            return False
        if not plan.to_end and same in heads:
            return False
        self.taken.add(same)
        return True

    def has(self, url: str) -> bool:
        """Whether an address was asked for as a sample: its look says nothing about the source."""
        return bool(self.taken) and urls.identity(url) in self.taken


def is_worth_its_files(page: Page, source: Source) -> bool:
    """Whether a sampled page reads as a notice, or says too little to tell; the files of all others stay where they are."""
    if sum(len(block.text) for block in page.blocks) < FEW:
        return True
    return read_notice.read(page, Publisher(source.name, source.region, source.reposts)).doc_type in KEPT
