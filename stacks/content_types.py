"""Content types of the site's files, by suffix."""

from pathlib import PurePosixPath

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
"""Ours, since Python's own table differs from machine to machine."""


def content_type(key: str) -> str:
    """Content type of a file of the site; raises `ValueError` for a suffix that is not known."""
    suffix = PurePosixPath(key).suffix
    if suffix not in CONTENT_TYPES:
        known = ", ".join(sorted(CONTENT_TYPES))
        raise ValueError(f"site file {key!r}: no content type for {suffix!r}; known are {known}")
    return CONTENT_TYPES[suffix]
