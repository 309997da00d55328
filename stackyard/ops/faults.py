"""The CLI's own faults, which stand in its text and in no event, as one clear message each."""

import re
import subprocess
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from stackyard.errors import (
    LockedError,
    ReleaseFailedError,
    SettingsFaultError,
    StackyardError,
    StateFaultError,
)
from stackyard.ops.engine import EngineRun, Workspace, answer
from stackyard.ops.locks import locked_message, locks_in

_ERROR = re.compile(r"^error: (.*?)(?=^error: |\Z)", re.MULTILINE | re.DOTALL)

_NEWER = (
    r"unsupported checkpoint version|needs support for the following features|"
    r"newer than what this version|deployment version is too new"
)

Message = Callable[[Workspace], str]


def _wrong_passphrase(workspace: Workspace) -> str:
    return (
        f"the passphrase is not the one of the stack {workspace.stack}: set"
        " PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one it was made with"
    )


def _no_passphrase(workspace: Workspace) -> str:
    return (
        f"the stack {workspace.stack} has a passphrase and none is given: set"
        " PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"
    )


def _no_stack(workspace: Workspace) -> str:
    return (
        f"this backend has no stack {workspace.stack}; see: {workspace.prelude}pulumi stack ls;"
        f" make it: {workspace.prelude}pulumi stack init {workspace.stack}"
    )


def _newer(workspace: Workspace) -> str:
    return (
        f"the state of the stack {workspace.stack} was written by a newer Pulumi CLI than this one;"
        " nothing was touched. Use that version: pulumi version, https://www.pulumi.com/docs/install"
    )


def _damaged(workspace: Workspace) -> str:
    return (
        f"the state file of the stack {workspace.stack} is damaged; nothing was touched. Put its"
        " last good copy in its place: the backend keeps"
        f" .pulumi/stacks/<project>/{workspace.stack}.json.bak beside it and one a run in"
        f" .pulumi/history/<project>/{workspace.stack}; then look at what changed since:"
        f" {workspace.by_hand('preview --refresh')}"
    )


def _in_progress(workspace: Workspace) -> str:
    return (
        f"another update of the stack {workspace.stack} is under way: wait for it to end. If it is"
        f" gone for sure: {workspace.by_hand('cancel --yes')}"
    )


_FAULTS: tuple[tuple[str, type[StackyardError], Message], ...] = (
    (r"incorrect passphrase", SettingsFaultError, _wrong_passphrase),
    (r"passphrase must be set", SettingsFaultError, _no_passphrase),
    (r"no stack (selected|named)", SettingsFaultError, _no_stack),
    (_NEWER, StateFaultError, _newer),
    (r"failed to load checkpoint|snapshot integrity", StateFaultError, _damaged),
    (r"update is currently in progress", LockedError, _in_progress),
)
"""What the CLI says (3.259: backend/diy, resource/stack, secrets/passphrase), how we say it."""


_HOOK = 'before hook "release" failed: '
"""How the engine begins what ended a release."""


def ask(workspace: Workspace, words: Sequence[str]) -> str:
    """What a command without an event log prints; its failure as the fault it stands for."""
    with told(workspace):
        return answer(workspace, words)


@contextmanager
def told(workspace: Workspace) -> Generator[None]:
    """Turn the failure of a command in the block into the fault it stands for."""
    try:
        yield
    except subprocess.CalledProcessError as problem:
        said = f"{problem.stdout}{problem.stderr}"
        raise _known(said, workspace) or StackyardError(_own_words(said)) from problem


def raise_for(run: EngineRun, workspace: Workspace) -> None:
    """Raise what a run that failed says, with where the whole of it stands."""
    if run.exit_code == 0:
        return
    # What the program or a provider said is an event: the CLI's text only repeats it.
    known = None if run.errors else _known(run.said, workspace)
    for error in run.errors:
        if _HOOK in error:
            raise ReleaseFailedError(f"release failed: {error.partition(_HOOK)[2]}")
    raise known or StackyardError(
        "\n".join(run.errors or [_own_words(run.said)])
        + f"\nThe engine's output: {_place(workspace)}; run the same command again to go on."
    )


def _known(said: str, workspace: Workspace) -> StackyardError | None:
    locks = locks_in(said)
    if locks:
        return LockedError(locked_message(locks, workspace))
    for pattern, kind, message in _FAULTS:
        if re.search(pattern, said):
            return kind(message(workspace))
    return None


def _own_words(said: str) -> str:
    errors = "\n".join(found.strip() for found in _ERROR.findall(said))
    return errors or said.strip() or "the engine ended without a word"


def _place(workspace: Workspace) -> str:
    log, root = workspace.log, workspace.root
    return str(log.relative_to(root) if log.is_relative_to(root) else log)
