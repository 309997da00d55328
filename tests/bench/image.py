"""The API image's size, built without a daemon for this machine's kind."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "app-image" / "build.sh"
_SIZE = re.compile(r"^compressed (\d+) bytes$", re.MULTILINE)


def megabytes() -> Sequence[float]:
    """What a node pulls of it, in 10^6 bytes; one value, since each build gives the same image."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [BUILD, "--output", folder],
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            check=False,
            capture_output=True,
            text=True,
        )
    size = _SIZE.search(done.stdout)
    if done.returncode or size is None:
        sys.exit(f"{BUILD} failed:\n{done.stdout}{done.stderr}")
    return [int(size[1]) / 1e6]
