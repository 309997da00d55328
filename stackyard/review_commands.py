"""`stackyard pr up` and `pr down`: thin commands over `stackyard.ops.review`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stackyard.progress import Progress

Number = Annotated[int, typer.Argument(min=1, help="The pull request's.")]


def add_to(app: typer.Typer) -> None:
    """Make them commands of the application."""
    review = typer.Typer(no_args_is_help=True)
    review.callback()(_review)
    review.command(name="up")(_up)
    review.command(name="down")(_down)
    app.add_typer(review, name="pr")


def _review() -> None:
    """Review stacks: one a pull request, all of Pulumi.pr.yaml."""


def _up(number: Number) -> None:
    """Bring up the stack pr-NUMBER; again: to what the program now says."""
    from stackyard.ops.review import up  # noqa: PLC0415  # commands start fast

    sys.stdout.write(f"{up(Path.cwd(), number, Progress())}\n")


def _down(number: Number) -> None:
    """Delete all of the stack pr-NUMBER, and the stack; no other is touched."""
    from stackyard.ops.review import down  # noqa: PLC0415  # commands start fast

    down(Path.cwd(), number, Progress())
