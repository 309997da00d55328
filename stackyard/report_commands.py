"""`stackyard report` and `stackyard graph`: thin commands over `stackyard.report`."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from stackyard.errors import SettingsFaultError
from stackyard.progress import Progress


def add_to(app: typer.Typer) -> None:
    """Make them commands of the application."""
    app.command(name="report")(_report)
    app.command(name="graph")(_graph)


def _report(  # noqa: PLR0913  # the options of a command
    stack: str,
    *,
    preview: Annotated[
        Path | None, typer.Option(help="What `pulumi preview --json` printed, instead of asking.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="The event log of that preview: it has policy results.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="The plan that it saved.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="What `pulumi stack export` printed before it.")
    ] = None,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Run the program in process against --state alone.")
    ] = False,
    policy_pack: Annotated[
        list[Path] | None, typer.Option(help="A policy pack to run with the preview.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report; .stackyard/<stack>/report if none.")
    ] = None,
    accept: Annotated[
        Literal["medium", "high", "critical"] | None,
        typer.Option(help="Exit code 0 up to this risk; a broken policy is never accepted."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Say what an update would do and how dangerous it is: comment, page and JSON.

    Exit code 0: no or low risk; 10: medium; 11: high; 6: `up` would refuse it; 3: a policy is
    broken.
    """
    from stackyard.report import command  # noqa: PLC0415  # commands start fast
    from stackyard.report.verdict import accepts, exit_code  # noqa: PLC0415

    root = Path.cwd()
    folder = out or command.folder_of(root, stack)
    if preview is not None:
        given = command.Files(preview=preview, events=events, plan=plan, state=state)
        report = command.from_files(root, stack, given)
    elif recorded and state is not None:
        report = command.from_recorded(root, stack, state)
    elif recorded:
        raise SettingsFaultError("--recorded needs --state, what `pulumi stack export` printed")
    elif events or plan or state:
        raise SettingsFaultError("--events, --plan and --state go with the --preview of their run")
    else:
        report = command.from_engine(
            root,
            stack,
            Progress(quiet=as_json),
            folder=folder,
            policy_packs=policy_pack or [],
        )
    command.write(report, folder)
    files = command.written(report)
    sys.stdout.write(files[command.REPORT] if as_json else command.summary(report, folder))
    if exit_code(report) and not accepts(report, accept):
        raise typer.Exit(exit_code(report))


def _graph(stack: str) -> None:
    """Print what the program makes, as `pulumi stack export` would; asks neither engine nor AWS.

    `stackyard report STACK --recorded --state FILE` in another checkout compares with it.
    """
    from stackyard.report.recorded import exported  # noqa: PLC0415  # commands start fast

    sys.stdout.write(f"{exported(Path.cwd(), stack)}\n")
