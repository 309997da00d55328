"""Binaries to look for: scripts that stand in for them, and where a release would have them."""

import io
import os
import platform
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest

from stackyard.local.binaries import BINARIES, Binary
from stackyard.local.binary_cache import keep_checksum
from stackyard.local.versions import KUBERNETES_VERSION, PULUMI_VERSION

KUBECTL = next(binary for binary in BINARIES if binary.name == "kubectl")
SYSTEM = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
PULUMI_SYSTEM = {"amd64": "x64", "arm64": "arm64"}[SYSTEM]
KUBECTL_PATH = f"v{KUBERNETES_VERSION}/bin/linux/{SYSTEM}/kubectl"
ARCHIVE = f"pulumi-v{PULUMI_VERSION}-linux-{PULUMI_SYSTEM}.tar.gz"
NOWHERE = "http://127.0.0.1:9"


class Usage(NamedTuple):
    """What `shutil.disk_usage` answers."""

    free: int


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def cache_binary(cache: Path, binary: Binary) -> Path:
    executable = script(cache / binary.family / binary.version / binary.name, "exit 0")
    keep_checksum(executable)
    return executable


def only_path(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")


def archive_of(names: list[str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    return packed.getvalue()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())
