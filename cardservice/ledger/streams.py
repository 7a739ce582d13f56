"""How long results are read: in pieces, from a cursor of the server.

Memory does not grow with the number of rows.
"""

from __future__ import annotations

from typing import Any, Final

STREAMED: Final[dict[str, Any]] = {"stream_results": True, "yield_per": 5_000}
