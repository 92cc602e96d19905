"""Zip containers read in memory, member by member, within the budget. Nothing is ever written to disk from here."""

from __future__ import annotations

import stat
import zipfile
import zlib
from io import BytesIO

from crawler.errors import DocumentError
from crawler.extract.document.formats.limits import MIB, Budget
from crawler.extract.document.formats.safe_xml import Element, parse_xml

_CHUNK = MIB // 4
_UTF8_NAME = 0x800  # general purpose flag 11: the name is UTF-8
_LOCKED = 0x1
#: a directory of a million names is an attack by itself
_MOST_NAMES = 20_000


class Package:
    """A zip file whose members are counted and measured while they are unpacked."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise DocumentError(f"broken: zip ({str(error)[:80]})") from None
        if len(self._zip.filelist) > _MOST_NAMES:
            raise DocumentError(f"refused: more than {_MOST_NAMES} names in a zip file")
        self._members = {member_name(info): info for info in self._zip.filelist if not info.is_dir() and not _is_link(info)}

    @property
    def names(self) -> list[str]:
        """Names of the files in it, in the order of the directory, as `member_name` spells them."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """Bytes of a member. Raises `DocumentError` when it is missing, locked, damaged or grows past the limits."""
        info = self._members.get(name)
        if info is None:
            raise DocumentError(f"broken: no {name} inside")
        if info.flag_bits & _LOCKED:
            raise DocumentError("encrypted")
        try:
            return self._unpack(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
            raise DocumentError(f"broken: zip member ({str(error)[:80] or type(error).__name__})") from None

    def _unpack(self, info: zipfile.ZipInfo) -> bytes:
        parts, size = [], 0
        with self._zip.open(info) as stream:
            while part := stream.read(_CHUNK):
                size += len(part)
                self._budget.count_bytes(len(part))
                self._budget.check_ratio(size, info.compress_size)
                parts.append(part)
        return b"".join(parts)

    def xml(self, name: str) -> Element:
        """Root of an XML member; errors as `read` and `parse_xml`."""
        return parse_xml(self.read(name))

    def xml_or_none(self, name: str) -> Element | None:
        """The same, or None where there is no such member."""
        return self.xml(name) if name in self._members else None


def _is_link(info: zipfile.ZipInfo) -> bool:
    """A link holds a path, no document."""
    return stat.S_ISLNK(info.external_attr >> 16)


def member_name(info: zipfile.ZipInfo) -> str:
    """Name of a member: UTF-8 where flagged or strictly valid, else GB18030, which Chinese Windows writes without a flag."""
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return info.orig_filename
