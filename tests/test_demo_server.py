"""The sample sites on loopback: what they answer on which day, and the markup they answer with."""

from __future__ import annotations

import io
import re
import tomllib
import unicodedata
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from crawler.demo import families, markup
from crawler.demo.server import SampleSites
from crawler.demo.sites import DAYS, Page, sample_sites

SITES = {site.id: site for site in sample_sites()}


@pytest.fixture(scope="module")
def running() -> Iterator[SampleSites]:
    with SampleSites() as sites:
        yield sites


@pytest.fixture
def sites(running: SampleSites) -> SampleSites:
    running.set_day(DAYS[0])
    return running


def get(url: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    parts = urlsplit(url)
    assert parts.hostname
    connection = HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request(
            method,
            parts.path + (f"?{parts.query}" if parts.query else ""),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def page_of(site_id: str, key: str) -> Page:
    return next(page for page in SITES[site_id].pages if page.key == key)


def address(sites: SampleSites, site_id: str, key: str, day: int = 0) -> str:
    page = page_of(site_id, key)
    version = page.at(day)
    assert version is not None
    return sites.base_url(site_id) + families.article_path(SITES[site_id], page, version)


# ---- what is served


def list_entries(sites: SampleSites, site_id: str) -> list[str]:
    """The addresses in a site's list, its pages asked for one after the other; rows are told from other links by their length."""
    found: list[str] = []
    number = 1
    while True:
        url = sites.base_url(site_id) + families.list_path(SITES[site_id], number)
        response, body = get(url)
        if response.status != 200:
            return found
        rows = re.findall(r'(?i)<a[^>]*href="([^"]+)"[^>]*>[^<]{10,}</a>', body.decode(SITES[site_id].charset))
        found += [urljoin(url, row.replace("&amp;", "&")) for row in rows if row != "/"]
        number += 1


@pytest.mark.parametrize(("site_id", "day"), [(site.id, day) for site in sample_sites() for day in DAYS if day not in site.blocked])
def test_a_list_links_every_listed_page_once(sites: SampleSites, site_id: str, day: int) -> None:
    sites.set_day(day)
    assert list_entries(sites, site_id) == [address(sites, site_id, page.key, day) for page in SITES[site_id].listing(day)]


@pytest.mark.parametrize("site_id", SITES)
def test_every_row_of_a_list_leads_to_a_page(sites: SampleSites, site_id: str) -> None:
    assert {get(url)[0].status for url in list_entries(sites, site_id)} == {200}


def test_pages_are_sent_in_the_charset_they_name(sites: SampleSites) -> None:
    response, body = get(address(sites, "anhui_chuzhou", "six-headings"))
    assert response.headers["Content-Type"] == "text/html; charset=gbk"
    assert "整改实施主体" in body.decode("gbk")


def test_a_notice_that_is_gone_is_a_404(sites: SampleSites) -> None:
    url = address(sites, "shandong_dezhou", "withdrawn-for-good")
    sites.set_day(2)
    assert get(url)[0].status == 404


def test_a_soft_404_answers_200_and_says_that_the_page_is_gone(sites: SampleSites) -> None:
    url = address(sites, "hunan_yiyang", "withdrawn-and-restored")
    sites.set_day(1)
    response, body = get(url)
    assert response.status == 200
    assert "页面不存在" in body.decode()


def test_what_was_withdrawn_is_back_on_the_last_day(sites: SampleSites) -> None:
    sites.set_day(6)
    assert "云塘湖湿地侵占" in get(address(sites, "hunan_yiyang", "withdrawn-and-restored"))[1].decode()


def test_a_moved_notice_is_gone_at_its_old_address(sites: SampleSites) -> None:
    old = address(sites, "hubei_xiaogan", "moved")
    sites.set_day(3)
    assert get(old)[0].status == 404
    assert get(address(sites, "hubei_xiaogan", "moved", 3))[0].status == 200


def test_an_attachment_is_replaced_under_its_address(sites: SampleSites) -> None:
    page = page_of("hunan_yiyang", "table-attached")
    url = sites.base_url("hunan_yiyang") + families.file_path(SITES["hunan_yiyang"], page, 0)
    before = get(url)[1]
    sites.set_day(4)
    assert get(url)[1] != before


def test_an_attachment_is_linked_from_its_notice(sites: SampleSites) -> None:
    page = page_of("hunan_yiyang", "table-attached")
    url = address(sites, "hunan_yiyang", "table-attached")
    links = [urljoin(url, href) for href in re.findall(r'href="([^"]+\.docx)"', get(url)[1].decode())]
    assert links == [sites.base_url("hunan_yiyang") + families.file_path(SITES["hunan_yiyang"], page, 0)]


def test_the_counter_shows_another_number_at_each_look(sites: SampleSites) -> None:
    url = address(sites, "hunan_yiyang", "wrong-count")
    assert get(url)[1] != get(url)[1]


def plain_text(body: bytes) -> str:
    text = unicodedata.normalize("NFKC", re.sub(r"<[^>]+>|&nbsp;", "", body.decode()))
    return re.sub(r"[\s\u200b]", "", text)


def test_a_notice_typeset_again_has_other_markup_and_the_same_words(sites: SampleSites) -> None:
    url = address(sites, "hunan_yiyang", "typeset-again")
    before = re.sub(rb"(?s)<em.*?</em>", b"", get(url)[1])
    sites.set_day(2)
    after = re.sub(rb"(?s)<em.*?</em>", b"", get(url)[1])
    assert (before != after, plain_text(before)) == (True, plain_text(after))


def test_the_firewall_answers_403_for_lists_and_pages(sites: SampleSites) -> None:
    first_list_page = sites.base_url("shanxi_changzhi") + families.list_path(SITES["shanxi_changzhi"], 1)
    article = address(sites, "shanxi_changzhi", "feedback")
    sites.set_day(3)
    assert {get(url)[0].status for url in (first_list_page, article)} == {403}


def test_a_list_turned_round_shows_its_oldest_entry_first() -> None:
    listing = SITES["anhui_chuzhou"].listing(4)
    assert listing[0].date == min(page.date for page in listing)


def test_a_notice_off_the_list_is_still_alive(sites: SampleSites) -> None:
    url = address(sites, "anhui_chuzhou", "leaves-the-list")
    sites.set_day(3)
    assert url not in list_entries(sites, "anhui_chuzhou")
    assert get(url)[0].status == 200


@pytest.mark.parametrize(("site_id", "status"), [("hubei_xiaogan", 200), ("anhui_chuzhou", 404)])
def test_robots_txt(sites: SampleSites, site_id: str, status: int) -> None:
    assert get(sites.base_url(site_id) + "/robots.txt")[0].status == status


def test_one_site_asks_for_a_delay(sites: SampleSites) -> None:
    assert b"Crawl-delay: 0.2" in get(sites.base_url("hubei_xiaogan") + "/robots.txt")[1]


def test_an_etag_that_holds_gives_304(sites: SampleSites) -> None:
    url = address(sites, "hubei_xiaogan", "municipal")
    assert get(url, If_None_Match=get(url)[0].headers["ETag"])[0].status == 304


def test_a_changed_page_gives_200_to_its_old_etag(sites: SampleSites) -> None:
    url = address(sites, "shandong_dezhou", "window-extended")
    tag = get(url)[0].headers["ETag"]
    sites.set_day(3)
    assert get(url, If_None_Match=tag)[0].status == 200


def test_a_page_not_modified_since_gives_304(sites: SampleSites) -> None:
    url = address(sites, "shanxi_changzhi", "feedback")
    stamp = get(url)[0].headers["Last-Modified"]
    sites.set_day(6)
    assert get(url, If_Modified_Since=stamp)[0].status == 304


def test_an_unreadable_date_is_no_condition(sites: SampleSites) -> None:
    assert get(address(sites, "shanxi_changzhi", "feedback"), If_Modified_Since="yesterday")[0].status == 200


def test_a_site_with_a_counter_sends_no_validators(sites: SampleSites) -> None:
    assert not {"ETag", "Last-Modified"} & set(get(address(sites, "hunan_yiyang", "wrong-count"))[0].headers)


def test_head_sends_no_body(sites: SampleSites) -> None:
    response, body = get(address(sites, "hubei_xiaogan", "municipal"), method="HEAD")
    assert (int(response.headers["Content-Length"]) > 0, body) == (True, b"")


def test_a_day_that_is_no_day_is_refused(sites: SampleSites) -> None:
    with pytest.raises(ValueError, match="day 5"):
        sites.set_day(5)


def test_without_an_address_each_every_site_has_a_port_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SampleSites, "bound", SampleSites.on_ports)
    with SampleSites() as sites:
        assert len({sites.base_url(site_id) for site_id in SITES}) == len(SITES)
        assert all(sites.base_url(site_id).startswith("http://127.0.0.1:") for site_id in SITES)


# ---- the registry


def test_the_registry_lists_every_site_with_the_address_it_has(sites: SampleSites, tmp_path: Path) -> None:
    sources = [source for file in sites.registry_dir(tmp_path).iterdir() for source in tomllib.loads(file.read_text("utf-8"))["source"]]
    assert {source["id"]: source["list_urls"] for source in sources} == {
        site_id: [sites.base_url(site_id) + families.list_path(site, 1)] for site_id, site in SITES.items()
    }


def test_the_registry_names_the_family_each_site_is_made_of(sites: SampleSites, tmp_path: Path) -> None:
    sources = [source for file in sites.registry_dir(tmp_path).iterdir() for source in tomllib.loads(file.read_text("utf-8"))["source"]]
    assert {source["id"]: source["family"] for source in sources} == {site_id: site.family for site_id, site in SITES.items()}


# ---- markup


def test_rows_that_follow_each_other_are_one_table() -> None:
    assert [block.kind for block in markup.blocks("一\n| a | b |\n| c | d |\n> 署名")] == ["paragraph", "table", "right"]


def test_text_is_escaped() -> None:
    assert "&lt;b&gt;" in markup.modern_html("<b>")


def test_a_table_is_closed_by_the_tag_that_opened_it() -> None:
    assert markup.old_html("| a |").endswith("</TABLE>")


def test_a_word_document_is_the_same_bytes_each_time() -> None:
    assert markup.word_document.__wrapped__("一\n| a | b |") == markup.word_document.__wrapped__("一\n| a | b |")


def test_a_word_document_holds_the_words() -> None:
    with zipfile.ZipFile(io.BytesIO(markup.word_document("整改措施\n| 责任单位 | 某中心 |"))) as package:
        assert all(words in package.read("word/document.xml").decode() for words in ("整改措施", "责任单位", "某中心"))
