"""The recorder: a program run once in process, every registration kept with all the engine sees."""

# The SDK has no other way to forget the callback servers of an earlier run.
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import pulumi.runtime
from pulumi.runtime import mocks, resource, settings
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.stack import run_in_stack

from stackyard.graph.answers import Answering, Backends, Echo
from stackyard.graph.collector import paused
from stackyard.graph.monitor import RecordingMonitor
from stackyard.graph.registration import Reg, is_custom
from stackyard.local.backend import Backend

STACK_TYPE = "pulumi:pulumi:Stack"


class Graph(Mapping[str, Reg]):
    """Registrations by URN, in the order the program made them."""

    def __init__(self, monitor: RecordingMonitor, config: Mapping[str, str]) -> None:
        self.config = config
        """What the program was given: keys with their namespace, values as JSON texts."""
        self._regs = {urn: reg for urn, reg in monitor.regs.items() if reg.type != STACK_TYPE}
        self.component_outputs = monitor.outputs
        """What each component registered, by URN, secrets unwrapped."""
        self.secret_outputs = monitor.secret_outputs
        """Names of the outputs that were marked secret, by URN of component or stack."""
        self.calls = monitor.calls
        """Functions the program called: token and arguments."""
        self.stack_outputs: dict[str, Any] = next(
            (outputs for urn, outputs in monitor.outputs.items() if f"::{STACK_TYPE}::" in urn), {}
        )

    def __getitem__(self, urn: str) -> Reg:
        return self._regs[urn]

    def __iter__(self) -> Iterator[str]:
        return iter(self._regs)

    def __len__(self) -> int:
        return len(self._regs)

    def all(self, type_: str) -> list[Reg]:
        """All of a type: its whole token, or its last word (`SecurityGroup`)."""
        return [r for r in self.values() if r.type == type_ or r.type.split(":")[-1] == type_]

    def one(self, type_or_name: str) -> Reg:
        """The only resource of a type, or else of a logical name."""
        found = self.all(type_or_name) or [r for r in self.values() if r.name == type_or_name]
        if len(found) != 1:
            names = [r.name for r in found]
            raise LookupError(f"{type_or_name!r} names {len(found)} resources, not one: {names}")
        return found[0]

    def named(self, type_: str, name: str) -> Reg:
        """The resource of a type with a logical name."""
        (found,) = [r for r in self.all(type_) if r.name == name]
        return found

    def children(self, urn: str) -> list[Reg]:
        """Custom resources anywhere below a component."""
        below = [r for r in self.values() if r.parent == urn]
        return [d for r in below for d in ([r] if is_custom(r) else self.children(r.urn))]


def record(  # noqa: PLR0913  # each of them by name
    program: Callable[[], object],
    *,
    preview: bool = False,
    hooks: bool = True,
    backends: Mapping[str, Backend] | None = None,
    project: str = "stackyard",
    stack: str = "test",
    config: Mapping[str, Any] | None = None,
) -> Graph:
    """Run a program once and return its graph.

    Answers are echoed with computed outputs faked, or come from the `backends` of a package
    (`{"aws": AwsBackend(...)}`). With `preview` nothing computed is known, as in a real preview.
    Without `hooks` none of the program's hooks runs.
    `config` maps a key, of the project's namespace unless it names one, to its value.
    """
    answering: Answering = Backends(backends) if backends else Echo()
    monitor = RecordingMonitor(
        answering, project=project, stack=stack, preview=preview, hooks=hooks
    )
    given = {
        key if ":" in key else f"{project}:{key}": _config_text(value)
        for key, value in (config or {}).items()
    }
    pulumi.runtime.set_all_config(given)
    features = set(monitor.GetDeploymentInfo(None).supportedFeatures)
    settings.configure(
        mocks.MockSettings(
            monitor=monitor,
            monitor_features=features,
            engine=mocks.MockEngine(None),
            project=project,
            stack=stack,
            dry_run=preview,
            organization="organization",
            callbacks=None,
        )
    )
    settings.ROOT.set(None)
    # The SDK stops callback servers of earlier runs again, on loops that are closed: it would hang.
    _CallbackServicer._servicers.clear()  # noqa: SLF001
    with (
        # As the language host hands it over, for programs that ask for every key.
        mock.patch.dict(os.environ, {"PULUMI_CONFIG": json.dumps(given)}),
        # Where in the source a resource stands is not kept, and is a fifth of the SDK's work.
        mock.patch.object(resource, "_get_stack_trace", source_pb2.StackTrace),
        paused(),
    ):
        _run(program)
    return Graph(monitor, given)


def _config_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _run(program: Callable[[], object]) -> None:
    loop = asyncio.new_event_loop()
    # A failing program is raised below; its other futures would be reported a second time.
    loop.set_exception_handler(lambda _loop, _context: None)
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(run_in_stack(lambda: _nothing(program())))
    finally:
        # After a failed program the rest is cancelled, else asyncio complains at exit.
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        asyncio.set_event_loop(None)


def _nothing(_: object) -> None:
    return None
