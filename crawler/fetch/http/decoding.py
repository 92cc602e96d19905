"""Undo Content-Encoding within limits. What is cut short or broken is an error, never a shorter page."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from crawler.fetch.refusals import BrokenBodyError

#: what we ask for; nothing else is decoded
ACCEPTED = b"gzip, deflate"
#: encodings upon encodings: honest servers use one
DEEPEST = 3
#: gzip members one after the other; each costs a copy of what follows
MOST_MEMBERS = 64
_STEP = 1 << 18
_GZIP = b"\x1f\x8b"


def decode(body: bytes, encodings: Iterable[bytes], limit: int) -> bytes:
    """The body without its Content-Encoding, at most ``limit`` bytes. ``encodings``: values of the header, in order.

    A body that is said to be gzip but does not begin like one is taken as it is: some servers declare it for every file.
    Raises `BrokenBodyError` for a cut or damaged stream, an unknown encoding, and one that grows beyond ``limit``.

    >>> decode(zlib.compress(b"abc"), [b"deflate"], 10)
    b'abc'
    """
    names = [name.strip().lower() for value in encodings for name in value.split(b",") if name.strip()]
    if len(names) > DEEPEST:
        raise BrokenBodyError(f"{len(names)} content encodings one upon the other")
    for name in reversed(names):
        body = _decode(body, name, limit)
    return body


def _decode(body: bytes, name: bytes, limit: int) -> bytes:
    if name == b"identity" or not body:
        return body
    if name in {b"gzip", b"x-gzip"}:
        return _inflate(body, zlib.MAX_WBITS | 16, limit) if body.startswith(_GZIP) else body
    if name == b"deflate":
        return _inflate(body, zlib.MAX_WBITS if _has_zlib_head(body) else -zlib.MAX_WBITS, limit)
    raise BrokenBodyError(f"content encoding {name[:20].decode('latin-1')!r}, which we did not ask for")


def _has_zlib_head(body: bytes) -> bool:
    """RFC 1950: method 8, and the first two bytes a multiple of 31. Some servers send the bare stream instead."""
    return len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0


def _inflate(body: bytes, kind: int, limit: int) -> bytes:
    parts: list[bytes] = []
    size = members = 0
    rest = body
    while rest:
        members += 1
        if members > MOST_MEMBERS:
            raise BrokenBodyError(f"more than {MOST_MEMBERS} gzip members in one body")
        packer = zlib.decompressobj(kind)
        while not packer.eof:
            try:
                part = packer.decompress(rest, _STEP)
            except zlib.error as error:
                raise BrokenBodyError(f"damaged content encoding: {error}") from None
            size += len(part)
            if size > limit:
                raise BrokenBodyError(f"more than {limit} bytes when unpacked ({len(body)} packed)")
            parts.append(part)
            rest = packer.unconsumed_tail
            if not part and not rest and not packer.eof:
                raise BrokenBodyError(f"content encoding cut short after {size} bytes")
        # a further member follows, or padding that some servers append
        rest = packer.unused_data if kind > 16 and packer.unused_data.startswith(_GZIP) else b""
    return b"".join(parts)
