"""Bytes to text: what a page declares is believed last."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.page import charset

TEXT = "第二轮中央生态环境保护督察整改任务销号公示，现将有关情况予以公示，如有异议请与我局联系。" * 3


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        pytest.param("utf-8", "utf-8", id="utf-8"),
        pytest.param("utf-8-sig", "utf-8", id="utf-8 with mark"),
        pytest.param("gbk", "gb18030", id="gbk"),
        pytest.param("gb2312", "gb18030", id="gb2312"),
        pytest.param("utf-16", "utf-16-le", id="utf-16 with mark"),
        pytest.param("utf-16-be", "utf-16-be", id="utf-16 without mark"),
    ],
)
def test_text_comes_back_whatever_is_declared(encoding: str, read_as: str) -> None:
    markup = f"<html>{TEXT}</html>"
    found = charset.decode(markup.encode(encoding), "text/html; charset=iso-8859-1")
    assert (found.text, found.charset) == (markup, read_as)


def test_characters_that_gbk_lacks_are_read() -> None:
    text = TEXT + "㴪河、龑村、𠮷"
    assert charset.decode(text.encode("gb18030"), "text/html; charset=gb2312").text == text


def test_wrong_declaration_is_flagged() -> None:
    assert "charset-declared-wrong" in charset.decode(TEXT.encode(), "text/html; charset=gb2312").flags


def test_right_declaration_is_no_finding() -> None:
    assert charset.decode(TEXT.encode("gbk"), "text/html; charset=GB2312").flags == ()


def test_header_is_preferred_to_meta() -> None:
    body = b'<meta charset="big5">'
    assert charset.declared_charset(body, "text/html; charset=gbk") == "gb18030"


def test_declaration_in_meta_is_found() -> None:
    assert charset.declared_charset(b'<META http-equiv="Content-Type" content="text/html; charset=gb_2312-80">', "text/html") == "gb18030"


def test_last_character_may_be_cut() -> None:
    assert charset.decode(TEXT.encode()[:-1]).text == TEXT[:-1]


def test_one_broken_place_does_not_make_it_another_charset() -> None:
    body = TEXT.encode() + "督".encode()[:2] + b'"' + TEXT.encode()
    found = charset.decode(body)
    assert (found.charset, found.flags) == ("utf-8", ("charset-damaged",))


def test_traditional_text_in_big5_is_not_read_as_gbk() -> None:
    text = "第二輪中央生態環境保護督察整改問題，關於環境保護工作的情況與落實，請於期限內反映。" * 2
    assert charset.decode(text.encode("big5"), "text/html; charset=big5").text == text


def test_mojibake_is_flagged() -> None:
    mojibake = TEXT.encode().decode("gb18030", "replace").encode()
    assert charset.decode(mojibake).flags


@pytest.mark.parametrize("name", ["base64", "zip", "utf-7", "unicode_escape", "no-such-charset"])
def test_declared_name_that_is_no_charset_is_not_used(name: str) -> None:
    assert charset.declared_charset(b"", f"text/html; charset={name}") is None


@given(st.binary(max_size=400), st.sampled_from([None, "text/html", "text/html; charset=gbk", "text/html; charset=big5", "x; charset="]))
def test_any_bytes_decode(body: bytes, content_type: str | None) -> None:
    found = charset.decode(body, content_type)
    assert isinstance(found.text, str)


@given(st.text(max_size=200))
def test_utf8_is_always_read_as_it_was_written(text: str) -> None:
    clean = text.encode("utf-8", "ignore").decode()
    if "\x00" in clean or clean.startswith("\ufeff"):
        return
    assert charset.decode(clean.encode()).text == clean


# ------------------------------------------------------------------------------------------------------- mutated pages

GOLDEN = Path(__file__).parent / "golden"
ENCODINGS = ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-be", "utf-16-le")
DECLARED = ("", "utf-8", "gb2312", "gbk", "GB18030", "big5", "iso-8859-1", "windows-1252", "x-none")
PAGES = 4000


def mutated(body: bytes, chance: Random) -> bytes:
    """A page as bad servers, editors and lines leave it: bytes changed, lost, added, doubled, the end cut off."""
    out = bytearray(body)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5, 20))):
        at, few = chance.randrange(len(out)), chance.randrange(1, 4)
        match chance.choice(("change", "cut", "add", "lose", "double")):
            case "change":
                out[at] = chance.randrange(256)
            case "cut" if at > 200 and chance.random() < 0.3:
                del out[at:]
            case "add":
                out[at:at] = bytes(chance.randrange(128, 256) for _ in range(few))
            case "lose" if len(out) > 200:
                del out[at : at + few]
            case "double":
                out[at:at] = out[at : at + chance.randrange(1, 40)]
    return bytes(out)


def pairs(text: str) -> set[str]:
    words = "".join(re.findall("[一-鿿]+", text))
    return {words[i : i + 2] for i in range(len(words) - 1)}


def test_of_thousands_of_mutated_pages_none_is_mojibake_without_a_flag() -> None:
    pages = [charset.decode(path.read_bytes()).text for path in sorted(GOLDEN.rglob("page.html"))]
    pages = [page for page in pages if len(pairs(page)) > 60]
    wrong: list[tuple[int, str]] = []
    for seed in range(PAGES):
        chance = Random(seed)
        meta, header, encoding = chance.choice(DECLARED), chance.choice(DECLARED), chance.choice(ENCODINGS)
        page = re.sub(r"(?i)charset=[\"']?[\w-]+", f"charset={meta}", chance.choice(pages))
        found = charset.decode(mutated(page.encode(encoding, "ignore"), chance), f"text/html; charset={header}" if header else None)
        made_up = pairs(found.text) - pairs(page)
        doubts = set(found.flags) - {"charset-declared-wrong"}
        if not doubts and len(made_up) > max(20, len(pairs(page)) * 0.1):
            wrong.append((seed, encoding))
    assert wrong == []


def test_bytes_without_a_mark_are_no_utf_16_because_the_page_says_so() -> None:
    found = charset.decode(b"<meta charset=utf-16>12345" + b"\xaa\xa1" * 40)
    assert (found.charset, "charset-doubtful" in found.flags) == ("gb18030", True)
