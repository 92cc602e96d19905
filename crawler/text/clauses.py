"""Which clauses of a text an agency changed. Pure; standard library only."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from crawler.text.widths import half

_CLAUSE = re.compile(r"[^，。；！？,;!?\n\t]*[，。；！？,;!?\n\t]?")


def clauses(text: str) -> list[str]:
    """Cut a text after its punctuation; what is only white space is left out.

    >>> clauses("已完成，公示期至5月31日。")
    ['已完成，', '公示期至5月31日。']
    """
    return [clause.strip() for clause in _CLAUSE.findall(text) if clause.strip()]


def text_changes(old: str, new: str) -> list[list[str]]:
    """The clauses that differ, as [before, after] in reading order; an empty string stands for nothing.

    White space and full- or half-width forms make no difference.
    """
    before, after = clauses(old), clauses(new)
    matcher = SequenceMatcher(None, [_plain(c) for c in before], [_plain(c) for c in after], autojunk=False)
    return [["".join(before[i:j]), "".join(after[k:m])] for op, i, j, k, m in matcher.get_opcodes() if op != "equal"]


def _plain(clause: str) -> str:
    return "".join(half(clause).split())
