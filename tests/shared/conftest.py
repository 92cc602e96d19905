"""Tests over the project's shared test bed: they run where it is there, and must not be skipped where SIGNOFF_REQUIRE_SHARED is set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SIGNOFF_SHARED") or Path(__file__).parents[3] / "shared")


@pytest.fixture(scope="session")
def shared() -> Path:
    if not (SHARED / "replica" / "serve.py").exists():
        if os.environ.get("SIGNOFF_REQUIRE_SHARED"):
            pytest.fail(f"SIGNOFF_REQUIRE_SHARED is set, and there is no test bed at {SHARED}")
        pytest.skip("no shared test bed here; name it with SIGNOFF_SHARED")
    return SHARED
