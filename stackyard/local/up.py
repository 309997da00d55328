"""`make up`: from a clone to a URL that answers, on the real engine and the embedded cloud."""

import http.client
import os
import ssl
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.errors import StackyardError
from stackyard.local import (
    binaries,
    cloud,
    disk_space,
    engine_environment,
    packages,
    ports,
    stack,
)
from stackyard.local.certificates import make_authority
from stackyard.local.image_build import build_image
from stackyard.local.layout import Layout
from stackyard.local.project_files import write_environment, write_shims, write_stack_file
from stackyard.local.secrets import make_secrets
from stackyard.ops import run as ops
from stackyard.ops.engine import Workspace
from stackyard.ops.outputs import stack_outputs
from stackyard.progress import Progress, Step
from stackyard.stack_files import settings_of

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
        workspace = _prepare(layout, tools, step)
    with progress.step("cloud") as step:
        cloud.start(layout, on_progress=lambda waiting: step.says(f"waits for {waiting}"))
        step.says(", ".join(part.name for part in cloud.parts(layout)))
    stack.select(layout, workspace, layout.stack_file)
    run = ops.up(workspace, progress)
    outputs = stack_outputs(workspace)
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


def ensure_test_tools(progress: Progress) -> None:
    """Root gets what `app-image/build.sh` runs, which nobody else could, and the tests' browser."""
    if os.geteuid() == 0:
        for name, wanted in (
            ("images", packages.IMAGE_PACKAGES),
            ("pages", packages.PAGE_PACKAGES),
        ):
            with progress.step(name) as step:
                packages.ensure(wanted, on_progress=step.says)
                step.says(", ".join(wanted))


def _prepare(layout: Layout, tools: binaries.Tools, step: Step) -> Workspace:
    for folder in (layout.folder, layout.logs, layout.run, layout.data, layout.state):
        folder.mkdir(parents=True, exist_ok=True)
    secrets = make_secrets(layout)
    make_authority(layout)
    image = build_image(layout)
    write_stack_file(layout, image)
    write_shims(layout, tools.pulumi)
    write_environment(layout, engine_environment.variables(layout, secrets, tools.folders))
    step.says(image.rsplit("/", 1)[-1][:32] + "…")
    return stack.workspace_of(layout, tools)


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
