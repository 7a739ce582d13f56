"""One module for each page, or for the steps of one."""
