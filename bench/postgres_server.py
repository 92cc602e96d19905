"""A throw-away PostgreSQL, started from the server that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """Where the server's programs are; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    which = shutil.which("initdb")
    return found[0].parent if found else Path(which).resolve().parent if which else None


@contextmanager
def running(where: Path, folder: Path) -> Iterator[str]:
    """Start a server on a socket in ``folder``; PostgreSQL refuses to run as root, so root becomes ``postgres``."""
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    data = folder / "data"

    def call(program: str, *words: str) -> None:
        subprocess.run([*user, str(where / program), *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)

    call("initdb", "-D", str(data), "-U", "signoff", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "-N")
    call("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
    try:
        yield f"postgresql://signoff@/postgres?host={folder}"
    finally:
        call("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
