"""The API's image, built without a daemon for this machine's kind."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stackyard.errors import StackyardError

BUILD = Path(__file__).resolve().parents[2] / "app-image" / "build.sh"
_SIZE = re.compile(r"^compressed (\d+) bytes$", re.MULTILINE)


class ImageError(StackyardError):
    """The image cannot be built here."""


def built(output: Path, *words: str) -> str:
    """Build it into the folder, and give what build.sh says. Raises `ImageError`."""
    done = subprocess.run(
        [BUILD, "--output", output, *words],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ImageError(f"{BUILD} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def megabytes() -> Sequence[float]:
    """What a node pulls of it, in 10^6 bytes; one value, since each build gives the same image."""
    with tempfile.TemporaryDirectory() as folder:
        said = built(Path(folder))
    size = _SIZE.search(said)
    if size is None:
        raise ImageError(f"{BUILD} tells no size:\n{said}")
    return [int(size[1]) / 1e6]
