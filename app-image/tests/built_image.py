"""The image as build.sh makes it: read from its OCI layout, unpacked, run as a pod would run it."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from api_process import Api
from daemons import Certificates
from packages import APP_IMAGE

UNAVAILABLE = 69
"""What build.sh exits with where this machine, or this user, cannot build at all."""
BUILD_SECONDS = 540
USER = 65532

POD = """
set -eu
root=$1
shift
mount --bind "$root" "$root"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero full random urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups= "$root" "$@"
"""
"""As the node starts a container: a read-only root, /tmp of its own, the image's user, no more."""


def build(output: Path, *words: str, source: Path = APP_IMAGE, umask: int = 0o022) -> None:
    """Run build.sh; skips where it can't run, but in CI on Debian: there `make tools` helps it."""
    done = subprocess.run(
        [source / "build.sh", "--output", output, *words],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_SECONDS,
        umask=umask,
    )
    able = "CI" in os.environ and platform.freedesktop_os_release()["ID"] == "debian"
    if done.returncode == UNAVAILABLE and not able:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr


class BuiltImage:
    """One OCI layout."""

    def __init__(self, folder: Path) -> None:
        self.layout = folder / "oci"
        self.sbom = json.loads((folder / "sbom.cdx.json").read_text())
        (described,) = json.loads((self.layout / "index.json").read_text())["manifests"]
        self.digest: str = described["digest"]
        self.manifest = json.loads(self.blob(self.digest).read_text())
        self.whole = json.loads(self.blob(self.manifest["config"]["digest"]).read_text())
        self.config: dict[str, Any] = self.whole["config"]

    def blob(self, digest: str) -> Path:
        return self.layout / "blobs" / digest.replace(":", "/")

    def unpack(self) -> Path:
        """The image as a folder, beside its layout; needs root."""
        root = self.layout.parent / "root"
        root.mkdir()
        for layer in self.manifest["layers"]:
            archive = self.blob(layer["digest"])
            words = ["tar", "--extract", "--gzip", "--numeric-owner", "--same-permissions"]
            subprocess.run([*words, "--file", archive, "--directory", root], check=True)
        return root

    @property
    def environment(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.config["Env"])


def in_pod(root: Path, words: Sequence[str]) -> list[str]:
    """The command that runs `words` in the unpacked image; needs root."""
    unshare = shutil.which("unshare")
    assert unshare, "unshare is missing: apt-get install util-linux"
    return [unshare, "--mount", "/bin/sh", "-c", POD, "pod", str(root), *words]


class ImageApi(Api):
    """The image's entry point in a pod's surroundings."""

    def __init__(
        self,
        folder: Path,
        certificates: Certificates,
        image: BuiltImage,
        root: Path,
        **variables: str,
    ) -> None:
        super().__init__(folder, certificates, **variables)
        self._command = in_pod(root, image.config["Entrypoint"])
        self._environment |= image.environment
