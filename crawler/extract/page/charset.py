"""Bytes to text. What a page declares is believed last: old sites claim gb2312 and send anything."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from resiliparse.parse.encoding import detect_encoding

#: declared names that mean one family; always decoded with the family's largest member, for the rare characters in names
_FAMILIES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "gb_2312-80": "gb18030",
    "hz-gb-2312": "gb18030",
    "cp936": "gb18030",
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"(?:charset|encoding)\s{0,8}=\s{0,8}[\"']?\s{0,8}([a-z0-9_:.-]{2,30})")
#: characters that any Chinese text of some length is full of, in both scripts
_COMMON = (
    "环生境态公改整市督保察护题示问况水中的一情政年省日开成区完"  # the most frequent of notices, so that these are settled first
    "整改环境督察保护问题公示情况的生态工作完成区市县政府"
    "的一是不了在有和为为以国大中年月日到区市县省政府环境保护督察整改问题公示工作开展完成情况生态水管理设对上下个人会发时行进部门"
    "环境保護督察整改問題開展況態為國區縣門關於與實落電話於對會發時"
)
_USUAL = tuple(dict.fromkeys(_COMMON))
_CHINESE = re.compile("[\u3400-\u9fff]+")
#: upper bytes of UTF-16: what a character is shows in that, and bytes are counted a hundred times quicker than a pattern finds them
_CHINESE_BLOCKS, _PRIVATE_BLOCKS = bytes(range(0x34, 0xA0)), bytes(range(0xE0, 0xF9))
_WRITTEN = re.compile("[\u3400-\u9fff\ue000-\uf8ff]+")
#: the characters that running text consists of (level 1 of GB 2312); what is read one byte off is full of others
_LEVEL_1 = bytes(byte for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF) for byte in (lead, trail)).decode("gb2312", "ignore")
_RARE = re.compile(f"[^{_LEVEL_1}]")
_WINDOW, _RARE_SHARE = 12, 0.4  # Chinese characters in a row, and the share of rare ones that no running text has
_JUDGED = 4000  # Chinese characters that are enough for a judgement
_COMMON_SHARE = 0.08  # of the Chinese characters; running text lies above 0.2, mojibake below 0.03
_DAMAGED_SHARE = 0.005
#: whose decoder for a whole body takes what that for pieces takes
_DECODED_AT_ONCE = frozenset({"utf-8", "gb18030", "big5hkscs"})
_BROKEN = 2_000  # bytes behind the first that is no UTF-8, in which other charsets show
_SAMPLE = 200_000  # bytes or characters looked at for a judgement


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the Python name of the charset it was read with, and doubts worth storing.

    Flags: ``charset-declared-wrong`` (read with another charset than declared), ``charset-damaged`` (some bytes replaced),
    ``charset-doubtful`` (the characters do not look like Chinese), ``charset-guessed`` (a detector's word only).
    """

    text: str
    charset: str
    flags: tuple[str, ...] = ()


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Decode a page or text: BOM, strict UTF-8 (its last character may be cut), strict GB18030, detector, declaration.

    ``content_type``: the header of the response, or None. Never raises; what could not be read is U+FFFD and flagged.
    """
    declared = declared_charset(body, content_type)
    text, charset, flags = _read(body, declared)
    if declared is not None and declared != charset and not body.isascii():
        flags = (*flags, "charset-declared-wrong")
    return Decoded(text.removeprefix("\ufeff"), charset, flags)


def declared_charset(body: bytes, content_type: str | None) -> str | None:
    """The charset a response declares, header before <meta>, as its family's Python name; None if none is known."""
    for place in (content_type.encode("ascii", "replace") if content_type else b"", body[:8192]):
        if match := _DECLARED.search(place.lower()):
            name = match[1].decode("ascii")
            if name in _FAMILIES:
                return _FAMILIES[name]
            try:
                return codecs.lookup(name).name if _is_text_codec(name) else None
            except LookupError:
                continue
    return None


def _is_text_codec(name: str) -> bool:
    """Python also knows codecs that are none of text (base64, zip); a page must not choose them."""
    return codecs.lookup(name)._is_text_encoding and name not in (
        "utf-7",
        "utf_7",
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "punycode",
    )


def _read(body: bytes, declared: str | None) -> tuple[str, str, tuple[str, ...]]:
    for bom, charset in _BOMS:
        if body.startswith(bom):
            text = body.decode(charset, "replace")
            return text, charset, _doubts(text) or _shifted(text, charset)
    start = body[:512]
    if b"<\x00" in start or b"\x00<" in start:
        charset = "utf-16-be" if b"\x00<" in start and not start.startswith(b"<") else "utf-16-le"
        return body.decode(charset, "replace"), charset, ("charset-guessed",)
    text8 = _strict(body, "utf-8")
    if text8 is not None:
        return text8, "utf-8", _doubts(text8)
    return _read_damaged_utf8(body) or _read_gb(body, declared) or _read_guessed(body, declared)


def _read_damaged_utf8(body: bytes) -> tuple[str, str, tuple[str, ...]] | None:
    """UTF-8 with a few broken places (a description cut in the middle of a character) is UTF-8 all the same."""
    start = _bad_from(body)
    broken = body[start : start + _BROKEN].decode("utf-8", "replace").count("\ufffd")
    if start + _BROKEN <= _SAMPLE and broken - 1 > max(2, len(body) / 3 * 0.02):
        return None  # even if all the rest were Chinese; the last place of a part may be broken by cutting it
    text = body.decode("utf-8", "replace")
    wide = sum(map(len, _CHINESE.findall(text[:_SAMPLE])))
    if wide >= 20 and text[:_SAMPLE].count("\ufffd") <= max(2, wide * 0.02):
        return text, "utf-8", ("charset-damaged",)
    return None


def _bad_from(body: bytes) -> int:
    """Where the first byte stands that is no UTF-8."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return len(body)


def _read_gb(body: bytes, declared: str | None) -> tuple[str, str, tuple[str, ...]] | None:
    text = _strict(body, "gb18030")
    if text is None:
        replaced = body.decode("gb18030", "replace")
        if replaced.count("\ufffd") <= max(2, len(replaced) * _DAMAGED_SHARE) and _looks_chinese(replaced):
            return replaced, "gb18030", ("charset-damaged",)
        return None
    if _looks_chinese(text):
        return text, "gb18030", _shifted(text, "gb18030")
    return _read_other(body, declared) or (text, "gb18030", ("charset-doubtful",))


def _read_other(body: bytes, declared: str | None) -> tuple[str, str, tuple[str, ...]] | None:
    """Big5 and others pass as GB18030, with rare characters: another reading wins if it is strict and looks better."""
    for charset in ("big5hkscs", declared):
        if charset not in (None, "gb18030", "utf-8"):
            text = _strict(body, charset)
            if text is not None and _looks_chinese(text):
                return text, charset, ("charset-guessed",)
    return None


def _read_guessed(body: bytes, declared: str | None) -> tuple[str, str, tuple[str, ...]]:
    guessed = _FAMILIES.get(detect_encoding(body[:_SAMPLE]) or "", detect_encoding(body[:_SAMPLE]))
    if guessed and _is_known(guessed):
        text = _strict(body, guessed)
        if text is not None:
            return text, guessed, ("charset-guessed", *_doubts(text))
    charset = declared or "gb18030"
    return body.decode(charset, "replace"), charset, ("charset-damaged",)


def _is_known(name: str) -> bool:
    try:
        return _is_text_codec(name)
    except LookupError:
        return False


def _strict(body: bytes, charset: str) -> str | None:
    """The text, or None if a byte does not fit; an unfinished last character is left out."""
    if charset in _DECODED_AT_ONCE:  # of others, UTF-16 without its mark for one, the incremental decoder takes less
        with suppress(UnicodeError):
            return body.decode(charset)
    try:
        return codecs.getincrementaldecoder(charset)("strict").decode(body, False)
    except (UnicodeError, ValueError):
        return None


def _looks_chinese(text: str) -> bool:
    """Whether the Chinese characters are those of running text; True where there are too few to tell."""
    sample = text[:_SAMPLE]
    blocks = sample.encode("utf-16-be", "surrogatepass")[::2]
    chinese, odd = _count(blocks, _CHINESE_BLOCKS), _count(blocks, _PRIVATE_BLOCKS)
    if chinese < 30:
        return odd == 0
    if chinese > _JUDGED:
        sample, chinese = "".join(_CHINESE.findall(sample))[:_JUDGED], _JUDGED
    return odd < chinese * 0.1 and _is_usual(sample, chinese)


def _count(text: bytes, wanted: bytes) -> int:
    return len(text) - len(text.translate(None, wanted))


def _is_usual(text: str, chinese: int) -> bool:
    """Whether the common characters make up their share of so many Chinese ones; running text shows that after the first few."""
    wanted, found = chinese * _COMMON_SHARE, 0
    for mark in _USUAL:
        found += text.count(mark)
        if found >= wanted:
            return True
    return False


def _shifted(text: str, charset: str) -> tuple[str, ...]:
    """Whether a part was read one byte off: where a byte of a pair is lost, what follows passes as other characters."""
    if charset == "utf-8":
        return ()  # no byte of it can be taken for another
    chinese = "".join(_WRITTEN.findall(text[:_SAMPLE]))
    half = _WINDOW // 2  # each window begins in the middle of the one before it
    rare = Counter(match.start() // half for match in _RARE.finditer(chinese))
    for part in rare:
        for first in (part - 1, part):
            size = min(_WINDOW, len(chinese) - first * half)
            if first >= 0 and size >= half and rare[first] + rare[first + 1] > size * _RARE_SHARE:
                return ("charset-doubtful",)
    return ()


def _doubts(text: str) -> tuple[str, ...]:
    """Whether a text that decoded without complaint was damaged before it was encoded."""
    sample = text[:_SAMPLE]
    if "\ufffd" in sample or ("锟" in sample and "锟斤拷" in sample):  # one character is found far quicker than three
        return ("charset-damaged",)
    return () if _looks_chinese(sample) else ("charset-doubtful",)
