"""The `stackyard` command and what stands round it."""
