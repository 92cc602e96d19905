"""What counts as a change of the agency's words, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract import wording
from crawler.extract.page import read_page

URL = "https://www.example.gov.cn/a/b.html"
PARTS = (
    "现将督察整改任务（序号3）完成情况公示如下：",
    "一、整改情况",
    "完成清淤3.2公里，投资1,200万元。",
    "公示期：2025年5月6日至19日。",
    "甲县水利局",
)
TITLE = "甲县督察整改任务（序号3）完成情况公示"


def words(markup: str, title: str = TITLE, head: str = "", foot: str = "") -> str:
    page = read_page.read_page(
        f"<html><title>{title}</title><body>{head}<h1>{title}</h1><div id=zoom>{markup}</div>{foot}</body></html>".encode(), URL
    )
    return wording.wording(page)


PLAIN = "".join(f"<p>{part}</p>" for part in PARTS)


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<br>".join(PARTS), id="br instead of p"),
        pytest.param("".join(f"<div style='text-indent:2em'>{part}</div>" for part in PARTS), id="div instead of p"),
        pytest.param("".join(f"<p><span>{part[:4]}</span><span>{part[4:]}</span></p>" for part in PARTS), id="spans"),
        pytest.param("".join("<p>　　" + "\u200b".join(part) + "</p>" for part in PARTS), id="zero width"),
        pytest.param(PLAIN.replace("：", ":").replace("（", "(").replace("）", ")").replace("，", ","), id="half width"),
        pytest.param(PLAIN.replace("2025", "２０２５").replace("3", "３"), id="full width"),
        pytest.param(PLAIN.replace("，", "， ").replace("年", "年 "), id="spaces"),
        pytest.param("\r\n\t".join(f"<p>\n{part}\n</p>" for part in PARTS), id="reflow"),
        pytest.param(f"<p align=center>{TITLE}</p>" + PLAIN, id="title repeated"),
        pytest.param(PLAIN + "<p>浏览次数：319次</p><p>【打印】【关闭】</p>", id="counter and buttons"),
        pytest.param(PLAIN + '<p>附件：<a href="http://x.example/1.doc">情况表.doc</a></p>', id="link to a file"),
        pytest.param(PLAIN + '<p>附件1：<a href="/1.doc">情况表.doc</a> 已下载 31 次</p>', id="link with a counter"),
    ],
)
def test_same_words(markup: str) -> None:
    assert words(markup) == words(PLAIN)


def test_same_words_in_another_template() -> None:
    head = "<div>来源：甲县水利局 时间：2025-05-06 浏览：7</div><div>今天是2026年1月1日</div>"
    foot = "<div class=xg><h3>相关信息</h3><ul><li><a href=1.html>另一份公示</a></li></ul></div><div>版权所有 甲县 湘ICP备1号</div>"
    assert words(PLAIN, head=head, foot=foot) == words(PLAIN)


def test_curly_and_straight_quotes_are_one() -> None:
    assert wording.fold("“回头看”—‘甲’") == wording.fold("\"回头看\"-'甲'")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3.2公里", "3.3公里"),
        ("19日", "23日"),
        ("完成清淤", "基本完成清淤"),
        ("甲县水利局", "甲县住建局"),
        ("1,200", "1200"),
        ("一、整改情况", ""),
        ("。", "！"),
    ],
)
def test_other_words(old: str, new: str) -> None:
    assert words(PLAIN.replace(old, new)) != words(PLAIN)


def test_other_title() -> None:
    assert words(PLAIN, title=TITLE.replace("3", "4")) != words(PLAIN)


def test_line_that_names_a_file_and_says_more_counts() -> None:
    link = '<p><a href="1.doc">情况表.doc</a>{}</p>'
    assert words(PLAIN + link.format("（已更正）")) != words(PLAIN + link.format(""))


def test_cells_of_a_table_are_paragraphs() -> None:
    page = read_page.read_page("<div id=zoom><table><tr><td>整改任务</td><td>河道内违规堆放砂石。</td></tr></table></div>".encode(), URL)
    assert wording.paragraphs(page) == ("整改任务", "河道内违规堆放砂石。")


def test_no_paragraph_is_empty() -> None:
    assert all(wording.paragraphs(read_page.read_page(f"<div id=zoom>{PLAIN}<p>&nbsp;</p></div>".encode(), URL)))


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert wording.fold(wording.fold(text)) == wording.fold(text)
