"""A rig's stack as a command of ours is given it: its own CLI, home and providers."""

import os
from pathlib import Path

from stackyard.ops.engine import Workspace
from tests.engine.rig import Rig


def workspace_of(rig: Rig) -> Workspace:
    """Its files go into the rig's own folder."""
    folder, known = rig.work_folder, rig.stack.workspace
    commands = Path(known.pulumi_command.command).parent
    variables = {
        "HOME": os.environ["HOME"],
        "PULUMI_HOME": str(known.pulumi_home),
        "PATH": f"{commands}{os.pathsep}{os.defpath}",
    }
    return Workspace(
        root=folder,
        stack=rig.stack.name,
        variables={**known.env_vars, **variables},
        events=folder / "events.jsonl",
        log=folder / "pulumi.log",
    )
