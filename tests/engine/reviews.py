"""A checkout whose review stacks are small, on the real engine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.ops import command
from stackyard.ops.review import down, up
from stackyard.progress import Progress
from tests.engine.cli_stack import CliStack, cli_stack
from tests.graph.stacks import ROOT

PROGRAM = '''"""One thing more than resources.json names: the stack's own, and where it answers."""

import json
import pathlib

import pulumi

for each in json.loads(pathlib.Path("resources.json").read_text()):
    options = pulumi.ResourceOptions(protect=each["protect"])
    pulumi.CustomResource(each["type"], each["name"], each["inputs"], options)
stack = pulumi.get_stack()
size = json.loads(pulumi.Config("stackyard").get("env") or "{}").get("size")
pulumi.CustomResource("aws:sns/topic:Topic", stack, {"size": size})
pulumi.export("siteUrl", f"https://{stack}.example.com")
'''
QUIET = Progress(quiet=True)


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """A checkout whose review stacks are small."""

    stack: CliStack

    @property
    def root(self) -> Path:
        return self.stack.workspace.root

    @property
    def file(self) -> Path:
        return self.root / "Pulumi.pr.yaml"

    @property
    def names(self) -> list[str]:
        return self.stack.cloud.names

    def stacks(self) -> list[str]:
        """What the state holds, also of stacks that nobody asked for."""
        files = self.root.glob("state/.pulumi/stacks/*/*.json")
        return sorted(file.stem for file in files)

    def up(self, number: int) -> str:
        return up(self.root, number, QUIET)

    def down(self, number: int) -> None:
        down(self.root, number, QUIET)

    def configure(self, **env: Any) -> None:
        content = yaml.safe_load(self.file.read_text())
        content["config"]["stackyard:env"] |= env
        self.file.write_text(yaml.safe_dump(content))


@contextmanager
def reviews_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reviews]:
    """A checkout in `tmp_path` and an empty cloud; nobody is asked whose the credentials are."""
    monkeypatch.setattr(command, "check_identity", lambda _env, _file: None)
    with cli_stack(tmp_path) as stack:
        for name, value in stack.workspace.variables.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "__main__.py").write_text(PROGRAM)
        shutil.copyfile(ROOT / "Pulumi.pr.yaml", tmp_path / "Pulumi.pr.yaml")
        stack.program()
        yield Reviews(stack=stack)
