"""Which runs of `faults`: a fault or several on each of a few sites, and what the database has seen before."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

LISTS, FILES = r"list|index|gsgg|gggs|tzgg|dataproxy|/api/|/a/|unit", r"(?i)\.(?:docx?|xlsx?|pdf|zip|png|jpg)|download|uploadfile"
#: ill sites of a crawl: each meets faults of its own, so a crawl is as many runs
AT_ONCE = 4


@dataclass(frozen=True)
class Sick:
    """One fault as the farm takes it."""

    site: str
    kind: str
    match: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One crawl. ``before``: the state the database has seen; None: it has seen nothing."""

    number: int
    before: int | None
    state: int
    sites: tuple[str, ...]
    faults: tuple[Sick, ...]
    mode: str = ""

    def __str__(self) -> str:
        ills = "; ".join(f"{f.site} {f.kind} {f.params or ''} {f.match}".strip() for f in self.faults)
        return f"crawl {self.number}: T{self.before}→T{self.state} {self.mode} {','.join(self.sites)}: {ills}"


def some_params(kind: str, dice: random.Random) -> dict[str, Any]:
    """Parameters of a fault: few or all requests hit, sizes and waits around our limits."""
    params: dict[str, Any] = {"k": dice.choice([1, 2, 3, 4, 7, 1000000])}
    if kind in ("http503", "http503_date", "http429"):
        params["retry_after"] = dice.choice([0, 1, 2])
    elif kind == "hang":
        params = {"s": dice.choice([0.2, 1, 30]), "k": dice.choice([1, 2, 3, 5])}
    elif kind == "drip":
        params = {"bytes": dice.choice([64, 2048, 8192]), "interval": dice.choice([0.01, 0.2]), "k": dice.choice([1, 3, 6])}
    elif kind in ("huge", "gzip_bomb"):
        params = {"mib": dice.choice([3, 8, 200]), "k": dice.choice([1, 3, 5])}
    elif kind == "wrong_type":
        params["ctype"] = dice.choice(["application/octet-stream", "application/msword", "image/png", "text/plain", "application/json"])
    elif kind == "pagination_shift":
        params = {"k": dice.choice([1, 5, 25])}
    return params


def some_fault(site: str, kind: str, dice: random.Random) -> Sick:
    match = dice.choice(["", "", LISTS, rf"^(?!.*(?:{LISTS}))", FILES, r"[13579]\D*$", r"[2468]\D*$"])
    return Sick(site, kind, match, some_params(kind, dice))


def cases(numbers: Sequence[int], seed: int, sites: Sequence[str], kinds: Sequence[str]) -> Iterator[Case]:
    """Random crawls; the same seed and number give the same one. The first site of each is in health."""
    for number in numbers:
        dice = random.Random(f"{seed}/{number}")
        slugs = tuple(dice.sample(sorted(sites), AT_ONCE + 1))
        faults = tuple(some_fault(slug, dice.choice(kinds), dice) for slug in slugs[1:] for _ in range(dice.choice([1, 1, 1, 2, 3])))
        before = dice.choice([None, 0, 1, 2, 3])
        state = dice.randrange(5) if before is None else before + 1
        yield Case(number, before, state, slugs, faults, dice.choice(["", "", "", "--due"]))


def each(kinds: Sequence[str], slugs: Sequence[str]) -> Iterator[Case]:
    """Every kind of fault on each of these sites, on all requests and with the farm's own parameters; a sound site beside.

    The first runs meet every kind once, cold and warm, each on another site than the kind before.
    """
    small = {"huge": {"mib": 8}, "gzip_bomb": {"mib": 8}}
    turns = ((turn, index, kind) for turn in range(len(slugs)) for index, kind in enumerate(kinds))
    for number, (turn, index, kind) in enumerate(turns):
        slug = slugs[(index + turn) % len(slugs)]
        beside = "hebei-jtt" if slug != "hebei-jtt" else "beidouzhiku"
        for warm, (before, state) in enumerate(((None, 0), (0, 1))):
            yield Case(2 * number + warm, before, state, (slug, beside), (Sick(slug, kind, "", small.get(kind, {})),))
