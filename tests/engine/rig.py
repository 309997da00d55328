"""The real Pulumi CLI over providers in this process: one stack with a file backend of its own."""

import asyncio
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import grpc
from pulumi import automation as auto
from pulumi.automation import _server, events
from pulumi.runtime import _callbacks
from pulumi.runtime import config as sdk_config
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS

from stackyard.graph.collector import paused
from stackyard.local.backend import Backend
from stackyard.local.binaries import PULUMI, find
from stackyard.local.provider import serve
from stackyard.local.wire import JsonObject
from tests.engine.faults import Faults, FaultyBackend

SETTLE_SECONDS = 10.0
PROGRAM_SECONDS = 60.0
"""How long a program's thread may go on once the command that ran it has ended."""

# The SDK leaves its channels open, and gRPC shares connections by address: an engine on a port that
# an earlier one had would be called unavailable.
_GRPC_CHANNEL_OPTIONS.append(("grpc.use_local_subchannel_pool", 1))

Program = Callable[[], None]


class EngineError(Exception):
    """A command ended with an error; the text is every diagnostic the engine gave."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Rig:
    """One stack. `program` may be exchanged between commands; one command at a time a process."""

    def __init__(
        self,
        folder: Path,
        program: Program,
        backends: Mapping[str, Backend],
        *,
        project: str = "app",
        stack: str = "test",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self.program, self.faults = program, Faults()
        self._name = stack
        self.said: list[str] = []
        """What the latest command told, line by line, errors left out."""
        self._state = folder / "state"
        self._servers: list[grpc.Server] = []
        ports: dict[str, int] = {}
        for name, backend in backends.items():
            server, ports[name] = serve(FaultyBackend(backend, self.faults))
            self._servers.append(server)
        home, self.work_folder = folder / "home", folder / "work"
        for made in (home, self.work_folder, self._state):
            made.mkdir()
        settings = auto.ProjectSettings(
            name=project, runtime="python", backend=auto.ProjectBackend(url=f"file://{self._state}")
        )
        self.stack = auto.create_or_select_stack(
            stack,
            project_name=project,
            program=self._run_program,
            opts=auto.LocalWorkspaceOptions(
                work_dir=str(self.work_folder),
                pulumi_home=str(home),
                project_settings=settings,
                pulumi_command=_command(folder),
                env_vars=_environment(ports),
            ),
        )
        self.configure(config or {})

    def configure(self, config: Mapping[str, Any]) -> None:
        """Set configuration, by key of the project's namespace; a section as the CLI keeps it."""
        for key, value in config.items():
            text = value if isinstance(value, str) else json.dumps(value)
            self.stack.set_config(key, auto.ConfigValue(text))

    def up(self, **options: Any) -> dict[str, int]:
        """Operations by kind, without `same`."""
        return self._run(self.stack.up, **options)

    def preview(self, **options: Any) -> dict[str, int]:
        """Operations by kind, without `same`."""
        return self._run(self.stack.preview, **options)

    def planned(self) -> list[events.StepEventMetadata]:
        """The steps of a preview, without `same`."""
        seen: list[events.EngineEvent] = []
        self._run(self.stack.preview, seen)
        steps = [e.resource_pre_event.metadata for e in seen if e.resource_pre_event is not None]
        return [step for step in steps if step.op is not events.OpType.SAME]

    def refresh(self, **options: Any) -> dict[str, int]:
        """Operations by kind, without `same`."""
        return self._run(self.stack.refresh, **options)

    def destroy(self, **options: Any) -> dict[str, int]:
        """Operations by kind."""
        return self._run(self.stack.destroy, **options)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in the clear."""
        return {name: output.value for name, output in self.stack.outputs().items()}

    def state(self) -> str:
        """The state as it is stored, secrets encrypted."""
        (file,) = (self._state / ".pulumi" / "stacks").glob(f"*/{self._name}.json")
        return file.read_text()

    def resources(self) -> dict[str, JsonObject]:
        """The state's resources by logical name, secrets encrypted."""
        latest = json.loads(self.state())["checkpoint"]["latest"]
        return {r["urn"].rpartition("::")[2]: r for r in latest.get("resources", [])}

    def close(self) -> None:
        """Stop the providers."""
        for server in self._servers:
            server.stop(None).wait()

    def _run_program(self) -> None:
        # As the language host hands it over, for programs that ask for every key.
        given = {"PULUMI_CONFIG": json.dumps(sdk_config.CONFIG.get())}
        with patch.dict(os.environ, given):
            self.program()

    def _run(
        self,
        command: Callable[..., Any],
        seen: list[events.EngineEvent] | None = None,
        **options: Any,
    ) -> dict[str, int]:
        seen = [] if seen is None else seen
        # The SDK keeps the callback servers of earlier programs and would stop them again, on an
        # event loop that is closed: the command would hang.
        _callbacks._CallbackServicer._servicers.clear()
        try:
            with _closed_loops(), paused():
                command(on_event=seen.append, **options)
        except auto.CommandError as error:
            (code,) = re.findall(r"^ code: (\d+)", str(error), re.MULTILINE)
            raise EngineError(_diagnostics(seen) or str(error), int(code)) from error
        finally:
            self.said = _said(seen)
        counted: dict[str, int] = {}
        for event in seen:
            if event.summary_event is not None:
                changes = event.summary_event.resource_changes or {}
                counted = {str(getattr(k, "value", k)): v for k, v in changes.items()}
        return {kind: count for kind, count in counted.items() if kind != "same"}


@contextmanager
def _closed_loops() -> Iterator[None]:
    """The SDK leaves the event loop of a program that failed open; close what was made.

    The thread that runs the program may outlast the command: it is waited for first.
    """
    made: list[asyncio.AbstractEventLoop] = []
    ended: list[threading.Event] = []
    make, run = asyncio.new_event_loop, _server.LanguageServer.Run

    def noted() -> asyncio.AbstractEventLoop:
        made.append(make())
        return made[-1]

    def awaited(server: Any, request: Any, context: Any) -> Any:
        ended.append(threading.Event())
        end = ended[-1]
        try:
            return run(server, request, context)
        finally:
            end.set()

    try:
        with (
            patch("asyncio.new_event_loop", noted),
            patch.object(_server.LanguageServer, "Run", awaited),
        ):
            yield
    finally:
        for each in ended:
            if not each.wait(PROGRAM_SECONDS):
                raise RuntimeError(
                    f"the program still runs {PROGRAM_SECONDS:.0f} s after its command"
                )
        for loop in made:
            _close(loop)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    if loop.is_closed():
        return
    # The SDK's own handler stops the loop when a call to the engine that is gone fails.
    loop.set_exception_handler(lambda _loop, _context: None)
    # It may have asked for that while nothing ran; that would end the next run at once.
    loop.call_soon(loop.stop)
    loop.run_forever()
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    # Else the program's coroutine, found suspended by the garbage collector, warns.
    loop.run_until_complete(_settled(pending))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


async def _settled(tasks: set[asyncio.Task[Any]]) -> None:
    async with asyncio.timeout(SETTLE_SECONDS):
        await asyncio.gather(*tasks, return_exceptions=True)


def _command(folder: Path) -> auto.PulumiCommand:
    """The pinned CLI; the SDK wants it as `bin/pulumi` under a folder."""
    binary = find(PULUMI)
    if binary is None:
        raise RuntimeError("there is no Pulumi CLI; run: make up, or put it on PATH")
    root = folder / "cli"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "pulumi").symlink_to(binary)
    return auto.PulumiCommand(root=str(root))


def _environment(ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{port}" for name, port in ports.items()),
        # Else every command first tries to download what is attached.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
    }


def _diagnostics(seen: list[events.EngineEvent]) -> str:
    told = [e.diagnostic_event for e in seen if e.diagnostic_event is not None]
    return "\n".join(_line(d) for d in told if d.severity.startswith("error"))


def _said(seen: list[events.EngineEvent]) -> list[str]:
    told = [e.diagnostic_event for e in seen if e.diagnostic_event is not None]
    return [d.message.strip() for d in told if d.severity.startswith(("info", "warning"))]


def _line(told: events.DiagnosticEvent) -> str:
    """As the CLI shows it: the resource, then what is wrong."""
    name = (told.urn or "").rpartition("::")[2]
    return f"{name}: {told.message}" if name else told.message
