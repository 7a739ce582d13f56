"""What leaves for the outside world, read back as the outside world will read it."""
