"""HTML that poses as a document: pages saved by Word, tables served as .xls, single-file web pages, error pages."""

from __future__ import annotations

import email
import email.policy

from crawler.errors import DocumentError
from crawler.extract.blocks import Block
from crawler.extract.document.formats.limits import Job
from crawler.extract.page import flow, tree, trim


def read_html(data: bytes, job: Job) -> list[Block]:
    """Blocks of a page, in order, by the same rules as pages themselves. Nothing it links to is fetched."""
    root = tree.tree_of(data, job.declared)
    tree.prune(root)
    return list(trim.blocks_of(flow.lines_of(root, [root]), job.where))


def read_mhtml(data: bytes, job: Job) -> list[Block]:
    """Blocks of the first HTML part of a web page saved as one file."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return read_html(payload, job)
    raise DocumentError("broken: web archive without a page")
