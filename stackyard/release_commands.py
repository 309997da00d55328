"""`stackyard release` and `stackyard rollback`: thin commands over `stackyard.ops.release`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackyard.progress import Progress

if TYPE_CHECKING:
    from release.plan import Ledger
    from stackyard.ops.release import Status

Stack = Annotated[
    str, typer.Option("--stack", envvar="PULUMI_STACK", help="Whose Pulumi.<stack>.yaml.")
]
What = Annotated[
    str,
    typer.Argument(
        metavar="IMAGE|status|resume|abort",
        help="An image by digest, or what to do about the release that was begun last.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Make them commands of the application."""
    app.command(name="release")(_release)
    app.command(name="rollback")(_rollback)


def _release(
    what: What,
    *,
    stack: Stack,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Bring an image to all requests in steps, watched; back by itself if it is not good.

    Exit code 7: it was rolled back or not tried again, and the version before serves on.
    """
    from stackyard.ops import release as ops  # noqa: PLC0415  # commands start fast

    progress, root = Progress(quiet=as_json), Path.cwd()
    if what == "status":
        found = ops.status(root, stack)
        _print(json.dumps(_document(found)) if as_json else status_text(found))
    elif what == "abort":
        failure = ops.abort(root, stack, progress)
        ended = f"{failure.version.digest} is ended" if failure else "no release was under way"
        _print(f"{ended}; what it left goes with: stackyard up {stack}")
    elif what == "resume":
        _say(ops.resume(root, stack, progress), as_json=as_json)
    else:
        _say(ops.release(root, stack, what, progress), as_json=as_json)


def _rollback(*, stack: Stack) -> None:
    """Release the version that was live before."""
    from stackyard.ops.release import rollback  # noqa: PLC0415  # commands start fast

    _say(rollback(Path.cwd(), stack, Progress()), as_json=False)


def status_text(status: "Status") -> str:
    """The ledger and the load balancer for people, a line each."""
    ledger = status.ledger
    rows: list[tuple[str, str]] = []
    for name, serving in (("live", ledger.live), ("previous", ledger.previous)):
        if serving is not None:
            level = "" if serving.level is None else f", migration level {serving.level}"
            rows.append(
                (name, f"{serving.slot:<5} {serving.version.image} since {serving.since}{level}")
            )
    if ledger.underway is not None:
        begun = ledger.underway
        rows.append(("under way", f"{begun.slot:<5} {begun.version.image} since {begun.since}"))
    if ledger.failed is not None:
        failed = ledger.failed
        rows.append(("failed", f"{failed.version.image} at {failed.at}: {failed.reason}"))
    for slot, targets in status.targets.items():
        weight = "-" if status.weights is None else f"{status.weights[slot]} %"
        rows.append(
            (slot, f"{weight:>5} {targets.healthy} healthy, {targets.unhealthy} unhealthy pods")
        )
    if not rows:
        return "nothing was released yet"
    return "\n".join(f"{name:<10} {text}" for name, text in rows)


def _document(status: "Status") -> dict[str, Any]:
    from release.ledger import text_of  # noqa: PLC0415  # commands start fast

    return {
        "ledger": json.loads(text_of(status.ledger)),
        "weights": status.weights,
        "targets": {slot: vars(targets) for slot, targets in status.targets.items()},
    }


def _say(ledger: "Ledger", *, as_json: bool) -> None:
    from release.ledger import text_of  # noqa: PLC0415  # commands start fast

    if as_json:
        _print(text_of(ledger))
    elif ledger.live is not None:
        _print(f"{ledger.live.slot} serves {ledger.live.version.image}")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
