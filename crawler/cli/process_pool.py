"""Work spread over processes, its results in the order of its input: memory stays flat, and what fails fails alone."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

T = TypeVar("T")
R = TypeVar("R")
#: parcels waiting or being worked on, for each process
_AHEAD = 4


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[Sequence[T]], Sequence[R]], parcels: Iterable[Sequence[T]], failed: Callable[[T, str], R], *, jobs: int, seconds: float
) -> Iterator[R]:
    """The results of ``work``, in order. ``parcels`` are taken as fast as they are worked off.

    A parcel whose process dies, hangs for ``seconds`` or raises is done again piece by piece; the piece that is to blame gets what
    ``failed`` makes of it and of the reason.
    """
    pool = ProcessPool(max_workers=jobs, initializer=_quiet)
    waiting: deque[tuple[Sequence[T], Future[Sequence[R]]]] = deque()
    try:
        for parcel in parcels:
            waiting.append((parcel, pool.schedule(work, args=(parcel,), timeout=seconds)))
            if len(waiting) >= jobs * _AHEAD:
                yield from _settled(pool, work, *waiting.popleft(), failed, seconds)
        while waiting:
            yield from _settled(pool, work, *waiting.popleft(), failed, seconds)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _settled(
    pool: ProcessPool,
    work: Callable[[Sequence[T]], Sequence[R]],
    parcel: Sequence[T],
    future: Future[Sequence[R]],
    failed: Callable[[T, str], R],
    seconds: float,
) -> Iterator[R]:
    """The results of one parcel, piece by piece where it failed as a whole."""
    why = ""
    try:
        yield from future.result()
        return
    except TimeoutError:
        why = f"takes more than {seconds:g} s"
    except ProcessExpired as error:
        why = f"process ended with status {error.exitcode}"
    except Exception as error:  # noqa: BLE001 - whatever a piece does to its reader, the others are read
        why = f"{type(error).__name__}: {error}"
    if len(parcel) == 1:
        yield failed(parcel[0], why)
        return
    for piece in parcel:
        alone = [piece]
        yield from _settled(pool, work, alone, pool.schedule(work, args=(alone,), timeout=seconds), failed, seconds)


def _quiet() -> None:
    """Ctrl-C is for the one who asked: it ends the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
