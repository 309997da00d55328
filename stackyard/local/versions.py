"""The versions of what is found, downloaded or built, and where it is kept."""

from __future__ import annotations

from pathlib import Path

PULUMI_VERSION, KUBERNETES_VERSION = "3.259.0", "1.36.3"
"""Change together with tools/*/go.mod; pulumi with requirements.lock too."""


def cache_folder() -> Path:
    """Where downloaded and built executables stay, for all projects of the user."""
    return Path.home() / ".cache" / "stackyard"
