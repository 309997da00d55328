"""The cache of executables: damage is told and mended, a full disk is told before it is full."""

import os
import shutil
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local import binaries, disk_space
from stackyard.local.binaries import BINARIES
from stackyard.local.binary_cache import damage, keep_checksum
from stackyard.local.versions import KUBERNETES_VERSION, PULUMI_VERSION
from tests.local.binary_examples import (
    KUBECTL,
    KUBECTL_PATH,
    Usage,
    cache_binary,
    left_in,
    only_path,
    script,
)
from tests.local.release_site import release_site, sha256
from tests.reliability import Record

RELEASE = {KUBECTL_PATH: b"tool", f"{KUBECTL_PATH}.sha256": sha256(b"tool").encode()}


def whole_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, releases: str) -> Path:
    """A cache with every executable, noted; what is missing comes from `releases`."""
    only_path(monkeypatch, tmp_path / "bin")
    monkeypatch.setattr(binaries, "KUBERNETES_RELEASES", releases)
    cache = tmp_path / "cache"
    for binary in BINARIES:
        cache_binary(cache, binary)
    script(cache / "pulumi" / PULUMI_VERSION / "pulumi-language-python", "exit 0")
    return cache


def spoil(executable: Path, *, size: bool) -> None:
    """Another content, of another size or of the same; its time is now."""
    content = executable.read_bytes()
    executable.write_bytes(content + b"!" if size else content[:-1] + b"!")
    now = executable.stat().st_mtime_ns + 1_000_000
    os.utime(executable, ns=(now, now))


@pytest.mark.fault("setup", "an executable in the cache is damaged")
@pytest.mark.parametrize("size", [True, False], ids=["another size", "the same size"])
def test_a_damaged_executable_is_told_and_fetched_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Record,
    size: bool,
) -> None:
    told: list[str] = []

    with release_site(RELEASE) as address:
        cache = whole_cache(tmp_path, monkeypatch, address)
        spoil(binaries.place(KUBECTL, cache), size=size)
        tools = binaries.ensure(on_progress=told.append, cache=cache)

    assert "kubectl is damaged (it" in told[0]
    assert tools.paths["kubectl"].read_bytes() == b"tool"
    assert damage(tools.paths["kubectl"], read_all=True) is None
    record_property("seen", "it was named, and fetched again with its checksum verified")


def test_a_damaged_executable_is_never_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = whole_cache(tmp_path, monkeypatch, "http://127.0.0.1:9")
    spoil(binaries.place(KUBECTL, cache), size=True)

    with pytest.raises(StackyardError, match="kubectl: not there, or damaged; run: make up"):
        binaries.found(cache)


def test_an_executable_that_was_only_touched_is_whole_and_noted_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = whole_cache(tmp_path, monkeypatch, "http://127.0.0.1:9")
    executable = binaries.place(KUBECTL, cache)
    os.utime(executable, (1, 1))
    told: list[str] = []

    binaries.ensure(on_progress=told.append, cache=cache)

    assert told == []
    assert '"mtime_ns": 1000000000}' in (executable.parent / "kubectl.kept.json").read_text()


def test_the_content_of_an_untouched_executable_is_read_only_when_asked(tmp_path: Path) -> None:
    executable = script(tmp_path / "kubectl", "exit 0")
    keep_checksum(executable)
    there = executable.stat()
    executable.write_bytes(b"#" * there.st_size)
    os.utime(executable, ns=(there.st_mtime_ns, there.st_mtime_ns))

    assert damage(executable) is None
    assert damage(executable, read_all=True) == "its SHA-256 is not the one it was kept with"


@pytest.mark.parametrize(("version", "kept"), [(KUBERNETES_VERSION, True), ("1.0.0", False)])
def test_an_executable_without_a_note_is_judged_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, kept: bool
) -> None:
    only_path(monkeypatch, tmp_path / "bin")
    path = tmp_path / "kubernetes" / KUBERNETES_VERSION / "kubectl"
    script(path, f"echo Client Version: v{version}")

    found = binaries.find(KUBECTL, tmp_path)

    assert found == (path if kept else None)


@pytest.mark.fault("setup", "a download was killed half way")
def test_half_a_download_that_was_killed_is_never_used_and_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    with release_site(RELEASE) as address:
        cache = whole_cache(tmp_path, monkeypatch, address)
        executable = binaries.place(KUBECTL, cache)
        executable.unlink()
        (executable.parent / ".kubectl.a1b2c3").write_bytes(b"to")
        (executable.parent / ".archive.d4").mkdir()
        assert binaries.find(KUBECTL, cache) is None
        tools = binaries.ensure(on_progress=lambda _: None, cache=cache)

    assert tools.paths["kubectl"].read_bytes() == b"tool"
    hidden = [name for name in left_in(cache) if name.startswith(".")]
    assert set(hidden) == {".lock"}
    record_property("seen", "the half was never used; the next run took it away and began anew")


@pytest.mark.fault("setup", "the disk has no room for a download")
def test_without_room_nothing_is_downloaded_and_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=70 * disk_space.MIB))

    with release_site(RELEASE) as address:
        cache = whole_cache(tmp_path, monkeypatch, address)
        executable = binaries.place(KUBECTL, cache)
        executable.unlink()
        with pytest.raises(StackyardError) as caught:
            binaries.ensure(on_progress=lambda _: None, cache=cache)

    assert str(caught.value) == (
        f"{executable.parent}: 70 MiB are free, 500 MiB are needed to download kubectl;"
        " free some, then run the same command again"
    )
    assert not executable.exists()
    record_property("seen", "folder, what is free and what is needed, before the first byte")


@pytest.mark.fault("setup", "the disk has no room for a build")
def test_without_room_nothing_is_built_and_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    cache = whole_cache(tmp_path, monkeypatch, "http://127.0.0.1:9")
    binaries.place(KUBECTL, cache).unlink()
    script(tmp_path / "bin" / "go", f"echo {tmp_path}/go-build")
    # The first look is before the download that fails, the second before the build.
    free = iter([10**12, 2000 * disk_space.MIB])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=next(free)))

    with pytest.raises(StackyardError) as caught:
        binaries.ensure(on_progress=lambda _: None, cache=cache)

    assert str(caught.value).startswith(
        f"{tmp_path}/go-build: 2000 MiB are free, 3000 MiB are needed to build kubectl"
    )
    record_property("seen", "folder, what is free and what is needed, before the compiler starts")


def test_room_is_asked_of_the_folder_that_is_there(tmp_path: Path) -> None:
    assert disk_space.shortage(tmp_path / "not" / "there", 0) is None
