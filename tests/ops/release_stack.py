"""A stack whose releases are judged by the world in memory; only its files are real."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import yaml
from botocore.exceptions import ClientError

from release.parts import LedgerStore, Router, Way
from release.plan import Route
from stackyard.errors import StackyardError
from stackyard.ops import release as ops
from stackyard.ops import run
from stackyard.ops.engine import EngineRun, Workspace
from stackyard.ops.repair import Repaired
from stackyard.progress import Progress
from tests.release.world import V1, World, with_live
from tests.stacks.examples import prod_with

STACK = "prod"
THROTTLED = ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "DescribeRules")
DONE = EngineRun(exit_code=0, seconds=1.0, changes={"update": 1})


@dataclass
class ReleaseStack:
    """Its workspace, and what an update of it comes to."""

    workspace: Workspace
    world: World
    outcome: Callable[[], None] = lambda: None
    """What an update does; may raise."""
    done: list[str] = field(default_factory=list[str])
    """The commands that were run on the stack."""
    regions: list[str] = field(default_factory=list[str])
    """Those that AWS was asked in."""

    @property
    def root(self) -> Path:
        """The folder of the stack file."""
        return self.workspace.root

    @property
    def file(self) -> Path:
        """The stack file."""
        return self.root / f"Pulumi.{STACK}.yaml"

    @property
    def image(self) -> str:
        """What the stack file says."""
        return yaml.safe_load(self.file.read_text())["config"]["stackyard:app"]["image"]

    def fails(self, problem: StackyardError) -> None:
        """The next update raises this."""

        def fail() -> None:
            raise problem

        self.outcome = fail

    def lock(self, pid: int) -> None:
        """A lock of that process of this machine."""
        folder = self.root / "state" / ".pulumi" / "locks" / "organization" / "app" / STACK
        folder.mkdir(parents=True)
        (folder / "1.json").write_text(
            f'{{"username": "ann", "hostname": "{socket.gethostname()}", "pid": {pid},'
            ' "timestamp": "2026-05-01T12:00:00Z"}'
        )


def write_stack_file(file: Path, image: str) -> None:
    """A right stack file of that image."""
    sections = prod_with("app", image=image).items()
    file.write_text(yaml.safe_dump({"config": {f"stackyard:{k}": v for k, v in sections}}))


@contextmanager
def release_stack(folder: Path, world: World | None = None) -> Iterator[ReleaseStack]:
    """The stack in a folder; unless told otherwise the first version serves in blue."""
    workspace = Workspace(
        root=folder,
        stack=STACK,
        variables={"PULUMI_BACKEND_URL": f"file://{folder / 'state'}"},
        events=folder / "events.jsonl",
        log=folder / "pulumi.log",
    )
    stack = ReleaseStack(workspace, world or with_live(V1))
    write_stack_file(stack.file, V1.image)

    def checked(_root: Path, _stack: str, _progress: Progress) -> Workspace:
        return workspace

    def up(_workspace: Workspace, _progress: Progress) -> EngineRun:
        stack.done.append("up")
        stack.outcome()
        return DONE

    def repair(*_: object) -> list[Repaired]:
        stack.done.append("repair")
        return []

    def store(_stack: str, region: str) -> LedgerStore:
        stack.regions.append(region)
        return stack.world.parts.store

    def router(_route: Route, _region: str) -> Router:
        return stack.world.parts.router

    def way(_route: Route, _region: str, tell: Callable[[str], None]) -> Way:
        return replace(stack.world.parts, tell=tell)

    with (
        patch.object(ops, "checked", checked),
        patch.object(run, "up", up),
        patch.object(ops, "repair", repair),
        patch.object(ops, "ledger_of", store),
        patch.object(ops, "router_of", router),
        patch.object(ops, "way_of", way),
    ):
        yield stack
