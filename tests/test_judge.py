"""What a response is before it is read. Only the site's own word makes a page gone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract.page.read_page import read_page
from crawler.extract.page.response_kind import Answer, judge

URL = "https://www.example.gov.cn/zwgk/202505/t20250521_1.html"
MENU = '<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/dczg/">督察整改</a></li><li>公示公告</li></ul></div>'
FOOT = '<div class="foot"><p>主办：甲县人民政府　湘ICP备05000002号</p><p>网站标识码：4300000001</p></div>'
NOTICE = "<p>现将甲县中央生态环境保护督察整改任务（序号3）完成情况公示如下，公示期为2025年5月6日至19日，联系电话：0733-2000000。</p>"


def answer(markup: str, status: int = 200, url: str = URL, requested: str = URL, content_type: str = "text/html") -> Answer:
    return judge(status, url, requested, markup.encode(), content_type).answer


def framed(message: str, title: str = "甲县人民政府") -> str:
    return f"<html><head><title>{title}</title></head><body>{MENU}<div>{message}</div>{FOOT}</body></html>"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, Answer.GONE),
        (410, Answer.GONE),
        (401, Answer.LOGIN),
        (403, Answer.CHALLENGE),
        (412, Answer.CHALLENGE),
        (521, Answer.CHALLENGE),
        (500, Answer.ERROR),
        (502, Answer.ERROR),
        (302, Answer.ERROR),
    ],
)
def test_status(status: int, expected: Answer) -> None:
    assert answer("<h1>x</h1>", status) is expected


@pytest.mark.parametrize(
    "message",
    [
        "<p>您访问的页面不存在或已被删除！</p><p><a href='/'>返回首页</a></p>",
        "<h2>404</h2><p>抱歉，您要访问的页面找不到了</p><p>很抱歉，没有找到您要访问的页面</p>",
        "<p>该信息已被撤回</p>",
        "<p>对不起，您所请求的文章已过期</p>",
        "<p>该文章不存在!</p><p>3秒后自动跳转到首页</p>",
        "<p>您查看的内容已下线</p>",
        "<p>Not Found</p>",
    ],
)
def test_page_that_says_it_is_gone(message: str) -> None:
    assert answer(framed(message)) is Answer.GONE


def test_title_of_the_notice_above_the_message_changes_nothing() -> None:
    assert answer(framed("<h1>关于督察整改任务（序号3）销号的公示</h1><p>该信息已被删除</p>")) is Answer.GONE


@pytest.mark.parametrize(
    "message",
    [
        "<p>经核查，举报反映的页岩砖厂已不存在，现将整改情况公示如下。</p>",
        NOTICE + "<p>原附件已删除，该页面不存在的内容以本公示为准。</p>",
        "<p>该文件已失效，现将整改情况重新公示，公示期5个工作日。</p>",
        "<p>整改情况见附件。</p><a href='a.pdf'>附件：情况表.pdf</a>",
    ],
)
def test_notice_that_speaks_of_deletion_is_a_page(message: str) -> None:
    assert answer(framed(message)) is Answer.PAGE


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://www.example.gov.cn/", Answer.GONE, id="entrance"),
        pytest.param("https://www.example.gov.cn/index.shtml", Answer.GONE, id="index file"),
        pytest.param("https://example.gov.cn/index.html", Answer.GONE, id="without www"),
        pytest.param("https://www.example.gov.cn/404.html", Answer.GONE, id="page named 404"),
        pytest.param("https://www.example.gov.cn/zwgk/202505/t20250521_1.shtml", Answer.PAGE, id="moved"),
        pytest.param("https://login.example.cn/", Answer.PAGE, id="another host"),
    ],
)
def test_redirect(url: str, expected: Answer) -> None:
    assert answer(framed(NOTICE * 3), url=url) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/common/error.jsp", Answer.GONE, id="error page of the site"),
        pytest.param("/notFound/index.html", Answer.GONE, id="page of what is not found"),
        pytest.param("/sso/login", Answer.ERROR, id="login that is not there"),
        pytest.param("/terr/1.html", Answer.ERROR, id="new address that is not there"),
        pytest.param("/zwgk/202505/t20250521_1.html?_r=7", Answer.ERROR, id="itself with a counter"),
        pytest.param("/zwgk/202505/t20250521_1.html;jsessionid=0A1B2C", Answer.GONE, id="itself with a session"),
    ],
)
def test_redirect_to_a_page_that_is_not_there(path: str, expected: Answer) -> None:
    assert answer(framed("您访问的页面不存在或已删除"), url=f"https://www.example.gov.cn{path}") is expected


def test_entrance_itself_is_a_page() -> None:
    assert answer(framed(NOTICE), url="https://www.example.gov.cn/", requested="https://www.example.gov.cn/") is Answer.PAGE


@pytest.mark.parametrize(
    ("markup", "status"),
    [
        pytest.param("<html><script>$_ts=window['$_ts'];$_ts.cd='q';</script></html>", 412, id="script of a guard"),
        pytest.param("<script>document.cookie='__jsl_clearance=1';location.reload()</script>", 521, id="cookie"),
        pytest.param("<script>var _acw='acw_sc__v2'</script>", 200, id="script with 200"),
        pytest.param("<title>访问被拦截</title><p>您的请求带有不合法参数，已被网站管理员设置拦截！</p>", 200, id="firewall page with 200"),
        pytest.param("<p>请完成安全验证后继续访问</p>", 200, id="captcha"),
        pytest.param("<title>404</title><p>您的访问被网站防火墙拦截</p>", 404, id="firewall page with 404"),
        pytest.param("<script>$_ts={}</script><p>页面不存在</p>", 404, id="script with 404"),
    ],
)
def test_challenge_is_never_gone(markup: str, status: int) -> None:
    assert answer(f"<html><body>{markup}</body></html>", status) is Answer.CHALLENGE


@pytest.mark.parametrize(
    "message",
    [
        "<form><input name=u><input type=password></form>",
        "<p>请先登录后查看</p>",
        "<p>会话已过期，请重新登录</p>",
        "<p>您没有访问权限，该页面不存在</p>",
    ],
)
def test_login_wall_is_never_gone(message: str) -> None:
    assert answer(framed(message)) is Answer.LOGIN


@pytest.mark.parametrize(
    "message",
    [
        "<p>系统繁忙，请稍后再试</p>",
        "<p>数据库连接失败</p>",
        "<h1>502 Bad Gateway</h1>",
        "<p>网站正在维护</p>",
        "<p>java.lang.NullPointerException</p>",
        "<p>服务器内部错误，页面不存在</p>",
    ],
)
def test_error_with_status_200_is_never_gone(message: str) -> None:
    assert answer(framed(message)) is Answer.ERROR


@pytest.mark.parametrize("body", [b"", b" \r\n ", b"<html><body></body></html>"])
def test_empty(body: bytes) -> None:
    assert judge(200, URL, URL, body, "text/html").answer is Answer.EMPTY


@pytest.mark.parametrize("body", [b"%PDF-1.7\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1", b"\x89PNG\r\n"])
def test_file_is_no_page(body: bytes) -> None:
    assert judge(200, URL, URL, body, "text/html").answer is Answer.NOT_HTML


def test_page_under_a_wrong_type_is_a_page() -> None:
    assert answer(framed(NOTICE * 3), content_type="application/octet-stream") is Answer.PAGE


def test_guard_script_on_a_page_with_text_is_no_challenge() -> None:
    assert answer(framed("<script>var acw_sc__v2=1</script>" + NOTICE * 4)) is Answer.PAGE


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(100, 599), st.text(max_size=20))
def test_nothing_raises(body: bytes, status: int, url: str) -> None:
    assert isinstance(judge(status, url, URL, body, None).answer, Answer)


@pytest.mark.parametrize(
    "markup",
    [
        framed(NOTICE),
        framed("您访问的页面不存在"),
        framed('<form>用户名<input name="u">密码<input type="PASSWORD" name="p"></form>'),
        framed("<table><tr><th>索引号</th><td>1</td></tr><tr><th>发布机构</th><td>甲县</td></tr></table>文章已删除"),
        "<html><head><title>404 Not Found</title></head><body></body></html>",
    ],
)
def test_a_page_just_read_is_judged_as_if_it_came_alone(markup: str) -> None:
    body = markup.encode()
    alone = judge(200, URL, URL, body, "text/html")
    page = read_page(body, URL, "text/html")
    assert judge(200, URL, URL, body, "text/html", page) == alone
    assert answer(framed("服务器内部错误")) is Answer.ERROR  # what is kept of the one says nothing about another
