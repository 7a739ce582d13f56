"""One module per page or group of pages that belong together; each ends with its `ROUTES`."""
