"""A stack whose engine is killed, and its repair, on moto in this process."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.backend import Backend
from stackyard.local.random_backend import RandomBackend
from stackyard.ops.lookup import candidates
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.repair import Repaired, Ways, repair
from stackyard.ops.repair_state import JsonObject
from stackyard.progress import Progress
from tests.engine.command_rig import CommandRig
from tests.engine.moto_backends import moto
from tests.engine.scan import AwsScan

UP, DESTROY = ("up", "--yes", "--skip-preview"), ("destroy", "--yes", "--skip-preview")


@contextmanager
def stack(folder: Path, program: Path, **backends: Backend) -> Iterator[tuple[CommandRig, AwsScan]]:
    """The stack, and what moto holds beyond a fresh one."""
    scan = AwsScan()
    with moto(scan.observe):
        ours = {"aws": AwsBackend.in_process(), "random": RandomBackend()}
        rig = CommandRig(folder, program, {**ours, **backends})
        try:
            yield rig, scan
        finally:
            rig.close()


def pending(rig: CommandRig) -> list[str]:
    """The operations that the exported state does not know the end of, `creating urn:...`."""
    exported = json.loads(rig.run("stack", "export").stdout)["deployment"]
    operations = exported.get("pending_operations") or []
    return sorted(f"{o['type']} {o['resource']['urn']}" for o in operations)


def repaired(rig: CommandRig, ways: Ways | None = None) -> list[Repaired]:
    """What `stackyard repair` does."""

    def find(resource: JsonObject, resources: Sequence[JsonObject]) -> list[str]:
        return candidates(resource, resources, lambda region: Aws(rig.environment, region))

    return repair(rig.workspace, ways or Ways(), find, Progress(quiet=True))
