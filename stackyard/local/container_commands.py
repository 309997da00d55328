"""What is done beside a container's process: commands in its environment, lifecycle hooks."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress

import aiohttp

from stackyard.local.container_environment import Start, exec_argv
from stackyard.local.kube_json import child
from stackyard.local.probes import Target, ask
from stackyard.local.wire import JsonObject

HOOK_SECONDS = 300.0
"""Longest time for a hook's command or request; the grace period ends preStop sooner."""
_OUTPUT_BYTES = 2048


async def execute(start: Start, words: Sequence[str], timeout_seconds: float) -> tuple[int, str]:
    """Run a command as the container would: exit code and the end of its output."""
    try:
        process = await asyncio.create_subprocess_exec(
            *exec_argv(words, start.around),
            env=start.environment,
            cwd=start.working_directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return 126, f"{words[0]}: {error.strerror or error}"
    try:
        async with asyncio.timeout(timeout_seconds):
            output, _ = await process.communicate()
    except TimeoutError:
        return 124, f"no end within {timeout_seconds:g} s"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return process.returncode or 0, output.decode(errors="replace")[-_OUTPUT_BYTES:]


def target_of(
    container: JsonObject, start: Start, *, address: str, session: aiohttp.ClientSession
) -> Target:
    """Where probes and hooks of a running container are sent."""
    return Target(
        container=container,
        address=address,
        session=session,
        run=lambda words, seconds: execute(start, words, seconds),
    )


async def run_hook(name: str, target: Target) -> str | None:
    """Run a lifecycle hook; None if there is none or all is well, else what is wrong."""
    hook = child(target.container, "lifecycle", name)
    if "sleep" in hook:
        await asyncio.sleep(hook["sleep"]["seconds"])
        return None
    return await ask(hook, target, timeout_seconds=HOOK_SECONDS) if hook else None
