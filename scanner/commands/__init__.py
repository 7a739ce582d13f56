"""The commands of cjeune-scan: one file each, and what several of them need."""
