"""The stack's README beside Pulumi.yaml: Pulumi Cloud puts values into its `${outputs.name}`."""

from pathlib import Path

import pulumi

FILE = Path(__file__).parent.parent / "Pulumi.README.md"


def readme(file: Path = FILE) -> str:
    """The template; raises `pulumi.RunError`, shown without a traceback, if there is none."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as problem:
        raise pulumi.RunError(
            f"{file.name} is missing beside Pulumi.yaml: it is the stack's README"
        ) from problem
