"""What a server calls a file: Content-Disposition as the standards have it, and as Chinese servers send it all the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.header import decode_header
from html import unescape
from urllib.parse import unquote_to_bytes

from crawler.extract.page.links import safe_name

_LONGEST = 4_000
#: a parameter: its name, then words in quotes with escaped characters, or what stands up to the next semicolon
_PARAMETER = re.compile(rb';\s*(filename(?:\*\d{0,2}\*?)?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.IGNORECASE | re.DOTALL)
_ESCAPED = re.compile(rb'\\(["\\])')
#: charset'language'words, as filename* has it, and as some put it into filename
_EXTENDED = re.compile(rb"([A-Za-z0-9_-]{1,20})'[A-Za-z-]{0,12}'(.*)", re.DOTALL)
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "big5": "big5"}
_HAN = re.compile("[\u3400-\u9fff]")


def served_name(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The name in an answer's Content-Disposition as safe text; ``""`` where there is none."""
    value = next((value for name, value in headers if name.lower() == b"content-disposition"), b"")[:_LONGEST]
    parts: dict[str, bytes] = {}
    for found in _PARAMETER.finditer(b";" + value.partition(b";")[2] if value.lower().lstrip()[:8] != b"filename" else b";" + value):
        quoted, bare = found[2], found[3]
        parts.setdefault(found[1].decode("ascii").lower(), _ESCAPED.sub(rb"\1", quoted) if quoted is not None else bare.strip())
    return safe_name(_extended(_joined(parts)) or _plain(parts.get("filename", b"")))


def _joined(parts: dict[str, bytes]) -> bytes:
    """filename*, whole or in numbered pieces."""
    pieces = [parts.get(f"filename*{number}*", parts.get(f"filename*{number}", b"")) for number in range(10)]
    return parts.get("filename*") or b"".join(pieces)


def _extended(value: bytes) -> str:
    found = _EXTENDED.match(value)
    if found is None:
        return _plain(value)
    return _decoded(unquote_to_bytes(found[2]), _CHARSETS.get(found[1].decode("ascii").lower()))


def _plain(value: bytes) -> str:
    """Words that should be ASCII: raw bytes, percent signs, encoded words of mail, or character references."""
    if _EXTENDED.match(value):
        return _extended(value)
    if value.startswith(b"=?") and value.isascii():
        return _mail_words(value.decode("ascii"))
    text = _decoded(unquote_to_bytes(value) if _PERCENT.search(value) else value, None)
    return _mended(unescape(text) if "&#" in text else text)


def _mail_words(value: str) -> str:
    try:
        parts = decode_header(value)
    except (ValueError, LookupError):
        return value
    return "".join(_decoded(part, _CHARSETS.get((name or "").lower())) if isinstance(part, bytes) else part for part, name in parts)


def _decoded(value: bytes, charset: str | None) -> str:
    for name in filter(None, (charset, "utf-8", "gb18030")):
        try:
            return value.decode(name)
        except UnicodeDecodeError:
            continue
    return value.decode("gb18030", "replace")


def _mended(text: str) -> str:
    """Chinese that a server took for Latin letters before it sent it."""
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    mended = text if raw.isascii() else _decoded(raw, None)
    return mended if _HAN.search(mended) else text
