"""The servers: how each is started, and what it has to be told."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.packages import install_command
from tests.bench.api.app_image import ADDRESS, RELEASE, ROOT
from tests.bench.api.outcome import OURS, Mode
from tests.bench.api.pod import Pod

NODE = Path(__file__).with_name("node")
CACHE = ROOT / ".local" / "cache" / "bench-peers"
NOTHING_KEPT = """
import sys, task1.cache

async def keep_nothing(*_given):
    pass

task1.cache.Cache._keep  # a name that is no longer there must not pass
task1.cache.Cache._keep = keep_nothing
from task1.__main__ import main
sys.exit(main())
"""
"""Our server, but that answers are not stored; the peers are told so by CACHE_STORE."""
NEEDED = {"wrk": "wrk", "node": "nodejs", "npm": "npm", "taskset": "util-linux"}
"""Executables to their Debian packages, beside those of the embedded cloud."""


class PeersError(StackyardError):
    """A peer cannot be had."""


def check_executables() -> None:
    """Raises `PeersError` with the command that gets what is missing."""
    missing = [package for name, package in NEEDED.items() if shutil.which(name) is None]
    if missing:
        raise PeersError(f"the API's benchmark needs more; run: {install_command(missing)}")


def versions(pod: Pod) -> str:
    """What the servers run on, for people."""
    said = [
        subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
        for words in (
            pod.python("-c", "import sys; print(sys.version)"),
            ["node", "--version"],
        )
    ]
    return f"Python {said[0].splitlines()[0]}, Node {said[1]}"


def node_folder() -> Path:
    """The peers with their packages, installed once for each package-lock.json and source."""
    files = sorted(NODE.iterdir())
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    folder = CACHE / digest[:16]
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as made:
            unfinished = Path(made) / "peers"
            shutil.copytree(NODE, unfinished)
            _install(unfinished)
            unfinished.rename(folder)
    return folder


def _install(folder: Path) -> None:
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeersError(f"npm ci of tests/bench/api/node failed:\n{done.stdout}{done.stderr}")


def command(peer: str, mode: Mode, node: Path, pod: Pod) -> list[str]:
    """The words that start it, its answers stored unless every request has to miss."""
    if peer != OURS:
        return ["node", str(node / f"{peer}.js")]
    return pod.python(*(["-m", "task1"] if mode == "hits" else ["-c", NOTHING_KEPT]))


def environment(
    peer: str,
    mode: Mode,
    pod: Pod,
    *,
    port: int,
    database: str,
    redis: str,
    authority: Path,
) -> Mapping[str, str]:
    """All that it is told from outside."""
    alike = {
        "PATH": os.environ["PATH"],
        "HOST": ADDRESS,
        "PORT": f"{port}",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
    }
    if peer != OURS:
        return {
            **alike,
            "NODE_ENV": "production",
            "NODE_EXTRA_CA_CERTS": str(authority),
            "CACHE_STORE": "on" if mode == "hits" else "off",
        }
    return {
        **alike,
        **pod.environment,
        "RELEASE_DIGEST": RELEASE,
        "DRAIN_SECONDS": "5",
        "JWT_KEYS": f"k1:{'bench' * 8}",
        "TRUSTED_HOPS": "1",
    }
