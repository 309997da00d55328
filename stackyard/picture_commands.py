"""`stackyard picture` and `stackyard prices refresh`: thin commands over `stackyard.report`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stackyard.report.price_list import Refreshed

PICTURE = Path("docs/architecture.svg")
prices = typer.Typer(no_args_is_help=True, help="The price table of cost estimates.")


def add_to(app: typer.Typer) -> None:
    """Make them commands of the application."""
    app.command(name="picture")(_picture)
    app.add_typer(prices, name="prices")
    prices.command(name="refresh")(_refresh)


@prices.callback()
def of_prices() -> None:
    """The price table that cost estimates read."""


def _picture(
    stack: str,
    *,
    output: Annotated[Path, typer.Option(help="The file to write.")] = PICTURE,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print Mermaid, no file.")] = False,
) -> None:
    """Draw a stack as its program makes it; asks neither an engine nor AWS."""
    from stackyard.report.mermaid import mermaid as text_of  # noqa: PLC0415  # commands start fast
    from stackyard.report.picture import svg  # noqa: PLC0415
    from stackyard.report.recorded import recorded  # noqa: PLC0415

    graph = recorded(Path.cwd(), stack)
    if mermaid:
        sys.stdout.write(text_of(graph, graph))
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(svg(graph, graph), encoding="utf-8")
    sys.stdout.write(f"{output}\n")


def _refresh(
    *,
    region: Annotated[str | None, typer.Option(help="Another region than the table's.")] = None,
    add: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="A price to add: ec2.m8g.xlarge.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="A mirror of AWS's price list.")] = None,
) -> None:
    """Renew the price table from AWS's price list; needs no account. EC2's list takes minutes."""
    from stackyard.report.price_fetch import AWS, refresh  # noqa: PLC0415  # commands start fast

    found = refresh(region, add or [], address=(address or AWS).rstrip("/"))
    sys.stdout.write("".join(f"{line}\n" for line in refresh_lines(found)))


def refresh_lines(found: "Refreshed") -> list[str]:
    """What a refresh changed, and what it could not renew."""
    changed = [
        f"{key:<28} {'new' if old is None else old} -> {new}"
        for key, (old, new) in found.changed.items()
    ]
    kept = [f"not in the price list of {found.table.region}: {', '.join(found.kept)}"]
    return [*changed, *(kept if found.kept else []), f"{len(found.changed)} prices changed"]
