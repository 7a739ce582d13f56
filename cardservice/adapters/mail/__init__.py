"""Mail as it leaves the house: its words, the message, and the two ways to carry it."""
