"""Rich Text Format. A reader of its own: a few hundred control words carry no text and are passed over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.building import paragraph, table
from crawler.extract.document.formats.limits import Job

_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")
#: groups whose text is not the document's
_SILENT = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf ftnsep ftnsepc "
    b"ftncn generator listtable listoverridetable revtbl rsidtbl themedata datastore latentstyles xmlnstbl bkmkstart bkmkend fldinst "
    b"filetbl private template nonshppict background sp wgrffmtfilter mmathPr comment annotation atnid atnauthor nonesttables".split()
)
#: groups whose layout is their own: the rendered number of a list, which is text
_ASIDE = frozenset({b"listtext", b"pntext"})
#: starred groups are for programs that know them; these two hold text all the same
_STARRED_TEXT = frozenset({b"shptxt", b"nesttableprops"})
_CHARS = {b"tab": "\t", b"line": "\n", b"emdash": "—", b"endash": "–", b"bullet": "•", b"emspace": " ", b"enspace": " "}
_CHARS |= {b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”"}
#: \fcharset of a font → code page
_CHARSETS = {134: "gb18030", 136: "big5", 128: "cp932", 129: "cp949", 0: "cp1252", 204: "cp1251"}
_ALIGNS = {b"qr": "right", b"qc": "center", b"ql": "", b"qj": ""}
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class _Group:
    """State that a closing brace restores. ``skip``: characters that follow \\uN for readers without Unicode."""

    silent: bool = False
    aside: bool = False
    fonts: bool = False
    charset: str = "gb18030"
    skip: int = 1


@dataclass(slots=True)
class _Writer:
    """Collects paragraphs, cells and rows as they are closed."""

    where: str
    blocks: list[Block] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    align: str = ""
    in_table: bool = False

    def end_paragraph(self) -> None:
        if self.in_table:
            self.text.append("\n")
            return
        self.end_table()
        for line in self._taken().split("\n"):
            self.blocks += paragraph(line, self.where, self.align)

    def end_cell(self) -> None:
        place = len(self.cells)
        merge = self.merged[place] if place < len(self.merged) else ""
        self.cells.append("\0" if merge == "sideways" else "" if merge == "below" else self._taken())
        self.text.clear()

    def end_row(self) -> None:
        self.rows.append([cell for cell in self.cells if cell != "\0"])
        self.cells.clear()
        self.text.clear()

    def end_table(self) -> None:
        if self.cells:
            self.end_row()
        self.blocks += table(self.rows, self.where)
        self.rows.clear()

    def _taken(self) -> str:
        text = "".join(self.text)
        self.text.clear()
        return text


class _Parser:
    """One pass over the tokens; work is linear in the file's size."""

    def __init__(self, where: str) -> None:
        self.writer = _Writer(where)
        self.group = _Group()
        self.stack: list[_Group] = []
        self.fonts: dict[int, str] = {}
        self.font = 0
        self.raw = bytearray()
        self.to_skip = 0
        self.starred = False
        self.default = "gb18030"
        self.merge = ""
        self.surrogate = 0

    def parse(self, data: bytes) -> list[Block]:
        at = 0
        while found := _TOKEN.match(data, at):
            at = found.end()
            word, number, hexed, symbol, brace, plain = found.groups()
            if word:
                at += self._word(word, int(number) if number else None)
            elif hexed:
                self._bytes(bytes([int(hexed, 16)]))
            elif brace:
                self._brace(brace)
            elif symbol:
                self._symbol(symbol)
            elif plain:
                self._bytes(plain)
        self._flush()
        self.writer.in_table = False
        self.writer.end_paragraph()
        self.writer.end_table()
        return self.writer.blocks

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self.starred, self.to_skip = False, 0
        if brace == b"{":
            if len(self.stack) > _DEEPEST:
                raise DocumentError("refused: nested too deeply")
            self.stack.append(self.group)
        elif self.stack:
            self.group = self.stack.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.starred = True
        elif symbol in b"{}\\":
            self._bytes(symbol)
        elif symbol in b"~_\r\n":
            self._put({b"~": " ", b"_": "-"}.get(symbol, "\n"))

    def _bytes(self, data: bytes) -> None:
        if self.to_skip:
            cut = min(self.to_skip, len(data))
            self.to_skip -= cut
            data = data[cut:]
        if not self.group.silent:
            self.raw += data

    def _flush(self) -> None:
        if self.raw:
            self.writer.text.append(bytes(self.raw).decode(self.group.charset, "replace"))
            self.raw.clear()

    def _put(self, text: str) -> None:
        self._flush()
        if not self.group.silent:
            self.writer.text.append(text)

    def _word(self, word: bytes, number: int | None) -> int:
        """Act on a control word; how many bytes of binary data follow it."""
        if word == b"bin":
            return max(number or 0, 0)
        if word in _SILENT or (self.starred and word not in _STARRED_TEXT):
            self._flush()
            self.group = replace(self.group, silent=True, fonts=word == b"fonttbl" or self.group.fonts)
            self.starred = False
        elif word in _ASIDE:
            self._flush()
            self.group = replace(self.group, aside=True)
        elif word == b"u" and number is not None:
            self._unicode(number)
        elif word in {b"f", b"fcharset", b"ansicpg", b"uc"}:
            self._setting(word, number or 0)
        elif word in _CHARS:
            self._put(_CHARS[word])
        elif not (self.group.silent or self.group.aside):
            self._layout(word)
        return 0

    def _unicode(self, number: int) -> None:
        self._flush()
        code = number % 0x10000
        if 0xD800 <= code < 0xDC00:
            self.surrogate = code
        elif 0xDC00 <= code < 0xE000:
            self._put(chr(0x10000 + ((self.surrogate & 0x3FF) << 10) + (code & 0x3FF)) if self.surrogate else "")
            self.surrogate = 0
        else:
            self._put(chr(code))
        self.to_skip = self.group.skip

    def _setting(self, word: bytes, number: int) -> None:
        self._flush()
        if word == b"uc":
            self.group = replace(self.group, skip=min(max(number, 0), 8))
        elif word == b"ansicpg":
            self.default = {936: "gb18030", 54936: "gb18030", 950: "big5", 65001: "utf-8"}.get(number, self.default)
        elif word == b"fcharset" and self.group.fonts:
            self.fonts[self.font] = _CHARSETS.get(number, self.default)
        elif word == b"f" and self.group.fonts:
            self.font = number
        elif word == b"f":
            self.group = replace(self.group, charset=self._charset(number))

    def _charset(self, font: int) -> str:
        """A Latin font in a Chinese document still holds Chinese bytes: only other Asian scripts overrule the default."""
        charset = self.fonts.get(font, self.default)
        return self.default if charset.startswith("cp12") else charset

    def _layout(self, word: bytes) -> None:
        self._flush()
        writer = self.writer
        if word in {b"par", b"sect", b"page"}:
            writer.end_paragraph()
        elif word == b"pard":
            writer.in_table, writer.align = False, ""
        elif word == b"intbl":
            writer.in_table = True
        elif word in _ALIGNS:
            writer.align = _ALIGNS[word]
        elif word in {b"nestcell", b"nestrow"}:
            writer.text.append(" " if word == b"nestcell" else "\n")
        elif word == b"cell":
            writer.end_cell()
        elif word == b"row":
            writer.end_row()
        else:
            self._merging(word)

    def _merging(self, word: bytes) -> None:
        """Cell definitions of the row: each ends with \\cellx."""
        if word == b"trowd":
            self.writer.merged, self.merge = [], ""
        elif word in {b"clmrg", b"clvmrg"}:
            self.merge = "sideways" if word == b"clmrg" else "below"
        elif word == b"cellx":
            self.writer.merged.append(self.merge)
            self.merge = ""


def read_rtf(data: bytes, job: Job) -> list[Block]:
    """Blocks of a rich text file; an unclosed or torn file gives what stands before the tear."""
    if not data.lstrip()[:5] == b"{\\rtf":
        raise DocumentError("broken: no rich text")
    return _Parser(job.where).parse(data.lstrip())
