"""What is typed at a prompt: one file per room, each a thin way to a verb of the office.

The law: a command opens the office, calls one verb and says what came of it. Exit status 0 done,
1 refused or failed with one clear French line on stderr, 2 usage. Sentences live in `words_fr.toml`
and `refusals_fr.toml`.
"""
