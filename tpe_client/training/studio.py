"""The practice room beside the API: the virtual TPE's page, its cards, starting afresh.

The law: these calls exist at the school alone; nothing a terminal relies on is here. The page's
sentences come from its HTML and from `texts_fr.toml`, never from its scripts.
"""

from __future__ import annotations

import io
import re
from importlib import resources
from pathlib import Path
from typing import Any, Final

import qrcode
import qrcode.image.svg
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tpe_client.training.books import Books
from tpe_client.training.problems import Refused, said
from tpe_client.training.school import Card
from tpe_client.training.sentences import card_texts, catalogue, terminal_title

PAGE: Final = Path(str(resources.files("tpe_client.training") / "page"))
_CODE: Final = re.compile("[0-9A-Z]{6,20}")


async def _index(_request: Request) -> Response:
    return FileResponse(PAGE / "index.html", media_type="text/html; charset=utf-8")


async def _cast(request: Request) -> Response:
    """The terminals and cards that a person picks from. School keys are no secret."""
    books: Books = request.app.state.books
    groups = catalogue()["groups"]
    cards = list(books.school.cards.values())
    return said(
        {
            "terminals": [
                {"key": terminal.key, "title": terminal_title(terminal)}
                for terminal in books.school.terminals.values()
            ],
            "groups": [
                {
                    "group": group,
                    "title": title,
                    "cards": [_shown(card) for card in cards if card.group == group],
                }
                for group, title in groups.items()
            ],
        }
    )


def _shown(card: Card) -> dict[str, Any]:
    return {"name": card.name, "code": card.code, "pin": card.pin, **card_texts(card.name)}


async def _start_afresh(request: Request) -> Response:
    """Everything as the school's file says; keys that an activation gave are forgotten."""
    old: Books = request.app.state.books
    request.app.state.books = Books(old.school, old.clock)
    return said({"started_afresh": True})


async def _close_day(request: Request) -> Response:
    """Ends the school's business day now, so that a comparison can be practised."""
    books: Books = request.app.state.books
    return said({"closed": books.close_day().isoformat()})


async def _qr(request: Request) -> Response:
    code = request.path_params["code"]
    if not _CODE.fullmatch(code):
        raise Refused("not_found")
    drawn = io.BytesIO()
    picture = qrcode.make(code, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    picture.save(drawn)
    return Response(drawn.getvalue(), media_type="image/svg+xml")


STUDIO: Final = [
    Route("/", _index, methods=["GET"]),
    Route("/training/school.json", _cast, methods=["GET"]),
    Route("/training/fresh-start", _start_afresh, methods=["POST"]),
    Route("/training/day-close", _close_day, methods=["POST"]),
    Route("/training/qr/{code}.svg", _qr, methods=["GET"]),
    Mount("/page", StaticFiles(directory=PAGE, check_dir=False)),
]
