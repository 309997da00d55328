"""An executable built from a pinned Go module, with the time shown while it takes minutes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local import disk_space
from stackyard.local.secrets import atomic_file

_POLL_SECONDS = 0.5
_LINES = 8
BUILD_MIB = 3000
"""What Go keeps of one project's packages on its way to an executable; measured, rounded up."""


def go_build(
    module: Path, package: str, target: Path, *, flags: str, on_progress: Callable[[str], None]
) -> None:
    """Build `package` as pinned by `module`'s go.mod; `target` is whole or not there.

    Raises `StackyardError` with the end of the compiler's output, or where the disk has no room.
    """
    if shutil.which("go") is None:
        raise StackyardError(
            f"{target.name} is not there, can't be downloaded, and there is no Go to build it; "
            f"install Go (go.mod of {module} names the version), or put {target.name} on PATH"
        )
    disk_space.check(_go_cache(), BUILD_MIB, f"build {target.name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    # No C compiler is asked for; the projects' own releases are built so too.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    with atomic_file(target) as temporary, tempfile.TemporaryFile("w+") as said:
        words = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(temporary), package]
        with subprocess.Popen(
            words, cwd=module, env=environment, stdout=said, stderr=subprocess.STDOUT
        ) as process:
            try:
                _watch(process, on_progress)
            except BaseException:
                process.terminate()
                raise
        if process.returncode != 0:
            said.seek(0)
            end = "\n".join(f"  {line}" for line in said.read().splitlines()[-_LINES:])
            raise StackyardError(
                f"{target.name} can't be built from {package} (in {module}); go says:\n{end}"
            )
        temporary.chmod(0o755)


def _go_cache() -> Path:
    """Where Go keeps what it compiles; the user's own cache folder where Go does not say."""
    said = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=False)
    return Path(said.stdout.strip() or Path.home() / ".cache" / "go-build")


def _watch(process: subprocess.Popen[bytes], on_progress: Callable[[str], None]) -> None:
    began = time.monotonic()
    while process.poll() is None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        on_progress(f"builds from its Go module, {minutes} min {seconds:02} s so far")
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
