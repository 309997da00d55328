"""A small stack for the real CLI as a process: a program in a file, a cloud in this process."""

# ruff: noqa: ARG002  # the parameters of Backend

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackyard.local.binaries import PULUMI, find
from stackyard.local.provider import serve
from stackyard.local.wire import JsonObject, NotFoundError
from stackyard.ops.engine import Workspace, answer

ROOT = Path(__file__).resolve().parents[2]
DATABASE, TOPIC = "aws:rds/cluster:Cluster", "aws:sns/topic:Topic"
PASSPHRASE = "of the test"
_PROGRAM = '''"""The resources that resources.json names, after the one before if so said."""

import json
import pathlib

import pulumi

before = None
for each in json.loads(pathlib.Path("resources.json").read_text()):
    after = before if each["after"] else None
    options = pulumi.ResourceOptions(protect=each["protect"], depends_on=after)
    before = pulumi.CustomResource(each["type"], each["name"], each["inputs"], options)
'''


@dataclass(kw_only=True)
class SmallCloud:
    """A provider's backend that keeps inputs by id; `engine` and `name` replace."""

    package: str = "aws"
    version: str = "7.51.1"
    things: dict[str, tuple[str, JsonObject]] = field(default_factory=dict)
    """By id: logical name and inputs."""
    log: list[tuple[str, str]] = field(default_factory=list)
    """(verb, logical name) of all that changed something."""
    _reached: threading.Event = field(default_factory=threading.Event)
    _free: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._free.set()

    @property
    def names(self) -> list[str]:
        """Logical names of what is there, one for each thing."""
        return sorted(name for name, _ in self.things.values())

    @contextmanager
    def held_at_its_first_create(self) -> Iterator[threading.Event]:
        """Creates begin and do not end while the block runs; the event says that one began."""
        self._reached.clear()
        self._free.clear()
        try:
            yield self._reached
        finally:
            self._free.set()

    def configured(self, args: JsonObject) -> "SmallCloud":
        return self

    def check(
        self, token: str, name: str, olds: JsonObject, news: JsonObject, seed: bytes
    ) -> tuple[JsonObject, list[tuple[str, str]]]:
        return news, []

    def replaces(self, token: str, olds: JsonObject, news: JsonObject) -> set[str]:
        return {key for key in ("engine", "name") if olds.get(key) != news.get(key)}

    def preview(self, token: str, olds: JsonObject | None, news: JsonObject) -> JsonObject:
        return news

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        self._reached.set()
        self._free.wait()
        with self._lock:
            self.log.append(("create", name))
            id_ = f"{name}-{len(self.log)}"
            self.things[id_] = name, inputs
        return id_, {**inputs, "arn": id_}

    def read(self, token: str, id_: str, inputs: JsonObject) -> tuple[JsonObject, JsonObject]:
        if id_ not in self.things:
            raise NotFoundError(id_)
        _, known = self.things[id_]
        return known, {**known, "arn": id_}

    def update(
        self, token: str, id_: str, olds: JsonObject, news: JsonObject, *, timeout: float
    ) -> JsonObject:
        with self._lock:
            self.log.append(("update", self.things[id_][0]))
            self.things[id_] = self.things[id_][0], news
        return {**news, "arn": id_}

    def delete(self, token: str, id_: str, inputs: JsonObject, *, timeout: float) -> None:
        with self._lock:
            name, _ = self.things.pop(id_)
            self.log.append(("delete", name))

    def invoke(self, token: str, args: JsonObject) -> JsonObject:
        return {}


@dataclass(frozen=True, kw_only=True)
class CliStack:
    """The stack's workspace and what it runs against."""

    workspace: Workspace
    cloud: SmallCloud

    @property
    def state_file(self) -> Path:
        """Where the file backend keeps the state."""
        (file,) = self.workspace.root.glob("state/.pulumi/stacks/*/test.json")
        return file

    def resources(self) -> list[str]:
        """Logical names of what the state has, without the stack and its provider."""
        latest = json.loads(self.state_file.read_text())["checkpoint"]["latest"]
        found = [r for r in latest.get("resources", []) if not r["type"].startswith("pulumi:")]
        return sorted(r["urn"].rpartition("::")[2] for r in found)

    def urn(self, type_: str, name: str) -> str:
        """As the engine writes it for a resource without a parent of its own."""
        return f"urn:pulumi:test::app::{type_}::{name}"

    def program(self, *resources: Mapping[str, Any]) -> None:
        """What the next command's program says."""
        (self.workspace.root / "resources.json").write_text(json.dumps(resources))


def thing(name: str, type_: str = TOPIC, *, protect: bool = False, **inputs: Any) -> dict[str, Any]:
    """One line of the program."""
    return {"type": type_, "name": name, "inputs": inputs, "protect": protect, "after": True}


@contextmanager
def cli_stack(folder: Path) -> Iterator[CliStack]:
    """A stack `test` of its own in `folder`, empty."""
    cloud = SmallCloud()
    server, port = serve(cloud)
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "app", "runtime": "python"}))
    (folder / "__main__.py").write_text(_PROGRAM)
    (folder / "state").mkdir()
    workspace = Workspace(
        root=folder,
        stack="test",
        variables=variables(folder, port),
        events=folder / "events.jsonl",
        log=folder / "pulumi.log",
    )
    answer(workspace, ["stack", "init", "test"])
    yield CliStack(workspace=workspace, cloud=cloud)
    server.stop(None).wait()


def variables(folder: Path, port: int) -> dict[str, str]:
    """The CLI's environment: its language host, and the provider of this process attached."""
    pulumi = find(PULUMI)
    if pulumi is None:
        raise RuntimeError("there is no Pulumi CLI; run: make up, or put it on PATH")
    shims = folder / "bin"
    shims.mkdir()
    shim = shims / "pulumi-language-python"
    shim.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={ROOT}\n"
        f'exec {sys.executable} -m stackyard.local.language_host "$@"\n'
    )
    shim.chmod(0o755)
    return {
        "HOME": os.environ["HOME"],
        "PATH": os.pathsep.join([str(shims), str(pulumi.parent), os.defpath]),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_DEBUG_PROVIDERS": f"aws:{port}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    }
