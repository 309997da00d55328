"""`pulumi-language-python-exec`: the script of Pulumi's that runs a Python program; where it is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.secrets import atomic_file

EXECUTOR = "pulumi-language-python-exec"
LANGUAGE_HOST = "pulumi-language-python"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_IN_SDK = Path("python") / "cmd" / EXECUTOR


def has_language_host(pulumi: Path) -> bool:
    """Whether the CLI comes with a language host of its own, as every release does."""
    return (pulumi.resolve().parent / LANGUAGE_HOST).exists()


def find(cache: Path, version: str) -> Path | None:
    """The script beside the cached CLI, else in Go's module cache."""
    beside = cache / "pulumi" / version / EXECUTOR
    if beside.is_file():
        return beside
    in_module = _module_cache() / f"{_SDK}@v{version}" / _IN_SDK
    return in_module if in_module.is_file() else None


def install(folder: Path, module: Path) -> Path:
    """Copy the script from the SDK that `module`'s go.mod pins to `folder`, if not there yet."""
    target = folder / EXECUTOR
    if target.is_file():
        return target
    sdk = _go(module, "list", "-m", "-f", "{{.Dir}}", _SDK)
    if not sdk:
        _go(module, "mod", "download", _SDK)
        sdk = _go(module, "list", "-m", "-f", "{{.Dir}}", _SDK)
    source = Path(sdk) / _IN_SDK
    if not source.is_file():
        raise StackyardError(f"{_SDK} as pinned in {module} has no {_IN_SDK}; see its go.mod")
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(target) as temporary:
        temporary.write_bytes(source.read_bytes())
        temporary.chmod(0o755)
    return target


def _module_cache() -> Path:
    """Go's module cache by its own rules, without the half second that asking go takes."""
    given = os.environ.get("GOMODCACHE")
    if given:
        return Path(given)
    path = os.environ.get("GOPATH", "").split(os.pathsep)[0]
    return (Path(path) if path else Path.home() / "go") / "pkg" / "mod"


def _go(module: Path, *words: str) -> str:
    if shutil.which("go") is None:
        raise StackyardError(
            f"{EXECUTOR} is not there and there is no Go to get it with; "
            "install Go, or Pulumi's own release (it comes with its language host)"
        )
    environment = {**os.environ, "GOWORK": "off"}
    answer = subprocess.run(
        ["go", *words], cwd=module, env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise StackyardError(f"go {' '.join(words)} in {module}: {answer.stderr.strip()}")
    return answer.stdout.strip()
