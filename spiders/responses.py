"""What a request asks and an answer gives, put into the words of items. Nothing here knows the walk."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import urlencode

from scrapy.http import Response
from twisted.python.failure import Failure

from crawler import urls
from crawler.extract.blocks import Link
from crawler.extract.document import not_a_file
from crawler.extract.page import read_page, response_kind
from crawler.extract.page.links import says_nothing
from crawler.extract.page.served_name import served_name
from crawler.items import Ask, Entry, Fetched, ListItem, PageItem, UnchangedItem
from crawler.notice.model import State
from crawler.policy.plan import KnownAddress, Plan
from crawler.policy.verdict import Trouble
from spiders.walk import Walk

#: what an answer that is no list says about the source; anything else is a layout not understood
TROUBLE = {
    response_kind.Answer.CHALLENGE: Trouble.BLOCKED,
    response_kind.Answer.LOGIN: Trouble.BLOCKED,
    response_kind.Answer.ERROR: Trouble.FAILED,
    response_kind.Answer.EMPTY: Trouble.FAILED,
}


def is_same_address(asked: str, answered: str) -> bool:
    """Whether a redirect led to the address itself, with no more than a token, session or counter added to its query."""
    if urls.identity(asked) == urls.identity(answered):
        return True
    (here, _, mine), (there, _, theirs) = (urls.identity(url).partition("?") for url in (asked, answered))
    return here == there and set(filter(None, mine.split("&"))) <= set(theirs.split("&"))


def same_site(url: str, hosts: frozenset[str]) -> bool:
    """Whether an address belongs to one of these hosts or to a sibling under the same registered name (x.gov.cn)."""
    host = urls.host_of(url)
    return host in hosts or (not host[0].isdigit() and _registered(host) in {_registered(other) for other in hosts})


def _registered(host: str) -> str:
    labels = host.partition(":")[0].split(".")
    return ".".join(labels[-3:] if labels[-2:-1] in (["gov"], ["com"], ["org"], ["net"]) else labels[-2:])


def body_of(ask: Ask) -> tuple[str | None, bytes]:
    """Content-Type and body of a POST; nothing for a GET."""
    if ask.json is not None:
        return "application/json", ask.json.encode()
    if ask.form:
        return "application/x-www-form-urlencoded", urlencode(ask.form).encode()
    return None, b""


def list_item(source_id: str, walk: Walk, response: Response, entries: tuple[Entry, ...]) -> ListItem:
    """What a list begins with. Where a shell came before the rows, its validators say nothing about them: none are kept."""
    heads = tuple(urls.identity(entry.url) for entry in entries)
    sha256 = hashlib.sha256(response.body).hexdigest()
    sent = validators(response) if walk.pages == 1 else (None, None)
    return ListItem(source_id, walk.url, sha256, *sent, heads, response.meta["capture_id"])


def fields(response: Response) -> list[tuple[bytes, bytes]]:
    """The header fields of an answer, as the archive has them."""
    return [(name, value) for name, values in response.headers.items() for value in values]


def content_type(response: Response) -> str | None:
    value = response.headers.get("Content-Type")
    return value.decode("latin-1") if value else None


def validators(response: Response) -> tuple[str | None, str | None]:
    """ETag and Last-Modified as sent."""
    found = (response.headers.get(name) for name in ("ETag", "Last-Modified"))
    etag, modified = (value.decode("latin-1")[:500] if value else None for value in found)
    return etag, modified


def fetched(link: Link, response: Response) -> Fetched:
    """What came for a file's link: its bytes, or why there are none."""
    capture = response.meta["capture_id"]
    if response.status != 200:
        return Fetched(link, capture, response.status, error=f"failed: status {response.status}")
    if instead := not_a_file.in_place_of(response.body, link.name, response.url, content_type(response)):
        return Fetched(link, capture, 200, error=f"failed: {instead} instead of the file")
    sha256 = hashlib.sha256(response.body).hexdigest()
    if says_nothing(link.name) and (name := served_name(fields(response))):
        link = replace(link, name=name)
    return Fetched(link, capture, 200, sha256, response.body, None, validators(response))


def is_unchanged(known: KnownAddress, sha256: str, files: list[Fetched], plan: Plan | None) -> bool:
    """Equal bytes of page and files mean no change, wherever the notice is live."""
    assert plan is not None
    if known.body_sha256 != sha256 or (known.state is not None and known.state is not State.LIVE):
        return False
    shas = {url: address.body_sha256 for url in known.files if (address := plan.at(url))}
    return set(known.files) == {file.link.url for file in files} and all(
        file.sha256 and shas.get(file.link.url) == file.sha256 for file in files
    )


def is_same(known: KnownAddress, response: Response) -> bool:
    """Equal bytes under a live page without files: nothing to read, nothing to compare."""
    if response.status != 200 or known.files or known.body_sha256 is None or known.state not in (None, State.LIVE):
        return False
    same_place = urls.identity(response.url) == urls.identity(known.url)
    return same_place and hashlib.sha256(response.body).hexdigest() == known.body_sha256


def embodied(source_id: str, entry: Entry, response: Response, known: KnownAddress | None) -> PageItem | UnchangedItem:
    """A row of a list that carries whole bodies: no second fetch, the list's capture is the proof."""
    body = (entry.body or "").encode("utf-8", "replace")
    sha256 = hashlib.sha256(body).hexdigest()
    if known and known.body_sha256 == sha256:
        return UnchangedItem(source_id, entry.url, known.notice_id, True)
    page, capture = read_page.body_fragment(entry.body or "", entry.url, entry.title), response.meta["capture_id"]
    return PageItem(source_id, entry.url, entry.url, capture, sha256, body, (None, None), entry, page=page)


def presence(url: str, response: Response, known: KnownAddress | None) -> str:
    """What an answer says about the page that stood at ``url``: there, gone or unknown."""
    page = read_page.read_page(response.body, url, content_type(response)) if response.status == 200 else None
    found = response_kind.judge(response.status, response.url, url, response.body, content_type(response), page).answer
    if found is response_kind.Answer.PAGE and page and known and known.title and response_kind.is_another_page(page, known.title):
        return "unknown"
    return {response_kind.Answer.PAGE: "there", response_kind.Answer.NOT_HTML: "there", response_kind.Answer.GONE: "gone"}.get(
        found, "unknown"
    )


def why(failure: Failure) -> str:
    """What went wrong, one line."""
    text = str(failure.value).strip().splitlines()
    return f"{type(failure.value).__name__}: {text[0][:200]}" if text else type(failure.value).__name__
