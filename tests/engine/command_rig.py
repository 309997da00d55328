"""The real Pulumi CLI as a child that can be killed; the providers in this process, attached."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import grpc

from stackyard.local import binaries
from stackyard.local.backend import Backend
from stackyard.local.provider import serve
from stackyard.local.wire import JsonObject
from stackyard.ops.engine import Workspace
from tests.engine.trap import Kill, Trap, TrappedBackend
from tests.sessions import end_session

ROOT = Path(__file__).parents[2]
STACK, PROJECT = "test", "app"
SECONDS = 120.0
"""How long a command may take."""

Ended = subprocess.CompletedProcess[str]


class CommandRig:
    """One stack of the program in a file, with a file backend of its own."""

    def __init__(self, folder: Path, program: Path, backends: Mapping[str, Backend]) -> None:
        self.folder, self.trap = folder, Trap()
        self._servers: list[grpc.Server] = []
        ports: dict[str, int] = {}
        for name, backend in backends.items():
            server, ports[name] = serve(TrappedBackend(backend, self.trap))
            self._servers.append(server)
        for made in ("state", "home", "bin"):
            (folder / made).mkdir()
        (folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        (folder / "__main__.py").symlink_to(program)
        self.environment = _environment(folder, ports)
        self.run("stack", "init", STACK)

    def run(self, *words: str) -> Ended:
        """A command to its end."""
        return self._end(self._start(words))

    def killed(self, kill: Kill, *words: str) -> Ended:
        """A command that gets a signal; what it leaves behind is ended too."""
        self.trap.set(kill)
        process = self._start(words)
        ended = self._end(process)
        assert self.trap.changes >= kill.at, f"it ended before:\n{ended.stdout}{ended.stderr}"
        self.trap.set(None)
        end_session(process.pid)
        self.trap.wait_idle()
        return ended

    def state(self) -> str:
        """The state as it is stored."""
        (file,) = (self.folder / "state" / ".pulumi" / "stacks").glob(f"*/{STACK}.json")
        return file.read_text()

    def pending(self) -> list[JsonObject]:
        """The operations that the state as it is stored does not know the end of."""
        latest = json.loads(self.state())["checkpoint"]["latest"] or {}
        return latest.get("pending_operations") or []

    @property
    def workspace(self) -> Workspace:
        """The stack, as a command of ours is given it."""
        return Workspace(
            root=self.folder,
            stack=STACK,
            variables=self.environment,
            events=self.folder / "events.jsonl",
            log=self.folder / "pulumi.log",
        )

    def close(self) -> None:
        """Stop the providers."""
        for server in self._servers:
            server.stop(None).wait()

    def _start(self, words: tuple[str, ...]) -> subprocess.Popen[str]:
        self.trap.process = subprocess.Popen(
            ["pulumi", *words, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self.trap.process

    def _end(self, process: subprocess.Popen[str]) -> Ended:
        out, err = process.communicate(timeout=SECONDS)
        return Ended(process.args, process.returncode, out, err)


def _environment(folder: Path, ports: Mapping[str, int]) -> dict[str, str]:
    shim = folder / "bin" / "pulumi-language-python"
    shim.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={shlex.quote(str(ROOT))}\n"
        f'exec {shlex.quote(sys.executable)} -m stackyard.local.language_host "$@"\n'
    )
    shim.chmod(0o755)
    path = [str(shim.parent), str(binaries.found().pulumi.parent), os.environ["PATH"]]
    return {
        "HOME": os.environ["HOME"],
        "PATH": os.pathsep.join(path),
        "AWS_ACCESS_KEY_ID": "in-process",
        "AWS_SECRET_ACCESS_KEY": "in-process",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}?metadata=skip",
        "PULUMI_STACK": STACK,
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{port}" for name, port in ports.items()),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    }
