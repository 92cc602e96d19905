"""Why a request came to nothing before or beside an answer.

Each is an `IgnoreRequest`, so Scrapy takes it quietly to the errback, and one of ours, so a spider can judge it:
`AddressError`, `BlockedError` (verdict ``blocked``) or plain `CrawlerError` (``failed``).
"""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest

from crawler.errors import AddressError, BlockedError, CrawlerError


class RefusedAddressError(IgnoreRequest, AddressError):
    """An address we do not fetch: scheme, port, not public, or a spelling no honest link has."""


class RobotsDeniedError(IgnoreRequest, BlockedError):
    """The site's robots.txt forbids this address to our agent."""


class RobotsUnreachableError(IgnoreRequest, CrawlerError):
    """robots.txt gave no answer or a server error, and no older copy is at hand: RFC 9309 asks to stay away."""


class HostStoppedError(IgnoreRequest, BlockedError):
    """The host refused us too often in a row, or asked for a longer rest than a crawl waits."""


class HostDownError(IgnoreRequest, CrawlerError):
    """The host broke down too often in a row: time-outs, resets, server errors."""


class CrawlEndedError(IgnoreRequest, CrawlerError):
    """The crawl was stopped while this request waited for its host's next moment."""


class CertificateError(IgnoreRequest, CrawlerError):
    """The certificate does not verify, and the source has no exemption."""


class BrokenBodyError(IgnoreRequest, CrawlerError):
    """The body cannot be decoded as its Content-Encoding says, or grows beyond the limit when it is."""


class RedirectError(IgnoreRequest, CrawlerError):
    """A chain of redirects without an end, or one to no address at all."""


class BrowserForbiddenError(IgnoreRequest, BlockedError):
    """The source wants a browser, and the settings forbid it (``SIGNOFF_BROWSER=never``)."""


class BrowserMissingError(IgnoreRequest, CrawlerError):
    """The source wants a browser, and this machine has none; the message names the command that installs it."""


class RenderError(IgnoreRequest, CrawlerError):
    """The browser could not show the page: it crashed, hung, or a control that leads on did nothing."""
