"""`python -m tpe_client` is `cjeune-tpe`."""

from __future__ import annotations

from tpe_client.cli import main

if __name__ == "__main__":
    main()
