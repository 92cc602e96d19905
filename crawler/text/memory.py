"""A memory for functions of one text: what is short comes again from page to page, what is long does not and would fill it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")


def remembered(longest: int, most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Remember the answers for the last ``most`` texts of at most ``longest`` characters. Nobody changes an answer."""

    def remember(function: Callable[[str], T]) -> Callable[[str], T]:
        known = lru_cache(maxsize=most)(function)

        @wraps(function)
        def asked(text: str) -> T:
            return known(text) if len(text) <= longest else function(text)

        return asked

    return remember
