"""Every error this project raises. The name says what happened, the message where and what to do."""

from __future__ import annotations


class SignoffError(Exception):
    """Base of all our errors. ``str(error)`` is one line fit to show a user."""


class UsageError(SignoffError):
    """The user asked for something that does not exist; the message names the nearest right value. Exit status 2."""


class RegistryError(UsageError):
    """The registry of sources has mistakes. ``mistakes`` holds one line each: file, line, key, what is wrong."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


class CannotRunError(SignoffError):
    """Something on this machine stands in the way (disk, database, port, network). Exit status 3."""


class DatabaseError(CannotRunError):
    """The database is missing, locked, read-only, full, or of another version."""


class ArchiveError(CannotRunError):
    """A capture could not be written or read back."""


class CrawlerError(SignoffError):
    """Something about a site or a page stopped the work on it. Counted in the crawl's verdict."""


class LayoutError(CrawlerError):
    """A page does not have the shape its family promises: a redesign, or the wrong family.

    Look at the page: a redesign means new options or another family; keep the old golden case.
    """


class BlockedError(CrawlerError):
    """The site refused us: challenge, firewall page, 403, 412, 521, robots.txt."""


class AddressError(CrawlerError):
    """An address we do not fetch: another scheme, or one that is not public."""


class DocumentError(CrawlerError):
    """A document could not be read: broken, encrypted, a bomb, of an unknown kind, or its tool is missing."""


class ContradictionError(SignoffError):
    """A notice contradicts itself, as a period that ends before it starts. It is reported, never mended."""
