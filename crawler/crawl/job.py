"""What the runner hands to every crawler of a run, in the setting ``SIGNOFF_JOB``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from crawler.policy.plan import Run
from crawler.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Report:
    """What one source's crawl came to. The keys are those of ``signoff crawl --json``."""

    source: str
    verdict: str
    why: str
    list_pages: int
    complete: bool
    fetched: int
    not_modified: int
    new: int
    revised: int
    withdrawn: int
    errors: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Job:
    """A run's wish, its registry, and whom to tell how each source ended."""

    registry: Registry
    run: Run
    tell: Callable[[Report], None]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Scrapy copies its settings for every crawler; what stands here is one for all of them."""
        return self
