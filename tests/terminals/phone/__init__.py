"""The phone terminal in a real browser, over the real service."""
