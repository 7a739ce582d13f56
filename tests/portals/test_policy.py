"""What every answer of the portal carries: policy, caches, cookies; and what no page may hold.

A browser is told once, by headers, what a page may do; whatever slips into a page cannot do more.
"""

from __future__ import annotations

import re

import httpx
import pytest

from cardservice.webkit import static_files
from tests.portals.belongings import Belongings
from tests.portals.conftest import SignedIn
from tests.portals.matrix import Asked, asked
from tests.portals.people import ROLES, Team, open_session
from tests.portals.site import PREFIX, Site
from tests.portals.visitor import Visitor

SIGN_IN = f"{PREFIX}/connexion"
NOWHERE = f"{PREFIX}/nulle-part"

# Any of these in the HTML would need an exception from the policy, or break without one.
INLINE = {
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "script address": re.compile(r"(href|src|action)\s*=\s*[\"']?\s*(javascript|data):", re.I),
}
ELSEWHERE = re.compile(r"""(?:src|href|action|srcset)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE)


def every_page(ours: Belongings, signed_in: SignedIn) -> list[tuple[str, httpx.Response]]:
    """The answer of every page to every role, to visitors, and the pages that refuse."""
    answers = []
    for name in (*ROLES, None):
        visitor = signed_in(None if name is None else ours.team.people[name])
        for route in asked("GET"):
            answers.append((f"{route.key} as {name}", visitor.get(route.address(ours))))
        refused = visitor.post(f"{PREFIX}/deconnexion", token="no")
        answers.append((f"a refused form as {name}", refused))
    return answers


def directives(answer: httpx.Response) -> dict[str, str]:
    """A policy by directive."""
    parts = answer.headers["content-security-policy"].split(";")
    return {name: rest for part in parts for name, _, rest in [part.strip().partition(" ")]}


def test_every_answer_has_a_strict_policy_and_is_kept_by_nobody(
    ours: Belongings, signed_in: SignedIn
) -> None:
    found = []
    for name, answer in every_page(ours, signed_in):
        policy, cache = directives(answer), answer.headers.get("cache-control", "")
        wrong = [
            told
            for told, holds in {
                "unsafe in the policy": "unsafe" not in answer.headers["content-security-policy"],
                "default-src": policy.get("default-src") == "'none'",
                "frame-ancestors": policy.get("frame-ancestors") == "'none'",
                "base-uri": policy.get("base-uri") == "'none'",
                "form-action": policy.get("form-action") in ("'self'", "'none'"),
                "cache": "no-store" in cache or cache == "private, no-cache",
                "nosniff": answer.headers.get("x-content-type-options") == "nosniff",
                "referrer": answer.headers.get("referrer-policy") in ("same-origin", "no-referrer"),
                "one policy": len(answer.headers.get_list("content-security-policy")) == 1,
            }.items()
            if not holds
        ]
        found += [f"{name} ({answer.status_code}): {told}" for told in wrong]
    assert not found, "\n".join(found)


def test_no_page_needs_an_exception_and_none_leads_elsewhere(
    ours: Belongings, signed_in: SignedIn
) -> None:
    found = []
    for name, answer in every_page(ours, signed_in):
        if "html" not in answer.headers.get("content-type", ""):
            continue
        found += [f"{name}: {told}" for told, what in INLINE.items() if what.search(answer.text)]
        if ELSEWHERE.search(answer.text):
            found.append(f"{name}: an address of another origin")
    assert not found, "\n".join(found)


def test_every_link_of_every_page_leads_somewhere_that_opens(
    ours: Belongings, signed_in: SignedIn
) -> None:
    """The menu of a role holds nothing that the role may not open."""
    found = []
    for role in ROLES:
        visitor = signed_in(ours.team.people[role])
        seen: set[str] = set()
        for route in asked("GET"):
            if route.roles is None or role not in route.roles:
                continue
            page = visitor.get(route.address(ours))
            if "html" not in page.headers.get("content-type", ""):
                continue
            for link in re.findall(r'(?:href|src)="([^"]+)"', page.text):
                address = link.partition("#")[0].replace("&amp;", "&")
                if not address.startswith("/") or address in seen:
                    continue
                seen.add(address)
                status = visitor.get(address).status_code
                if status not in (200, 303):
                    found.append(f"{route.key} as {role}: {address} answers {status}")
    assert not found, "\n".join(found)


def test_static_files_are_kept_for_ever_under_the_digest_of_the_set(site: Site) -> None:
    static: static_files.StaticFiles = site.app.state.static
    with httpx.Client(base_url=site.base_url) as client:
        for path in static._files:
            answer = client.get(static.address(path))
            assert answer.status_code == 200, path
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert not answer.headers["content-type"].startswith("application/octet"), path
        stale = client.get(f"{static_files.PREFIX}/000000000000/webkit/kit.css")
        assert stale.status_code == 404
        for path in (
            "../portal.py",
            "webkit/../../portal.py",
            "%2e%2e/portal.py",
            "webkit/kit.css%00",
        ):
            assert client.get(f"{static_files.PREFIX}/{static.digest}/{path}").status_code == 404


def test_only_the_decoders_worker_may_compile_webassembly(site: Site) -> None:
    static: static_files.StaticFiles = site.app.state.static
    workers = [path for path in static._files if path.endswith(".worker.js")]
    with httpx.Client(base_url=site.base_url) as client:
        for path in static._files:
            policy = client.get(static.address(path)).headers["content-security-policy"]
            assert ("wasm-unsafe-eval" in policy) == (path in workers), path
            assert "'unsafe-eval'" not in policy and "unsafe-inline" not in policy, path
            assert "default-src 'none'" in policy


def cookies_of(answer: httpx.Response) -> dict[str, set[str]]:
    """Name -> attributes, in lower case, of the cookies that an answer sets."""
    told = {}
    for header in answer.headers.get_list("set-cookie"):
        first, *attributes = [part.strip() for part in header.split(";")]
        told[first.partition("=")[0]] = {attribute.lower() for attribute in attributes}
    return told


def test_a_visitors_cookie_is_out_of_reach_of_scripts_and_of_other_sites(site: Site) -> None:
    with httpx.Client(base_url=site.base_url) as client:
        (told,) = cookies_of(client.get(NOWHERE)).items()
    assert told == ("cjeune-visite", {"path=/", "httponly", "samesite=lax"})


def test_behind_https_cookies_are_secure_and_bound_to_the_host(site: Site) -> None:
    with httpx.Client(base_url=site.base_url, headers={"X-Forwarded-Proto": "https"}) as client:
        (told,) = cookies_of(client.get(NOWHERE)).items()
    assert told == ("__Host-cjeune-visite", {"path=/", "httponly", "samesite=lax", "secure"})


def test_behind_https_a_session_that_came_without_it_is_not_taken(site: Site, team: Team) -> None:
    secret = open_session(site.office, team.people["lead"])
    with httpx.Client(base_url=site.base_url, headers={"X-Forwarded-Proto": "https"}) as client:
        plain = client.get(NOWHERE, headers={"Cookie": f"cjeune-partner={secret}"})
        bound = client.get(NOWHERE, headers={"Cookie": f"__Host-cjeune-partner={secret}"})
    assert "Camille" not in plain.text
    assert "Camille" in bound.text


def test_whoever_is_no_trusted_proxy_cannot_say_that_it_came_over_tls(site: Site) -> None:
    with httpx.Client(
        base_url=site.base_url, transport=httpx.HTTPTransport(local_address="127.9.9.9")
    ) as client:
        answer = client.get(NOWHERE, headers={"X-Forwarded-Proto": "https"})
    assert list(cookies_of(answer)) == ["cjeune-visite"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_answered_without_a_defect(
    site: Site, team: Team, signed_in: SignedIn, method: str
) -> None:
    visitor = signed_in(team.people["lead"])
    for route in asked():
        if "{" not in route.path:
            assert visitor.http.request(method, route.path).status_code in (404, 405), route.key


MALFORMED = {
    "a field twice": (b"jeton=a&jeton=b", "application/x-www-form-urlencoded"),
    "not UTF-8": (b"nom=%ff%fe", "application/x-www-form-urlencoded"),
    "NUL": (b"nom=a%00b", "application/x-www-form-urlencoded"),
    "JSON": (b"{}", "application/json"),
    "multipart": (b"--x--", "multipart/form-data; boundary=x"),
    "no type": (b"a=b", ""),
    "201 fields": (
        b"&".join(b"a%d=1" % n for n in range(201)),
        "application/x-www-form-urlencoded",
    ),
}


@pytest.mark.parametrize("how", MALFORMED)
def test_what_no_browser_sends_is_refused_on_every_form(
    site: Site, team: Team, signed_in: SignedIn, how: str
) -> None:
    body, kind = MALFORMED[how]
    visitor = signed_in(team.people["lead"])
    for route in _plain_posts():
        answer = visitor.http.post(route.path, content=body, headers={"Content-Type": kind})
        assert answer.status_code in (400, 403), f"{route.key}: {answer.status_code}"


def test_a_body_of_more_than_64_kib_is_refused(site: Site, team: Team, signed_in: SignedIn) -> None:
    visitor: Visitor = signed_in(team.people["lead"])
    for route in _plain_posts():
        answer = visitor.post(route.path, {"nom": "a" * 70_000})
        assert answer.status_code == 413, f"{route.key}: {answer.status_code}"
        assert "C’est trop volumineux" in answer.text, route.key
    unannounced = visitor.http.post(
        route.path,
        content=iter([b"a" * 1024] * 70),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert unannounced.status_code == 413 and "C’est trop volumineux" in unannounced.text


def _plain_posts() -> list[Asked]:
    return [route for route in asked("POST") if "{" not in route.path]
