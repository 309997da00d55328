"""Debian packages: installed by root without starting services, else one command is named."""

import os
import subprocess
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local import packages
from stackyard.local.packages import (
    IMAGE_PACKAGES,
    PACKAGES,
    PAGE_PACKAGES,
    ensure,
    missing_packages,
    services_forbidden,
)


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, have: list[str], user: int = 0
) -> Path:
    """A machine with these executables alone; `apt-get` among them writes down its words."""
    for name in have:
        _script(folder / "bin" / name, f'echo "$0 $*" >>{folder}/words')
    monkeypatch.setattr(packages, "search_path", lambda: str(folder / "bin"))
    monkeypatch.setattr(packages, "_POLICY", folder / "policy-rc.d")
    monkeypatch.setenv("PATH", f"{folder}/bin{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    return folder / "bin"


ALL = [name for names in PACKAGES.values() for name in names]


def test_a_package_is_missing_when_one_of_its_executables_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _machine(tmp_path, monkeypatch, have=["mariadbd", "haproxy", "etcd"])

    missing = missing_packages()

    assert missing == ["mariadb-server", "redis-server"]


def test_a_machine_that_has_all_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _machine(tmp_path, monkeypatch, have=[*ALL, "apt-get"])

    ensure(on_progress=lambda _: None)

    assert not (tmp_path / "words").exists()


def test_a_user_is_told_the_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _machine(tmp_path, monkeypatch, have=["etcd", "haproxy", "apt-get"], user=1000)

    with pytest.raises(
        StackyardError,
        match=r"run: sudo apt-get install --no-install-recommends mariadb-server redis-server$",
    ):
        ensure(on_progress=lambda _: None)


def test_a_machine_without_apt_is_told_the_executables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _machine(tmp_path, monkeypatch, have=[name for name in ALL if name != "haproxy"])
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    with pytest.raises(StackyardError, match="not there: haproxy; there is no apt-get here"):
        ensure(on_progress=lambda _: None)


def test_root_installs_what_is_missing_while_services_are_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = _machine(tmp_path, monkeypatch, have=[name for name in ALL if name != "haproxy"])
    installs = (
        f"cp {folder}/etcd {folder}/haproxy; {tmp_path}/policy-rc.d; echo $? $* >{tmp_path}/said"
    )
    _script(folder / "apt-get", installs)

    ensure(on_progress=lambda _: None)

    assert (tmp_path / "said").read_text() == "101 install -y --no-install-recommends haproxy\n"
    assert not (tmp_path / "policy-rc.d").exists()


def test_what_images_are_built_and_tried_with_is_asked_for_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _machine(tmp_path, monkeypatch, have=["buildah", "aarch64-linux-gnu-strip"])

    missing = missing_packages(IMAGE_PACKAGES)

    assert missing == ["mmdebstrap", "binutils-x86-64-linux-gnu", "docker-registry"]


def test_what_reports_are_opened_in_is_asked_for_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _machine(tmp_path, monkeypatch, have=["npm"])

    assert missing_packages(PAGE_PACKAGES) == ["chromium"]


def test_stale_package_lists_are_renewed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = _machine(tmp_path, monkeypatch, have=[name for name in ALL if name != "haproxy"])
    _script(
        folder / "apt-get",
        f"[ $1 = update ] && {{ touch {tmp_path}/new; exit; }}; "
        f"[ -e {tmp_path}/new ] && cp {folder}/etcd {folder}/haproxy",
    )

    ensure(on_progress=lambda _: None)

    assert missing_packages() == []


def test_an_installation_that_fails_ends_with_apts_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = _machine(tmp_path, monkeypatch, have=[name for name in ALL if name != "haproxy"])
    _script(folder / "apt-get", "echo E: no such package; exit 100")

    with pytest.raises(StackyardError, match=r"could not install haproxy; it says:\n  E: no such"):
        ensure(on_progress=lambda _: None)

    assert not (tmp_path / "policy-rc.d").exists()


def test_a_missing_executable_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _machine(tmp_path, monkeypatch, have=[])

    with pytest.raises(
        StackyardError,
        match=r"mariadb-install-db is not there; run: sudo apt-get .* mariadb-server$",
    ):
        packages.executable("mariadb-install-db")


def test_the_machines_own_policy_comes_back(tmp_path: Path):
    policy = tmp_path / "policy-rc.d"
    _script(policy, "exit 0")

    with services_forbidden(policy):
        during = subprocess.run([policy], check=False).returncode

    assert (during, subprocess.run([policy], check=False).returncode) == (101, 0)
