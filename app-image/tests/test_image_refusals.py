"""build.sh on a machine, or with words, that it can't build with: one message, before any work."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from built_image import UNAVAILABLE
from packages import APP_IMAGE

pytestmark = pytest.mark.local


def refused(*words: str, **environment: str) -> tuple[int, str]:
    """How build.sh ends when it can't go on, and what it says."""
    done = subprocess.run(
        ["/bin/sh", APP_IMAGE / "build.sh", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr


def test_all_that_is_missing_is_named_at_once(tmp_path: Path):
    for name in ("dirname", "dpkg", "tr"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)

    code, said = refused(PATH=str(tmp_path))

    install = "run: sudo apt-get install --no-install-recommends mmdebstrap buildah binutils-"
    assert code == UNAVAILABLE
    assert install in said
    assert said.endswith("run it as root\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--arch", "riscv64"], "no image is built for riscv64; --arch is amd64 or arm64"),
        (["--arch"], "--arch needs a value"),
        (["--push"], "unknown word --push"),
        (["--ca", "/dev/null"], "--ca /dev/null holds no PEM certificate"),
    ],
)
def test_wrong_words_are_refused(words: list[str], why: str):
    code, said = refused(*words)

    assert code == 64
    assert f"build.sh: {why}" in said
