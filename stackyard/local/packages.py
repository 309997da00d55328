"""The Debian packages of the embedded cloud, images and tests: what is missing, how it comes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stackyard.errors import StackyardError

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "mariadb-server": ("mariadbd", "mariadb-install-db"),
    "redis-server": ("redis-server",),
    "haproxy": ("haproxy",),
    "etcd-server": ("etcd",),
}
"""Package to the executables that are used of it."""
IMAGE_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "buildah": ("buildah",),
    "mmdebstrap": ("mmdebstrap",),
    "binutils-x86-64-linux-gnu": ("x86_64-linux-gnu-strip",),
    "binutils-aarch64-linux-gnu": ("aarch64-linux-gnu-strip",),
    "docker-registry": ("docker-registry",),
}
"""What `app-image/build.sh` runs, for either architecture, and what tests push images to; the
embedded cloud needs none of it."""
PAGE_PACKAGES: Mapping[str, tuple[str, ...]] = {"chromium": ("chromium",), "npm": ("npm",)}
"""What the tests open a report's page in, and what fetches axe-core, which they ask about it."""

_POLICY = Path("/usr/sbin/policy-rc.d")
_FORBID = "#!/bin/sh\nexit 101\n"
"""Debian's way to let a package start no service."""
_LINES = 8


def search_path() -> str:
    """PATH with the folders of daemons, which a user's PATH often lacks."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def executable(name: str) -> Path:
    """Where an executable of `PACKAGES` is. Raises `StackyardError` with the command to run."""
    path = shutil.which(name, path=search_path())
    if path is None:
        package = next((key for key, names in PACKAGES.items() if name in names), name)
        raise StackyardError(f"{name} is not there; run: {install_command([package])}")
    return Path(path)


def missing_packages(wanted: Mapping[str, tuple[str, ...]] = PACKAGES) -> list[str]:
    """Packages of which an executable is not there."""
    path = search_path()
    return [
        package
        for package, names in wanted.items()
        if any(shutil.which(name, path=path) is None for name in names)
    ]


def ensure(
    wanted: Mapping[str, tuple[str, ...]] = PACKAGES, *, on_progress: Callable[[str], None]
) -> None:
    """Install what is missing, without letting it start services.

    Raises `StackyardError` with the one command to run where this user may not install.
    """
    missing = missing_packages(wanted)
    if not missing:
        return
    if shutil.which("apt-get") is None:
        names = ", ".join(name for package in missing for name in wanted[package])
        raise StackyardError(
            f"not there: {names}; there is no apt-get here, so install them with the system's "
            f"own package manager (Debian's packages are {', '.join(missing)})"
        )
    if os.geteuid() != 0:
        raise StackyardError(
            f"missing packages: {', '.join(missing)}; run: {install_command(missing)}"
        )
    on_progress(f"installs {', '.join(missing)}")
    _install(missing)
    left = missing_packages(wanted)
    if left:
        raise StackyardError(f"installed, but their executables are not there: {', '.join(left)}")


def install_command(packages: list[str]) -> str:
    """What a user types to get them."""
    return f"sudo apt-get install --no-install-recommends {' '.join(packages)}"


def _install(packages: list[str]) -> None:
    words = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    with services_forbidden(_POLICY):
        said = _apt(words)
        if said:
            # A fresh machine or a stale one: its package lists name nothing that is still there.
            said = _apt(["apt-get", "update"]) or _apt(words)
    if said:
        raise StackyardError(f"apt-get could not install {', '.join(packages)}; it says:\n{said}")


def _apt(words: list[str]) -> str:
    """Run it; empty when it went well, else the end of what it said."""
    answer = subprocess.run(
        words,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode == 0:
        return ""
    lines = answer.stdout.splitlines()[-_LINES:]
    return "\n".join(f"  {line}" for line in lines) or f"  exit code {answer.returncode}"


@contextmanager
def services_forbidden(policy: Path) -> Generator[None, None, None]:
    """While the block runs, installed packages start nothing; then `policy` is as it was."""
    before = policy.read_bytes() if policy.exists() else None
    mode = policy.stat().st_mode if before is not None else 0o755
    policy.write_text(_FORBID)
    policy.chmod(0o755)
    try:
        yield
    finally:
        if before is None:
            policy.unlink(missing_ok=True)
        else:
            policy.write_bytes(before)
            policy.chmod(mode & 0o7777)
