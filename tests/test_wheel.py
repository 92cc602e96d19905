"""Installed from a wheel everything works outside the checkout: migrations, registry and sample sites travel with it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
        "-w",
        folder,
        ROOT,
    ]
    subprocess.run([str(word) for word in command], check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def call(installed: Path, folder: Path, *words: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SIGNOFF_")} | {"PYTHONPATH": str(installed)}
    return subprocess.run([sys.executable, *words], cwd=folder, env=env, check=True, capture_output=True, text=True, timeout=120).stdout


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    assert call(installed, tmp_path, "-c", "import crawler; print(crawler.__file__)").startswith(str(installed))


def test_its_migrations_make_the_schema_the_models_want(installed: Path, tmp_path: Path) -> None:
    assert "as expected" in call(installed, tmp_path, "-m", "crawler", "db", "check")


def test_its_registry_loads(installed: Path, tmp_path: Path) -> None:
    assert "sources, " in call(installed, tmp_path, "-m", "crawler", "sources", "list").splitlines()[-1]


def test_its_sample_sites_start(installed: Path, tmp_path: Path) -> None:
    program = "from crawler.demo.server import SampleSites\nwith SampleSites() as sites: print(len(sites.expected_events(0)))"
    assert int(call(installed, tmp_path, "-c", program)) > 0


def test_no_test_and_no_bench_travels(installed: Path) -> None:
    assert sorted(path.name for path in installed.iterdir() if path.suffix != ".dist-info") == ["crawler", "pipelines", "spiders"]
