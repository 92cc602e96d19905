"""The name under which a process holds leases, and whether the process behind such a name has ended."""

from __future__ import annotations

import hashlib
import os
import uuid
from functools import lru_cache
from pathlib import Path

_UNKNOWN = f"any-{uuid.uuid4()}"


def name() -> str:
    """This process, told apart from every other, also from a later one with the same number: machine, number, start."""
    return _name(os.getpid())


@lru_cache(4)
def _name(pid: int) -> str:
    machine, start = _machine(), _start(pid)
    return f"{machine}:{pid}:{start}" if machine and start else f"{_UNKNOWN}:{pid}"


@lru_cache(1)
def _machine() -> str | None:
    """One boot of one machine, one space of process numbers: within it a number that is gone means an ended process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return None  # not Linux: leases of killed processes run out by time
    return hashlib.sha256(f"{boot} {space}".encode()).hexdigest()[:16]


def _start(pid: int) -> str | None:
    try:
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in {"Z", "X"} else words[19]  # field 22 of proc(5): start time since boot


def has_ended(holder: str) -> bool:
    """Whether ``holder`` was a process of this machine that runs no more. False when we cannot know."""
    machine, _, rest = holder.partition(":")
    pid, _, start = rest.partition(":")
    if machine != _machine() or not pid.isdigit() or not start:
        return False
    return _start(int(pid)) != start
