"""What servers call their files: every way in which Content-Disposition spells a Chinese name."""

from __future__ import annotations

import base64
from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawl.reading import combine
from crawler.extract.blocks import Link, Page
from crawler.extract.page.served_name import served_name
from crawler.items import Fetched
from crawler.registry.model import Expect
from crawler.registry.registry import Source

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


URL = "http://x.example.gov.cn/down.jsp?id=1"


def attachment_name(link: str) -> str:
    page = Page("http://x.example.gov.cn/a.html", "关于整改情况的公示", (), attachments=(Link(URL, link),))
    source = Source("x", "某市生态环境局", "620100", "static", ("http://x.example.gov.cn/",), Expect(1, date(2022, 1, 1)))
    file = Fetched(Link(URL, NAME), 1, 200, "0" * 64)
    return combine(page, source, [file], [None]).notice.attachments[0].name


@pytest.mark.parametrize("link", ["", "点击下载", "附件"])
def test_the_server_names_what_the_page_does_not(link: str) -> None:
    assert attachment_name(link) == NAME


def test_the_page_s_own_name_goes_before_the_server_s() -> None:
    assert attachment_name("整改佐证材料") == "整改佐证材料"
