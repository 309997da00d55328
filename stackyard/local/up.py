"""`make up`: from a clone to a URL that answers, on the real engine and the embedded cloud."""

import http.client
import json
import ssl
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.errors import StackyardError, StateFaultError
from stackyard.local import binaries, cloud, disk_space, engine, packages, ports, stack
from stackyard.local.certificates import make_authority
from stackyard.local.image_build import build_image
from stackyard.local.layout import Layout
from stackyard.local.project_files import (
    settings_of,
    write_environment,
    write_shims,
    write_stack_file,
)
from stackyard.local.secrets import make_secrets
from stackyard.progress import Progress, Step

ANSWER_SECONDS = 60.0
"""How long the health URL may take to answer once the engine is done."""

STACK_MIB = 500
"""What a fresh stack writes under `.local`, its image included; measured, rounded up."""


@dataclass(frozen=True, kw_only=True)
class UpResult:
    """What `make up` came to."""

    outputs: Mapping[str, Any]
    changes: Mapping[str, int]
    resources: int
    seconds: float


def up(layout: Layout, progress: Progress) -> UpResult:
    """Bring the local stack up, or to what the program now says; a second time is a no-op.

    Raises `StackyardError` with the way out; what was made by then stays and is reused.
    """
    start = time.monotonic()
    settings_of(layout.root / "Pulumi.local.yaml")
    cloud.end_leftovers(layout)
    if cloud.supervisor_pid(layout) is None:
        ports.check_free(layout)
        disk_space.check(layout.folder, STACK_MIB, "run the stack")
    tools = ensure_tools(progress)
    with progress.step("image") as step:
        variables = _prepare(layout, tools, step)
    with progress.step("cloud") as step:
        cloud.start(layout, on_progress=lambda waiting: step.says(f"waits for {waiting}"))
        step.says(", ".join(part.name for part in cloud.parts(layout)))
    with progress.step("stack") as step:
        stack.select(layout, variables, stack=engine.STACK, file=layout.stack_file)
        run = engine.operate(
            layout,
            variables,
            ["up"],
            on_progress=lambda done: step.says(f"{done} resources"),
        )
        step.says(_summary(run))
        _raise_for(run, layout)
        _raise_for_pending(engine.pending_operations(layout, variables), layout)
    outputs: dict[str, Any] = json.loads(
        engine.answer(layout, variables, ["stack", "output", "--json"])
    )
    with progress.step("answer") as step:
        step.says(_wait_until_healthy(str(outputs["healthUrl"]), layout))
    return UpResult(
        outputs=outputs,
        changes=run.changes,
        resources=run.total,
        seconds=time.monotonic() - start,
    )


def ensure_tools(progress: Progress) -> binaries.Tools:
    """Debian packages and binaries, installed, fetched or built where they are missing."""
    with progress.step("tools") as step:
        packages.ensure(on_progress=step.says)
        tools = binaries.ensure(on_progress=step.says)
        step.says(f"pulumi {binaries.PULUMI_VERSION}, kubernetes {binaries.KUBERNETES_VERSION}")
    return tools


def _prepare(layout: Layout, tools: binaries.Tools, step: Step) -> dict[str, str]:
    for folder in (layout.folder, layout.logs, layout.run, layout.data, layout.state):
        folder.mkdir(parents=True, exist_ok=True)
    secrets = make_secrets(layout)
    make_authority(layout)
    image = build_image(layout)
    write_stack_file(layout, image)
    write_shims(layout, tools.pulumi)
    write_environment(layout, engine.variables(layout, secrets, tools.folders))
    step.says(image.rsplit("/", 1)[-1][:32] + "…")
    return engine.environment(layout, secrets, tools.folders)


def _summary(run: engine.EngineRun) -> str:
    if set(run.changes) <= {"same"}:
        return f"{run.total} resources, nothing to do"
    changes = ", ".join(f"{count} {kind}" for kind, count in sorted(run.changes.items()))
    return f"{run.total} resources: {changes}"


def _raise_for(run: engine.EngineRun, layout: Layout) -> None:
    if run.exit_code == 0:
        return
    log = (layout.logs / "pulumi.log").relative_to(layout.root)
    errors = "\n".join(run.errors) or f"the engine ended with code {run.exit_code}"
    raise StackyardError(f"{errors}\nThe engine's output: {log}; run `make up` again to go on.")


def _raise_for_pending(urns: list[str], layout: Layout) -> None:
    """An engine that was killed leaves operations whose end nobody knows, and says so quietly."""
    if urns:
        listed = "\n".join(f"  {urn}" for urn in urns)
        environment = layout.environment_file.relative_to(layout.root)
        raise StateFaultError(
            f"an earlier run was killed; the state does not know how these ended:\n{listed}\n"
            f"Forget them: source {environment}; pulumi refresh --yes --clear-pending-creates;"
            " then run `make up` again."
        )


def _wait_until_healthy(url: str, layout: Layout) -> str:
    context = ssl.create_default_context(cafile=str(layout.certificate_authority))
    # No proxy of the caller's knows the way to this machine.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            with opener.open(url, timeout=5) as response:
                return f"{url} answers {response.status}"
        except (OSError, http.client.HTTPException) as problem:
            if time.monotonic() > deadline:
                raise StackyardError(
                    f"{url} does not answer: {problem}\nsee: make status, make logs"
                ) from problem
            time.sleep(0.2)
