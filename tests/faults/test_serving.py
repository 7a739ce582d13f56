"""The server's own process: what it does before it says that it is ready, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

PROGRAM = dedent(
    """
    import gc, os, signal
    import zxingcpp
    from cardservice.serving import reserved_address, serve

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def ready():
        print("frozen" if gc.get_freeze_count() > 10_000 else "collectable", flush=True)
        os.kill(os.getpid(), signal.SIGTERM)

    with reserved_address("127.0.0.1", 0) as address:
        serve(app, address, on_ready=ready)
    print("ended", gc.get_freeze_count(), flush=True)
    """
)


def test_what_was_made_at_start_is_left_out_of_collections_before_readiness_is_told() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.split() == ["frozen", "ended", "0"]
    assert not ended.stderr, "whoever stops a service is told nothing that is not theirs to mend"
