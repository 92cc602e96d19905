"""The shape of the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crawler.db.engine import differences

ROOT = Path(__file__).parents[1]


def test_the_folder_of_schema_steps_does_not_hide_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_every_table_has_a_schema_step(engine: Engine) -> None:
    assert differences(engine) == []


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_locked_requirements_have_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text("utf-8")
    pinned = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", text, re.MULTILINE)
    assert len(pinned) > 30
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
