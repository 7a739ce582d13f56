"""Bytes from outside into a tree of elements, or a refusal: nobody's XML is trusted.

The law: no document type at all (so no entity of anybody's), no network, one of a few encodings
that spell ASCII as ASCII (a guard that reads bytes must see what the parser sees), bounded bytes,
depth and number of elements. Elements are found by local name: banks differ in namespaces only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from lxml import etree

from cardservice.domain.refusal import Refused

MOST_BYTES: Final = 10_000_000
# A statement of 10,000 entries has about 200,000.
MOST_ELEMENTS: Final = 250_000
MOST_DEPTH: Final = 32

_ENCODINGS: Final = frozenset(
    ("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252")
)
_DECLARED: Final = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_BOM: Final = b"\xef\xbb\xbf"

Element = etree._Element


def read_xml(content: bytes) -> Element | Refused:
    """The root element. Refused: bank_file_too_large, bank_file_hostile, bank_file_not_xml."""
    if len(content) > MOST_BYTES:
        return Refused("bank_file_too_large")
    body = content.removeprefix(_BOM)
    if b"\0" in body or not body.lstrip().startswith(b"<"):
        return Refused("bank_file_not_xml")
    declared = _DECLARED.match(body.lstrip())
    if declared is not None and declared[1].decode("ascii", "replace").lower() not in _ENCODINGS:
        return Refused("bank_file_hostile")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return Refused("bank_file_hostile")
    return _parsed(body.lstrip())


def _parsed(body: bytes) -> Element | Refused:
    depth = elements = 0
    root: Element | None = None
    try:
        # Counted while it is read: what is too much is never built whole.
        for event, element in etree.iterparse(
            BytesIO(body),
            events=("start", "end"),
            remove_comments=True,
            remove_pis=True,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        ):
            if event == "end":
                depth -= 1
                continue
            depth, elements = depth + 1, elements + 1
            root = element if root is None else root
            if depth > MOST_DEPTH or elements > MOST_ELEMENTS:
                return Refused("bank_file_too_large")
    except (etree.XMLSyntaxError, LookupError, ValueError):
        return Refused("bank_file_not_xml")
    if root is None:
        return Refused("bank_file_not_xml")
    tree = root.getroottree()
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        return Refused("bank_file_hostile")
    return root


def local_name(element: Element) -> str:
    """`CstmrPmtStsRpt`, in whatever namespace."""
    return etree.QName(element).localname


def children(element: Element, name: str) -> Iterator[Element]:
    """The children of a local name, in order."""
    return (child for child in element if _is(child, name))


def child(element: Element, path: str) -> Element | None:
    """The first element down a path of local names: `GrpHdr/MsgId`."""
    found: Element | None = element
    for name in path.split("/"):
        assert found is not None
        found = next(children(found, name), None)
        if found is None:
            return None
    return found


def words(element: Element, *paths: str) -> str | None:
    """The text at the first of these paths that has one, trimmed and on one line."""
    for path in paths:
        found = child(element, path)
        text = " ".join((found.text or "").split()) if found is not None else ""
        if text:
            return text
    return None


def _is(element: Element, name: str) -> bool:
    return isinstance(element.tag, str) and local_name(element) == name
