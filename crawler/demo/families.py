"""What a sample site answers on a simulated day: every address it serves, as its CMS family writes it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html import escape
from string import Template
from uuid import NAMESPACE_URL, uuid5

from crawler.demo import markup
from crawler.demo.sites import File, Page, SampleSite, Version, data_folder, load

#: stands in a page where the server puts the number of visits
VISITS = b"@@VISITS@@"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a family's pages stand (``data/layouts.toml`` says what the patterns mean)."""

    entrance: str
    further: str
    article: str
    file: str
    body: str
    pager: str
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site sends for one address. ``headers`` without the length, which follows from the body."""

    body: bytes
    status: int = 200
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)


@cache
def layouts() -> dict[str, Layout]:
    return {name: Layout(**table) for name, table in load(data_folder() / "layouts.toml").items()}


@cache
def template(family: str, name: str) -> Template:
    """A page template of a family; raises `FileNotFoundError` if there is none."""
    return Template((data_folder() / "templates" / family / f"{name}.html").read_text("utf-8"))


@cache
def answers(site: SampleSite, day: int) -> dict[str, Answer]:
    """All that ``site`` serves on ``day``, by path with query. What is not among it is a 404."""
    found = dict(list_pages(site, day))
    for page in site.pages:
        version = page.at(day)
        if version and version.gone in (None, "soft404"):
            found.update(detail(site, page, version, day))
    return found


def refusal(site: SampleSite) -> Answer:
    """The firewall's page."""
    return html(site, template("common", "firewall").substitute(name=escape(site.name)), 403)


def missing(site: SampleSite) -> Answer:
    """The site's page for an address it does not know."""
    return html(site, gone_page(site), 404)


def robots(site: SampleSite) -> Answer:
    if site.robots is None:
        return missing(site)
    return Answer(site.robots.encode(), content_type="text/plain")


def html(site: SampleSite, text: str, status: int = 200) -> Answer:
    return Answer(text.encode(site.charset, "xmlcharrefreplace"), status, f"text/html; charset={site.charset}")


def detail(site: SampleSite, page: Page, version: Version, day: int) -> Iterator[tuple[str, Answer]]:
    path = article_path(site, page, version)
    if version.gone:
        yield path, html(site, gone_page(site))
        return
    yield path, html(site, article(site, page, version, day))
    for index, file in enumerate(version.files):
        yield file_path(site, page, index), Answer(markup.word_document(file.text), content_type=WORD)


def article_path(site: SampleSite, page: Page, version: Version) -> str:
    """The address of an entry below its site's root, with the query."""
    return fill(layouts()[site.family].article, site, page, version.moves)


def file_path(site: SampleSite, page: Page, index: int) -> str:
    return fill(layouts()[site.family].file, site, page, 0, index + 1)


def fill(pattern: str, site: SampleSite, page: Page, moves: int, k: int = 0) -> str:
    number = page.seq + 700 * moves
    return pattern.format(date=page.date, id=number, k=k, column=stable_id(site.id), uuid=stable_id(f"{site.id}/{number}"))


def stable_id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:sample:{name}"))


def list_path(site: SampleSite, number: int) -> str:
    """The address of list page ``number``, counted from 1."""
    layout = layouts()[site.family]
    pattern = layout.entrance if number == 1 else layout.further
    return pattern.format(n=number, before=number - 1, column=stable_id(site.id))


# ---- pages


def article(site: SampleSite, page: Page, version: Version, day: int) -> str:
    redesigned = site.redesigned_on is not None and day >= site.redesigned_on
    path = article_path(site, page, version)
    name = "article_new" if redesigned else "article"
    main = template(site.family, name).substitute(
        title=escape(version.title),
        date=f"{page.date:%Y-%m-%d}",
        year=page.date.year,
        source=escape(page.source),
        body=body_html(site, version),
        files="".join(file_link(site, page, index, file, path) for index, file in enumerate(version.files)),
        id=page.seq,
        visits=VISITS.decode() if site.counter else "",
    )
    return framed(site, version.title, main)


def body_html(site: SampleSite, version: Version) -> str:
    if version.retypeset:
        return markup.retypeset_html(version.text)
    write = {"modern": markup.modern_html, "old": markup.old_html}[layouts()[site.family].body]
    return write(version.text)


def file_link(site: SampleSite, page: Page, index: int, file: File, path: str) -> str:
    href = href_of(site, file_path(site, page, index), path)
    return f'<p>附件：<a href="{escape(href)}" target="_blank">{escape(file.name)}</a></p>'


def gone_page(site: SampleSite) -> str:
    return framed(site, "页面不存在", template("common", "gone").template)


def framed(site: SampleSite, title: str, main: str) -> str:
    names = {"name": escape(site.name), "agency": escape(site.agency), "column": escape(site.column)}
    return template(site.family, "frame").substitute(title=escape(title), main=main, **names)


def href_of(site: SampleSite, target: str, path: str) -> str:
    """A link from one address of the site to another, in the family's manner."""
    if not layouts()[site.family].relative:
        return target
    relative = posixpath.relpath(target, posixpath.dirname(path))
    return relative if relative.startswith(".") else f"./{relative}"


# ---- lists


@dataclass(frozen=True, slots=True)
class Place:
    """Which page of a list it is: ``number`` of ``pages``, counted from 1, of a list with ``total`` entries."""

    site: SampleSite
    number: int
    pages: int
    total: int

    def link(self, to: int, words: str, kind: str = "") -> str:
        """A link to page ``to`` of the same list."""
        href = href_of(self.site, list_path(self.site, to), list_path(self.site, self.number))
        mark = f' class="{kind}"' if kind else ""
        return f'<a{mark} href="{escape(href)}">{words}</a>'


def list_pages(site: SampleSite, day: int) -> Iterator[tuple[str, Answer]]:
    entries = site.listing(day)
    parts = [entries[at : at + site.per_page] for at in range(0, len(entries), site.per_page)]
    for number, part in enumerate(parts, start=1):
        path = list_path(site, number)
        rows = "".join(row(site, page, version, path) for page in part if (version := page.at(day)))
        pager = PAGERS[layouts()[site.family].pager](Place(site, number, len(parts), len(entries)))
        main = template(site.family, "list").substitute(column=escape(site.column), rows=rows, pager=pager)
        yield path, html(site, framed(site, site.column, main))


def row(site: SampleSite, page: Page, version: Version, path: str) -> str:
    href = href_of(site, article_path(site, page, version), path)
    return template(site.family, "row").substitute(url=escape(href), title=escape(version.title), date=f"{page.date:%Y-%m-%d}")


def pager_words(at: Place) -> str:
    """首页 上一页 下一页 尾页, as words without a link where there is nothing to go to."""
    back = f"{at.link(1, '首页')} {at.link(at.number - 1, '上一页')}" if at.number > 1 else "首页 上一页"
    on = f"{at.link(at.number + 1, '下一页')} {at.link(at.pages, '尾页')}" if at.number < at.pages else "下一页 尾页"
    return f"共{at.total}条 第{at.number}/{at.pages}页 {back} {on}"


def pager_script(at: Place) -> str:
    """A call that a script on the page would turn into links: pages counted from 0."""
    return f'<script>\n//<!--\ncreatePageHTML({at.pages}, {at.number - 1}, "index", "html");\n//-->\n</script>'


def pager_next(at: Place) -> str:
    """How far one is, and one link, which leads nowhere on the last page."""
    idle = '<a class="next disabled" href="javascript:void(0)">下一页</a>'
    return f"<span>{at.number}/{at.pages}</span>{at.link(at.number + 1, '下一页', 'next') if at.number < at.pages else idle}"


def pager_numbers(at: Place) -> str:
    """Figures alone, the page's own one among them."""
    return "".join(at.link(to, str(to), "on" if to == at.number else "pg") for to in range(1, at.pages + 1))


def pager_pagelist(at: Place) -> str:
    """Figures, the next page, and how many pages and entries there are."""
    figures = (
        f'<li class="thisclass">{to}</li>' if to == at.number else f"<li>{at.link(to, str(to))}</li>" for to in range(1, at.pages + 1)
    )
    on = f"<li>{at.link(at.number + 1, '下一页')}</li><li>{at.link(at.pages, '末页')}</li>" if at.number < at.pages else ""
    return f'{"".join(figures)}{on}<li><span class="pageinfo">共 <strong>{at.pages}</strong>页<strong>{at.total}</strong>条</span></li>'


PAGERS = {"words": pager_words, "script": pager_script, "next": pager_next, "numbers": pager_numbers, "pagelist": pager_pagelist}
