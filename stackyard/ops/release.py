"""`stackyard release` and `rollback`: an image to all requests, and what the ledger says."""

import re
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from release.aws import ledger_of, router_of, way_of
from release.drive import ReleaseError
from release.drive import abort as end
from release.ledger import LedgerError
from release.parts import Targets, Weights
from release.plan import Failure, Ledger
from stacks.slots import SLOTS, Slot
from stackyard.errors import LockedError, ReleaseFailedError, SettingsFaultError, StackyardError
from stackyard.ops import run
from stackyard.ops.command import CONFIG_FILE, checked, repair, workspace_here
from stackyard.ops.engine import Workspace
from stackyard.ops.locks import locked_message, locks_of, runs_here
from stackyard.ops.repair import Ways
from stackyard.progress import Progress
from stackyard.stack_files import settings_of
from stackyard.stack_image import set_image

IMAGE = re.compile(r"[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}")
_BY_HAND = "it was aborted by hand"


@dataclass(frozen=True, kw_only=True)
class Status:
    """What serves, and where requests go."""

    ledger: Ledger
    weights: Weights | None
    targets: dict[Slot, Targets]


def release(root: Path, stack: str, image: str, progress: Progress) -> Ledger:
    """Write the image into the stack file and bring it to all requests; the ledger afterwards.

    Raises `ReleaseFailedError` where the version before serves on.
    """
    if not IMAGE.fullmatch(image):
        raise SettingsFaultError(
            f"{image!r} is no image by digest; write <repository>@sha256:<64 hexadecimal digits>"
        )
    workspace = checked(root, stack, progress)
    set_image(stack_file(workspace), image)
    return _bring(workspace, progress)


def resume(root: Path, stack: str, progress: Progress) -> Ledger:
    """Go on with a release whose driver was killed: free its lock, settle the state, update."""
    repair(root, stack, Ways(), progress)
    return _bring(checked(root, stack, progress), progress)


def rollback(root: Path, stack: str, progress: Progress) -> Ledger:
    """Release the version that was live before."""
    workspace = checked(root, stack, progress)
    with _told():
        ledger = ledger_of(stack, _region(workspace)).read()
    if ledger.underway is not None:
        raise StackyardError(
            f"a release of {ledger.underway.version.digest} is under way or was cut off; end it"
            f" first: stackyard release abort --stack {stack}"
        )
    if ledger.previous is None:
        raise StackyardError(f"the ledger of {stack} knows no version before the live one")
    image = ledger.previous.version.image
    if ledger.live is not None and ledger.live.version.image == image:
        raise StackyardError(
            f"the version before differs in its settings, not in its image: put them back in"
            f" {stack_file(workspace).name}, then run: stackyard up {stack}"
        )
    set_image(stack_file(workspace), image)
    return _bring(workspace, progress)


def abort(root: Path, stack: str, progress: Progress) -> Failure | None:
    """Send all requests back to the live slot at once, then settle the state.

    None where no release was under way.

    Raises `LockedError` while its driver runs: that one rolls back by itself when it is stopped.
    """
    workspace = checked(root, stack, progress)
    locks = locks_of(workspace)
    if any(not lock.stale(socket.gethostname(), runs_here) for lock in locks):
        raise LockedError(locked_message(locks, workspace))
    region = _region(workspace)
    with _told():
        store = ledger_of(stack, region)
        route = store.read().route
        failure = route and end(store, way_of(route, region, progress.line), _BY_HAND)
    # Requests first: what the state does not know of the killed run can wait for them.
    repair(root, stack, Ways(), progress)
    return failure


def status(root: Path, stack: str) -> Status:
    """Ledger, weights and targets as they are now."""
    region = _region(workspace_here(root, stack))
    with _told():
        ledger = ledger_of(stack, region).read()
        if ledger.route is None:
            return Status(ledger=ledger, weights=None, targets={})
        router = router_of(ledger.route, region)
        return Status(
            ledger=ledger,
            weights=router.weights(),
            targets={slot: router.targets(slot) for slot in SLOTS},
        )


def stack_file(workspace: Workspace) -> Path:
    """The file that the engine reads the stack's settings from."""
    named = workspace.variables.get(CONFIG_FILE)
    return Path(named) if named else workspace.root / f"Pulumi.{workspace.stack}.yaml"


def _bring(workspace: Workspace, progress: Progress) -> Ledger:
    """Update, and see by the ledger whether what the stack file names serves now."""
    region = _region(workspace)
    wanted = settings_of(stack_file(workspace)).app.image
    with _told():
        store = ledger_of(workspace.stack, region)
        before = store.read()
    try:
        run.up(workspace, progress)
    except StackyardError as problem:
        if problem.exit_code != StackyardError.exit_code or not _serves_on(before, region):
            raise
        raise ReleaseFailedError(
            f"{problem}\nThe version before serves on; nothing of its requests was moved."
        ) from problem
    with _told():
        ledger = store.read()
    if ledger.live is None or ledger.live.version.image != wanted:
        raise ReleaseFailedError(_not_tried(wanted, ledger))
    return ledger


def _serves_on(before: Ledger, region: str) -> bool:
    """Whether all requests go where they went before the update; not if nobody can say."""
    if before.live is None or before.route is None:
        return False
    try:
        weights = router_of(before.route, region).weights()
    except (BotoCoreError, ClientError):
        # The update's own failure is what the user has to know.
        return False
    return weights is not None and weights[before.live.slot] == 100


def _not_tried(wanted: str, ledger: Ledger) -> str:
    why = f"; {ledger.failed.reason}" if ledger.failed else ""
    return (
        f"{wanted} is not tried again: it was rolled back{why}\n"
        "Release another image, or set release.retry in the stack file to try this one again."
    )


def _region(workspace: Workspace) -> str:
    return settings_of(stack_file(workspace)).env.region


@contextmanager
def _told() -> Generator[None]:
    """What AWS or the ledger refuse, as a message."""
    try:
        yield
    except (LedgerError, ReleaseError, LookupError) as problem:
        raise StackyardError(str(problem)) from problem
    except (BotoCoreError, ClientError) as problem:
        raise StackyardError(f"AWS says of the release: {problem}") from problem
