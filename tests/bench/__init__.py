"""Benchmarks: figures with goals, measured on this machine, written to docs/."""
