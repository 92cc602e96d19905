"""Files that hang on a notice: which links count, their addresses and names. Both are treated as hostile."""

from __future__ import annotations

import pytest

from crawler.extract.blocks import Page
from crawler.extract.page import read_page

URL = "https://www.example.gov.cn/zwgk/202505/t20250521_1.html"
FILLER = "<p>现将整改情况予以公示，接受社会监督，公示期内可以通过电话、信函等方式反映。</p>"


def body(inner: str, head: str = "") -> Page:
    return read_page.read_page(f'<html><head>{head}</head><body><div id="zoom">{inner}</div></body></html>'.encode(), URL)


@pytest.mark.parametrize(
    ("link", "url", "name"),
    [
        pytest.param(
            '<a href="./P02025.docx">情况表.docx</a>', "https://www.example.gov.cn/zwgk/202505/P02025.docx", "情况表.docx", id="relative"
        ),
        pytest.param(
            '<a href="/f/a.pdf" title="清单.pdf">点击下载</a>', "https://www.example.gov.cn/f/a.pdf", "清单.pdf", id="vague words"
        ),
        pytest.param('<a href="//f.example.cn/a.ofd#x">公示.ofd</a>', "https://f.example.cn/a.ofd", "公示.ofd", id="other host"),
        pytest.param(
            '<a href="/d/downfile.jsp?filename=1.pdf&showname=%E8%A1%A8.pdf">下载</a>',
            "https://www.example.gov.cn/d/downfile.jsp?filename=1.pdf&showname=%E8%A1%A8.pdf",
            "表.pdf",
            id="showname",
        ),
        pytest.param(
            '<a href="/x.wps">..\\..\\etc\\表\u202excod.wps</a>',
            "https://www.example.gov.cn/x.wps",
            "表xcod.wps",
            id="path and direction in name",
        ),
        pytest.param('<a href="/v">情况表.xls</a>', "https://www.example.gov.cn/v", "情况表.xls", id="ending in the words only"),
        pytest.param('<iframe src="/pdf/viewer.html?file=/a/b.pdf"></iframe>', "https://www.example.gov.cn/a/b.pdf", "b.pdf", id="viewer"),
        pytest.param(
            """<a href="javascript:void(0)" onclick="down('/f/a.doc', 1)">情况表.doc</a>""",
            "https://www.example.gov.cn/f/a.doc",
            "情况表.doc",
            id="script with a plain target",
        ),
        pytest.param(
            """<a href="javascript:window.open('../files/b.xls')">清单</a>""",
            "https://www.example.gov.cn/zwgk/files/b.xls",
            "清单",
            id="script in the address",
        ),
        pytest.param(
            '<a href="/pdfjs/web/viewer.html?file=%2Fa%2Fb.pdf">公示.pdf</a>',
            "https://www.example.gov.cn/a/b.pdf",
            "公示.pdf",
            id="link to a viewer",
        ),
        pytest.param(
            '<a href="/system/_content/download.jsp?urltype=news.DownloadAttachUrl&wbfileid=9">表.doc</a>',
            "https://www.example.gov.cn/system/_content/download.jsp?urltype=news.DownloadAttachUrl&wbfileid=9",
            "表.doc",
            id="DownloadAttachUrl",
        ),
        pytest.param('<img src="W02025.jpg">', "https://www.example.gov.cn/zwgk/202505/W02025.jpg", "", id="picture"),
    ],
)
def test_attachment(link: str, url: str, name: str) -> None:
    assert [(found.url, found.name) for found in body(FILLER + link).attachments] == [(url, name)]


@pytest.mark.parametrize(
    "link",
    [
        '<a href="javascript:down(1)">表.doc</a>',
        '<a href="file:///etc/passwd">表.doc</a>',
        '<a href="ftp://a.example/表.doc">表.doc</a>',
        '<a href="http://[::1/a.doc">表.doc</a>',
        '<a href="http://a.example:99999999/a.doc">表.doc</a>',
        '<a href="t20250101_2.html">关于整改的公示</a>',
        '<img src="/images/icons/doc.gif">',
        '<img src="data:image/png;base64,AAAA">',
        '<a href="data:text/html,x">表.doc</a>',
    ],
)
def test_no_attachment(link: str) -> None:
    assert body(FILLER + link).attachments == ()


def test_base_address_is_honoured() -> None:
    page = body(FILLER + '<a href="a.doc">表.doc</a>', '<base href="/jxssthjt/">')
    assert page.attachments[0].url == "https://www.example.gov.cn/jxssthjt/a.doc"


def test_name_is_cut() -> None:
    assert len(body(FILLER + f'<a href="a.doc">{"长" * 5000}</a>').attachments[0].name) == 200


def test_file_in_a_box_beside_the_body_is_found() -> None:
    box = '<div class="b">附件：<a href="/d/1.zip">佐证材料.zip</a></div><div class="footer"><a href="/app.zip">客户端.zip</a></div>'
    page = read_page.read_page(f"<body><h1>某县整改情况公示</h1><div class=c>{FILLER * 3}</div>{box}</body>".encode(), URL)
    assert [link.name for link in page.attachments] == ["佐证材料.zip"]


@pytest.mark.parametrize("name", ["banner.gif", "top.jpg", "head_1.png", "bg2.jpg"])
def test_a_picture_that_adorns_the_site_is_no_file_of_the_notice(name: str) -> None:
    assert body(FILLER * 4 + f'<img src="/images/{name}" alt="洛川县水务局">').attachments == ()
