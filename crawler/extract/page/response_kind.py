"""What a response is before anybody reads it: a page, a notice that is gone, a challenge, a login wall, an error, nothing.

`GONE` lets a notice be declared withdrawn, so it needs the page's own word for it; whatever is doubtful is something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from lxml import etree

from crawler import urls
from crawler.errors import AddressError
from crawler.extract.blocks import Page
from crawler.extract.page import charset, chrome, tree
from crawler.extract.page.flow import Line, lines_of


class Answer(StrEnum):
    """Kinds of responses."""

    PAGE = "page"
    GONE = "gone"
    CHALLENGE = "challenge"
    LOGIN = "login"
    ERROR = "error"
    EMPTY = "empty"
    NOT_HTML = "not_html"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a response is, and the words or facts that say so. ``how``: of a gone page ``404``, ``410``, ``soft404`` or ``entrance``."""

    answer: Answer
    why: str
    how: str = ""


_HEAD = 65_536  # bytes in which a challenge shows itself
_FEW = 80  # visible characters of a challenge are fewer
_SMALL = 4_000  # bytes that a challenge page's visible words never exceed by far
_SHORT = tree.SHORT  # characters of text around a message for the message to be what the page says
_CHALLENGE_STATUS = frozenset((412, 521, 403, 405, 418, 429, 444, 468, 493, 567))
_CHALLENGE = re.compile(
    rb"\$_ts\s*[=.\[]|__jsl_clearance|_jsluid|\bacw_sc__v2|aliyun_waf|yunsuo_session|safedog|waf[_-]?(?:captcha|verify|block)|/_guard/|"
    rb"cf-chl|challenge-platform|__cf_chl|"
    rb"security_session_verify|anti-?bot|geetest|TencentCaptcha|\bsrcurl=|_\$jc|KNOWNSEC|http_waf_cookie",
    re.IGNORECASE,
)
#: one of these stands in whatever `_CHALLENGE` matches
_MARKS = (
    b"$_ts", b"_jsl", b"acw_sc__v2", b"_session", b"safedog", b"waf", b"/_guard/", b"cf-chl", b"challenge-platform",
    b"cf_chl", b"antibot", b"anti-bot", b"geetest", b"tencentcaptcha", b"srcurl=", b"_$jc", b"knownsec",
)  # fmt: skip
_WALL = re.compile(
    r"请完成(?:安全)?验证|安全验证|人机(?:身份)?验证|滑动验证|拖动滑块|访问(?:行为)?(?:被|已被)(?:拦截|阻断|拒绝)|被(?:防火墙|"
    r"安全系统|网站防护系统)拦截|网站防火墙|Web应用防火墙|云防护|云盾|访问(?:过于|太)频繁|"
    r"操作过于频繁|"
    r"您的(?:请求|访问)(?:可能)?(?:存在|带有|含有|具有)(?:不合法|威胁|风险|异常|攻击|非法)|疑似(?:攻击|非法)|请开启JavaScript|"
    r"请启用JavaScript|正在(?:进行)?(?:浏览器)?安全检[查测]|"
    r"IP(?:地址)?(?:已)?被(?:禁止|封|限制)|拒绝访问|禁止访问|"
    r"AccessDenied|RequestBlocked|Forbidden|JustamomentCheckingyour|Checkingyourbrowser|enableJavaScript(?:andcookies)?tocontinue|"
    r"验证码",
    re.IGNORECASE,
)
#: words that only a firewall uses, whatever status it answers with
_BLOCKED = re.compile(r"(?:请求|访问)(?:已)?被(?:拦截|阻断)|防火墙|云防护|云盾|人机(?:身份)?验证|安全验证")
_LOGIN = re.compile(
    r"请(?:先|您先)?登录|登录后(?:才能|方可|再|可)?(?:查看|访问|浏览|继续)|统一身份认证|用户登录|您(?:还)?(?:没有|未|尚未)登录|"
    r"会话(?:已)?(?:超时|过期)|登录超时|请重新登录|"
    r"没有(?:访问|查看|浏览)权限|无权(?:访问|查看)",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:您(?:要|所|想)?(?:访问|查看|查找|浏览|请求|打开)的|该|此|本|当前|所(?:访问|请求|查找|查看)的|访问的|请求的|"
    r"查看的)?(?:页面|网页|文章|内容|信息|文件|资源|地址|链接|栏目|新闻|公告|稿件|数据|记录|URL)"
    r"(?:可能|或许)?(?:已经|已|暂时|目前)?(?:被)?(?:或(?:者)?(?:已)?(?:被)?)?(?:不存在|删除|移除|撤回|撤销|撤下|下线|下架|失效|"
    r"过期|找不到|未找到|无法找到|不再存在|屏蔽|取消发布|关闭)|"
    r"(?:找不到|未找到|没有找到|无法找到)(?:您(?:要|所)?(?:访问|查找|请求|浏览|查看)?的?|该|此|相关|相应|对应|指定的?|所请求的|"
    r"请求的)?(?:页面|网页|文章|内容|信息|文件|资源|记录|数据|稿件|文档)|"
    r"(?:页面|文章|网页|内容)(?:走丢|丢失|飞走|不见)了?|404(?:错误|页面|NotFound)|(?:Page|File|Object|Document)NotFound|NotFound|"
    r"HTTP(?:错误|Status)?404|"
    r"(?:pagecannotbefound|nolongeravailable|hasbeenremoved)",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"系统(?:繁忙|错误|异常|维护|出错|升级)|服务器?(?:内部)?(?:错误|异常|繁忙|出错|维护|无响应|正忙)|内部错误|数据库(?:连接|错误|"
    r"异常)|连接(?:超时|失败)|网站(?:正在)?(?:维护|升级|建设|暂停|关停|关闭|迁移)|"
    r"访问(?:出错|异常|的人数过多)|请稍[后候]再?(?:试|访问)|"
    r"出错了|程序(?:错误|异常)|运行时错误|BadGateway|GatewayTime-?out|ServiceUnavailable|InternalServerError|ServerError|SQLSyntax|"
    r"SQLException|"
    r"java\.[a-z]+\.|NullPointer|Exception|StackTrace|ODBC|MicrosoftVBScript|Fatalerror|Warning:|Tomcat|nginxerror|参数错误|非法参数",
    re.IGNORECASE,
)
_RUN = re.compile(r">([^<>]{60,})<")
_HAN = re.compile("[\u4e00-\u9fff]+")
_MUCH = 500  # Chinese characters in long paragraphs that no error page has
_HTML_TYPES = ("html", "xml", "text/plain", "json", "javascript")
_MAGIC = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf")
_ENTRANCE = re.compile(r"^/?(?:(?:index|default|home|main)\.(?:s?html?|jsp|aspx?|php|do))?$", re.IGNORECASE)
_ERROR_PATH = re.compile(r"/(?:404|error404|404error|notfound|not_found|page404)(?:\.\w{1,5})?/?$", re.IGNORECASE)
#: names of pages made to say that nothing is there
_ERROR_NAME = re.compile(r"(?<![a-z])(?:error|err(?![a-z])|404|not[-_]?found|missing|no[-_]?page)", re.IGNORECASE)


def judge(status: int, url: str, requested_url: str, body: bytes, content_type: str | None = None, page: Page | None = None) -> Judgement:
    """Say what a response is.

    ``status``: of the last response; ``url``: its address after redirects; ``requested_url``: the one asked for; ``page``: the
    body taken apart, where that was done already: enough words in it spare a second look. Nothing is fetched and nothing raised.
    `Answer.GONE` means that the site itself says so: 404, 410, a page that says so with little else on it, or a redirect of a
    deeper address to the site's entrance or its error page. A redirect elsewhere, to a page that is gone, says nothing.
    """
    if not (status == 200 and page is not None and _shows_words(page, body)) and (found := _by_markers(status, body)):
        return found
    if status in (404, 410):
        wall = _BLOCKED.search(_visible(body, content_type)[:2000])
        if wall:
            return Judgement(Answer.CHALLENGE, wall[0])
        if not _is_itself(url, requested_url):
            return Judgement(Answer.ERROR, f"redirected to a page that answers {status}")
        return Judgement(Answer.GONE, f"status {status}", str(status))
    if status in (401, 407):
        return Judgement(Answer.LOGIN, f"status {status}")
    if status in _CHALLENGE_STATUS:
        return Judgement(Answer.CHALLENGE, f"status {status}")
    if status >= 400 or status < 200 or 300 <= status < 400:
        return Judgement(Answer.ERROR, f"status {status}")
    if not body.strip():
        return Judgement(Answer.EMPTY, "empty body")
    if _is_other(body, content_type):
        return Judgement(Answer.NOT_HTML, (content_type or "binary").split(";")[0].strip()[:60])
    if moved := _moved_to_entrance(url, requested_url):
        return moved
    if page is not None and sum(len(block.text) for block in page.blocks) > _SHORT:
        return Judgement(Answer.PAGE, "has text")
    return _unless_elsewhere(_by_words(body, content_type), url, requested_url)


#: a page that has a smaller share of the promised title's pairs of characters is another page
_SHARED_LEAST = 0.2


def is_another_page(page: Page, promised: str) -> bool:
    """Whether a page has hardly any of the title under which it was asked for: an error page that nobody has seen yet, a parked
    domain, an advertisement, an empty frame that a script fills. A page of pictures or files has no words to tell by.

    >>> is_another_page(Page("http://x", "It works!", ()), "关于整改任务销号的公示")
    True
    """
    words = chrome.squeeze("".join((page.title, *(block.text for block in page.blocks))))
    title = chrome.squeeze(promised)
    pairs = {title[i : i + 2] for i in range(len(title) - 1)}
    if page.attachments or not pairs:
        return False
    return sum(pair in words for pair in pairs) < len(pairs) * _SHARED_LEAST


def _shows_words(page: Page, body: bytes) -> bool:
    """Whether a page shows too many words for a challenge. One with flags may show what a script holds, or what was misread."""
    if page.flags or len(body) > _HEAD:
        return False
    words = 0
    for block in page.blocks:
        words += len(chrome.squeeze(block.text))
        if words >= _FEW:
            return True
    return False


def _by_markers(status: int, body: bytes) -> Judgement | None:
    """A challenge is known by its script; ordinary pages that load a protection script have text besides."""
    head = body[:_HEAD].lower()
    if not any(mark in head for mark in _MARKS):
        return None  # most pages: far cheaper than the pattern
    match = _CHALLENGE.search(head)
    if match is None:
        return None
    if status != 200 or len(_visible(body, None)) < _FEW:
        return Judgement(Answer.CHALLENGE, f"script {match[0].decode('ascii', 'replace')}")
    return None


def _is_other(body: bytes, content_type: str | None) -> bool:
    start = body[:512].lstrip()
    if start.startswith(_MAGIC):
        return True
    if b"<" in start[:200] or content_type is None:
        return b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")) and start.count(0) * 5 < len(start)
    kind = content_type.lower()
    return not any(name in kind for name in _HTML_TYPES) and not kind.startswith("text/") and "octet-stream" not in kind


def _moved_to_entrance(url: str, requested: str) -> Judgement | None:
    """A redirect of a page to the home page, or to an address named 404, says that the page is gone."""
    if url == requested:
        return None
    try:
        now, asked = urlsplit(url), urlsplit(requested)
    except ValueError:
        return None
    if (now.path, now.query) == (asked.path, asked.query):
        return None
    if _ERROR_PATH.search(now.path):
        return Judgement(Answer.GONE, f"redirected to {now.path}", "soft404")
    deep = not _ENTRANCE.match(asked.path) or bool(asked.query)
    if deep and _ENTRANCE.match(now.path) and not now.query and _site(now.hostname) == _site(asked.hostname):
        return Judgement(Answer.GONE, "redirected to the entrance", "entrance")
    return None


def _is_itself(url: str, requested: str) -> bool:
    """Whether an answer is of the page itself, or of the site's own page for what is not there: the 404 of a login or of a
    new address to which a page redirects is that other page's."""
    try:
        now, asked = urlsplit(url).path, urlsplit(requested).path
    except ValueError:
        return False
    return now.rstrip("/") == asked.rstrip("/") or bool(_ERROR_PATH.search(now))


def _unless_elsewhere(said: Judgement, url: str, requested: str) -> Judgement:
    """Of a page to which another one redirects, words that nothing is there tell about the other one only if it is made for them.

    The same page with another query is another page: unlike a status, its words may be about what the query asks.
    """
    if said.answer is not Answer.GONE or _is_same(url, requested) or _ERROR_NAME.search(urlsplit(url).path):
        return said
    return Judgement(Answer.ERROR, f"redirected to a page that says {said.why}")


def _is_same(url: str, requested: str) -> bool:
    try:
        now, asked = (urlsplit(urls.identity(address)) for address in (url, requested))
    except AddressError:
        return False
    return (now.path.rstrip("/"), now.query) == (asked.path.rstrip("/"), asked.query)


def _site(host: str | None) -> str:
    return (host or "").lower().removeprefix("www.")


def _visible(body: bytes, content_type: str | None) -> str:
    root = tree.tree_of(body[:_HEAD], content_type)
    tree.prune(root)
    return tree.words_of(root)


def _by_words(body: bytes, content_type: str | None) -> Judgement:
    text = charset.decode(body[: tree.MAX_BYTES], content_type).text
    if _says_much(text):
        return Judgement(Answer.PAGE, "has text")
    shown = tree.shown(text)
    root, title = shown.root, shown.title
    page = root.find("body")
    lines = _own_lines(lines_of(root if page is None else page, ()))
    words = [line.words for line in lines]
    text = "".join(words)
    told = [line.words for line in lines if not line.level and line.words not in title]
    if not text and not title:
        return (
            Judgement(Answer.EMPTY, "no words on the page")
            if not _has_content(root, len(body))
            else Judgement(Answer.PAGE, "no words, but pictures or scripts")
        )
    if len(text) > _SHORT:
        return Judgement(Answer.PAGE, "has text")
    return _message(title, words, _has_notice(told), shown.asks_password)


def _says_much(text: str) -> bool:
    """Whether a page has so many Chinese words in one place that it says more than any message; cheap, for most pages."""
    words = 0
    for run in _RUN.finditer(text):
        words += sum(map(len, _HAN.findall(run[1])))
        if words > _MUCH:
            return True
    return False


def _message(title: str, words: list[str], is_notice: bool, has_password: bool) -> Judgement:
    """A page with little text: what it says, refusals before absences, so that no wall is taken for a withdrawal."""
    said = title + "\n" + "\n".join(words)
    if match := _WALL.search(said):
        return Judgement(Answer.CHALLENGE, match[0])
    if (match := _LOGIN.search(said)) or has_password:
        return Judgement(Answer.LOGIN, match[0] if match else "asks for a password")
    gone, broken = _first(_GONE, title, words), _first(_ERROR, title, words)
    if gone and not is_notice:
        return Judgement(Answer.GONE, gone, "soft404") if not broken or broken in gone else Judgement(Answer.ERROR, broken)
    if broken and not is_notice:
        return Judgement(Answer.ERROR, broken)
    return Judgement(Answer.PAGE, "has text" if words else "title only")


def _first(pattern: re.Pattern[str], title: str, words: list[str]) -> str:
    """The first match in a line that says little else."""
    for line in (title, *words):
        match = pattern.search(line)
        if match and len(line) <= len(match[0]) + 60:
            return match[0]
    return ""


_OTHERS = chrome.CHROME | chrome.FOOTER | chrome.CRUMB
_SENTENCE = 15  # shorter lines are the items of a menu
_NOTICE = re.compile(r"公示(?:期|时间|如下)|整改|督察|督查|特此|现将|联系电话|监督电话|附件")


def _has_notice(words: list[str]) -> bool:
    """A short notice may itself say that something was deleted or does not exist."""
    return any(len(line) >= _SENTENCE and _NOTICE.search(line) for line in words)


def _own_lines(lines: list[Line]) -> list[Line]:
    """Lines that are no menu, breadcrumb or footer: the words a message stands in."""
    return [line for line in lines if line.links * 2 <= len(line.text) and not chrome.marks(line.words) & _OTHERS]


def _has_content(root: etree._Element, size: int) -> bool:
    """A page without words may still show something: pictures, a viewer, links to files, or text its scripts hold."""
    return next(root.iter("img", "iframe", "embed", "object", "a"), None) is not None or size > _SMALL
