"""The scheme of one département as data: what `cjeune db upgrade` loads, and nothing that runs.

The law: a number that the Département may change stands in the TOML file with its first day and
its source, and in no Python file. Another département is another TOML file and another list of
communes.
"""
