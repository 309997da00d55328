"""The report of a change: read from what the engine says, judged, written down."""
