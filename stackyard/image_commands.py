"""`stackyard image push`: a thin command over `stackyard.ops.image`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic.alias_generators import to_camel

from stackyard.progress import Progress

Stack = Annotated[
    str, typer.Argument(envvar="PULUMI_STACK", help="Whose Pulumi.<stack>.yaml; pr: review stacks.")
]
Layout = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Push this OCI layout instead of building one."),
]
Authorities = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="PEM file of authorities to trust; RDS's own if not given."),
]


def add_to(app: typer.Typer) -> None:
    """Make it a command of the application."""
    image = typer.Typer(no_args_is_help=True)
    image.callback()(_image)
    image.command(name="push")(_push)
    app.add_typer(image, name="image")


def _image() -> None:
    """The API's image."""


def _push(
    stack: Stack,
    *,
    layout: Layout = None,
    ca: Authorities = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Build the image, push it to the account's repository, write its digest into the stack file.

    A second time it is a no-op: the same sources are the same digest.
    """
    from stackyard.ops.image import push  # noqa: PLC0415  # commands start fast

    progress = Progress(quiet=as_json)
    done = push(Path.cwd(), stack, progress, layout=layout, authorities=ca)
    if as_json:
        told = {to_camel(name): value for name, value in asdict(done).items()}
        sys.stdout.write(f"{json.dumps(told)}\n")
    else:
        sys.stdout.write(f"{done.file}: app.image is {done.image}\n")
