"""A stack in the slot's state: made where it is missing, and previewed without being made."""

from dataclasses import replace
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local import binaries, cloud
from stackyard.local.engine_environment import STACK, environment
from stackyard.local.layout import Layout
from stackyard.local.secrets import read_secrets
from stackyard.ops.engine import Workspace
from stackyard.ops.faults import ask
from stackyard.stack_files import settings_of


def workspace_of(layout: Layout, tools: binaries.Tools | None = None) -> Workspace:
    """The local stack of a slot whose secrets are made; `tools` are looked up if not given."""
    folders = (tools or binaries.ensure(on_progress=lambda _: None)).folders
    return Workspace(
        root=layout.root,
        stack=STACK,
        variables=environment(layout, read_secrets(layout), folders),
        events=layout.run / "pulumi-events.jsonl",
        log=layout.logs / "pulumi.log",
        repair="make repair",
        prelude=f"source {layout.environment_file.relative_to(layout.root)}; ",
    )


def select(layout: Layout, workspace: Workspace, file: Path) -> None:
    """Make the stack where the state has none; its secrets salt goes into `file`.

    Init writes the salt beside Pulumi.yaml, so it runs in a folder of its own.
    """
    stack = workspace.stack
    if list(layout.state.glob(f".pulumi/stacks/*/{stack}.json")):
        return
    folder = layout.run / "init"
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_bytes((layout.root / "Pulumi.yaml").read_bytes())
    salted = folder / f"Pulumi.{stack}.yaml"
    salted.write_bytes(file.read_bytes())
    words = ["--cwd", str(folder), "stack", "init", stack, "--no-select"]
    ask(workspace, words)
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
    here = workspace_of(layout)
    variables = {**here.variables, "PULUMI_OPTION_CONFIG_FILE": str(file)}
    here = replace(here, stack=stack, variables=variables)
    select(layout, here, file)
    return ask(here, ["preview", "--diff"])
