"""Every family against invented list pages: tests/golden_lists/<family>/<case>/ holds the page, its story and what it must say."""

from __future__ import annotations

import contextlib
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import LayoutError, UsageError
from crawler.extract.page.tree import MAX_TAGS
from crawler.items import Ask, Click, Entry, ListPage
from crawler.registry.families import FAMILIES
from spiders.families import CLASSES, ListResponse, family_of
from spiders.families.base import same_ask
from spiders.families.row_date import row_date, whole_date

HOME = Path(__file__).parent / "golden_lists"
CASES = sorted(path.parent for path in HOME.glob("*/*/about.toml"))
BASE = "https://sthj.example.gov.cn/zw/list.html"


def test_there_are_cases() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_family_has_a_golden_page(name: str) -> None:
    assert any(case.parent.name == name for case in CASES)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_family_of_the_registry_has_a_class(name: str) -> None:
    assert CLASSES[name].name == name


def golden(case: Path) -> tuple[ListResponse, ListPage]:
    about: dict[str, Any] = tomllib.loads((case / "about.toml").read_text("utf-8"))
    body = next(path for path in case.iterdir() if path.stem == "page").read_bytes()
    form = tuple((key, value) for key, value in about.get("form", []))
    click = Click("下一页", about["clicks"]) if "clicks" in about else None
    ask = Ask(about["url"], about.get("method", "GET"), form, (), about.get("json"), click)
    page = ListResponse(about["url"], body, body.decode(about.get("charset", "utf-8")), ask, about["list_url"])
    return page, family_of(case.parent.name)(about.get("options", {})).read_list(page)


def as_json(listed: ListPage) -> dict[str, Any]:
    rows = [
        {"url": e.url, "title": e.title, "date": e.date.isoformat() if e.date else None} | ({"body": e.body} if e.body else {})
        for e in listed.entries
    ]
    asked = listed.next
    following = (
        {
            k: v
            for k, v in {
                "url": asked.url,
                "method": asked.method,
                "form": [list(p) for p in asked.form],
                "json": asked.json,
                "click": [asked.click.words, asked.click.times, asked.click.css] if asked.click else None,
            }.items()
            if v
        }
        if asked
        else None
    )
    return {"entries": rows, "next": following, "end": listed.end, "total": listed.total}


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_list_page_reads_as_expected(case: Path) -> None:
    found, expected = as_json(golden(case)[1]), case / "expected.json"
    if not expected.exists():
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
        pytest.fail(f"wrote {expected}: compare it with the page, then run again")
    assert found == json.loads(expected.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_next_page_is_another_one(case: Path) -> None:
    page, listed = golden(case)
    assert listed.next is None or not same_ask(listed.next, page.ask)


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_page_has_a_next_one_or_an_end_but_not_both(case: Path) -> None:
    listed = golden(case)[1]
    assert listed.next is None or listed.end is None


def read(markup: str, family: str = "static", url: str = BASE, list_url: str = BASE, **options: Any) -> ListPage:
    return family_of(family)(options).read_list(ListResponse(url, markup.encode(), markup, Ask(url), list_url))


def rows(*items: str, pager: str = "<div class='pages'>第1页/共1页</div>") -> str:
    return f"<html><body><ul>{''.join(items)}</ul>{pager}</body></html>"


def one(item: str) -> Entry:
    return read(rows(item, "<li><a href='z.html'>另一条用来陪衬的公示标题</a><b>2020-01-01</b></li>")).entries[0]


class TestDates:
    @pytest.mark.parametrize(
        "text",
        [
            "2025-05-21",
            "[2025-05-21]",
            "（2025.05.21）",
            "2025/5/21",
            "2025年5月21日",
            "25-05-21",
            "20250521",
            "2025-05-21 10:30",
            "2025-05-21 10:30:05",
            "发布时间：2025-05-21",
            "日期: 2025年05月21日",
            "2025 - 05 - 21",
        ],
    )
    def test_form(self, text: str) -> None:
        assert whole_date(text) == date(2025, 5, 21)

    @pytest.mark.parametrize("text", ["", "2025-13-01", "2025-02-30", "1/5", "共21条", "第3页", "1024-01-01", "关于2025年5月21日的公示"])
    def test_no_date(self, text: str) -> None:
        assert whole_date(text) is None

    @pytest.mark.parametrize(
        "pieces",
        [
            pytest.param(["21", "2025-05"], id="day first"),
            pytest.param(["2025-05", "21"], id="day last"),
            pytest.param(["05-21", "2025"], id="year last"),
            pytest.param(["2025", "05-21"], id="year first"),
            pytest.param(["21日", "2025年5月"], id="in words"),
        ],
    )
    def test_split_date(self, pieces: list[str]) -> None:
        assert row_date(pieces) == date(2025, 5, 21)

    def test_month_and_day_take_the_year_of_the_address(self) -> None:
        assert row_date(["05-21"], "https://x.example/202505/t20250521_1.html") == date(2025, 5, 21)

    def test_month_and_day_that_contradict_the_address_are_unknown(self) -> None:
        assert row_date(["06-02"], "https://x.example/202505/t20250521_1.html") is None

    @pytest.mark.parametrize(
        "url",
        ["https://x.example/art/2025/5/21/art_1_2.html", "https://x.example/a/202505/21/7f.html", "https://x.example/a/20250521/7.html"],
    )
    def test_address_alone(self, url: str) -> None:
        assert row_date([], url) == date(2025, 5, 21)

    def test_address_of_a_month_is_no_day(self) -> None:
        assert row_date([], "https://x.example/2025-05/content_11.html") is None

    @given(
        st.dates(date(1990, 1, 1), date(2099, 12, 31)),
        st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "[%Y-%m-%d]", "%Y%m%d"]),
    )
    def test_any_day_in_any_form(self, day: date, form: str) -> None:
        assert whole_date(day.strftime(form)) == day

    @given(st.text(max_size=80))
    def test_any_text_is_a_date_or_none(self, text: str) -> None:
        assert whole_date(text) is None or 1990 <= whole_date(text).year <= 2100  # type: ignore[union-attr]


class TestRows:
    def test_date_in_the_title_is_not_the_rows_date(self) -> None:
        assert one("<li><a href='a.html'>关于2024年1月2日环评批复的公告</a></li>").date is None

    def test_date_inside_the_link_is_left_out_of_the_title(self) -> None:
        entry = one("<li><a href='a.html'><em>2025-05-21</em><p>云溪市整改任务销号公示</p></a></li>")
        assert (entry.title, entry.date) == ("云溪市整改任务销号公示", date(2025, 5, 21))

    def test_cut_title_comes_from_the_attribute(self) -> None:
        assert one("<li><a href='a.html' title='云溪市整改任务销号公示（全）'>云溪市整改…</a></li>").title == "云溪市整改任务销号公示（全）"

    def test_attribute_about_something_else_is_not_the_title(self) -> None:
        assert one("<li><a href='a.html' title='点击这里就能够查看全文内容'>云溪市整改任务公示</a></li>").title == "云溪市整改任务公示"

    def test_title_keeps_markup_characters_as_text(self) -> None:
        assert one("<li><a href='a.html'>公示&lt;script&gt;alert(1)&lt;/script&gt;</a></li>").title == "公示<script>alert(1)</script>"

    def test_row_with_two_links_gives_the_longer_one(self) -> None:
        assert one("<li>[<a href='/c/'>公示公告</a>]<a href='a.html'>云溪市整改任务销号公示</a><b>2025-05-21</b></li>").url.endswith(
            "/zw/a.html"
        )

    def test_option_entry_names_the_rows(self) -> None:
        better = "<ul><li><a href='2.html'>关于整改任务销号的公示公告</a><b>2025-01-01</b></li></ul>"
        page = f"<div class='x'><a href='1.html'>甲乙丙丁</a></div>{better}<p>第1页/共1页</p>"
        assert [e.url[-6:] for e in read(page, entry="div.x").entries] == ["1.html"]

    def test_a_list_of_one_row(self) -> None:
        logo = "<div class='header'><h1><a href='/'>云溪市生态环境局官网</a></h1></div>"
        row = "<div><a href='1.html'>整改任务销号公示</a><i>2025-01-01</i></div>"
        listed = read(f"<body>{logo}<div class='main'>{row}<p>第3页/共3页</p></div></body>")
        assert [e.url[-6:] for e in listed.entries] == ["1.html"]

    def test_a_box_of_other_news_is_not_the_list(self) -> None:
        news = "".join(f"<li><a href='/xw/{n}.html'>某市召开推进会议研究部署工作（{n}）</a><i>2025-01-0{n}</i></li>" for n in range(1, 9))
        row = "<p><a href='2025/1.html'>整改任务销号公示</a><i>2025-01-01</i></p>"
        listed = read(f"<div class='box'><ul>{news}</ul></div><div class='main'>{row}<p>第3页/共3页</p></div>")
        assert [e.title for e in listed.entries] == ["整改任务销号公示"]

    def test_a_list_cut_into_pieces_is_one_list(self) -> None:
        pieces = "".join(f"<ul class='u{n}'><li><a href='{n}.html'>销号公示公告（{n}）</a><i>2025-01-01</i></li></ul>" for n in range(4))
        assert len(read(f"<div>{pieces}</div><p>第1页/共1页</p>").entries) == 4

    def test_rows_without_dates(self) -> None:
        assert (
            len(
                read(
                    rows("<li><a href='1.html'>整改任务销号公示（一）</a></li>", "<li><a href='2.html'>整改任务销号公示（二）</a></li>")
                ).entries
            )
            == 2
        )

    def test_script_links_are_no_entries(self) -> None:
        listed = read(
            rows(
                "<li><a href='1.html'>整改任务销号公示（一）</a><b>2025-01-01</b></li>",
                "<li><a href=\"javascript:go('2')\">整改任务销号公示（二）</a><b>2025-01-01</b></li>",
            )
        )
        assert len(listed.entries) == 1


class TestEnds:
    ROW = "<li><a href='1.html'>整改任务销号公示（一）</a><b>2025-01-01</b></li>"

    @pytest.mark.parametrize(
        "pager",
        [
            "第5页/共5页",
            "5/5页",
            "共5页 当前第5页",
            "<div class='page'>5/5</div>",
            "<a href='list.html'>首页</a> <a href='list_4.html'>上一页</a> 下一页 尾页",
            "<div class='page'><a href='list.html'>1</a><span>2</span></div>",
            "<p>共1条</p><a href='list.html'>首页</a>",
        ],
    )
    def test_proof(self, pager: str) -> None:
        assert read(rows(self.ROW, pager=f"<div>{pager}</div>"), url=BASE.replace("list", "list_5")).end

    @pytest.mark.parametrize(
        "pager",
        ["", "<div class='pages'></div>", "<div class='page'></div><script>var totalPage = 9; laypage({});</script>", "第2页/共5页"],
        ids=["no pager", "empty pager on the first page", "pager by an unknown script", "page 2 of 5 without a link"],
    )
    def test_no_proof(self, pager: str) -> None:
        listed = read(rows(self.ROW, pager=f"<div>{pager}</div>"))
        assert (listed.next, listed.end) == (None, None)

    @pytest.mark.parametrize(
        "link",
        [
            "<a href='javascript:go(2)'>下一页</a>",
            "<a href='javascript:;' data-page='2'>下一页</a>",
            "<a href='#' onclick='go(2)'>下一页</a>",
            "<span onclick='go(2)'>下一页</span>",
            "<button>下一页</button>",
            "<input type='button' value='下一页'>",
        ],
    )
    def test_a_next_page_by_script_is_no_end(self, link: str) -> None:
        listed = read(rows(self.ROW, pager=f"<div class='page'><span>首页</span> {link}</div>"))
        assert (listed.next, listed.end) == (None, None)

    @pytest.mark.parametrize(
        "link", ["<a class='disabled' href='javascript:;'>下一页</a>", "<button disabled>下一页</button>", "<a>下一页</a>", "下一页"]
    )
    def test_a_dead_next_page_is_an_end(self, link: str) -> None:
        assert read(rows(self.ROW, pager=f"<div class='page'><span>首页</span> {link}</div>")).end

    def test_a_total_of_other_things_is_no_end(self) -> None:
        assert read(rows(self.ROW, pager="<div class='page'>共9条</div>")).end is None

    def test_empty_pager_on_a_later_page_is_a_proof(self) -> None:
        assert read(rows(self.ROW, pager="<div class='pages'></div>"), url=BASE.replace("list", "list_5")).end

    def test_next_that_leads_here_is_no_next(self) -> None:
        assert read(rows(self.ROW, pager="<div><a href='list.html'>首页</a><a href='list.html'>下一页</a></div>")).next is None

    def test_next_article_is_no_next_page(self) -> None:
        assert read(rows(self.ROW, pager="<p><a href='9.html'>下一篇</a></p>")).next is None

    def test_option_whole_proves_a_list_without_pager(self) -> None:
        assert read(rows(self.ROW, pager=""), whole=True).end

    def test_option_pager_names_the_link(self) -> None:
        listed = read(rows(self.ROW, pager="<a class='go' href='p2.html'>→</a>"), pager="a.go")
        assert listed.next == Ask("https://sthj.example.gov.cn/zw/p2.html")

    @pytest.mark.parametrize(("first", "end"), [(0, None), (1, "page 3 of 3")], ids=["counts from 0", "counts from 1"])
    def test_option_first_tells_how_the_script_counts(self, first: int, end: str | None) -> None:
        page = rows(
            self.ROW,
            pager="<script>createPageHTML('p',3,3,'list','shtml',9)</script>"
            if first
            else "<script>createPageHTML('p',4,2,'list','shtml',9)</script>",
        )
        assert read(page, "ucap", BASE.replace("list", "list_3"), first=first).end == end


class TestBroken:
    @pytest.mark.parametrize("family", sorted(set(FAMILIES)))
    @pytest.mark.parametrize(
        "body",
        [
            "",
            "<html></html>",
            "系统繁忙，请稍后再试",
            "<div class='error'>数据库连接失败，请稍后再试！</div>",
            '{"code":500,"data":null}',
            "[]",
            "\x00\x01",
            "<p>" * 500,
        ],
        ids=["nothing", "blank", "busy", "database", "json error", "json list", "binary", "deep"],
    )
    def test_what_is_no_list_raises(self, family: str, body: str) -> None:
        with pytest.raises(LayoutError):
            read(body, family, list_url=f"{BASE}#12")

    @pytest.mark.parametrize(
        ("family", "ask"),
        [
            ("jpage", Ask("https://x.example/dataproxy.jsp?startrecord=1&endrecord=9", "POST", (("a", "b"),))),
            ("gkmlpt", Ask("https://x.example/gkmlpt/api/all/1?page=1&sid=2")),
            ("jpaas", Ask("https://x.example/unit?paramJson=%7B%22pageNo%22%3A1%7D")),
            ("ucap", Ask("https://x.example/common/search/ab?page=1&_pageSize=15")),
            ("querylist", Ask("https://x.example/queryList", "POST", (("current", "1"), ("perPage", "15")))),
            ("epoint", Ask("https://x.example/l", "POST", (), (), '{"pageIndex":0,"pageSize":5}')),
        ],
    )
    @pytest.mark.parametrize(
        "body", ["", "<html>error</html>", "{}", "[1]", '{"data":1}', '{"data":{"html":1}}', '{"articles":{}}', "[" * 5000]
    )
    def test_an_answer_of_another_shape_raises(self, family: str, ask: Ask, body: str) -> None:
        with pytest.raises(LayoutError):
            family_of(family)({}).read_list(ListResponse(ask.url, body.encode(), body, ask, BASE))

    def test_rows_gone_although_the_pager_counts_pages(self) -> None:
        with pytest.raises(LayoutError, match="page 1 of 7"):
            read("<ul></ul><div>第1页/共7页 <a href='list_2.html'>下一页</a></div>")

    def test_the_message_names_the_selector(self) -> None:
        with pytest.raises(LayoutError, match=r"ul\.news > li"):
            read("<p>redesigned</p>", entry="ul.news > li")

    def test_unknown_family(self) -> None:
        with pytest.raises(UsageError, match="static"):
            family_of("wordpress")

    @given(st.text(alphabet="<>/ali hrefu='\"=0123.年月日下一页&;\n", max_size=300))
    def test_any_markup_is_read_or_refused(self, markup: str) -> None:
        with contextlib.suppress(LayoutError):
            assert isinstance(read(markup), ListPage)


class TestGkmlpt:
    def test_known_site_number_saves_the_shell(self) -> None:
        ask = family_of("gkmlpt")({"sid": "755999"}).first("https://x.example/hbj/gkmlpt/index#4405")
        assert ask.url == "https://x.example/hbj/gkmlpt/api/all/4405?page=1&sid=755999"

    def test_list_address_without_category_raises(self) -> None:
        with pytest.raises(LayoutError, match="category"):
            read("<script>_CONFIG = {SID: '7'}</script>", "gkmlpt", "https://x.example/gkmlpt/index", "https://x.example/gkmlpt/index")


class TestInstalls:
    """What installs of one product do differently."""

    TWO = tuple(f"<li><a href='{n}.html'>整改任务销号公示（{n}）</a><b>2025-01-0{n}</b></li>" for n in (1, 2))
    COLUMN = "https://x.example/content/column/1287?pageIndex=1"

    def epoint(self, index: int, count: int, total: int | str | None = None, **options: Any) -> ListPage:
        data = [{"infourl": f"/{index}/{n}.html", "title": f"公示{n}", "infodate": "2025-05-21"} for n in range(count)]
        body = json.dumps({"custom": {"data": data} | ({} if total is None else {"total": total})})
        ask = Ask("https://x.example/r", "POST", (), (), json.dumps({"pageIndex": index, "pageSize": 50}))
        return family_of("epoint")(options).read_list(ListResponse(ask.url, body.encode(), body, ask, BASE))

    def test_fewer_rows_than_asked_for_are_no_end(self) -> None:
        assert self.epoint(0, 20).next

    def test_an_empty_page_is_an_end(self) -> None:
        assert self.epoint(3, 0).end == "page 4 is empty"

    @pytest.mark.parametrize(("first", "end"), [(0, "total 70 rows seen"), (1, None)])
    def test_option_first_tells_how_pages_are_counted(self, first: int, end: str | None) -> None:
        assert self.epoint(1, 20, "70", first=first).end == end

    def test_a_project_without_a_slash_is_a_folder_at_the_root(self) -> None:
        script = 'var siteInfo = {"projectName": "EWB-FRONT", "siteGuid": "7eb5f7f1-9041"}'
        listed = read(
            script, "epoint", "https://x.example/js/webBuilderCommon.js", "https://x.example/d/zwgk/govInfoPub.html?categorynum=3"
        )
        assert listed.next
        assert listed.next.url == "https://x.example/EWB-FRONT/rest/lightfrontaction/getgovinfolist"

    def test_a_number_of_pages_that_is_the_number_of_rows_proves_nothing(self) -> None:
        url = "https://x.example/Content/showList/2857/page_2.html"
        listed = read(rows(*self.TWO, pager="<pagination pagesize='2'></pagination>"), "showlist", url, url)
        assert listed.next
        assert listed.next.url == url.replace("page_2", "page_3")

    def test_a_vague_number_in_a_script_leads_on_until_a_page_is_empty(self) -> None:
        script = "<script>show({pageSize:12});</script>"
        listed = read(rows(*self.TWO, pager=script), "longxun", self.COLUMN, self.COLUMN)
        assert listed.next
        assert listed.next.url == self.COLUMN.replace("=1", "=2")
        assert read(rows(pager=script), "longxun", listed.next.url, self.COLUMN).end == "page 2 is empty"

    def test_an_error_page_is_no_empty_page(self) -> None:
        with pytest.raises(LayoutError, match="error text"):
            read("<script>pageSize=12</script>系统繁忙，请稍后再试", "longxun", self.COLUMN.replace("=1", "=4"), self.COLUMN)

    def test_pages_in_words_name_the_next_jhtml(self) -> None:
        url = "https://x.example/c/site/dc_2.jhtml"
        listed = read(rows(*self.TWO, pager="<div class='page'>共6条记录 2/3页</div>"), "jeecms", url, url.replace("_2", ""))
        assert listed.next
        assert listed.next.url == url.replace("_2", "_3")

    def test_a_registration_number_is_no_row(self) -> None:
        foot = "<p><a href='http://www.beian.gov.cn/x?recordcode=62010202000617'>甘公网安备62010202000617号</a></p>"
        with pytest.raises(LayoutError):
            read(f"<html><body><ul></ul><div class='page'>1/3</div>{foot}</body></html>")

    def test_rows_a_page_as_the_answer_says(self) -> None:
        ask = Ask("https://x.example/common/search/ab?_pageSize=15&page=2")
        results = [{"url": f"/{n}.shtml", "title": f"公示{n}"} for n in range(10)]
        body = json.dumps({"data": {"total": 25, "rows": 10, "results": results}})
        assert family_of("ucap")({}).read_list(ListResponse(ask.url, body.encode(), body, ask, BASE)).next


class TestScript:
    ROW = (
        "<li><a href='/d/1.html'>关于某市督察整改任务第一项销号的公示</a><span>2025-05-21</span></li>"
        "<li><a href='/d/2.html'>另一条用来陪衬的公示标题</a><b>2020-01-01</b></li>"
    )

    def listed(self, pager: str, clicks: int = 0, **options: Any) -> ListPage:
        markup = rows(self.ROW, pager=pager)
        ask = Ask(BASE, click=Click("下一页", clicks) if clicks else None)
        return family_of("script")(options).read_list(ListResponse(BASE, markup.encode(), markup, ask, BASE))

    def test_next_is_a_click(self) -> None:
        assert self.listed("<div>第2/3页 <a href='javascript:;'>下一页</a></div>", 1).next == Ask(BASE, click=Click("下一页", 2))

    def test_named_control(self) -> None:
        found = self.listed("<p><i class='fwd'></i></p>", next="i.fwd")
        assert found.next == Ask(BASE, click=Click("", 1, "i.fwd"))

    def test_an_address_goes_before_a_click(self) -> None:
        found = self.listed("<div class='pages'>第1/3页 <a href='list_2.html'>下一页</a></div>")
        assert found.next == Ask("https://sthj.example.gov.cn/zw/list_2.html")

    def test_another_page_than_the_clicks_led_to_raises(self) -> None:
        with pytest.raises(LayoutError, match="page 3 after 1 clicks"):
            self.listed("<div>第3/5页 <a href='javascript:;'>下一页</a></div>", 1)

    def test_no_control_and_no_count_proves_nothing(self) -> None:
        found = self.listed("<div></div>")
        assert (found.next, found.end) == (None, None)


@pytest.mark.parametrize("name", ["static", "trs"])
def test_a_page_of_more_tags_than_any_list_has_is_no_list(name: str) -> None:
    text = '<p><a href="a.html">关于整改任务销号的公示</a></p>' * (MAX_TAGS // 4 + 1)
    with pytest.raises(LayoutError, match="tags"):
        family_of(name)({}).read_list(ListResponse(BASE, text.encode(), text, Ask(BASE), BASE))
