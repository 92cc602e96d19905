"""Pages to blocks. Whole pages of known systems stand in tests/golden; here is one fact a test."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract.blocks import BlockKind, Page
from crawler.extract.page import read_page, tree

URL = "https://www.example.gov.cn/zwgk/202505/t20250521_1.html"
FILLER = "<p>现将整改情况予以公示，接受社会监督，公示期内可以通过电话、信函等方式反映。</p>"


MORE = "".join(f"<p>{part}已完成整改，经现场核查达到目标要求，现将有关情况说明如下。</p>" for part in ("河道清淤", "管网改造", "尾矿治理"))


def body(inner: str, head: str = "") -> Page:
    return read_page.read_page(f'<html><head>{head}</head><body><div id="zoom">{inner}</div></body></html>'.encode(), URL)


def texts(page: Page) -> list[str]:
    return [block.text for block in page.blocks]


# --- paragraphs


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param("<p>一、反馈问题</p><p>污水直排河道，长期未治理。</p>", ["一、反馈问题", "污水直排河道，长期未治理。"], id="p"),
        pytest.param("　　一、反馈问题<br>　　污水直排河道，长期未治理。", ["一、反馈问题", "污水直排河道，长期未治理。"], id="br"),
        pytest.param(
            "<div>一、反馈问题</div>污水直排河道，长期未治理。", ["一、反馈问题", "污水直排河道，长期未治理。"], id="text beside a div"
        ),
        pytest.param("<pre>一、反馈问题\r\n污水直排河道，长期未治理。</pre>", ["一、反馈问题", "污水直排河道，长期未治理。"], id="pre"),
        pytest.param(
            "<p>20<span>25</span>年<b>5</b>月，污水直排河道，长期未治理。</p>", ["2025年5月，污水直排河道，长期未治理。"], id="spans"
        ),
        pytest.param(
            "<p>污水\u200b直排\ufeff河道，长期未\u00ad治理，群众反映。</p>", ["污水直排河道，长期未治理，群众反映。"], id="invisible"
        ),
        pytest.param("<p>污水&nbsp;&nbsp;直排\n\t河道，长期未治理，至今。</p>", ["污水 直排 河道，长期未治理，至今。"], id="white space"),
        pytest.param("<p>污水直排河道，长期<o:p></o:p>未治理，至今。</p>", ["污水直排河道，长期未治理，至今。"], id="Word"),
    ],
)
def test_paragraphs(inner: str, expected: list[str]) -> None:
    assert texts(body(inner)) == expected


@pytest.mark.parametrize(
    "signature",
    [
        '<p style="text-align: right">县政府办</p>',
        "<p align=right>县政府办</p>",
        '<div align="right"><p>县政府办</p></div>',
        "<p>" + "\u3000" * 20 + "县政府办</p>",
    ],
)
def test_signature_stands_at_the_right(signature: str) -> None:
    assert body(FILLER + signature).blocks[-1].align == "right"


def test_alignment_of_a_table_is_not_that_of_its_text() -> None:
    assert body(f'<table align="center"><tr><td>{FILLER}</td></tr></table>').blocks[0].align == ""


def test_numbered_line_is_a_heading() -> None:
    assert body("<p>二、整改目标</p>" + FILLER).blocks[0].kind is BlockKind.HEADING


def test_numbered_sentence_is_a_paragraph() -> None:
    assert body("<p>一、完成清淤3公里，水质达标。</p>" + FILLER).blocks[0].kind is BlockKind.PARAGRAPH


@pytest.mark.parametrize(
    "hidden",
    ['style="display:none"', 'style="DISPLAY : none"', 'style="visibility:hidden"', "hidden", 'style="mso-hide:all"', 'class="off"'],
)
def test_hidden_words_are_not_read(hidden: str) -> None:
    page = body(f"{FILLER}<p {hidden}>公示期为2019年1月1日至5日</p>", "<style>.off{display:none}</style>")
    assert len(page.blocks) == 1


def test_class_hidden_for_small_screens_only_is_read() -> None:
    assert len(body(f'{FILLER}<p class="x">联系人在办公室</p>', "<style>@media(max-width:9px){.x{display:none}}</style>").blocks) == 2


def test_page_that_is_hidden_as_a_whole_is_read() -> None:
    page = read_page.read_page(f'<body><div style="display:none"><div id="zoom">{FILLER * 3}</div></div></body>'.encode(), URL)
    assert page.blocks


# --- tables


def rows(inner: str) -> tuple[tuple[str, ...], ...]:
    return next(block.rows for block in body(FILLER + inner).blocks if block.rows)


def test_cells_keep_their_paragraphs_as_lines() -> None:
    assert rows("<table><tr><td>整改措施</td><td><p>清淤。</p><p>截污。</p></td></tr></table>") == (("整改措施", "清淤。\n截污。"),)


def test_text_of_a_table_has_tabs_and_newlines() -> None:
    found = body(FILLER + "<table><tr><td>甲</td><td>乙</td></tr><tr><td>丙</td><td>丁</td></tr></table>")
    assert found.blocks[-1].text == "甲\t乙\n丙\t丁"


def test_cell_over_two_columns_is_given_once() -> None:
    assert rows("<table><tr><td colspan=2>问题</td><td>措施</td></tr><tr><td>1</td><td>污水</td><td>截污</td></tr></table>")[0] == (
        "问题",
        "措施",
    )


def test_cell_over_two_rows_keeps_the_columns_below_in_place() -> None:
    assert rows("<table><tr><td rowspan=2>序号1</td><td>污水</td></tr><tr><td>垃圾</td></tr></table>") == (("序号1", "污水"), ("", "垃圾"))


def test_table_in_a_cell_becomes_lines_of_it() -> None:
    inner = "<table><tr><td>甲</td><td>已拆</td></tr></table>"
    found = rows(f"<table><tr><td>序号</td><td>情况</td></tr><tr><td>1</td><td>{inner}</td></tr><tr><td>2</td><td>完成</td></tr></table>")
    assert found[1] == ("1", "甲 已拆")


def test_table_with_one_column_is_no_table() -> None:
    assert [block.kind for block in body(f"<table><tr><td>{FILLER}</td></tr><tr><td>{FILLER}特此公示</td></tr></table>").blocks] == [
        BlockKind.PARAGRAPH
    ] * 3


def test_table_that_holds_the_page_is_no_table() -> None:
    page = read_page.read_page(
        f"<body><table><tr><td><a href=a.html>公示</a></td><td><table><tr><td>{FILLER * 4}</td></tr></table></td></tr></table>".encode(),
        URL,
    )
    assert all(not block.rows for block in page.blocks)


# --- what is left out


@pytest.mark.parametrize(
    "chrome",
    [
        "【打印本页】【关闭窗口】",
        "分享到：微信 QQ空间 新浪微博",
        "字号：[大 中 小]",
        "浏览次数：318次",
        "扫一扫在手机打开当前页",
        "上一篇：关于第二轮中央生态环境保护督察整改任务（序号9）销号的公示",
        "当前位置：首页 > 公示公告",
        "责任编辑：某某",
    ],
)
def test_the_sites_own_lines_are_left_out(chrome: str) -> None:
    page = read_page.read_page(f"<body><h1>某县整改情况公示</h1><div>{FILLER}{MORE}<p>{chrome}</p></div></body>".encode(), URL)
    assert len(page.blocks) == 4
    assert page.blocks[-1].text.startswith("尾矿治理")


def test_footer_is_left_out() -> None:
    page = read_page.read_page(
        f"<body>{FILLER}{MORE}<hr><p>Copyright 2021 某县 湘ICP备05000002号</p><p>电话：0745-1111111</p></body>".encode(), URL
    )
    assert len(page.blocks) == 4
    assert page.blocks[-1].text.startswith("尾矿治理")


def test_the_webmasters_line_is_left_out() -> None:
    line = "<center>某县水务局　网管电话：0700-3620000　您是第 6021 位访客</center>"
    page = read_page.read_page(f"<body><h1>某县整改情况公示</h1><div>{FILLER}{MORE}{line}</div></body>".encode(), URL)
    assert "3620000" not in "".join(texts(page))


def test_address_line_of_a_footer_is_left_out() -> None:
    footer = "<div>地址：某县人民路1号 电话：0700-9990000<br>某县人民政府 版权所有 渝ICP备05000000号</div>"
    page = read_page.read_page(f"<body><h1>某县整改情况公示</h1><div>{FILLER}{MORE}</div>{footer}</body>".encode(), URL)
    assert "0700" not in "".join(texts(page))


def test_list_of_other_pages_is_left_out() -> None:
    other = "<ul><li><a href=a.html>某县中央生态环境保护督察整改任务（序号8）销号公示</a><span>2025-01-02</span></li></ul>"
    page = read_page.read_page(f"<body><h1>某县整改情况公示</h1><div>{FILLER}{MORE}<h3>相关信息</h3>{other}</div></body>".encode(), URL)
    assert len(page.blocks) == 4
    assert page.blocks[-1].text.startswith("尾矿治理")


def test_text_pasted_twice_is_read_once() -> None:
    text = "".join(f"<p>第{n}段：完成管网改造若干公里，水质稳定达到目标要求。</p>" for n in range(6))
    assert len(body(text + text).blocks) == 6


def test_two_tasks_with_equal_measures_are_both_kept() -> None:
    task = "<p>整改措施：建立长效管护机制，定期巡查，发现问题立即处理。</p>"
    page = body(
        f"<p>一、序号3</p><p>问题：甲河岸边堆存垃圾，长期没有清理，雨季冲刷入河。</p>{task}<p>二、序号78</p><p>问题：乙村污水处理站停运，管网破损，污水外溢农田。</p>{task}"
    )
    assert len(page.blocks) == 6


# --- title and what places a page


@pytest.mark.parametrize(
    "markup",
    [
        "<title>甲县整改任务（序号3）销号的公示_甲县人民政府</title><h1>甲县整改任务（序号3）销号的公示</h1>",
        "<title>甲县人民政府</title><h1><a href=/>甲县人民政府</a></h1><div class=title>甲县整改任务（序号3）销号的公示</div>",
        '<title>甲县整改任务（序号3）销号的公示 - 甲县人民政府</title><meta name="ArticleTitle" content="详情页">',
        '<title>甲县</title><meta name="ArticleTitle" content="甲县"><p align=center><b>甲县整改任务（序号3）销号的公示</b></p>',
        "<title>甲县整改任务（序号3）销号的公示</title><h2>甲县整改任务<br>（序号3）销号的公示</h2>",
        "<title>甲县整改任务（序号3）销号的公示</title><h1>甲县整改任务（序号3）销…</h1>",
    ],
)
def test_title(markup: str) -> None:
    assert read_page.read_page(f"<html>{markup}<div id=zoom>{FILLER}</div></html>".encode(), URL).title == "甲县整改任务（序号3）销号的公示"


def test_header_table_is_read_with_its_inner_spaces() -> None:
    table = "<table><tr><td>索 引 号：</td><td>01/2024</td><td>发文日期：</td><td>2024-12-26</td></tr>"
    table += "<tr><td>文　　号</td><td></td><td>有 效 性</td><td>有效</td></tr></table>"
    page = read_page.read_page(f"<body>{table}<div id=zoom>{FILLER}</div></body>".encode(), URL)
    assert page.header == {"索引号": "01/2024", "发文日期": "2024-12-26", "有效性": "有效"}


def test_labels_of_the_notice_itself_are_no_header() -> None:
    assert body(f"{FILLER}<table><tr><td>责任单位</td><td>县水利局</td></tr><tr><td>标题</td><td>整改</td></tr></table>").header == {}


def test_publish_line_stands_between_title_and_body() -> None:
    page = read_page.read_page(
        f"<body><h1>甲县整改情况公示</h1><div>2025-05-21　甲县生态环境局</div><div id=zoom>{FILLER}</div></body>".encode(), URL
    )
    assert page.publish_line == "2025-05-21 甲县生态环境局"


@pytest.mark.parametrize(
    ("words", "code"),
    [("网站标识码：4201160001", "4201160001"), ("网站标识码bm17000009", "bm17000009"), ("标识码 42011600019", ""), ("电话 4201160001", "")],
)
def test_site_code(words: str, code: str) -> None:
    assert read_page.read_page(f"<body><div id=zoom>{FILLER}</div><div class=foot>{words}</div></body>".encode(), URL).site_code == code


# --- other ways in


def test_fragment_of_an_api() -> None:
    page = read_page.body_fragment(FILLER + '<p><a href="a.pdf">表.pdf</a></p>', URL, "甲县公示")
    assert (page.title, len(page.attachments), page.blocks[0].text) == ("甲县公示", 1, FILLER[3:-4])


DUMP = """首页 > 公示公告
乙市关于省生态环境保护督察整改任务（序号4）销号的公示
来源:乙市整改办 时间:2024-03-01
现将乙市省生态环境保护督察整改任务（序号4）完成情况予以公示,公示期为2024年3月1日至3月14日。
|
整改任务 |
河道内违规堆放砂石。 |
|
责任单位 |
乙市水利局 |
                                        乙市水利局
扫一扫在手机打开当前页
"""


def test_dump_has_title_and_publish_line() -> None:
    page = read_page.from_text(DUMP)
    assert (page.title, page.publish_line) == ("乙市关于省生态环境保护督察整改任务（序号4）销号的公示", "来源:乙市整改办 时间:2024-03-01")


def test_bars_of_a_dump_are_rows() -> None:
    assert read_page.from_text(DUMP).blocks[1].rows == (("整改任务", "河道内违规堆放砂石。"), ("责任单位", "乙市水利局"))


def test_dump_that_stands_twice_is_read_once() -> None:
    assert len(read_page.from_text(DUMP + DUMP).blocks) == len(read_page.from_text(DUMP).blocks)


# --- no page is broken enough

TAGS = [
    "div",
    "p",
    "table",
    "tr",
    "td",
    "b",
    "a href=x.doc",
    "span style='display:none'",
    "br",
    "h1",
    "pre",
    "ul",
    "li",
    "script",
    "style",
    "div id=zoom",
    "td rowspan=9 colspan=3",
    "iframe src=a.pdf",
    "base href='http://['",
    "title",
    "meta name=x content=y",
    "body",
    "html",
    "!--",
    "![CDATA[",
]
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag.split()[0]}>" for tag in TAGS]),
    st.text(max_size=12),
    st.sampled_from(["索引号：", "来源：", "公示期", "|\n", "附件", "\x00", "&#0;", "&#x110000;", "<", "]]>"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_broken_markup_never_raises(markup: str) -> None:
    page = read_page.read_page(markup.encode("utf-8", "replace"), URL)
    assert all(block.text for block in page.blocks)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=30))
def test_random_bytes_never_raise(noise: bytes, url: str) -> None:
    assert isinstance(read_page.read_page(noise, url), Page)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(["|", "\n", "整改任务 |", "|||", "一、", " ", "第二轮督察反馈问题整改情况公示", "来源:", "\u3000"]), max_size=40
    ).map("".join)
)
def test_dumps_never_raise(text: str) -> None:
    assert isinstance(read_page.from_text(text), Page)


@pytest.mark.parametrize("piece", ["<div>", "<b>", "<table><tr><td>", "<span>", "<div id=zoom>x"])
def test_deep_nesting_is_read_all_the_same(piece: str) -> None:
    page = read_page.read_page((piece * 10_000 + "公示期内如有异议请反映").encode(), URL)
    assert "如有异议" in "".join(texts(page))


def test_a_page_of_nothing_but_tags_is_cut_and_says_so() -> None:
    assert "page-too-long" in read_page.read_page(b"<p>0</p>" * tree.MAX_TAGS, URL).flags


def test_a_page_is_cut_before_the_first_tag_too_many() -> None:
    assert tree.bounded("<i>0" * (tree.MAX_TAGS + 5)) == "<i>0" * tree.MAX_TAGS


def test_a_control_character_before_a_script_costs_nothing_of_the_text_behind_it() -> None:
    assert texts(body("<p>污水直排&#8;<script>x()</script>河道，长期未治理。</p>")) == ["污水直排河道，长期未治理。"]
