"""What a feed carries unless asked for otherwise, and the name of a selection that stays the same for ever. Pure."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from crawler.clock import CHINA
from crawler.db.queries import Selection
from crawler.notice.model import ChangeKind, DocType

#: copies of a known text are no news
_NEWS = tuple(kind for kind in ChangeKind if kind is not ChangeKind.REPOST)


def for_feed(selection: Selection) -> Selection:
    """Sign-off notices and every kind of event but copies, where the selection does not say."""
    return selection.with_(types=selection.types or (DocType.SIGNOFF_NOTICE,), kinds=selection.kinds or _NEWS)


def slug(selection: Selection) -> str:
    """A name for a selection: the same for the same wishes in any order, different for different ones; ASCII, fit for an URI.

    >>> slug(Selection(regions=("620000",), query="黄河"))
    'region=620000;query=%E9%BB%84%E6%B2%B3'
    """
    lists = {"region": selection.regions, "type": selection.types, "kind": selection.kinds, "source": selection.sources}
    parts = [f"{name}={','.join(quote(value, safe='') for value in sorted(values))}" for name, values in lists.items() if values]
    ends = {"since": selection.since, "until": selection.until}
    parts += [f"{name}={_moment(value)}" for name, value in ends.items() if value]
    words = {"task": selection.task, "query": " ".join((selection.query or "").split())}
    parts += [f"{name}={quote(value, safe='')}" for name, value in words.items() if value]
    return ";".join(parts + ["all"] * selection.include_not_news) or "everything"


def _moment(value: object) -> str:
    return quote(value.astimezone(CHINA).isoformat() if isinstance(value, datetime) else str(value), safe="")
