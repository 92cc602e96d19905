"""The name under which we ask: honest, with a contact."""

from __future__ import annotations

#: what robots.txt files are searched for
TOKEN = "SignoffWatch"  # noqa: S105  # a name, no secret
VERSION = "0.1"


def name(contact: str) -> str:
    """The User-Agent header. Control characters and line breaks of ``contact`` are dropped.

    >>> name("mailto:watch@example.org")
    'SignoffWatch/0.1 (+mailto:watch@example.org)'
    """
    return f"{TOKEN}/{VERSION} (+{''.join(c for c in contact if c.isprintable() and c not in '()')})"


#: header that tells what a browser gave from what a server sent
MARK = "X-Signoff-Browser"
#: in it, of what came beside the page that was read
ON_THE_WAY = "on the way"
