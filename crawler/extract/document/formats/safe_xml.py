"""XML from strangers: no entity is expanded, nothing is fetched, no huge tree is built."""

from __future__ import annotations

from lxml import etree

from crawler.errors import DocumentError

Element = etree._Element


def parse_xml(data: bytes, *, recover: bool = False) -> Element:
    """Root of the tree. Raises `DocumentError` for a document type with entities, or XML that is not well formed."""
    if b"<!ENTITY" in data or "<!ENTITY".encode("utf-16-le") in data or "<!ENTITY".encode("utf-16-be") in data:
        raise DocumentError("refused: XML that declares entities")
    try:
        root = etree.fromstring(data, _parser(recover))
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"broken: XML ({str(error)[:80]})") from None
    if root is None:
        raise DocumentError("broken: XML without content")
    return root


def _parser(recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=recover,
        remove_comments=True,
        remove_pis=True,
    )


def local(element: Element) -> str:
    """Name of an element without its namespace; ``""`` for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def text_of(element: Element) -> str:
    """All text below an element."""
    return "".join(str(part) for part in element.itertext())


def attribute(element: Element, name: str) -> str | None:
    """An attribute by its name without namespace."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def child(element: Element | None, name: str) -> Element | None:
    """The first child of that name."""
    return next((node for node in element if local(node) == name), None) if element is not None else None
