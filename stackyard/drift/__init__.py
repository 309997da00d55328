"""Drift: what of a stack was changed outside of it; nothing is changed to find it."""
