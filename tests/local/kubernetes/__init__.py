"""The pure parts of the kubernetes provider."""
