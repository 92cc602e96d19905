"""What a visit to a site looks for, and what it found: plain data between the spider that visits and the rules that judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.items import Entry
from crawler.policy.verdict import Trouble
from crawler.registry.families import OptionValue
from crawler.registry.model import Source

#: pages of a list that are read to learn how it goes on
FEW_PAGES = 12


@dataclass(frozen=True, slots=True)
class Wish:
    """What to visit: the lists of a source as the registry reads them, or addresses whose family is to be found out.

    ``pages``: how far each list is read, None to its end. ``details``: so many pages of interest are opened; files of theirs
    and validators are looked at only with ``deep``. ``may_browse``: lists that a browser may read are tried
    with it; ``why_not``: why there is none.
    """

    list_urls: tuple[str, ...]
    source: Source | None = None
    pages: int | None = FEW_PAGES
    details: int = 3
    deep: bool = False
    may_browse: bool = False
    why_not: str | None = None


#: characters of text that make a page an article
ARTICLE = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, or why there was none. ``seconds``: with the pause that courtesy asks for. ``plain_challenge``: a script
    that a browser passes by itself.
    """

    url: str
    seconds: float
    status: int | None = None
    final_url: str | None = None
    trouble: Trouble | None = None
    why: str | None = None
    content_type: str | None = None
    size: int = 0
    sha256: str | None = None
    etag: str | None = None
    modified: str | None = None
    charset: str | None = None
    charset_declared_wrong: bool = False
    plain_challenge: bool = False

    @property
    def ok(self) -> bool:
        return self.trouble is None


@dataclass(frozen=True, slots=True)
class Site:
    """What a list page says of the site. ``code``: 网站标识码; ``organiser``: 主办单位; ``script``: why it seems built by script;
    ``frame``: address of a page of the same site that is shown inside it; ``article``: characters of the text, where it reads as
    one text; ``lists``: dated lists that stand on it.
    """

    code: str = ""
    name: str = ""
    organiser: str = ""
    title: str = ""
    script: str | None = None
    frame: str | None = None
    article: int = 0
    lists: int = 0


@dataclass(frozen=True, slots=True)
class Walked:
    """How one family read a list. ``capped``: it went on, and was left there. ``said``: pages the list says it has."""

    family: str
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    pages: int = 0
    entries: tuple[Entry, ...] = ()
    end: str | None = None
    capped: bool = False
    trouble: Trouble | None = None
    why: str | None = None
    said: int | None = None
    total: int | None = None
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Rows were read, and the way on or the end is known."""
        return bool(self.entries) and self.trouble is None and (self.end is not None or self.capped)


@dataclass(frozen=True, slots=True)
class ListFound:
    """One list: its first answer, what the site says of itself there, and how the chosen family read it."""

    url: str
    first: Answer
    site: Site
    walked: Walked | None = None

    @property
    def was_read(self) -> bool:
        """Rows were read, or the page proves that there are none; one that waits for a script proves nothing."""
        if self.walked is None:
            return False
        return bool(self.walked.entries) or (self.walked.trouble is None and self.walked.end is not None and not self.site.script)

    @property
    def is_article(self) -> bool:
        """Whether the address is that of one page, not of a list: a text, and hardly a row that has a date."""
        entries = self.walked.entries if self.walked else ()
        return self.site.article >= ARTICLE and sum(entry.date is not None for entry in entries) < 2 and len(entries) < 4

    @property
    def wants_browser(self) -> bool:
        """Whether nothing was read that a browser might read."""
        return not self.was_read and bool(self.first.plain_challenge or self.site.script)


@dataclass(frozen=True, slots=True)
class DetailFound:
    """A page of interest. ``characters``: of its text; ``named``: the 来源 it names; ``files``: links to attachments."""

    entry: Entry
    answer: Answer
    title: str = ""
    characters: int = 0
    published: str = ""
    named: str = ""
    files: int = 0
    file: Answer | None = None


@dataclass(frozen=True, slots=True)
class Twice:
    """A page asked for twice more: ``again`` in full, ``conditional`` with its validators (None where it has none)."""

    first: Answer
    again: Answer
    conditional: Answer | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """All that a visit found. ``disagreeing``: families that only some of the lists read. ``crawl_delay``: of robots.txt, s.

    ``browser``: the lists were read with it; ``plain``: what they were without it; ``in_vain``: why they were not read in it either.
    """

    wish: Wish
    lists: tuple[ListFound, ...]
    details: tuple[DetailFound, ...] = ()
    validators: tuple[Twice, ...] = ()
    disagreeing: tuple[str, ...] = ()
    browser: bool = False
    plain: tuple[ListFound, ...] = ()
    crawl_delay: float = 0.0
    in_vain: str | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The rows of all lists."""
        return tuple(entry for found in self.lists if found.walked for entry in found.walked.entries)
