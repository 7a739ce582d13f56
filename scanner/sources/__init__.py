"""Where readings come from: each source is one file, all speak one small protocol (reading.py)."""
