"""The CMS families a source may name, and their options. Data only: the code that reads their lists lives in `spiders.families`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OptionValue = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a family. ``css``: the text is a CSS selector; ``choices``: the only values allowed (empty: any)."""

    name: str
    type: type[str] | type[int] | type[bool]
    default: OptionValue
    help: str
    css: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FamilySpec:
    """A family as the registry knows it. ``browser``: its lists are there in a browser only."""

    name: str
    about: str
    options: tuple[Option, ...] = ()
    browser: bool = False

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)

    def filled(self, given: Mapping[str, OptionValue]) -> Mapping[str, OptionValue]:
        """``given`` with the default of every option left out, read-only."""
        return MappingProxyType({option.name: given.get(option.name, option.default) for option in self.options})


ENTRY = Option("entry", str, None, "CSS of one row; default: the rows are found by their shape", css=True)
PAGER = Option("pager", str, None, "CSS of the link to the next page, or of the block it stands in", css=True)
WHOLE = Option("whole", bool, False, "the list is one page and has no pager: its end is proved by the page alone")
NUMBERING = Option("numbering", str, None, 'file of page n where a script makes the links, as "list_{n}.html"')
FIRST = Option("first", int, None, "what createPageHTML calls the first page, 0 or 1; default: by the form of the call")
SIZE = Option("size", int, 15, "rows asked for at once")
NEXT = Option("next", str, None, "CSS of the control that leads to the next page; default: the one that says 下一页", css=True)

_SPECS = (
    FamilySpec("static", "a plain HTML list with links to its further pages", (ENTRY, PAGER, WHOLE, NUMBERING)),
    FamilySpec("trs", "TRS WCM (拓尔思): index_1.html is page 2, the count stands in createPageHTML()", (ENTRY, FIRST)),
    FamilySpec("columns", "provincial platform: /columns/<uuid>/index_1.html (Hebei)", (ENTRY, PAGER)),
    FamilySpec("zwgk", "信息公开 platform: a table of names and dates, numbered pages", (ENTRY, PAGER)),
    FamilySpec("oldasp", "old ASP sites: nested tables, ?page=", (ENTRY, PAGER)),
    FamilySpec("dede", "DedeCMS and aggregators: list_2_2.html", (ENTRY, PAGER)),
    FamilySpec(
        "jpage",
        "大汉 jpage: CDATA records in the page, the further ones from dataproxy.jsp",
        (
            ENTRY,
            Option("paging", str, "records", "how dataproxy.jsp counts; page: it ignores startrecord", choices=("records", "page")),
            Option("method", str, "POST", "how dataproxy.jsp is asked", choices=("POST", "GET")),
            Option("size", int, None, "rows asked for at once; default: what the page itself asks for"),
        ),
    ),
    FamilySpec(
        "jpaas",
        "大汉 jpaas: the list is an HTML fragment inside JSON of the api-gateway",
        (ENTRY, Option("unit", str, None, "tagId of the list's unit where the page has several"), SIZE),
    ),
    FamilySpec(
        "gkmlpt",
        "广东政府信息公开平台: JSON at /gkmlpt/api/all/<category>",
        (
            Option("category", int, None, "number of the category where the list address has none after #"),
            Option("sid", str, None, "number of the site; default: read from the page"),
            Option("size", int, 100, "rows per page where the answer does not say"),
        ),
    ),
    FamilySpec(
        "ucap",
        "开普 UCAP: list.shtml, list_2.shtml, or JSON with whole bodies at /common/search/<channelId>",
        (ENTRY, FIRST, PAGER, Option("api", bool, False, "read /common/search although the page lists rows"), SIZE),
    ),
    FamilySpec("longxun", "龙讯: ?pageIndex=n, the count stands in a script", (ENTRY, PAGER)),
    FamilySpec("vsb", "博达 VSB: gsgg.htm, then gsgg/9.htm numbered downwards", (ENTRY, PAGER)),
    FamilySpec("showlist", "…/showList/<id>/page_2.html", (ENTRY, PAGER)),
    FamilySpec("jeecms", "JEECMS: column.jhtml, column_2.jhtml", (ENTRY, PAGER)),
    FamilySpec(
        "epoint",
        "新点 Epoint: JSON of getgovinfolist",
        (
            Option("category", str, None, "categorynum; default: from the list address"),
            Option("size", int, 50, "rows asked for at once"),
            Option("first", int, 0, "what the first page is called, 0 or 1"),
        ),
    ),
    FamilySpec(
        "script", "a list built by script, whose 下一页 is clicked; needs browser = true", (ENTRY, PAGER, WHOLE, NEXT), browser=True
    ),
    FamilySpec("querylist", "江西 platform: JSON with whole bodies from POST /queryList", (SIZE,)),
)

FAMILIES: Mapping[str, FamilySpec] = MappingProxyType({spec.name: spec for spec in _SPECS})
