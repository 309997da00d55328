"""A stack in the slot's state: made where it is missing, and previewed without being made."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local import binaries, cloud, engine
from stackyard.local.layout import Layout
from stackyard.local.project_files import settings_of
from stackyard.local.secrets import read_secrets


def engine_variables(layout: Layout) -> dict[str, str]:
    """The environment of the engine in a slot that is up."""
    tools = binaries.ensure(on_progress=lambda _: None)
    return engine.environment(layout, read_secrets(layout), tools.folders)


def select(layout: Layout, variables: Mapping[str, str], *, stack: str, file: Path) -> None:
    """Make `stack` where the state has none; its secrets salt goes into `file`.

    Init writes the salt beside Pulumi.yaml, so it runs in a folder of its own.
    """
    if list(layout.state.glob(f".pulumi/stacks/*/{stack}.json")):
        return
    folder = layout.run / "init"
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_bytes((layout.root / "Pulumi.yaml").read_bytes())
    salted = folder / f"Pulumi.{stack}.yaml"
    salted.write_bytes(file.read_bytes())
    words = ["--cwd", str(folder), "stack", "init", stack, "--no-select"]
    try:
        engine.answer(layout, variables, words)
    except subprocess.CalledProcessError as problem:
        said = str(problem.stderr).strip()
        raise StackyardError(f"the stack {stack} could not be made: {said}") from problem
    file.write_bytes(salted.read_bytes())


def preview(layout: Layout, stack: str) -> str:
    """The text of `pulumi preview --diff` of any stack, against the running embedded cloud.

    Raises `StackyardError` when the cloud is not up or the preview fails.
    """
    given = layout.root / f"Pulumi.{stack}.yaml"
    settings_of(given)
    if cloud.supervisor_pid(layout) is None:
        raise StackyardError("the embedded cloud is not up; run: make up")
    file = layout.run / f"Pulumi.{stack}.yaml"
    file.write_bytes(given.read_bytes())
    here = {
        **engine_variables(layout),
        "PULUMI_OPTION_CONFIG_FILE": str(file),
        "PULUMI_STACK": stack,
    }
    select(layout, here, stack=stack, file=file)
    try:
        return engine.answer(layout, here, ["preview", "--diff"])
    except subprocess.CalledProcessError as problem:
        raise StackyardError(f"{problem.stdout}{problem.stderr}".strip()) from problem
