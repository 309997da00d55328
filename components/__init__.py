"""The parts of a stack: one ComponentResource a file; no configuration, no export, no question."""
