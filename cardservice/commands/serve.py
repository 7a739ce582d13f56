"""`cjeune serve`: answers terminals until it is told to stop; then its private server stops too."""

from __future__ import annotations

import click

from cardservice.app import create_app
from cardservice.commands.session import Failed, say, with_settings
from cardservice.commands.words import sentence
from cardservice.serving import PortTaken, ended_by_sigterm, origin_of, reserved_address
from cardservice.serving import serve as serve_until_told
from cardservice.settings import Settings
from cardservice.wiring import opened_office


@click.command("serve")
@click.option("--host", help="Address to listen on (default: CJEUNE_HOST, then 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: CJEUNE_PORT, then 8000.")
@with_settings
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the terminal API; SIGTERM ends it after the requests at hand."""
    address_wanted = (host or settings.host, settings.port if port is None else port)
    try:
        with (
            ended_by_sigterm(),
            reserved_address(*address_wanted) as address,
            opened_office(settings, serving=True) as office,
        ):
            app = create_app(office, origin=origin_of(address))
            serve_until_told(
                app,
                address,
                on_leaving=app.state.live.leave,
                trusted_proxies=settings.trusted_proxies,
                on_ready=lambda: say("serve", "ready", origin=origin_of(address)),
            )
    except PortTaken as taken:
        raise Failed(sentence("serve", "port_taken", port=taken.port)) from taken
