"""`stackyard image`: thin commands over `stackyard.ops.image` and `stackyard.ops.deployed`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic.alias_generators import to_camel

from stackyard.errors import SettingsFaultError
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
    """Make them commands of the application."""
    image = typer.Typer(no_args_is_help=True)
    image.callback()(_image)
    image.command(name="build")(_build)
    image.command(name="push")(_push)
    image.command(name="set")(_set)
    app.add_typer(image, name="image")


def _image() -> None:
    """The API's image."""


def _build(*, ca: Authorities = None) -> None:
    """Build the image for the nodes' kind, as root; prints the OCI layout that `push` takes."""
    from stackyard.ops.image import built  # noqa: PLC0415  # commands start fast

    sys.stdout.write(f"{built(Path.cwd(), Progress(), authorities=ca)}\n")


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


def _set(
    stack: Stack,
    image: Annotated[
        str | None, typer.Argument(help="<repository>@sha256:<64 hexadecimal digits>")
    ] = None,
    *,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="The one that the stack has now, if it has one.")
    ] = False,
) -> None:
    """Name an image that was pushed in the stack file; nothing else is touched.

    With --deployed a preview shows what the program changes, and no image of long ago.
    """
    from stackyard.ops.deployed import deployed_image, name_image  # noqa: PLC0415

    if (image is None) != deployed:
        raise SettingsFaultError("image set takes an image, or --deployed")
    root = Path.cwd()
    wanted = image or deployed_image(root, stack)
    if wanted is None:
        sys.stdout.write(f"the stack {stack} has no image yet; its file stays as it is\n")
    else:
        sys.stdout.write(f"{name_image(root, stack, wanted)}: app.image is {wanted}\n")
