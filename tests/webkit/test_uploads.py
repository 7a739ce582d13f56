"""A form with a file is read as it came, or not at all."""

from __future__ import annotations

import pytest

from cardservice.webkit.forms import MalformedForm
from cardservice.webkit.uploads import read_upload

KIND = "multipart/form-data; boundary=limite"


def body(*parts: tuple[str, bytes], end: bytes = b"--limite--\r\n") -> bytes:
    told = b""
    for head, content in parts:
        told += b"--limite\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n"
        told += content + b"\r\n"
    return told + end


def test_fields_and_the_bytes_of_a_file_are_read_as_they_came() -> None:
    content = b"\xef\xbb\xbf<xml>\r\n--limitee\r\n\x00</xml>"
    form = read_upload(
        body(('name="jeton"', "é".encode()), ('name="f"; filename="a.xml"', content)), KIND
    )
    assert form.text("jeton") == "é"
    assert form.files == {"f": content}


def test_an_empty_file_is_a_file() -> None:
    form = read_upload(body(('name="f"; filename=""', b"")), KIND)
    assert form.files == {"f": b""}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (body(('name="a"', b"1")), "application/x-www-form-urlencoded"),
        (body(('name="a"', b"1")), "multipart/form-data"),
        (body(('name="a"', b"1"), end=b""), KIND),
        (b"", KIND),
        (b"before" + body(('name="a"', b"1")), KIND),
        (b"--limite\r\nContent-Disposition: form-data; name=a\r\n--limite--", KIND),
        (body(('nom="a"', b"1")), KIND),
        (body(('name="a"', b"\xff\xfe")), KIND),
        (body(('name="a"', b"a\x00b")), KIND),
        (body(('name="a"', b"x" * 20_001)), KIND),
        (body(*[('name="a"', b"1")] * 21), KIND),
        (body(*[('name="f"; filename="x"', b"1")] * 2), KIND),
    ],
    ids=[
        "another kind", "no boundary", "cut short", "nothing", "something before", "no head",
        "no name", "not UTF-8", "unseen", "a text without end", "too many", "one file twice",
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_no_form(content: bytes, kind: str) -> None:
    with pytest.raises(MalformedForm):
        read_upload(content, kind)
