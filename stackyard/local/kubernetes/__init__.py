"""The kubernetes provider of the embedded cloud: every kind, through the real API server."""
