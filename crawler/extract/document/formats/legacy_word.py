"""Word files of before 2007 (.doc, .wps): antiword first, LibreOffice for what it refuses."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats import word
from crawler.extract.document.formats.building import heading, paragraph, table
from crawler.extract.document.formats.limits import GIB, Job
from crawler.extract.document.formats.ole import streams, word_is_encrypted
from crawler.extract.document.formats.safe_xml import Element, local, parse_xml, text_of
from crawler.extract.document.tools import find, run

_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]{0,300}>")
_HEADINGS = frozenset({"title", "subtitle"})
#: LibreOffice maps far more than it uses
_OFFICE_MEMORY = 4 * GIB
_OFFICE_SECONDS = 45.0

#: no macros, no linked content, no recovery: the profile is made anew for every document
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
%s</oor:items>
"""
_ITEM = '<item oor:path="/org.openoffice.Office.%s"><prop oor:name="%s" oor:op="fuse"><value>%s</value></prop></item>\n'
_SETTINGS = (
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "2"),
)


def read_doc(data: bytes, job: Job) -> list[Block]:
    """Blocks of a binary Word file. Raises `DocumentError`, "needs: …" included."""
    if word_is_encrypted(data):
        raise DocumentError("encrypted")
    with tempfile.TemporaryDirectory(prefix="doc-") as name:
        folder = Path(name)
        (folder / "in.doc").write_bytes(data)
        return _by_antiword(folder, job) or _by_office(folder, job)


def read_storage(data: bytes, _: Job) -> list[Block]:
    """Never blocks: an OLE storage that holds no document we know, or of which the end with its directory is missing."""
    if "Root Entry" in streams(data):
        raise DocumentError("refused: application/x-ole-storage is not read")
    raise DocumentError("broken: office file without its directory")


def _by_antiword(folder: Path, job: Job) -> list[Block]:
    """Nothing where antiword refuses the file; raises "needs: antiword" only where nothing else could read it."""
    if find("antiword") is None and job.office and find("libreoffice") is not None:
        return []
    done = run("antiword", ["-m", "UTF-8.txt", "-x", "db", "in.doc"], folder, seconds=20, written=4 * job.budget.limits.text)
    if done.status != 0 or b"<chapter" not in done.printed:
        return []
    root = parse_xml(_DOCTYPE.sub(b"", done.printed, count=1), recover=True)
    return [block for node in root if local(node) != "bookinfo" for block in _docbook(node, job.where)]


def _docbook(node: Element, where: str) -> Iterator[Block]:
    """antiword's DocBook: chapters and sections, paragraphs with text around tables and lists."""
    name = local(node)
    if name == "informaltable":
        yield from table(([text_of(entry) for entry in row] for row in node.iter() if local(row) == "row"), where)
        return
    make = heading if name in _HEADINGS else paragraph
    yield from _lines(make, node.text, where)
    inline = ""
    for item in node:
        if local(item) in {"emphasis", "subscript", "superscript", "ulink", "footnote"}:
            inline += text_of(item) + (item.tail or "")
            continue
        yield from _lines(paragraph, inline, where)
        inline = ""
        yield from _docbook(item, where)
        yield from _lines(paragraph, item.tail, where)
    yield from _lines(paragraph, inline, where)


def _lines(make: Callable[[str, str], list[Block]], text: str | None, where: str) -> Iterator[Block]:
    for line in (text or "").splitlines():
        yield from make(line, where)


def _by_office(folder: Path, job: Job) -> list[Block]:
    return word.read_docx(_converted(folder, job), job)


def _converted(folder: Path, job: Job) -> bytes:
    """The same document as .docx. Raises `DocumentError` when LibreOffice is missing or fails too."""
    if not job.office:
        raise DocumentError("needs: libreoffice")
    convert(folder, ["in.doc"])
    result = folder / "out" / "in.docx"
    if not result.is_file() or result.is_symlink():
        raise DocumentError("broken: neither antiword nor LibreOffice reads it")
    return result.read_bytes()


def convert(folder: Path, names: Sequence[str]) -> None:
    """Let one LibreOffice make .docx in ``folder``/out of files in ``folder``. Raises `DocumentError`."""
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(_PROFILE % "".join(_ITEM % setting for setting in _SETTINGS), "utf-8")
    quiet = [f"-env:UserInstallation={profile.parent.as_uri()}", "--headless", "--norestore", "--nologo", "--nolockcheck"]
    what = ["--convert-to", "docx:MS Word 2007 XML", "--outdir", "out", *names]
    run("libreoffice", [*quiet, *what], folder, seconds=_OFFICE_SECONDS, memory=_OFFICE_MEMORY)
