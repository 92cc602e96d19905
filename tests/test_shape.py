"""The shape of the project."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import typer
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Engine

from alembic import command
from crawler import settings
from crawler.cli import MODULES, application
from crawler.db import engine as engines
from crawler.db.engine import differences

ROOT = Path(__file__).parents[1]


def test_the_folder_of_schema_steps_does_not_hide_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_every_table_has_a_schema_step(engine: Engine) -> None:
    assert differences(engine) == []


def test_the_order_of_the_schema_steps_is_the_librarys() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    scripts = ScriptDirectory.from_config(config)
    assert engines.head() == scripts.get_current_head()
    assert engines._steps() == {step.revision: step.down_revision for step in scripts.walk_revisions()}


def test_a_new_schema_step_is_understood_as_the_library_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    config = Config()
    config.set_main_option("script_location", str(tmp_path / "alembic"))
    made = command.revision(config, "a step", rev_id="9999")
    assert isinstance(made, Script)
    monkeypatch.setattr(engines, "_scripts", lambda: tmp_path / "alembic")
    assert engines._steps()["9999"] == made.down_revision


@pytest.mark.parametrize("verb", [verb for verbs in MODULES.values() for verb in verbs])
def test_a_verb_alone_is_as_it_is_among_the_others(verb: str) -> None:
    alone, whole = (typer.main.get_group(application(words)) for words in ([verb], []))
    assert set(whole.commands) == {verb for verbs in MODULES.values() for verb in verbs}
    assert set(alone.commands) < set(whole.commands)
    shown = [group.commands[verb].get_help(typer.Context(group.commands[verb], info_name=verb)) for group in (alone, whole)]
    assert shown[0] == shown[1]


def test_nothing_of_scrapys_own_runs_that_is_not_named_in_the_settings() -> None:
    """No telnet console, no port that executes Python, no proxy from the environment, no cookies."""
    own = ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS")
    assert all(getattr(settings, f"{name}_BASE") == {} for name in own)
    named = {key.rpartition(".")[2] for name in own for key in getattr(settings, name) if key.startswith("scrapy.")}
    assert named == {"RetryMiddleware", "CoreStats", "LogCount", "CloseSpider"}


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_locked_requirements_have_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text("utf-8")
    pinned = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", text, re.MULTILINE)
    assert len(pinned) > 30
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
