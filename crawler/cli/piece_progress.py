"""Progress of work that is counted in pieces: a living line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time

_LIVING_SECONDS, _PLAIN_SECONDS = 0.5, 30.0


class Ticking:
    """Counts, and tells standard error how far it has come. ``total``: None where nobody knows."""

    def __init__(self, what: str, total: int | None = None, *, on: bool = True) -> None:
        self.what, self.total, self.on = what, total, on
        self.done = 0
        self.living = sys.stderr.isatty()
        self.began = self.told = time.monotonic()

    def tick(self) -> None:
        """One more is done."""
        self.done += 1
        now = time.monotonic()
        if self.on and now - self.told >= (_LIVING_SECONDS if self.living else _PLAIN_SECONDS):
            self.told = now
            self._tell(now - self.began)

    def end(self) -> None:
        """Take the living line away."""
        if self.on and self.living and self.told > self.began:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _tell(self, seconds: float) -> None:
        line = progress_line(self.what, self.done, self.total, seconds)
        sys.stderr.write(f"\r\x1b[K{line}" if self.living else f"{line}\n")
        sys.stderr.flush()


def progress_line(what: str, done: int, total: int | None, seconds: float) -> str:
    """How many, how fast, and where the number is known how long it will still take.

    >>> progress_line("notices", 50, 200, 10.0)
    '50/200 notices, 5.0/s, about 30 s left'
    """
    rate = done / seconds if seconds else 0.0
    if total is None:
        return f"{done} {what}, {rate:.1f}/s"
    left = f", about {(total - done) / rate:.0f} s left" if rate and total > done else ""
    return f"{done}/{total} {what}, {rate:.1f}/s{left}"
