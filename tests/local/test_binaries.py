"""Executables: from PATH if the version fits, the cache, or the release address."""

from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local import binaries
from stackyard.local.binaries import PULUMI, Binary
from stackyard.local.downloads import DamagedDownloadError, UnreachableError
from stackyard.local.versions import KUBERNETES_VERSION, PULUMI_VERSION
from tests.local.binary_examples import (
    ARCHIVE,
    KUBECTL,
    KUBECTL_PATH,
    NOWHERE,
    archive_of,
    cache_binary,
    left_in,
    only_path,
    script,
)
from tests.local.release_site import CUT, release_site, sha256
from tests.reliability import Record


def test_a_fitting_version_on_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    only_path(monkeypatch, tmp_path / "bin")
    cache_binary(tmp_path, KUBECTL)
    given = script(tmp_path / "bin" / "kubectl", f"echo Client Version: v{KUBERNETES_VERSION}")

    found = binaries.find(KUBECTL, tmp_path)

    assert found == given


def test_a_wrong_version_on_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    only_path(monkeypatch, tmp_path / "bin")
    cached = cache_binary(tmp_path, KUBECTL)
    script(tmp_path / "bin" / "kubectl", "echo Client Version: v1.35.9")

    found = binaries.find(KUBECTL, tmp_path)

    assert found == cached


@pytest.mark.parametrize("text", ["exit 3", "echo what version?"])
def test_an_executable_without_a_version_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
):
    only_path(monkeypatch, tmp_path / "bin")
    script(tmp_path / "bin" / "kubectl", text)

    found = binaries.find(KUBECTL, tmp_path)

    assert found is None


@pytest.mark.parametrize(
    ("binary", "version", "fits"),
    [
        (PULUMI, (3, 259, 0), True),
        (PULUMI, (3, 300, 1), True),
        (PULUMI, (3, 258, 9), False),
        (PULUMI, (4, 0, 0), False),
        (KUBECTL, (1, 36, 3), True),
        (KUBECTL, (1, 36, 8), True),
        (KUBECTL, (1, 36, 2), False),
        (KUBECTL, (1, 37, 0), False),
        (KUBECTL, None, False),
    ],
)
def test_pulumi_fits_within_its_major_and_kubernetes_within_its_minor(
    binary: Binary, version: tuple[int, int, int] | None, fits: bool
):
    assert binaries.version_fits(binary, version) is fits


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    only_path(monkeypatch, tmp_path / "bin")
    cache_binary(tmp_path, PULUMI)

    with pytest.raises(StackyardError, match=r"kube-apiserver, .*, kubectl: not there, or damaged"):
        binaries.found(tmp_path)


def test_a_download_with_the_published_checksum_is_kept(tmp_path: Path):
    files = {KUBECTL_PATH: b"tool", f"{KUBECTL_PATH}.sha256": sha256(b"tool").encode()}
    target = tmp_path / "cache" / "kubectl"

    with release_site(files) as address:
        binaries.fetch(KUBECTL, address, target, lambda _: None)

    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"tool", 0o755)


@pytest.mark.fault("setup", "a download is damaged on its way")
def test_a_damaged_download_is_refused(tmp_path: Path, record_property: Record):
    files = {KUBECTL_PATH: b"tOol", f"{KUBECTL_PATH}.sha256": sha256(b"tool").encode()}

    with (
        release_site(files) as address,
        pytest.raises(DamagedDownloadError, match=f"published is {sha256(b'tool')}"),
    ):
        binaries.fetch(KUBECTL, address, tmp_path / "kubectl", lambda _: None)

    assert left_in(tmp_path) == []
    record_property("seen", "its checksum was not the published one: it was thrown away")


@pytest.mark.fault("setup", "a download breaks off half way")
def test_half_a_download_leaves_nothing(tmp_path: Path, record_property: Record):
    files = {
        KUBECTL_PATH: f"{CUT}to".encode(),
        f"{KUBECTL_PATH}.sha256": sha256(b"tool").encode(),
    }

    with release_site(files) as address, pytest.raises(UnreachableError, match="kubectl does not"):
        binaries.fetch(KUBECTL, address, tmp_path / "kubectl", lambda _: None)

    assert left_in(tmp_path) == []
    record_property("seen", "the half was thrown away")


def test_a_release_without_checksums_is_not_downloaded(tmp_path: Path):
    files = {KUBECTL_PATH: b"tool"}

    with (
        release_site(files) as address,
        pytest.raises(UnreachableError, match=r"sha256 answers 404"),
    ):
        binaries.fetch(KUBECTL, address, tmp_path / "kubectl", lambda _: None)

    assert left_in(tmp_path) == []


def test_an_address_where_nothing_answers_is_named(tmp_path: Path):
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9/v.* does not answer"):
        binaries.fetch(KUBECTL, NOWHERE, tmp_path / "kubectl", lambda _: None)


@pytest.mark.parametrize("text", ["<html>", "", f"{'0' * 63}  kubectl", f"{'0' * 64}  kubelet"])
def test_a_checksum_file_that_names_no_checksum_is_refused(text: str):
    with pytest.raises(DamagedDownloadError, match="no SHA-256 of kubectl"):
        binaries.checksum_in(text, "kubectl")


def test_the_checksum_of_one_file_is_found_among_many():
    text = f"{'1' * 64}  pulumi-a.zip\n{'2' * 64}  {ARCHIVE}\n"

    checksum = binaries.checksum_in(text, ARCHIVE)

    assert checksum == "2" * 64


def test_of_pulumis_archive_the_cli_and_what_python_needs_are_kept(tmp_path: Path):
    host = "pulumi/pulumi-language-python"
    archive = archive_of(["pulumi/pulumi", "pulumi/pulumi-language-go", host, f"{host}-exec"])
    base = f"v{PULUMI_VERSION}"
    sums = f"{sha256(archive)}  {ARCHIVE}\n".encode()
    files = {f"{base}/{ARCHIVE}": archive, f"{base}/pulumi-{PULUMI_VERSION}-checksums.txt": sums}

    with release_site(files) as address:
        binaries.fetch(PULUMI, address, tmp_path / "pulumi", lambda _: None)

    names = ["pulumi", "pulumi-language-python", "pulumi-language-python-exec"]
    assert left_in(tmp_path) == names
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in names} == {0o755}


def test_a_damaged_archive_of_pulumi_leaves_nothing(tmp_path: Path):
    archive = archive_of(["pulumi/pulumi"])
    base = f"v{PULUMI_VERSION}"
    sums = f"{sha256(b'other')}  {ARCHIVE}\n".encode()
    files = {f"{base}/{ARCHIVE}": archive, f"{base}/pulumi-{PULUMI_VERSION}-checksums.txt": sums}

    with release_site(files) as address, pytest.raises(DamagedDownloadError, match="thrown away"):
        binaries.fetch(PULUMI, address, tmp_path / "pulumi", lambda _: None)

    assert left_in(tmp_path) == []
