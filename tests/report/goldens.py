"""`make report-goldens`: previews and event logs of the real engine over the embedded cloud."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.backend import Backend
from stackyard.local.provider import serve
from stackyard.local.random_backend import RandomBackend
from stackyard.ops.engine import Workspace, answer, attend, operate
from stackyard.ops.preview import _writes, steps_in
from tests.engine.cli_stack import variables as cli_variables

HERE = Path(__file__).parent
GOLDENS = HERE / "goldens"
PROGRAM = HERE / "golden_program.py"
CANARY = "canary-0f5b1c7e-in-a-secret"
"""Planted as a secret of the stack: it may be found nowhere."""

PREVIEW = ("preview", "--show-sames", "--ignore-protect")
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "image": {"image": "registry.example.com/api@sha256:" + 64 * "b"},
    "engine-upgrade": {"engine": "8.0.mysql_aurora.3.11.0"},
    "subnet-replaced": {"zone": "us-east-1c"},
    "database-replaced": {"database": "shop2", "topic": False},
    "group-opened": {"open": ["0.0.0.0/0"]},
    "role-widened": {"actions": ["s3:GetObject", "s3:*", "kms:Decrypt"]},
    "weights": {"weights": [0, 100]},
    "secret-plain": {"secret_is_plain": True},
    "protection-off": {"deletion_protection": False, "bucket_protected": False},
    "instance-class": {"instance": "db.r6g.xlarge"},
    "topic-removed": {"topic": False},
    "cache-described": {"cache_description": "sessions and limits"},
    "nothing": {},
}
"""Name of a change to what differs from the shop as it stands."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The shop's stack with the CLI, and what a program of it is told."""

    workspace: Workspace

    def choose(self, choices: Mapping[str, Any]) -> None:
        """What the next command's program is like."""
        (self.workspace.root / "choices.json").write_text(json.dumps(choices))

    def up(self) -> None:
        """Make it so."""
        run = operate(self.workspace, ["up"], on_progress=lambda _: None)
        if run.exit_code:
            raise RuntimeError(f"the shop was not made: {run.errors or run.said}")

    def keep(self, folder: Path, *words: str) -> None:
        """A preview as it is given to a report, and its event log."""
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile() as out:
            run = attend(self.workspace, [*words, "--json"], on_progress=lambda _: None, stdout=out)
            out.seek(0)
            text = out.read().decode()
        if run.exit_code:
            raise RuntimeError(f"no preview for {folder.name}: {run.errors or run.said}")
        (folder / "preview.json").write_text(small_preview(text))
        (folder / "events.jsonl").write_text(small_events(self.workspace.events.read_text()))

    def export(self) -> str:
        """The state."""
        return small(answer(self.workspace, ["stack", "export"]))


def small(text: str) -> str:
    """The same JSON on one line, without what no report reads: it names the machine's folders."""
    return json.dumps(_without_places(json.loads(text)), separators=(",", ":")) + "\n"


def small_preview(text: str) -> str:
    """A preview without the steps that change nothing, not even an option."""
    digest = json.loads(text)
    steps = zip(digest["steps"], steps_in(text), strict=True)
    digest["steps"] = [given for given, step in steps if _writes(step)]
    digest["diagnostics"] = [d for d in digest.get("diagnostics") or [] if not _of_host(d)]
    return small(json.dumps(digest))


def small_events(text: str) -> str:
    """An event log without what the engine says for its makers, and without the same steps."""
    lines = (line for line in text.splitlines() if _is_told(json.loads(line)))
    return "".join(map(small, lines))


def _is_told(event: Mapping[str, Any]) -> bool:
    for kind in ("resourcePreEvent", "resOutputsEvent"):
        metadata = event.get(kind, {}).get("metadata", {})
        if metadata.get("op") == "same" and metadata["type"] != "pulumi:pulumi:Stack":
            return False
    said = event.get("diagnosticEvent", {})
    return said.get("severity") != "debug" and not _of_host(said)


def _of_host(diagnostic: Mapping[str, Any]) -> bool:
    """Whether it tells where the stand-in of the language host lies."""
    return "pulumi-language-python" in str(diagnostic.get("message"))


def _without_places(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_places(each) for each in value]
    if isinstance(value, dict):
        dropped = ("sourcePosition", "stackTrace", "created", "modified")
        return {key: _without_places(each) for key, each in value.items() if key not in dropped}
    return value


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """The stack `test` of the shop in `folder`, empty, over moto in this process."""
    with mock_aws():
        backends: dict[str, Backend] = {"aws": AwsBackend.in_process(), "random": RandomBackend()}
        served = {name: serve(backend) for name, backend in backends.items()}
        (folder / "Pulumi.yaml").write_text(json.dumps({"name": "shop", "runtime": "python"}))
        (folder / "__main__.py").write_bytes(PROGRAM.read_bytes())
        (folder / "state").mkdir()
        variables = cli_variables(folder, 0)
        variables["PULUMI_DEBUG_PROVIDERS"] = ",".join(f"{n}:{p}" for n, (_, p) in served.items())
        workspace = Workspace(
            root=folder,
            stack="test",
            variables=variables,
            events=folder / "events.jsonl",
            log=folder / "pulumi.log",
        )
        answer(workspace, ["stack", "init", "test"])
        answer(workspace, ["config", "set", "aws:region", "us-east-1"])
        answer(workspace, ["config", "set", "--secret", "token", CANARY])
        yield Shop(workspace=workspace)
        for server, _ in served.values():
            server.stop(None).wait()


def make() -> None:
    """Write every golden file anew."""
    with tempfile.TemporaryDirectory() as folder, shop(Path(folder)) as made:
        made.choose({})
        made.keep(GOLDENS / "first-deployment", *PREVIEW)
        made.up()
        (GOLDENS / "state.json").write_text(made.export())
        for name, choices in CHANGES.items():
            made.choose(choices)
            made.keep(GOLDENS / name, *PREVIEW)
        # The engine previews no destroy of what is protected.
        made.choose({"bucket_protected": False})
        made.up()
        made.keep(GOLDENS / "destroy", "destroy", "--preview-only")


if __name__ == "__main__":
    make()
