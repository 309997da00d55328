"""Executables: built from their Go module where no release can be had."""

from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local import binaries
from stackyard.local.binaries import BINARIES
from stackyard.local.versions import KUBERNETES_VERSION, PULUMI_VERSION
from tests.local.binary_examples import (
    KUBECTL,
    KUBECTL_PATH,
    NOWHERE,
    cache_binary,
    left_in,
    only_path,
    script,
)
from tests.local.release_site import release_site, sha256


def _all_but_kubectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, releases: str, go: str
) -> Path:
    """A cache without kubectl, a release address, and a `go` that does what `go` says."""
    only_path(monkeypatch, tmp_path / "bin")
    script(tmp_path / "bin" / "go", go)
    monkeypatch.setattr(binaries, "KUBERNETES_RELEASES", releases)
    cache = tmp_path / "cache"
    for binary in BINARIES:
        if binary is not KUBECTL:
            cache_binary(cache, binary)
    script(cache / "pulumi" / PULUMI_VERSION / "pulumi-language-python", "exit 0")
    return cache


# Writes an executable that prints a version where `-o` says, and its own words beside it.
GO = """
words="$*"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho Client Version: v%s\\n' {version} > "$2"
echo "$words" > "$(dirname "$0")/words"
"""


def test_where_nothing_answers_it_is_built_from_its_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    go = GO.format(version=KUBERNETES_VERSION)
    cache = _all_but_kubectl(tmp_path, monkeypatch, releases=NOWHERE, go=go)
    told: list[str] = []

    tools = binaries.ensure(on_progress=told.append, cache=cache)

    assert tools.paths["kubectl"] == cache / "kubernetes" / KUBERNETES_VERSION / "kubectl"
    words = (tmp_path / "bin" / "words").read_text().split()
    assert words[:2] == ["build", "-trimpath"]
    assert words[-1] == "k8s.io/kubernetes/cmd/kubectl"
    assert f"k8s.io/component-base/version.gitVersion=v{KUBERNETES_VERSION}" in words
    assert told[0].endswith("; builds it from its Go module")
    assert told[1] == "kubectl (5 of 5): builds from its Go module, 0 min 00 s so far"


def test_a_damaged_download_is_told_and_the_module_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    files = {KUBECTL_PATH: b"tOol", f"{KUBECTL_PATH}.sha256": sha256(b"tool").encode()}
    go = GO.format(version=KUBERNETES_VERSION)
    told: list[str] = []

    with release_site(files) as address:
        cache = _all_but_kubectl(tmp_path, monkeypatch, releases=address, go=go)
        tools = binaries.ensure(on_progress=told.append, cache=cache)

    assert any("it was thrown away; builds it" in line for line in told)
    assert tools.paths["kubectl"].read_bytes() != b"tOol"


def test_a_build_that_fails_ends_with_the_compilers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    go = "echo undefined: Everything; exit 1"
    cache = _all_but_kubectl(tmp_path, monkeypatch, releases=NOWHERE, go=go)

    with pytest.raises(StackyardError, match=r"(?s)kubectl can't be built .*undefined: Everything"):
        binaries.ensure(on_progress=lambda _: None, cache=cache)

    assert "kubectl" not in left_in(cache)


def test_a_build_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    go = GO.format(version="1.30.0")
    cache = _all_but_kubectl(tmp_path, monkeypatch, releases=NOWHERE, go=go)

    with pytest.raises(StackyardError, match=r"built as version \(1, 30, 0\), not 1\.36\.3"):
        binaries.ensure(on_progress=lambda _: None, cache=cache)

    assert "kubectl" not in left_in(cache)


def test_without_go_the_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = _all_but_kubectl(tmp_path, monkeypatch, releases=NOWHERE, go="exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    with pytest.raises(StackyardError, match=r"install Go .* or put kubectl on PATH"):
        binaries.ensure(on_progress=lambda _: None, cache=cache)


def test_nothing_is_fetched_or_built_where_all_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cache = _all_but_kubectl(tmp_path, monkeypatch, releases=NOWHERE, go="exit 1")
    cache_binary(cache, KUBECTL)
    told: list[str] = []

    tools = binaries.ensure(on_progress=told.append, cache=cache)

    assert told == []
    assert tools.folders == [
        cache / "pulumi" / PULUMI_VERSION,
        cache / "kubernetes" / KUBERNETES_VERSION,
    ]
