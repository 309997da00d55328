"""`stackyard drift`: a thin command over `stackyard.drift`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stackyard.errors import SettingsFaultError
from stackyard.progress import Progress


def add_to(app: typer.Typer) -> None:
    """Make it a command of the application."""
    app.command(name="drift")(_drift)


def _drift(
    stack: str,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the body of an issue.")
    ] = False,
) -> None:
    """Say what of a stack was changed outside of it; nothing is touched, no state is written.

    Exit code 0: nothing was; 8: something was.
    """
    from stackyard.drift import command, written  # noqa: PLC0415  # commands start fast

    if as_json and as_markdown:
        raise SettingsFaultError("--json and --markdown are two answers; ask for one of them")
    findings = command.drift(Path.cwd(), stack, Progress(quiet=as_json or as_markdown))
    write = written.document if as_json else written.markdown if as_markdown else written.table
    sys.stdout.write(write(findings))
    if findings.exit_code:
        raise typer.Exit(findings.exit_code)
