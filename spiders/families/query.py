"""Query strings of list requests, read and rewritten without touching the rest of the address."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def query_value(url: str, name: str) -> str | None:
    """The value of a query parameter, None where it is not given."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)).get(name)


def with_query(url: str, **changes: str) -> str:
    """``url`` with query parameters set; the others keep their place and value."""
    parts = urlsplit(url)
    given = [(key, changes.pop(key, value)) for key, value in parse_qsl(parts.query, keep_blank_values=True)]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode([*given, *changes.items()]), ""))


def page_number(url: str, name: str) -> int:
    """The page a request asked for; 1 where it names none or no number."""
    value = query_value(url, name) or ""
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 6 else 1
