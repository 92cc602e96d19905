"""Fixtures every test may use: a fixed clock, no settings from outside, databases of both kinds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import postgres_server as throw_away
import pytest
from sqlalchemy import Engine, create_engine, text

from crawler.config import Config
from crawler.db.engine import open_engine, upgrade
from crawler.fetch.browser import chromium
from crawler.fetch.refusals import BrowserMissingError


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes a minute comes after what takes a moment: farms and the demo last."""
    slow = ("tests/shared/", "test_demo_end_to_end")
    items.sort(key=lambda item: any(name in str(item.path).replace(os.sep, "/") for name in slow))


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees no setting of the machine it runs on."""
    for name in list(os.environ):
        if name.startswith("SIGNOFF_") and name not in (
            "SIGNOFF_SHARED",
            "SIGNOFF_REQUIRE_SHARED",
            "SIGNOFF_REQUIRE_TOOLS",
            "SIGNOFF_TEST_POSTGRES",
        ):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a throw-away PostgreSQL: SIGNOFF_TEST_POSTGRES, else one started from the installed server."""
    given = os.environ.get("SIGNOFF_TEST_POSTGRES")
    if given:
        yield given
        return
    programs = throw_away.programs()
    if programs is None:
        _missing("a PostgreSQL server (set SIGNOFF_TEST_POSTGRES, or install postgresql)")
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="signoff-pg-", dir="/tmp") as folder, throw_away.running(programs, Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> str:
    """Path of the machine's browser: skipped without one on a developer's machine, failed where tools are required."""
    try:
        return chromium.executable(Config())
    except BrowserMissingError as error:
        _missing(str(error))
        raise


def _missing(what: str) -> None:
    message = f"this test needs {what}"
    if os.environ.get("SIGNOFF_REQUIRE_TOOLS"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'signoff.sqlite'}"


@pytest.fixture
def postgres_url(postgres_server: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of its own on the throw-away server."""
    name = f"t_{abs(hash(str(tmp_path)))}"
    admin = create_engine(postgres_server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """A database URL, once of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A database with our schema, once of each kind."""
    made = open_engine(url)
    upgrade(made)
    yield made
    made.dispose()
