"""`python -m scanner`: the same program as `cjeune-scan`."""

from scanner.cli import main

main()
