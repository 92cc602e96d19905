"""What servers call their files: every way in which Content-Disposition spells a Chinese name."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.naming import served_name

NAME = "整改情况表（一）.doc"
SPELLINGS = {
    "standard": b"attachment; filename*=UTF-8''" + quote(NAME).encode(),
    "standard in gbk": b"attachment; filename*=GBK''" + quote(NAME.encode("gbk")).encode(),
    "standard beside a plain one": b"attachment; filename=\"form.doc\"; filename*=utf-8'zh-CN'" + quote(NAME).encode(),
    "in pieces": b"attachment; filename*0*=UTF-8''" + quote(NAME[:4]).encode() + b"; filename*1*=" + quote(NAME[4:]).encode(),
    "raw gbk": b'attachment; filename="' + NAME.encode("gbk") + b'"',
    "raw utf-8": b"attachment;filename=" + NAME.encode(),
    "mail words": b'attachment; filename="=?UTF-8?B?' + base64.b64encode(NAME.encode()) + b'?="',
    "mail words in gbk": b'attachment; filename="=?GBK?Q?' + b"".join(b"=%02X" % byte for byte in NAME.encode("gbk")) + b'?="',
    "percent signs": b"attachment; filename=" + quote(NAME).encode(),
    "percent signs in gbk": b'attachment; filename="' + quote(NAME.encode("gbk")).encode() + b'"',
    "standard in the wrong place": b"attachment; filename=UTF-8''" + quote(NAME).encode(),
    "taken for latin": b'attachment; filename="' + NAME.encode().decode("latin-1").encode() + b'"',
    "character references": b'attachment; filename="' + "".join(f"&#{ord(char)};" for char in NAME).encode() + b'"',
    "without a type": b"filename=" + quote(NAME).encode(),
}


@pytest.mark.parametrize("value", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_name_in_every_spelling(value: bytes) -> None:
    assert served_name([(b"Content-Type", b"a/b"), (b"content-disposition", value)]) == NAME


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b'attachment; filename="..\\\\..\\\\etc\\\\a.doc"', "a.doc"),
        (b"attachment; filename=../../etc/passwd", "passwd"),
        (b'attachment; filename="a\\"b.doc"', 'a"b.doc'),
        (b'attachment; filename="a;b.doc"', "a;b.doc"),
        (b"inline", ""),
        (b"", ""),
    ],
)
def test_hostile_and_odd_names(value: bytes, name: str) -> None:
    assert served_name([(b"Content-Disposition", value)]) == name


@given(st.binary(max_size=200))
def test_no_header_raises(value: bytes) -> None:
    assert len(served_name([(b"Content-Disposition", b"attachment; filename" + value)])) <= 200
