"""External programs: found or named as missing, kept to their limits, ended with all they started."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.errors import DocumentError
from crawler.extract.document import tools
from crawler.extract.document.formats.limits import MIB
from crawler.extract.document.tools import Tool, find, run, survey


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Installs a shell script as the program of the tool "antiword"."""

    def install(script: str) -> None:
        path = tmp_path / "bin" / "antiword"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    return install


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


def test_missing_program_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("antiword") is None


def test_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DocumentError, match=r"^needs: antiword$"):
        run("antiword", [], tmp_path)


def test_what_it_printed(program: object, folder: Path) -> None:
    program("echo words")  # type: ignore[operator]
    assert run("antiword", [], folder).printed == b"words\n"


def test_how_it_ended(program: object, folder: Path) -> None:
    program("exit 3")  # type: ignore[operator]
    assert run("antiword", [], folder).status == 3


def test_its_home_is_the_folder(program: object, folder: Path) -> None:
    program("echo $HOME $PWD")  # type: ignore[operator]
    assert run("antiword", [], folder).printed.decode().split() == [str(folder)] * 2


def test_it_sees_nothing_of_our_environment(program: object, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNOFF_DATABASE_URL", "secret")
    program("env")  # type: ignore[operator]
    assert b"secret" not in run("antiword", [], folder).printed


def test_it_has_no_input(program: object, folder: Path) -> None:
    program("cat; echo end")  # type: ignore[operator]
    assert run("antiword", [], folder).printed == b"end\n"


def test_it_takes_too_long(program: object, folder: Path) -> None:
    program("sleep 600")  # type: ignore[operator]
    with pytest.raises(DocumentError, match=r"^refused: antiword took too long$"):
        run("antiword", [], folder, seconds=0.2)


def test_it_writes_too_much(program: object, folder: Path) -> None:
    program("while true; do head -c 500000 /dev/zero > $$.$(date +%N); done")  # type: ignore[operator]
    with pytest.raises(DocumentError, match=r"^refused: antiword wrote more than 1 MiB$"):
        run("antiword", [], folder, written=MIB)


def test_one_file_of_it_grows_no_further(program: object, folder: Path) -> None:
    program("head -c 5000000 /dev/zero > big; true")  # type: ignore[operator]
    run("antiword", [], folder, written=2 * MIB)
    assert (folder / "big").stat().st_size <= 2 * MIB


def test_every_tool_is_surveyed() -> None:
    assert [state.tool.name for state in survey()] == [*(tool.name for tool in tools.TOOLS), "ocr"]


def test_version_of_a_found_tool(program: object) -> None:
    program("echo Version: 0.37 of 21 Oct 2005")  # type: ignore[operator]
    assert next(state.version for state in survey() if state.tool.name == "antiword") == "0.37"


def test_missing_tool_has_no_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [state.version for state in survey()] == [None] * len(survey())


@pytest.mark.parametrize("tool", tools.TOOLS, ids=lambda tool: tool.name)
def test_a_tool_says_how_to_get_it(tool: Tool) -> None:
    assert tool.install.startswith("apt-get install ")
