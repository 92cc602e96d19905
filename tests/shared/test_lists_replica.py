"""Every family walks the imitated sites with plain HTTP: all listed entries found, the end proved, nothing invented."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from crawler import urls
from crawler.errors import LayoutError
from crawler.extract.page.charset import decode
from crawler.items import Ask, Entry
from spiders.families import Family, ListResponse, family_of

FAMILY_OF_CMS = {"generic": "static", "mixed": "static", "hostile": "static"}
SITES = [
    *("hebei-sthjt", "hebei-jtt", "wuhan-jianghan", "zibo-sthjj", "shanxi-sthjt", "beidouzhiku", "sichuan-neijiang"),
    *("fujian-sanming", "hebei-handan", "zhejiang-shaoxing", "jiangsu-nantong", "guangdong-huizhou", "shaanxi-yanan"),
    *("shaanxi-ankang", "liaoning-dalian", "hunan-xiangtan", "shanxi-yuncheng", "mixed-portal"),
]
OTHER_HOSTS = (".example/",)
LONGEST_WALK = 60


def opened(url: str, body: bytes | None = None, method: str = "GET", headers: Mapping[str, str] = MappingProxyType({})) -> Any:
    """An open answer of the farm, which listens on loopback alone."""
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers))  # noqa: S310
    return urllib.request.urlopen(request, timeout=20)  # noqa: S310


def fetch(ask: Ask) -> tuple[str, bytes, str | None]:
    body = urllib.parse.urlencode(ask.form).encode() if ask.form else ask.json.encode() if ask.json else None
    with opened(ask.url.partition("#")[0], body, ask.method, dict(ask.headers)) as answer:
        data = answer.read()
        return answer.url, gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data, answer.headers.get("Content-Type")


def walk(family: Family, list_url: str) -> tuple[list[Entry], str | None]:
    """All entries of a list, and the proof of its end."""
    entries: list[Entry] = []
    ask = family.first(list_url)
    for _ in range(LONGEST_WALK):
        url, body, content_type = fetch(ask)
        page = family.read_list(ListResponse(url, body, decode(body, content_type).text, ask, list_url))
        entries += page.entries
        if page.next is None:
            return entries, page.end
        ask = page.next
    raise AssertionError(f"{list_url}: no end after {LONGEST_WALK} pages")


class Farm:
    """A farm of our own, so that states and faults disturb nobody."""

    def __init__(self, control: str) -> None:
        self.control = control
        self.sites = {site["slug"]: site for site in self.get("/sites")["sites"]}

    def get(self, path: str) -> Any:
        with opened(self.control + path) as answer:
            return json.load(answer)

    def post(self, path: str, **data: Any) -> None:
        opened(self.control + path, json.dumps(data).encode(), "POST").close()

    def listed(self, slug: str) -> dict[str, str]:
        notices = self.get(f"/truth?all=1&site={slug}")["notices"]
        return {urls.identity(n["url"]): n["title"] for n in notices if n["site"] == slug and n["status"] == "live" and n["listed"]}

    def family(self, slug: str) -> Family:
        cms = self.sites[slug]["cms"]
        return family_of(FAMILY_OF_CMS.get(cms, cms))({})


@pytest.fixture(scope="module")
def farm(shared: Path) -> Iterator[Farm]:
    command = [sys.executable, "-u", str(shared / "replica" / "serve.py"), "--port", "0", "--max-seconds", "600"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        ready = server.stdout.readline()  # "farm: 21 sites on port 1, control http://…", once every socket listens
        yield Farm(ready.rsplit("control ", 1)[1].strip())
    finally:
        server.terminate()
        server.wait(20)


def test_every_site_without_browser_is_walked(farm: Farm) -> None:
    assert set(SITES) == {slug for slug, site in farm.sites.items() if not site["needs_browser"]}


@pytest.mark.parametrize("state", [0, 4])
@pytest.mark.parametrize("slug", SITES)
def test_lists_are_read_whole(farm: Farm, slug: str, state: int) -> None:
    farm.post(f"/state/{state}")
    found: dict[str, Entry] = {}
    for list_url in farm.sites[slug]["list_urls"]:
        entries, end = walk(farm.family(slug), list_url)
        assert end, f"{list_url}: the end is not proved"
        found |= {urls.identity(entry.url): entry for entry in entries}
    own = {key for key, entry in found.items() if not any(host in entry.url for host in OTHER_HOSTS)}
    assert own == set(farm.listed(slug))


@pytest.mark.parametrize("slug", SITES)
def test_titles_are_whole_or_visibly_cut(farm: Farm, slug: str) -> None:
    farm.post("/state/0")
    wanted = {key: " ".join(title.split()) for key, title in farm.listed(slug).items()}
    entries, _ = walk(farm.family(slug), farm.sites[slug]["list_urls"][0])
    for entry in entries:
        title = wanted.get(urls.identity(entry.url), entry.title)
        assert entry.title == title or (entry.title.endswith("…") and title.startswith(entry.title[:-1]))


@pytest.mark.parametrize("kind", ["list_error", "waf", "login_wall"])
@pytest.mark.parametrize("slug", SITES)
def test_a_page_that_is_no_list_is_refused(farm: Farm, slug: str, kind: str) -> None:
    farm.post("/fault", site=slug, kind=kind, on=True)
    try:
        with pytest.raises(LayoutError):
            walk(farm.family(slug), farm.sites[slug]["list_urls"][0])
    finally:
        farm.post("/fault/clear")


@pytest.mark.parametrize("slug", SITES)
def test_a_list_without_rows_is_never_a_list_with_rows(farm: Farm, slug: str) -> None:
    """The fault takes out li, tr, dd, dl and record; rows made of other elements stay, and must then all be found."""
    farm.post("/fault", site=slug, kind="list_empty", on=True)
    try:
        entries, _ = walk(farm.family(slug), farm.sites[slug]["list_urls"][0])
    except LayoutError:
        return
    finally:
        farm.post("/fault/clear")
    assert {urls.identity(entry.url) for entry in entries} <= set(farm.listed(slug))
