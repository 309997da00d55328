"""`stackyard outputs`: a thin command over `stackyard.contract`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from stackyard.errors import SettingsFaultError, StackyardError


def add_to(app: typer.Typer) -> None:
    """Make it a command of the application."""
    app.command(name="outputs")(_outputs)


def _outputs(
    stack: str,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    readme: Annotated[
        bool, typer.Option("--readme", help="Print the stack's README with its values.")
    ] = False,
) -> None:
    """Print what a stack gives back: name, value and meaning; never a secret's value."""
    from stackyard import contract  # noqa: PLC0415  # commands start fast
    from stackyard.ops.command import workspace_here  # noqa: PLC0415
    from stackyard.ops.outputs import outputs_of  # noqa: PLC0415

    if as_json and readme:
        raise SettingsFaultError("--json and --readme are two answers; ask for one of them")
    outputs = outputs_of(workspace_here(Path.cwd(), stack))
    if as_json:
        sys.stdout.write(f"{json.dumps(contract.complete(outputs), indent=2)}\n")
    elif readme:
        if contract.README not in outputs:
            raise StackyardError(
                f"the stack {stack} has no output {contract.README}: an older program brought it"
                f" up; bring it up again: stackyard up {stack}"
            )
        sys.stdout.write(contract.rendered(str(outputs[contract.README]), outputs))
    else:
        found = contract.rows(outputs)
        sys.stdout.write(contract.table(found))
        missing = sum(row.is_missing for row in found)
        if missing:
            sys.stderr.write(
                f"{missing} outputs of the contract are missing: another version of the program"
                f" brought the stack up; bring it up again: stackyard up {stack}\n"
            )
