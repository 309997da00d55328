"""`stackyard smoke`: a thin command over `stackyard.ops.smoke`."""

from pathlib import Path
from typing import Annotated

import typer

from stackyard.progress import Progress


def add_to(app: typer.Typer) -> None:
    """Make it a command of the application."""
    app.command(name="smoke")(_smoke)


def _smoke(
    stack: str,
    *,
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long bad answers are waited out.")
    ] = 120,
) -> None:
    """Ask the site, the API and its health where people find them; exit code 1 if one is bad."""
    from stackyard.ops.smoke import smoke  # noqa: PLC0415  # commands start fast

    smoke(Path.cwd(), stack, Progress(), wait_seconds=wait)
