"""One spelling per address. Nothing here opens a connection; every address from a page is hostile until `join` has passed it."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from crawler.errors import AddressError

SCHEMES = frozenset({"http", "https"})
LONGEST = 4096  # longer addresses are traps; real ones stay below 1,000 characters

_PORTS = {"http": 80, "https": 443}
_EDGE = "".join(map(chr, (*range(0x21), 0x7F, 0xA0, 0x3000, *range(0x200B, 0x2010), *range(0x2028, 0x202F), 0x2060, 0xFEFF)))
_BREAKS = re.compile(r"[\t\r\n]")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_SESSION_ASPX = re.compile(r"/\([SX]\([0-9a-z]{16,64}\)\)(?=/)", re.IGNORECASE)
_SESSION_NAME = re.compile(r"(?:jsessionid|phpsessid|aspsessionid\w*|asp\.net_sessionid|session_?id)$", re.IGNORECASE)
# `sid` also names a site (gkmlpt: sid=755022), so it is a session only when its value looks drawn by lot.
_SESSION_VALUE = re.compile(r"(?=[^&]*\d)(?=[^&]*[a-z])[0-9a-z_.!-]{16,}$", re.IGNORECASE)
_WAP = re.compile(r"(/t\d{8}_\d+)_wap(\.s?html?)$", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:s?html?|jsp|aspx?|php)$", re.IGNORECASE)
#: an address in which nothing has to be put right, but for dots, session ids and mobile copies
_PLAIN = re.compile(r"(https?)://([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)(?::([1-9][0-9]{0,4}))?/[A-Za-z0-9_~./-]*(?:\?[A-Za-z0-9_~./=&-]+)?")
_UNUSUAL = ("_wap", "sess", "sid")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE_PATH = "/%:@!$&'()*+,;=-._~"
_SAFE_QUERY = _SAFE_PATH + "?[]"


@lru_cache(maxsize=1024)
def canonical(url: str) -> str:
    """The one spelling under which an absolute http(s) address is asked for and stored.

    Lower-case scheme and host (IDNA), no default port, no fragment, no session id, no ``_wap`` (the mobile copy of a
    TRS article), dot segments resolved, one form of percent escapes. The order of the query stays: sites depend on it.

    Raises `AddressError` for other schemes, user names, bad hosts or ports, and addresses beyond `LONGEST` characters.

    >>> canonical("HTTP://WWW.Example.gov.cn:80/a/../b/t20250102_3_wap.html;jsessionid=0A1B#top")
    'http://www.example.gov.cn/b/t20250102_3.html'
    """
    if len(url) > LONGEST:
        raise AddressError(f"an address of {len(url)} characters: {url[:60]}…")
    if _is_canonical(url):
        return url
    scheme, host, port, path, query = _split(url)
    path = _SESSION_ASPX.sub("", _SESSION_PATH.sub("", _escapes(path, _SAFE_PATH))) or "/"
    path = urlsplit(urljoin(f"{scheme}://x/", _WAP.sub(r"\1\2", path))).path if "/." in path else _WAP.sub(r"\1\2", path)
    shown = "" if port in (None, _PORTS[scheme]) else f":{port}"
    return urlunsplit((scheme, host + shown, path, _query(query), ""))


def _is_canonical(url: str) -> bool:
    """Whether an address is spelt that way already, as most are; one that has anything unusual is not looked at further."""
    match = _PLAIN.fullmatch(url)
    if match is None or "/." in url or ".." in url:
        return False
    scheme, host, port = match.groups()
    low = url.lower()
    return len(host) <= 253 and (port is None or _PORTS[scheme] != int(port) <= 65535) and not any(mark in low for mark in _UNUSUAL)


def _tidy(url: str) -> str:
    """Without what browsers ignore: white space and invisible characters around, tabs and line breaks inside."""
    return _BREAKS.sub("", url.strip(_EDGE))


def _split(url: str) -> tuple[str, str, int | None, str, str]:
    try:
        parts = urlsplit(_tidy(url))
        scheme, port, host = parts.scheme.lower(), parts.port, (parts.hostname or "")
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise AddressError(f"not an address: {url[:200]} ({error})") from None
    if scheme not in SCHEMES:
        raise AddressError(f"not an http address: {url[:200]}")
    host = host.rstrip(".").lower()
    host = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(host) or ".." in host or len(host) > 253 or parts.username is not None:
        raise AddressError(f"no host we would ask: {url[:200]}")
    return scheme, host, port, parts.path, parts.query


def _escapes(text: str, safe: str) -> str:
    """One form of percent escapes: upper-case hex, unreserved characters plain, everything else outside ``safe`` escaped."""

    def plain(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else match[0].upper()

    lone = re.sub(r"%(?![0-9a-fA-F]{2})", "%25", text)
    return quote(_ESCAPE.sub(plain, lone), safe=safe, errors="replace")


def _query(query: str) -> str:
    kept = [part for part in query.split("&") if not _is_session(part)] if query else []
    return _escapes("&".join(kept), _SAFE_QUERY)


def _is_session(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return bool(_SESSION_NAME.match(name)) or (name.lower() == "sid" and bool(_SESSION_VALUE.match(value)))


def join(base: str, href: str) -> str | None:
    """The canonical address that ``href`` means on a page at ``base``; None when it leads nowhere we fetch.

    Never raises: ``javascript:``, ``mailto:``, ``data:``, an empty or bare ``#`` reference, a bad host and an over-long
    address all give None. White space around it and line breaks inside are dropped, back slashes count as slashes, as in browsers.
    """
    if len(href) > LONGEST:
        return None
    tidy = _tidy(href)
    if not tidy or tidy.startswith("#"):
        return None
    front, mark, rest = tidy.partition("?")
    try:
        return canonical(urljoin(base, front.replace("\\", "/") + mark + rest))
    except (ValueError, AddressError):
        return None


@lru_cache(maxsize=16_384)  # a crawl asks the same few thousand addresses again and again
def identity(url: str) -> str:
    """What two spellings of one page share: `canonical`, http and https alike, ``/index.html`` the same as ``/``.

    For comparing only; it is never asked for. Raises `AddressError` as `canonical` does.

    >>> identity("https://example.gov.cn/a/index.html") == identity("http://example.gov.cn/a/")
    True
    """
    address = canonical(url)
    if "?" not in address:
        scheme, _, host, *path = address.split("/", 3)
        address = f"{scheme}//{host}{_INDEX.sub('/', '/' + path[0]) if path else ''}"
    return f"http{address[5:]}" if address.startswith("https") else address


@lru_cache(maxsize=1024)
def host_of(url: str) -> str:
    """Host and, where it is not the scheme's own, port: the unit of courtesy. Raises `AddressError`."""
    return canonical(url).partition("?")[0].split("/", 3)[2]
