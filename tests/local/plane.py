"""A real control plane for tests, and what they need to speak to it."""

import asyncio
import itertools
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stackyard.local import binaries
from stackyard.local.control_plane import ControlPlane
from stackyard.local.layout import Layout
from stackyard.local.secrets import make_secrets
from stackyard.local.wire import JsonObject
from tests.local.background import Background, background
from tests.local.slots import free_slot

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
_NUMBERS = itertools.count(1)


@dataclass
class Running:
    """A started control plane and what tests need to speak to it."""

    layout: Layout
    tools: binaries.Tools
    plane: ControlPlane
    loop: Background
    changes: list[tuple[str, str]] = field(default_factory=list)

    def request(self, method: str, path: str, body: object = None) -> tuple[int, JsonObject]:
        return self.loop.run(self.plane.kube.request(method, path, body))

    def kubectl(self, *words: str) -> str:
        return subprocess.run(
            [self.tools.paths["kubectl"], "--kubeconfig", self.layout.kubeconfig, *words],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.defpath, "HOME": str(self.layout.folder)},
        ).stdout

    def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        async def scene() -> None:
            async with asyncio.timeout(60):
                while not await true():  # noqa: ASYNC110  # it is the cluster that changes
                    await asyncio.sleep(0.1)

        self.loop.run(scene())


@contextmanager
def running_plane(root: Path) -> Iterator[Running]:
    """A control plane on a free slot, ended with the block."""
    with free_slot(root) as layout, background() as loop:
        secrets, tools = make_secrets(layout), binaries.found()
        changes: list[tuple[str, str]] = []
        plane = ControlPlane(
            layout,
            secrets,
            tools,
            on_change=lambda process, change: changes.append((process.name, change)),
        )
        try:
            loop.run(plane.start())
            yield Running(layout=layout, tools=tools, plane=plane, loop=loop, changes=changes)
        finally:
            loop.run(plane.stop())


def new_name() -> str:
    """A name that no other test of this run uses."""
    return f"test-{next(_NUMBERS)}"


def named(kind: str, version: str = "v1") -> JsonObject:
    """The beginning of an object with a new name."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": new_name()}}
