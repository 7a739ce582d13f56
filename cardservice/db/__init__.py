"""The vault: the one database engine, its tables, its SQL objects and the default server."""
