"""A form that carries a file (multipart/form-data), read strictly and without touching a disk.

The law: only a page that says so takes a file, of a size that it names; the bytes are handed on as
they came, and what a browser says of their name or type decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final

from cardservice.webkit.forms import Form, MalformedForm, has_unseen

_MEDIA_TYPE: Final = "multipart/form-data"
_MOST_PARTS: Final = 20
_MOST_TEXT_BYTES: Final = 20_000
_MOST_HEAD_BYTES: Final = 4_096


def read_upload(body: bytes, content_type: str) -> Form:
    """The fields and files of a request's body. Raises MalformedForm."""
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for part, content in _parts(body, _boundary(content_type)):
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str) or name in files:
            raise MalformedForm("a part without a name, or two files of one")
        if part.get_param("filename", header="content-disposition") is not None:
            files[name] = content
        else:
            fields.setdefault(name, []).append(_text(content))
    return Form(fields, files)


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != _MEDIA_TYPE or not isinstance(boundary, str) or not boundary:
        raise MalformedForm("not a form with a file")
    return b"--" + boundary.encode("latin-1", errors="replace")


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[Message, bytes]]:
    # A content may hold the boundary with more letters behind it.
    pieces = re.split(rb"\r\n" + re.escape(boundary) + rb"(?=\r\n|--)", b"\r\n" + body)
    if len(pieces) < 2 or pieces[0] or not pieces[-1].startswith(b"--"):
        raise MalformedForm("cut short")
    if len(pieces) > _MOST_PARTS + 2:
        raise MalformedForm("too many parts")
    for piece in pieces[1:-1]:
        head, found, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not found or len(head) > _MOST_HEAD_BYTES:
            raise MalformedForm("a part without a head, or with an endless one")
        yield BytesHeaderParser().parsebytes(head), content


def _text(content: bytes) -> str:
    if len(content) > _MOST_TEXT_BYTES:
        raise MalformedForm("a text without end")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise MalformedForm("not UTF-8") from failure
    if has_unseen(text):
        raise MalformedForm("characters that nobody types")
    return text.replace("\r\n", "\n")
