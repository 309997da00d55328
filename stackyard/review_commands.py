"""`stackyard pr`: thin commands over `stackyard.ops.review` and `stackyard.ops.expired`."""

import json
import sys
from datetime import UTC, datetime
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
    review.command(name="expired")(_expired)
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


def _expired(
    *,
    end: Annotated[bool, typer.Option("--down", help="Take them down one by one.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """List the review stacks whose ttlHours are over since their last update."""
    from stackyard.ops import expired as ops  # noqa: PLC0415  # commands start fast

    root = Path.cwd()
    found = ops.expired(root, datetime.now(UTC))
    if as_json:
        rows = [{"number": e.number, "hours": e.hours, "since": e.since.isoformat()} for e in found]
        sys.stdout.write(f"{json.dumps(rows)}\n")
    else:
        for e in found:
            sys.stdout.write(f"pr-{e.number} {e.hours} h over since {e.since:%Y-%m-%d %H:%M} UTC\n")
    if end:
        ops.end(root, found, Progress(quiet=as_json))
