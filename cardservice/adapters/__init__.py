"""Where the office touches the outside world: one file per thing of that world.

Law kept: an adapter turns our facts into what the outside understands, and back, and
decides nothing. It reads no clock and no settings: what it needs is given to it.
"""
