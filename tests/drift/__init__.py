"""What of a stack was changed outside of it."""
