"""OLE2 storage (the container of .doc, .xls, .wps, .et): what is in it, as far as telling kinds apart needs."""

from __future__ import annotations

import struct

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTRY = 128  # bytes of a directory entry [MS-CFB] 2.6.1
_ENCRYPTED_FLAG = 0x0100  # FibBase.fEncrypted [MS-DOC] 2.5.2


def streams(data: bytes) -> dict[str, int]:
    """Names of streams and storages → offset of their first byte.

    Directory entries stand at multiples of 128 bytes wherever their sectors lie, so they are found without following
    the allocation table, which in a hostile file may run in circles.
    """
    if len(data) < 512:
        return {}
    shift = min(struct.unpack_from("<H", data, 30)[0], 16)
    found: dict[str, int] = {}
    for at in range(512, len(data) - _ENTRY + 1, _ENTRY):
        name = _entry_name(data, at)
        if name:
            start = struct.unpack_from("<I", data, at + 116)[0]
            found.setdefault(name, (start + 1) << shift)
    return found


def _entry_name(data: bytes, at: int) -> str | None:
    size = struct.unpack_from("<H", data, at + 64)[0]
    if not 4 <= size <= 64 or size % 2 or data[at + 66] not in (1, 2, 5) or data[at + size - 2 : at + size] != b"\0\0":
        return None
    try:
        name = data[at : at + size - 2].decode("utf-16-le")
    except UnicodeDecodeError:
        return None
    return name if all(char.isprintable() or char < "\x10" for char in name) else None


def word_is_encrypted(data: bytes) -> bool:
    """Whether the Word document in this storage asks for a password."""
    at = streams(data).get("WordDocument")
    if at is None or at + 12 > len(data):
        return False
    return bool(struct.unpack_from("<H", data, at + 10)[0] & _ENCRYPTED_FLAG)
