"""Whether the bytes that came for a file's link are a file at all, or what a site serves in its place when something is wrong.

A junk answer that were kept as the file would make a change twice: when it came, and when the file is back.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.extract.document.formats.sniffing import by_magic
from crawler.extract.page import charset
from crawler.extract.page.response_kind import Answer, judge

_HEAD = 65_536
#: formats that are never a web page under another name, as .doc and .xls may be
_NEVER_HTML = frozenset({"pdf", "docx", "xlsx", "pptx", "ofd", "zip", "rar", "7z", "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff"})
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{2,5})$")
_HAN = re.compile("[\u3400-\u9fff]")


def in_place_of(body: bytes, name: str, url: str, content_type: str | None = None) -> str | None:
    """What stands in the place of the file called ``name`` at ``url``, in words; None where the bytes may be that file.

    A broken or unknown format may be: it was served in earnest. Blank bytes, error pages, walls, and a web page for a format
    that is none are not. Nothing is fetched and nothing raised.
    """
    if not body.strip(b"\0\t\n\r "):
        return "an empty answer"
    if by_magic(body) or not body[:512].lstrip(b"\xef\xbb\xbf\0\t\n\r ").startswith(b"<"):
        return None
    found = judge(200, url, url, body, content_type)
    if found.answer not in (Answer.PAGE, Answer.NOT_HTML):
        return f"a page that says {found.why}"
    if (
        extension_of(url) in _NEVER_HTML
        or extension_of(name) in _NEVER_HTML
        or not _HAN.search(charset.decode(body[:_HEAD], content_type).text)
    ):
        return "a web page"
    return None


def extension_of(address: str) -> str:
    """The extension of a name or an address, lower case, without the dot; empty where there is none."""
    try:
        path = urlsplit(address).path if "://" in address else address
    except ValueError:
        path = address
    found = _EXTENSION.search(path.strip())
    return found[1].lower() if found else ""
