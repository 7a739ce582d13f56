"""Web push: sealing a message for one browser, and carrying it to the browser's push service."""
