"""Links to files: what hangs on a notice. Names and addresses come from the page and are treated as hostile."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from lxml import etree

from crawler.extract.blocks import Link
from crawler.extract.page.body import is_side
from crawler.extract.page.tables import tidy
from crawler.extract.page.tree import text_of
from crawler.text.memory import remembered

MAX_NAME = 200
MAX_URL = 2000
MAX_LINKS = 200
_FILES = frozenset(
    (
        "doc",
        "docx",
        "wps",
        "wpt",
        "dot",
        "docm",
        "pdf",
        "xls",
        "xlsx",
        "xlsm",
        "et",
        "ofd",
        "ceb",
        "zip",
        "rar",
        "7z",
        "txt",
        "rtf",
        "csv",
        "ppt",
        "pptx",
        "dps",
        "tif",
        "tiff",
    )
)
_PICTURES = frozenset(("jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff"))
#: addresses that hand out files without showing an extension
_HANDLERS = re.compile(
    r"downfile\.jsp|download\.(?:jsp|do|aspx?|php|action|html?)|downloadattach|wbfileid=|/download(?:file)?/|filedownload|attachdown|"
    r"downloadservlet|/downfile|openattach|attach(?:ment)?\.(?:jsp|aspx?|do|php)|"
    r"action=download|/api-gateway/[^?]*file|fileid=|/sys/download",
    re.IGNORECASE,
)
#: one of these stands in whatever `_HANDLERS` matches, within one part of the path or the query
_HANDLER_MARK = re.compile("down|attach|file", re.IGNORECASE)
_PAGES = ("html", "htm", "shtml")
_DECORATION = re.compile(
    r"/icons?/|filetype|icon_|/ico/|spacer|blank\.|loading|qrcode|erweima|/qr|/ewm|print\.|logo|/ad[^/]*\.gif$|"
    r"banner|/(?:top|head|header|foot|footer|bg|background)[-_]?\d*\.|"
    r"addon\.gif|/share|sharebtn|weixin\.|wx\.|dot\.gif|arrow",
    re.IGNORECASE,
)
_LINKING = ("a", "button", "img", "iframe", "embed", "object", "area", "source")
_LINKS = frozenset(("a", "area", "button"))
_SCRIPT = re.compile(r"\s*(?:javascript:|#|$)", re.IGNORECASE)
_QUOTED = re.compile(r"['\"]([^'\"<>\s]{3,500})['\"]")
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,5})\s*$")
_PARAMETERS = ("file", "url", "src", "path", "pdf", "fileurl", "pdfurl")
_NAMES = ("showname", "filename", "name", "fname", "title")
_VAGUE = re.compile(r"^(?:点击|请)?(?:此处|这里)?(?:下载|查看|浏览|打开|预览|附件|在线)*(?:下载|查看|附件|文件|浏览|预览)?\d*[。:：]?$")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_HINT = re.compile(
    r"(?:^|[\s_-])(?:\w{0,8}fj\w{0,4}|\w{0,6}attach\w{0,8}|ap{1,2}endix\w{0,6}|annex|file\w{0,8}|down\w{0,8})(?:$|"
    r"[\s_-])",
    re.IGNORECASE,
)


def base_of(root: etree._Element, url: str) -> str:
    """The address that links of a page are relative to: <base href> if it makes sense, else the page's own."""
    element = next(root.iter("base"), None)
    href = element.get("href") if element is not None else None
    return absolute(href, url) or url if href else url


def absolute(href: str | None, base: str) -> str | None:
    """An absolute http or https address without fragment; None for other schemes and for what is no address at all."""
    if not href or len(href) > MAX_URL:
        return None
    cleaned = _cleaned(href)
    if not cleaned or cleaned.startswith("#"):
        return None
    try:
        joined = urljoin(base, cleaned)
        parts = urlsplit(joined)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        parts.port  # noqa: B018  # raises for a port that is none
        return parts._replace(fragment="").geturl()
    except ValueError:
        return None


def _cleaned(href: str) -> str:
    seen = href if href.isprintable() else _INVISIBLE.sub("", href)  # what is invisible is not printable
    return seen.strip().replace("\\", "/").replace(" ", "%20")


def says_nothing(name: str) -> bool:
    """Whether a name is none: empty, or words as 点击下载."""
    return not name or bool(_VAGUE.match(name))


def safe_name(name: str) -> str:
    """A file's name as text: no control or direction characters, no folders, at most 200 characters."""
    text = tidy(_INVISIBLE.sub("", unicodedata.normalize("NFC", name[: 4 * MAX_NAME])))
    if "/" in text or "\\" in text:
        text = next((part for part in reversed(re.split(r"[/\\]", text)) if part.strip(". ")), "")
    return text.strip()[:MAX_NAME] if text.strip(". ") else ""


def attachments_of(bodies: Sequence[etree._Element], page: etree._Element, base: str) -> tuple[Link, ...]:
    """Links to files in the bodies and elsewhere on the page, in page order, each address once.

    In a body every file counts, pictures that stand as content too; beside it links to documents that do not hang in a menu, a
    footer or a list of other pages.
    """
    any_may = _hands_out(base)
    links = [element for element in page.iter(*_LINKING) if any_may or not _leads_to_page(element)]
    if not links:
        return ()
    inner = {element for part in bodies for element in part.iter(*_LINKING)}
    around = {outer for part in bodies for outer in (part, *part.iterancestors())}
    found: dict[str, str] = {}
    for element in links:
        inside = element in inner
        for url, name in _file(element, base, inside, any_may):
            if not inside and _elsewhere(element, around):
                continue
            if url not in found or not found[url]:
                found[url] = name
        if len(found) >= MAX_LINKS:
            break
    return tuple(Link(url, name or safe_name(_name_in(url))) for url, name in found.items())


def _elsewhere(element: etree._Element, around: Container[etree._Element]) -> bool:
    """Whether a link outside the body stands in a side box; a box that is named for its files is none, nor one ``around`` the body."""
    for outer in element.iterancestors():
        if outer in around:
            return False
        if _HINT.search(outer.get("class", "") + " " + outer.get("id", "")):
            return False
        if is_side(outer) or outer.tag in ("nav", "footer"):
            return True
    return False


def _file(element: etree._Element, base: str, inside: bool, any_may: bool) -> Iterator[tuple[str, str]]:
    """The file an element leads to or shows, with its name. ``any_may``: any link of the page may lead to one."""
    tag = element.tag
    if tag == "img":
        if inside and (url := _picture(element, base)):
            yield url, safe_name(element.get("title") or element.get("alt") or "")
    elif tag in _LINKS:
        href = _target(element)
        url = absolute(href, base) if href and (any_may or _may_be_file(href, element)) else None
        if url and (shown := _in_viewer(url)):
            yield shown, _name(element, shown)
        elif url and _is_file(url, element, inside):
            yield url, _name(element, url)
    elif url := _viewed(element, base):
        yield url, safe_name(element.get("title") or "")


def _target(element: etree._Element) -> str | None:
    """Where a link leads; of one that runs a script the first of its quoted words that is the address of a file. No script is run."""
    href = element.get("href")
    if href and not _SCRIPT.match(href):
        return href
    words = f"{href or ''} {element.get('onclick') or ''}"[: 2 * MAX_URL]
    return next((word for word in _QUOTED.findall(words) if _extension(word) in _FILES or _HANDLERS.search(word)), None)


def _picture(element: etree._Element, base: str) -> str | None:
    """A picture of the notice itself: an own file, not an icon."""
    source = element.get("src") or ""
    if source.startswith("data:"):
        source = element.get("data-src") or element.get("data-original") or ""
    url = absolute(source, base)
    if url is None or _DECORATION.search(url) or not (_extension(url) in _PICTURES or _HANDLERS.search(url)):
        return None
    sizes = [
        int(value)
        for name in ("width", "height")
        if (value := (element.get(name) or "").removesuffix("px")).isascii() and value.isdigit() and len(value) < 6
    ]
    return None if sizes and max(sizes) < 60 else url


def _is_file(url: str, element: etree._Element, inside: bool) -> bool:
    extension = _extension(url)
    if extension in _FILES or _HANDLERS.search(url):
        return True
    if extension not in _PAGES and _named_extension(element) in _FILES:
        return True
    hinted = element.get("appendix") == "true" or element.get("download") is not None or _HINT.search(element.get("class", ""))
    return extension in _PICTURES and (inside or bool(hinted))


def _hands_out(address: str) -> bool:
    """Whether an address may be one that hands out files."""
    if not address.isascii():
        return _HANDLER_MARK.search(address) is not None
    low = address.lower()
    return "down" in low or "attach" in low or "file" in low


def _leads_to_page(element: etree._Element) -> bool:
    """Whether a link certainly leads to no file, on a page whose own address hands out none; so do most."""
    href = element.get("href")
    return href is not None and element.tag in _LINKS and not _may_be_file(href, element)


def _may_be_file(href: str, element: etree._Element) -> bool:
    """Whether a link may lead to a file, by what shows before its address is joined to the page's; most lead to pages."""
    told = _told_by(href)
    return _named_extension(element) in _FILES if told is None else told


@remembered(longest=200, most=2048)  # the same links stand on every page of a site
def _told_by(href: str) -> bool | None:
    """Whether a link may lead to a file, as one that runs a script does; None where its address does not tell."""
    if _SCRIPT.match(href):
        return True
    cleaned = _cleaned(href)
    if cleaned.startswith(("?", ";")) or not cleaned.isascii():
        return True
    extension = _extension(cleaned)
    if extension in _FILES or extension in _PICTURES or _hands_out(cleaned):
        return True
    return False if extension in _PAGES else None


def _named_extension(element: etree._Element) -> str:
    """The ending of the file's name that a link shows, or that its title or ``download`` gives."""
    words = text_of(element)
    if "." in words and (shown := _extension(tidy(words)[-12:])):
        return shown
    other = element.get("title") or element.get("download")
    return _extension(other[-12:]) if other else ""


def _extension(text: str) -> str:
    """The ending of an address's path or of a name, lower case; ``""`` if it has none."""
    path = text.split("?", 1)[0].split("#", 1)[0][-40:]
    match = _ENDING.match(path, path.rindex(".")) if "." in path else None
    return match[1].lower() if match else ""


def _viewed(element: etree._Element, base: str) -> str | None:
    """The file an embedded viewer shows: its address itself, or a parameter of the viewer's."""
    url = absolute(element.get("src") or element.get("data"), base)
    if url is None:
        return None
    return url if _extension(url) in _FILES else _in_viewer(url)


def _in_viewer(url: str) -> str | None:
    """The file that a viewer's address names."""
    if "=" not in url or _extension(url) in _FILES:
        return None
    try:
        query = parse_qs(urlsplit(url).query, max_num_fields=20)
    except ValueError:
        return None
    for name, values in query.items():
        if name.lower() in _PARAMETERS and _extension(values[0]) in _FILES:
            return absolute(values[0], url)
    return None


def _name(element: etree._Element, url: str) -> str:
    """What the page calls a file: the link's words, unless they only say "download"; then its title or the address's own name."""
    words = safe_name(text_of(element))
    others = (element.get("title"), element.get("download"), element.get("alt"), _name_in(url))
    if words and not _VAGUE.match(words):
        return words
    return next((name for other in others if other and (name := safe_name(other)) and not _VAGUE.match(name)), words)


def _name_in(url: str) -> str:
    try:
        query = parse_qs(urlsplit(url).query, max_num_fields=20)
    except ValueError:
        return ""
    lowered = {name.lower(): values[0] for name, values in query.items()}
    for name in _NAMES:
        if _extension(lowered.get(name, "")):
            return lowered[name]
    return unquote(url.split("?", 1)[0].rsplit("/", 1)[-1]) if _extension(url) in _FILES else ""
