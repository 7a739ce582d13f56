"""The portal as an app of the home screen: manifest, service worker, the page without a network.

The law: the worker keeps the style, the scripts and the page that says there is no network; never a
page of a person, never money. It shows a push under the tag of its notice, so that nothing is shown
twice. All of it is open: a browser fetches these without its cookies.
"""

from __future__ import annotations

import json
from typing import Final

from starlette.responses import Response

from youth_portal.portal import PREFIX, MemberVisit, route

# Drawn from the settings for the phone terminal, which is the same card on the same colours.
_ICON: Final = "/tpe/icon-{side}.png"
_SIDES: Final = (180, 192, 512)
_COLOUR: Final = "#12457f"
_GROUND: Final = "#f4f6f9"
_KEPT: Final = (
    "webkit/kit.css",
    "webkit/forms.css",
    "settings/colours.css",
    "webkit/print.css",
    "webkit/kit.js",
    "webkit/icons.svg",
    "settings/logo",
    "jeune/youth.css",
)
_WORKER: Final = "jeune/sw.js"
_SCRIPT: Final = "text/javascript"


def manifest(visit: MemberVisit) -> Response:
    """What the home screen shows."""
    settings = visit.office.settings
    told = {
        "id": PREFIX,
        "name": settings.scheme_name,
        "short_name": settings.scheme_name.split()[0],
        "lang": "fr",
        "start_url": PREFIX,
        "scope": PREFIX,
        "display": "standalone",
        "background_color": _GROUND,
        "theme_color": settings.colour or _COLOUR,
        "icons": [
            {
                "src": _ICON.format(side=side),
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for side in _SIDES
        ],
    }
    return Response(json.dumps(told, ensure_ascii=False), media_type="application/manifest+json")


def worker(visit: MemberVisit) -> Response:
    """The service worker, with the addresses of this version in front."""
    static = visit.request.app.state.static
    shell = {
        "version": static.digest,
        "offline": f"{PREFIX}/hors-ligne",
        "files": [static.address(path) for path in _KEPT],
        "icon": _ICON.format(side=192),
        "badge": _ICON.format(side=192),
    }
    body = f"self.SHELL = {json.dumps(shell)};\n{static.text(_WORKER)}"
    headers = {
        "service-worker-allowed": PREFIX,
        "content-security-policy": "default-src 'none'; connect-src 'self'; script-src 'self'",
        "cache-control": "no-cache",
    }
    return Response(body, media_type=_SCRIPT, headers=headers)


def offline(visit: MemberVisit) -> Response:
    """What is shown when there is no network: nobody's page."""
    return visit.page("home/offline.html")


ROUTES: Final = [
    route("GET", "/app.webmanifest", manifest, roles=None),
    route("GET", "/sw.js", worker, roles=None),
    route("GET", "/hors-ligne", offline, roles=None),
]
