"""The partner portal as its users meet it: over HTTP, in a real browser, through a whole day."""
