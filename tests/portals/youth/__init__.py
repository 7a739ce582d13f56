"""The youths' portal, over the same site and browser as the others."""
