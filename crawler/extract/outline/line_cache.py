"""What is asked of a line is answered once: labels, set phrases and telephone lines stand on page after page of a site.

Every question is a function of the text alone, so an answer holds wherever the same words stand. Nobody changes an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")

Question = Callable[[str], T]
#: what a text has answered so far, by the question
Answers = dict[Question[Any], Any]

#: characters of a line that is likely to come again; a longer one is told of one task alone
_LONGEST = 120
#: lines remembered; with their answers they take some 4 MB
_MOST = 8192

_UNASKED: Any = object()


def answers_about(text: str) -> Answers:
    """The answers known about a text; of a long one they are forgotten with the page."""
    return _remembered(text) if len(text) <= _LONGEST else {}


@lru_cache(maxsize=_MOST)
def _remembered(text: str) -> Answers:  # noqa: ARG001 (the key)
    return {}


def ask(text: str, question: Question[T], known: Answers | None = None) -> T:
    """``question(text)``. ``known``: `answers_about` the text, where they are at hand."""
    if known is None:
        known = answers_about(text)
    answer: T = known.get(question, _UNASKED)
    if answer is _UNASKED:
        answer = known[question] = question(text)
    return answer
