"""`signoff extract`: pages, documents and lines of JSON to notice JSON, with no database."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.cli import extract_files, process_pool, run
from crawler.cli.extract_files import Piece, failed, lines_of, parcels, written
from crawler.cli.piece_progress import progress_line
from crawler.extract.blocks import Block, BlockKind, Document
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.standalone import LineError, how_to_get, page_of, read_line
from tests import document_samples as samples

TITLE = "关于凉山镇第二轮中央生态环境保护督察反馈问题（序号8）整改完成情况的公示"
BODY = "<p>砖厂喷淋设施已修复，料场已封闭，现予以公示。</p><p>公示期：2024年5月6日至5月17日。如有异议，请联系0834-7771234。</p>"
PAGE = f'<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1><div id="zoom">{BODY}</div></body></html>'
Extract = Callable[..., tuple[int, list[Any], str]]


@pytest.fixture
def extract(capsysbinary: pytest.CaptureFixture[bytes]) -> Extract:
    """The command: exit status, lines of JSON, standard error."""

    def command(*arguments: object) -> tuple[int, list[Any], str]:
        status = run(["extract", "--jobs", "1", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err.decode()

    return command


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


# ----------------------------------------------------------------------------------------------------------------- one file


def test_a_page_becomes_a_notice(extract: Extract, file: Any) -> None:
    status, [notice], _ = extract(file("a.html", PAGE), "--url", "http://x.example.gov.cn/a.html")
    assert (status, notice["doc_type"], notice["url"]) == (0, "signoff_notice", "http://x.example.gov.cn/a.html")


def test_the_window_of_a_page_is_read(extract: Extract, file: Any) -> None:
    _, [notice], _ = extract(file("a.html", PAGE))
    assert (notice["publicity_start"], notice["publicity_end"]) == ("2024-05-06", "2024-05-17")


def test_a_page_without_a_declared_charset_is_read_right(extract: Extract, file: Any) -> None:
    _, [notice], _ = extract(file("a.html", PAGE.encode("gb18030")))
    assert notice["title"] == TITLE


def test_a_page_needs_no_ending_of_its_name(extract: Extract, file: Any) -> None:
    _, [notice], _ = extract(file("content_8", PAGE))
    assert (notice["media_type"], notice["title"]) == ("text/html", TITLE)


def test_markup_behind_other_words_is_a_page(extract: Extract, file: Any) -> None:
    _, [notice], _ = extract(file("a.jsp", "  版本1\n" + PAGE))
    assert notice["media_type"] == "text/html"


def test_plain_text_is_read(extract: Extract, file: Any) -> None:
    text = f"{TITLE}\n砖厂喷淋设施已修复，料场已封闭，现予以公示。\n公示期：2024年5月6日至5月17日。\n"
    _, [notice], _ = extract(file("a.txt", text.encode("gb18030")))
    assert (notice["title"], notice["publicity_end"]) == (TITLE, "2024-05-17")


@pytest.mark.parametrize("kind", ["docx", "xlsx", "xls", "pdf", "ofd", "rtf", "odt"])
def test_documents_of_every_kind_give_the_units_of_the_form(extract: Extract, file: Any, kind: str) -> None:
    status, [notice], _ = extract(file(f"表.{kind}", getattr(samples, f"{kind}_form")()))
    unit = dict(samples.FORM)["责任单位"]
    assert (status, notice["status"], notice["responsible_units"]) == (0, "read", unit.split("、"))


def test_an_archive_is_read_as_what_is_in_it(extract: Extract, file: Any) -> None:
    _, [notice], _ = extract(file("表.zip", samples.zipped({"表.docx": samples.docx_form()})))
    assert notice["sections"]["goal"] == dict(samples.FORM)["整改目标"].replace("\n", " ")


def test_a_document_is_its_own_attachment(extract: Extract, file: Any) -> None:
    _, [notice], _ = extract(file("表.docx", samples.docx_form()))
    [attachment] = notice["attachments"]
    assert (attachment["name"], attachment["status"], len(attachment["sha256"])) == ("表.docx", "read", 64)


def test_a_picture_says_what_it_takes_to_read_it(extract: Extract, file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract_files, "_documents", cache(lambda: DocumentReader(workers=1)))  # as on a machine without the extra
    status, [notice], _ = extract(file("a.png", samples.picture()))
    assert (status, notice["status"], notice["how"]) == (1, "needs: ocr", "pip install 'signoff[ocr]'")


def test_an_empty_file_failed(extract: Extract, file: Any) -> None:
    status, [notice], _ = extract(file("a.html", b""))
    assert (status, notice["error"]) == (1, "empty")


def test_a_broken_document_does_not_stop_the_rest(extract: Extract, file: Any) -> None:
    status, notices, _ = extract(file("a.pdf", b"%PDF-1.7 nothing behind it"), file("b.html", PAGE))
    assert (status, notices[0]["status"].split(":")[0], notices[1]["status"]) == (1, "broken", "read")


def test_an_unreadable_file_is_marked(extract: Extract, file: Any, tmp_path: Path) -> None:
    link = tmp_path / "loop.html"
    link.symlink_to(link)
    folder = file("b.html", PAGE).parent
    status, notices, _ = extract(folder)
    assert (status, [("error" in one) for one in notices]) == (1, [False, True])


def test_a_missing_file_is_wrong_use_told_on_one_line(extract: Extract, file: Any) -> None:
    status, notices, err = extract(file("a.html", PAGE), "gibt-es-nicht.html")
    assert (status, notices, err.count("\n"), "gibt-es-nicht.html" in err) == (2, [], 1, True)


def test_a_folder_is_read_to_its_depth_and_sorted(extract: Extract, file: Any, tmp_path: Path) -> None:
    for name in ("b/2.html", "b/1.html", "c.html", "a/x/9.html", "b/.hidden.html"):
        file(name, PAGE)
    _, notices, _ = extract(tmp_path)
    assert [Path(one["file"]).relative_to(tmp_path).as_posix() for one in notices] == ["c.html", "a/x/9.html", "b/1.html", "b/2.html"]


def test_a_folder_without_files_is_wrong_use(extract: Extract, tmp_path: Path) -> None:
    assert extract(tmp_path)[0] == 2


def test_standard_input_is_a_file(extract: Extract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PAGE.encode())))
    _, [notice], _ = extract("-")
    assert notice["title"] == TITLE


def test_a_challenge_page_is_named(extract: Extract, file: Any) -> None:
    page = "<html><head><title>安全验证</title></head><body>请完成安全验证后继续访问</body></html>"
    status, [notice], _ = extract(file("a.html", page))
    assert (status, notice["status"], notice["doc_type"]) == (0, "challenge", "unrelated")


# ---------------------------------------------------------------------------------------------------------------------- why


def test_why_names_the_words_that_counted(file: Any, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    run(["extract", "--why", str(file("a.html", PAGE))])
    out = capsysbinary.readouterr().out.decode()
    assert "class: signoff_notice" in out
    assert "公示期" in out


def test_why_gives_the_evidence_of_a_field(file: Any, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    run(["extract", "--why", str(file("a.html", PAGE))])
    [line] = [line for line in capsysbinary.readouterr().out.decode().splitlines() if line.startswith("publicity_end ")]
    assert line.split() == ["publicity_end", "2024-05-17", "block", "1", "2024年5月6日至5月17日"]


def test_why_shows_no_escapes_of_a_hostile_page(file: Any, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    run(["extract", "--why", str(file("a.html", PAGE.replace("凉山镇", "凉\x1b[31m山\u202e镇")))])
    out = capsysbinary.readouterr().out.decode()
    assert [char for char in ("\x1b", "\u202e") if char in out] == []


# -------------------------------------------------------------------------------------------------------------------- lines


def lines(*given: object) -> str:
    return "".join((one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)) + "\n" for one in given)


def test_lines_come_out_in_the_order_they_went_in(extract: Extract, file: Any) -> None:
    given = lines(*({"id": f"n{number}", "html": PAGE} for number in range(100)))
    _, found, _ = extract("--jsonl", file("in.jsonl", given), "--jobs", "2")
    assert [one["id"] for one in found] == [f"n{number}" for number in range(100)]


def test_a_line_of_html_holds_the_notice(extract: Extract, file: Any) -> None:
    _, [found], _ = extract("--jsonl", file("in.jsonl", lines({"id": 7, "url": "http://x.example/1", "html": PAGE})))
    assert (found["id"], found["notice"]["title"], found["notice"]["url"]) == (7, TITLE, "http://x.example/1")


def test_a_charset_declared_in_a_decoded_page_is_not_believed(extract: Extract, file: Any) -> None:
    page = PAGE.replace("<head>", '<head><meta charset="gb2312">')
    _, [found], _ = extract("--jsonl", file("in.jsonl", lines({"id": 1, "html": page})))
    assert found["notice"]["title"] == TITLE


def test_a_line_of_text_holds_the_notice(extract: Extract, file: Any) -> None:
    _, [found], _ = extract("--jsonl", file("in.jsonl", lines({"id": 1, "text": f"{TITLE}\n公示期：2024年5月6日至5月17日。"})))
    assert found["notice"]["publicity_start"] == "2024-05-06"


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        pytest.param("{not json", None, id="no JSON"),
        pytest.param("[1]", None, id="no object"),
        pytest.param({"html": "x"}, None, id="no id"),
        pytest.param({"id": "a"}, "a", id="neither html nor text"),
        pytest.param({"id": "a", "html": 5}, "a", id="html is a number"),
        pytest.param({"id": "a", "text": "x", "url": []}, "a", id="url is a list"),
        pytest.param("[" * 100_000, None, id="nested without end"),
    ],
)
def test_a_bad_line_is_marked_and_the_rest_is_read(extract: Extract, file: Any, bad: object, name: object) -> None:
    status, found, _ = extract("--jsonl", file("in.jsonl", lines(bad, "", {"id": "good", "text": TITLE})))
    assert status == 1
    assert (found[0]["id"], found[0]["error"].startswith("line 1: "), found[1]["id"]) == (name, True, "good")


def test_bytes_that_are_no_utf8_are_a_bad_line(extract: Extract, file: Any) -> None:
    status, [found], _ = extract("--jsonl", file("in.jsonl", b'{"id": 1, "text": "\xb9\xab"}\n'))
    assert (status, found["error"]) == (1, "line 1: is not UTF-8")


def test_half_a_surrogate_pair_comes_out_as_json(extract: Extract, file: Any) -> None:
    status, [found], _ = extract("--jsonl", file("in.jsonl", '{"id": 1, "text": "公示\\ud83d 情况的公示说明"}\n'))
    assert (status, "\ud83d" in found["notice"]["title"] + found["notice"]["text"]) == (0, True)


@settings(max_examples=50)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_any_value_comes_back_from_its_line(value: Any) -> None:
    assert json.loads(written(value)) == value


@given(st.binary(max_size=200) | st.dictionaries(st.sampled_from(["id", "html", "text", "url"]), st.text() | st.integers() | st.none()))
def test_no_line_raises_anything_but_what_is_told(given_line: Any) -> None:
    raw = given_line if isinstance(given_line, bytes) else json.dumps(given_line).encode()
    try:
        name, found = read_line(raw, "")
    except LineError:
        return
    assert (isinstance(name, str | int), found.status) == (True, "read")


def test_an_endless_line_is_told_and_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.cli.extract_files.MOST_LINE", 10)
    pieces = list(lines_of("in", io.BytesIO(b"1234\n" + b"x" * 35 + b"\n5678\n")))
    assert [(piece.number, piece.data, bool(piece.error)) for piece in pieces] == [
        (1, b"1234\n", False),
        (2, None, True),
        (3, b"5678\n", False),
    ]


def test_lines_are_dealt_out_in_small_parcels() -> None:
    dealt = [len(parcel) for parcel in parcels(Piece("in", number, b"{}") for number in range(1, 71))]
    assert dealt == [32, 32, 6]


def test_files_are_dealt_out_one_by_one() -> None:
    assert [len(parcel) for parcel in parcels([Piece("a"), Piece("b")])] == [1, 1]


# ------------------------------------------------------------------------------------------------------------- side by side


def doubled(numbers: Sequence[int]) -> list[int]:
    """Work with three pieces that do harm: one ends its process, one never ends, one raises."""
    for number in numbers:
        if number == 13:
            os._exit(9)
        while number == 17:
            pass
        if number == 19:
            raise ValueError("nineteen")
    return [number * 2 for number in numbers]


@pytest.mark.parametrize(("bad", "why"), [(13, "status 9"), (17, "takes more than"), (19, "nineteen")])
def test_only_the_piece_to_blame_fails(bad: int, why: str) -> None:
    given_numbers = [[1, 2, bad, 3], [4]]
    found = list(process_pool.spread(doubled, given_numbers, lambda piece, words: f"{piece}: {words}", jobs=1, seconds=1.0))  # type: ignore[arg-type, return-value]
    assert [one if isinstance(one, int) else (str(bad) in one, why in one) for one in found] == [2, 4, (True, True), 6, 8]


def test_input_is_taken_no_faster_than_it_is_worked_off() -> None:
    taken = []

    def endless() -> Any:
        number = 100
        while True:
            taken.append(number)
            yield [number]
            number += 1

    results = process_pool.spread(doubled, endless(), lambda piece, _: piece, jobs=1, seconds=30.0)
    assert (next(results), len(taken) <= 5) == (200, True)
    results.close()  # type: ignore[attr-defined]


def test_a_failed_line_keeps_its_id() -> None:
    answer, is_failure = failed(Piece("in", 4, b'{"id": "n4"}'), "takes more than 60 s")
    assert (json.loads(answer), is_failure) == ({"id": "n4", "error": "line 4: takes more than 60 s"}, True)


# ------------------------------------------------------------------------------------------------------------ small helpers


def line(text: str, align: str = "", kind: BlockKind = BlockKind.PARAGRAPH) -> Block:
    return Block(kind, text, align=align, where="a.docx")


TABLE = Block(BlockKind.TABLE, "整改任务\t喷淋", (("整改任务", "喷淋"),))


@pytest.mark.parametrize(
    ("blocks", "title"),
    [
        pytest.param([line("整改情况表", "center"), TABLE], "整改情况表", id="in the middle"),
        pytest.param([line("附件2"), line("整改情况表", "center"), TABLE], "整改情况表", id="behind the number of the attachment"),
        pytest.param(
            [line("普格县第三轮督察反馈", "center"), line("问题整改情况公示", "center")],
            "普格县第三轮督察反馈问题整改情况公示",
            id="two lines",
        ),
        pytest.param([line("整改情况表", "center"), line("普格县水务局", "center")], "整改情况表", id="a body below it"),
        pytest.param(
            [line("普格县人民政府文件", "center"), line("普府〔2024〕3号", "center"), line("关于整改的公示", "center")],
            "关于整改的公示",
            id="red head",
        ),
        pytest.param([line("整改方案", kind=BlockKind.HEADING), line("一、总体要求。")], "整改方案", id="a heading"),
        pytest.param([line("现将整改情况公示如下："), line("整改情况表"), TABLE], "整改情况表", id="a short line that names a document"),
        pytest.param([line("砖厂喷淋设施已修复，料场已封闭。"), TABLE], "", id="none"),
        pytest.param([], "", id="nothing at all"),
    ],
)
def test_the_title_of_a_document(blocks: list[Block], title: str) -> None:
    assert page_of(Document("a.docx", "x", "read", tuple(blocks))).title == title


def test_the_title_of_a_document_is_no_part_of_its_body() -> None:
    assert page_of(Document("a.docx", "x", "read", (line("整改情况表", "center"), TABLE))).blocks == (TABLE,)


@pytest.mark.parametrize(("status", "how"), [("needs: antiword", "apt-get install antiword"), ("read", None), ("needs: the moon", None)])
def test_how_to_get_a_tool(status: str, how: str | None) -> None:
    assert how_to_get(status) == how


def test_progress_tells_rate_and_end() -> None:
    assert progress_line("pages", 50, 200, 10.0) == "50/200 pages, 5.0/s, about 30 s left"


def test_progress_of_an_unknown_total_tells_the_rate() -> None:
    assert progress_line("pages", 50, None, 10.0) == "50 pages, 5.0/s"
