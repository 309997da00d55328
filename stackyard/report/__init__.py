"""The review page of a change."""
