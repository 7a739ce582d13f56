"""The pages of the counter: they lead somewhere, load nothing foreign and show every code."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from cardservice.domain.codes import CANCELLATION_DECLINES, DECLINE_ORDER, PROBLEMS
from tests.api.conftest import Server

PAGES = {"/": "fr", "/api/reference": "en"}


@pytest.fixture
def get(server: Server) -> Callable[[str], httpx.Response]:
    return lambda path: httpx.get(server.base_url + path, timeout=20, follow_redirects=True)


@pytest.mark.parametrize(("path", "language"), PAGES.items())
def test_a_page_has_its_language_and_a_policy_without_scripts(
    get: Callable[[str], httpx.Response], path: str, language: str
) -> None:
    page = get(path)
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"<script|\sstyle=|\son\w+=|<style", page.text)
    assert len(re.findall("<h1", page.text)) == 1


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere_on_this_server(
    get: Callable[[str], httpx.Response], path: str
) -> None:
    html = get(path).text
    for address in set(re.findall(r'(?:href|src)="([^"]*)"', html)):
        if address.startswith("#"):
            assert f'id="{address[1:]}"' in html, address
        else:
            assert address.startswith("/") and not address.startswith("//")
            assert get(address).status_code == 200, address


def test_the_reference_explains_every_code_at_its_address(
    get: Callable[[str], httpx.Response],
) -> None:
    html = get("/api/reference").text
    for code in DECLINE_ORDER + CANCELLATION_DECLINES + PROBLEMS:
        assert f'id="{code}"' in html


@pytest.mark.parametrize("name", ["", "%2e%2e", "%2e%2e%2fapp.py", "site.css%00", "home.html"])
def test_nothing_else_of_the_disk_is_served(
    get: Callable[[str], httpx.Response], name: str
) -> None:
    assert get(f"/static/{name}").status_code == 404
