"""The `stackyard` command: thin commands over the functions that do the work."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from stackyard import (
    drift_commands,
    github_commands,
    image_commands,
    outputs_commands,
    picture_commands,
    release_commands,
    report_commands,
    review_commands,
    smoke_commands,
)
from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.local.layout import Layout, layout_here
from stackyard.local.platforms import check_platform
from stackyard.progress import Progress

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
local = typer.Typer(no_args_is_help=True)
app.add_typer(local, name="local")
release_commands.add_to(app)
image_commands.add_to(app)
review_commands.add_to(app)
report_commands.add_to(app)
picture_commands.add_to(app)
outputs_commands.add_to(app)
drift_commands.add_to(app)
github_commands.add_to(app)
smoke_commands.add_to(app)

Adopt = Annotated[
    list[str] | None, typer.Option("--adopt", metavar="URN=ID", help="It is there, with this id.")
]
Forget = Annotated[
    list[str] | None,
    typer.Option("--forget", metavar="URN", help="It is not there."),
]
To = Literal["writer", "reader", "cache"]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
def settings(stack: str, *, as_json: Json = False) -> None:
    """Check a stack file and print what the stack's settings come to."""
    from stackyard.stack_files import settings_of  # noqa: PLC0415  # commands start fast

    found = settings_of(Path(f"Pulumi.{stack}.yaml")).model_dump(by_alias=True, mode="json")
    if as_json:
        _print(json.dumps(found, indent=2))
        return
    for section, keys in found.items():
        for key, value in keys.items():
            _print(f"{section + '.' + key:<28} {json.dumps(value)}")


@app.command(name="up")
def stack_up(
    stack: str,
    *,
    allow_destructive: Annotated[
        list[str] | None, typer.Option(metavar="URN", help="What may be lost; once each.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why; the stack's history keeps it.")] = None,
    plan: Annotated[
        Path | None, typer.Option(help="Folder of a reviewed report: do what its plan says only.")
    ] = None,
) -> None:
    """Bring a stack to what the program says; refuse what would lose data."""
    from stackyard.ops.command import up as bring_up  # noqa: PLC0415  # commands start fast
    from stackyard.ops.guard import consent_of  # noqa: PLC0415
    from stackyard.report.reviewed import reviewed_plan  # noqa: PLC0415

    consent = consent_of(allow_destructive or [], reason)
    bound = reviewed_plan(Path.cwd(), stack, plan) if plan else None
    bring_up(Path.cwd(), stack, Progress(), consent, bound)


@app.command(name="destroy")
def stack_destroy(stack: str) -> None:
    """Delete all that a stack has; refuse where any of it is protected."""
    from stackyard.ops.command import destroy  # noqa: PLC0415  # commands start fast

    destroy(Path.cwd(), stack, Progress())


@app.command(name="repair")
def stack_repair(stack: str, *, adopt: Adopt = None, forget: Forget = None) -> None:
    """Look up what a killed run left unfinished; adopt what is there, clear what is not."""
    from stackyard.ops.command import repair  # noqa: PLC0415  # commands start fast
    from stackyard.ops.repair import report, ways_of  # noqa: PLC0415

    ways = ways_of(adopt or [], forget or [])
    _print(report(repair(Path.cwd(), stack, ways, Progress())))


@app.command()
def tunnel(
    stack: str,
    *,
    to: Annotated[To, typer.Option(help="What the port leads to.")] = "writer",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of this machine; the target's if none.")
    ] = None,
) -> None:
    """Open a port of this machine to the private database or cache, through a node."""
    from stackyard.ops.tunnel import tunnel as hold_open  # noqa: PLC0415  # commands start fast

    raise typer.Exit(hold_open(Path.cwd(), stack, to, port, Progress()))


@local.callback()
def on_this_platform() -> None:
    """The local stack on the embedded cloud."""
    check_platform()


@local.command()
def tools() -> None:
    """Fetch or build the executables that the local stack needs; packages too, as root."""
    from stackyard.local.up import ensure_test_tools, ensure_tools  # noqa: PLC0415  # as above

    ensure_tools(Progress())
    ensure_test_tools(Progress())


@local.command()
def up(*, as_json: Json = False) -> None:
    """Bring the local stack up; again: to what the program now says."""
    from stackyard.local.report import up_report  # noqa: PLC0415  # commands start fast
    from stackyard.local.up import up as bring_up  # noqa: PLC0415

    layout = _layout()
    result = bring_up(layout, Progress(quiet=as_json))
    if as_json:
        _print(json.dumps({"outputs": dict(result.outputs), "changes": dict(result.changes)}))
    else:
        _print(up_report(layout, result))


@local.command()
def down(
    *, force: Annotated[bool, typer.Option("--force", help="Without the engine.")] = False
) -> None:
    """Destroy the local stack and end every process."""
    from stackyard.local.down import down as take_down  # noqa: PLC0415  # commands start fast

    take_down(_layout(), Progress(), force=force)


@local.command(name="repair")
def local_repair(*, adopt: Adopt = None, forget: Forget = None) -> None:
    """Look up what a killed run left unfinished; adopt what is there, clear what is not."""
    from stackyard.local.repair import repair as settle  # noqa: PLC0415  # commands start fast
    from stackyard.ops.repair import report, ways_of  # noqa: PLC0415

    ways = ways_of(adopt or [], forget or [])
    _print(report(settle(_layout(), ways, Progress())))


@local.command()
def preview(stack: str) -> None:
    """Print `pulumi preview --diff` of any stack, run against the embedded cloud."""
    from stackyard.local.stack import preview as text_of  # noqa: PLC0415  # commands start fast

    _print(text_of(_layout(), stack))


@local.command()
def status(*, as_json: Json = False) -> None:
    """Say what runs and where; exit code 1 when something does not."""
    from stackyard.local.report import status_report, status_rows  # noqa: PLC0415

    rows = status_rows(_layout())
    _print(json.dumps(rows) if as_json else status_report(rows))
    if not rows or any(row["state"] != "ready" for row in rows):
        raise typer.Exit(1)


@local.command()
def doctor(*, as_json: Json = False) -> None:
    """Look for what keeps `make up` from going well, and name what mends it; changes nothing."""
    from stackyard.local.doctor import checks, report  # noqa: PLC0415  # commands start fast

    found = checks(_layout())
    _print(json.dumps([asdict(one) for one in found]) if as_json else report(found))
    if not all(one.ok for one in found):
        raise typer.Exit(1)


@local.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="Part of a log's name.")] = None,
    *,
    lines: Annotated[int, typer.Option(min=1, help="Lines of each log.")] = 20,
) -> None:
    """Print the last lines of the logs; what failed comes last."""
    from stackyard.local.logs import tails  # noqa: PLC0415  # commands start fast

    for title, tail in tails(_layout(), name, lines):
        _print(f"== {title}")
        for line in tail:
            _print(line)


def main() -> None:
    """Run the command line; a user's mistake ends in its message and exit code, no traceback."""
    try:
        app()
    except StackyardError as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(problem.exit_code)
    except PermissionError as problem:
        sys.stderr.write(
            f"{problem.filename}: permission denied; it belongs to another user, who made it."
            " Run the command as that user, or take it over: sudo chown -R $(id -un) .local\n"
        )
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("stopped; run the same command again to go on\n")
        sys.exit(1)


def _layout() -> Layout:
    try:
        return layout_here()
    except ValueError as problem:
        raise SettingsFaultError(str(problem)) from problem


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
