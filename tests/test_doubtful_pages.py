"""Pages that are not what was asked for: no event comes of them, and they are asked for again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.extract.blocks import Block, BlockKind, Link, Page
from crawler.extract.document.not_a_file import in_place_of
from crawler.extract.page.response_kind import Answer, is_another_page
from crawler.extract.page.response_kind import judge as judge_answer
from crawler.notice.model import Verdict
from crawler.policy.plan import IGNORED_AGAIN, ignored_again
from crawler.policy.verdict import Facts, ListWalk, judge
from spiders.responses import is_same_address

TITLE = "关于甲县第二轮中央生态环境保护督察整改任务（序号3）完成情况的公示"
PAGE = "http://www.example.gov.cn/info.jsp?id=3"


def page(title: str, *paragraphs: str, attachments: tuple[Link, ...] = ()) -> Page:
    return Page(PAGE, title, tuple(Block(BlockKind.PARAGRAPH, text) for text in paragraphs), attachments=attachments)


@pytest.mark.parametrize("words", ["It works!", "0" * 1000, "恭喜，站点创建成功！", "本店主营各类棋牌游戏，注册即送大礼"])
def test_a_page_with_nothing_of_the_promised_title_is_another_page(words: str) -> None:
    assert is_another_page(page("", words), TITLE)


@pytest.mark.parametrize("title", [TITLE, TITLE[:20] + "…", "甲县中央生态环境保护督察整改任务公示"])
def test_a_title_that_was_cut_or_reworded_still_promises_this_page(title: str) -> None:
    assert not is_another_page(page(TITLE, "现将完成情况公示如下。"), title)


def test_the_title_may_stand_in_the_body_alone() -> None:
    assert not is_another_page(page("政务公开", TITLE, "现将完成情况公示如下。"), TITLE)


def test_a_page_that_is_a_file_has_no_words_to_tell_by() -> None:
    assert not is_another_page(page("附件", attachments=(Link("http://www.example.gov.cn/a.pdf", "a.pdf"),)), TITLE)


def test_a_page_without_words_and_pictures_shows_nothing_of_what_was_promised() -> None:
    assert is_another_page(page(""), TITLE)


def test_a_page_asked_for_under_no_title_is_taken_as_it_is() -> None:
    assert not is_another_page(page("", "It works!"), "")


@pytest.mark.parametrize(
    "answered", [PAGE, PAGE + "&_r=2", PAGE.replace("http:", "https:"), "http://www.example.gov.cn/info.jsp?sid=9&id=3"]
)
def test_a_redirect_that_adds_a_token_leaves_the_address_as_it_was(answered: str) -> None:
    assert is_same_address(PAGE, answered)


@pytest.mark.parametrize(
    "answered", [PAGE.replace("3", "4"), "http://www.example.gov.cn/info.jsp", "http://www.example.gov.cn/new.jsp?id=3"]
)
def test_a_redirect_to_another_page_is_another_address(answered: str) -> None:
    assert not is_same_address(PAGE, answered)


def test_a_listed_page_that_is_not_there_is_asked_for_the_next_day() -> None:
    assert ignored_again(1) < timedelta(days=1)


def test_a_listed_page_that_stays_away_is_asked_for_ever_more_rarely() -> None:
    waits = [ignored_again(misses) for misses in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[-1] == IGNORED_AGAIN


def test_a_page_that_was_there_and_no_notice_is_left_alone_for_long() -> None:
    assert ignored_again(0) == IGNORED_AGAIN


@pytest.mark.parametrize(
    "answered", ["http://www.example.gov.cn/sso/login?service=/info.jsp", "http://www.example.gov.cn/new/info.jsp?id=3"]
)
def test_the_absence_of_where_a_page_redirects_is_not_its_own(answered: str) -> None:
    assert judge_answer(404, answered, PAGE, b"<html>404</html>").answer is Answer.ERROR


@pytest.mark.parametrize(
    "answered", [PAGE, PAGE + "&_r=1", "https://www.example.gov.cn/info.jsp?id=3", "http://www.example.gov.cn/404.html"]
)
def test_a_page_is_gone_by_its_own_absence_or_the_sites_page_for_it(answered: str) -> None:
    assert judge_answer(404, answered, PAGE, b"<html>404</html>").answer is Answer.GONE


HTML = "<html><head><title>系统提示</title></head><body><p>{}</p></body></html>"


@pytest.mark.parametrize("body", [b"", b"\0" * 4096, b"<html>not gzip at all</html>", HTML.format("系统繁忙，请稍后再试").encode()])
def test_junk_in_the_place_of_a_file_is_no_file(body: bytes) -> None:
    assert in_place_of(body, "公示表.doc", "http://www.example.gov.cn/a/P1.doc")


def test_a_web_page_is_no_pdf() -> None:
    words = "现将甲县中央生态环境保护督察整改任务完成情况公示如下。" * 20
    assert in_place_of(HTML.format(words).encode(), "公示表.pdf", "http://www.example.gov.cn/download.jsp?id=7")


@pytest.mark.parametrize(
    "body", [b"%PDF-1.4", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "序号,任务\n1,整改".encode(), b"\x01\x02\x03"]
)
def test_what_may_be_a_file_is_kept_for_reading(body: bytes) -> None:
    assert in_place_of(body, "公示表.docx", "http://www.example.gov.cn/a/P1.docx") is None


def test_word_files_saved_as_web_pages_are_files() -> None:
    words = "<html><body>" + "<p>整改任务（序号3）已完成整改，现予公示，公示期为2025年5月6日至19日。</p>" * 10 + "</body></html>"
    assert in_place_of(words.encode(), "公示表.doc", "http://www.example.gov.cn/a/P1.doc") is None


WALK = ListWalk("http://www.example.gov.cn/list.html", pages=1, rows=20, interesting=20, end="page 1 of 1")


@pytest.mark.parametrize(
    ("given_up", "read", "verdict"), [(3, 0, Verdict.OK), (4, 20, Verdict.OK), (4, 10, Verdict.PARTIAL), (20, 0, Verdict.PARTIAL)]
)
def test_a_few_pages_may_be_broken_for_good_but_not_the_site(given_up: int, read: int, verdict: Verdict) -> None:
    assert judge(Facts([WALK], read_pages=read, given_up=given_up)).verdict is verdict
