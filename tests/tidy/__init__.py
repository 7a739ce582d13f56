"""The habits of the house, kept by tests: each check names the file and the line it is about."""
