"""The image's packages in a folder of their own, installed once for each requirements.lock."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

APP_IMAGE = Path(__file__).resolve().parents[1]
CACHE = APP_IMAGE.parent / ".local" / "cache" / "app-image"


def packages() -> Path:
    """The folder; `packages` beside it always names the newest, for the type checker."""
    lock = APP_IMAGE / "requirements.lock"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(lock.read_bytes() + version.encode()).hexdigest()
    folder = CACHE / digest[:16]
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=CACHE))
        _install(lock, unfinished)
        try:
            unfinished.rename(folder)
        except OSError:
            # Another run was first; its folder is as good.
            shutil.rmtree(unfinished)
    _name(folder)
    return folder


def _install(lock: Path, folder: Path) -> None:
    wanted = ["--target", str(folder), "--require-hashes", "-r", str(lock)]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable, *wanted]
    else:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *wanted]
    subprocess.run(command, check=True)


def _name(folder: Path) -> None:
    link = CACHE / "packages"
    if link.is_symlink() and link.readlink().name == folder.name:
        return
    fresh = CACHE / f"packages-{os.getpid()}"
    fresh.symlink_to(folder.name)
    fresh.replace(link)


if __name__ == "__main__":
    sys.stdout.write(f"{packages()}\n")
