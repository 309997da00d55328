"""`make doctor`: each fault of the set-up in its own line, with the command that mends it."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from stackyard.local import binaries, cloud, packages
from stackyard.local.binaries import BINARIES
from stackyard.local.doctor import Check, checks, report
from stackyard.local.layout import KUBE_API_PORT
from stackyard.local.processes import RUN_VARIABLE
from stackyard.local.status import Status
from tests.local.binary_examples import KUBECTL, Usage, cache_binary, only_path
from tests.local.slots import free_slot
from tests.reliability import Record

AS_ANOTHER_SYSTEM = """
import platform, sys
system = sys.argv.pop(1)
platform.system = lambda: system
sys.modules["fcntl"] = None
from stackyard.cli import main
main()
"""
"""The command on a system that has no fcntl, as Windows has none."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is wrong: every executable cached, every package there."""
    only_path(monkeypatch, tmp_path / "bin")
    monkeypatch.setattr(packages, "missing_packages", list)
    for binary in BINARIES:
        cache_binary(tmp_path / "cache", binary)
    return tmp_path / "cache"


def wrong(found: list[Check]) -> list[Check]:
    return [one for one in found if not one.ok]


def test_where_nothing_is_wrong_every_line_is_good(tmp_path: Path, cache: Path) -> None:
    with free_slot(tmp_path) as layout:
        found = checks(layout, cache)

    assert wrong(found) == []
    assert [one.name for one in found] == [
        *("platform", "packages", "pulumi", "kube-apiserver", "kube-controller-manager"),
        *("kube-scheduler", "kubectl", "space", "space", "ports", "cloud"),
    ]


def test_nothing_is_changed(tmp_path: Path, cache: Path) -> None:
    binaries.place(KUBECTL, cache).write_text("#")
    before = sorted(tmp_path.rglob("*"))

    with free_slot(tmp_path) as layout:
        checks(layout, cache)

    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.fault("setup", "a package is missing: make doctor")
def test_a_missing_package_has_the_command_that_installs_it(
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Record,
) -> None:
    monkeypatch.setattr(packages, "missing_packages", lambda: ["haproxy"])

    with free_slot(tmp_path) as layout:
        (one,) = wrong(checks(layout, cache))

    assert (one.name, one.seen) == ("packages", "haproxy: not installed")
    assert one.run == "sudo apt-get install --no-install-recommends haproxy"
    record_property("seen", f"{one.seen} → {one.run}")


@pytest.mark.fault("setup", "an executable in the cache is damaged: make doctor")
def test_a_damaged_executable_has_the_command_that_makes_it_again(
    tmp_path: Path, cache: Path, record_property: Record
) -> None:
    executable = binaries.place(KUBECTL, cache)
    executable.write_text("#")

    with free_slot(tmp_path) as layout:
        (one,) = wrong(checks(layout, cache))

    assert (one.name, one.run) == ("kubectl", f"rm {executable}; make tools")
    assert one.seen.startswith(f"{executable} is damaged: it has 1 bytes, not ")
    record_property("seen", "the file, what is wrong with it, and: rm <file>; make tools")


@pytest.mark.fault("setup", "an executable is not there yet: make doctor")
def test_a_missing_executable_has_the_command_that_fetches_it(
    tmp_path: Path, cache: Path, record_property: Record
) -> None:
    binaries.place(KUBECTL, cache).unlink()

    with free_slot(tmp_path) as layout:
        (one,) = wrong(checks(layout, cache))

    assert one == Check(
        name="kubectl", ok=False, seen=f"{KUBECTL.version} is not there yet", run="make tools"
    )
    record_property("seen", "its version, and: make tools")


@pytest.mark.fault("setup", "the disk is full: make doctor")
def test_a_full_disk_is_told_with_what_is_needed(
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Record,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=0))

    with free_slot(tmp_path) as layout:
        (one,) = wrong(checks(layout, cache))

    assert one.seen == f"{tmp_path / '.local'}: 0 MiB are free, 500 MiB are needed"
    record_property("seen", "folder, what is free and what is needed")


@pytest.mark.fault("setup", "a port is taken: make doctor")
def test_a_taken_port_has_its_owner_and_the_way_to_another_slot(
    tmp_path: Path, cache: Path, record_property: Record
) -> None:
    with (
        free_slot(tmp_path) as layout,
        socket.create_server((layout.control, KUBE_API_PORT)),
    ):
        (one,) = wrong(checks(layout, cache))

    assert one.seen.startswith(f"{layout.control}:{KUBE_API_PORT} (the Kubernetes API) is taken by")
    assert one.run == "end it, or: make up STACKYARD_SLOT=<0 to 199>"
    record_property("seen", "address, use and owner, and: make up STACKYARD_SLOT=<0 to 199>")


@pytest.mark.fault("setup", "the supervisor was killed: make doctor")
def test_what_a_killed_supervisor_left_has_the_command_that_takes_it_up(
    tmp_path: Path, cache: Path, record_property: Record
) -> None:
    with free_slot(tmp_path) as layout:
        mark = {RUN_VARIABLE: str(layout.folder)}
        with subprocess.Popen(["/bin/sleep", "60"], env=mark) as left:
            (one,) = wrong(checks(layout, cache))
            left.kill()

    assert (one.name, one.run) == ("cloud", "make up")
    assert one.seen == "its supervisor was killed and left 1 processes"
    record_property("seen", "how many processes it left, and: make up")


@pytest.mark.fault("setup", "a part of the running cloud fails: make doctor")
def test_a_part_that_failed_is_named_with_the_command_that_tells_why(
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Record,
) -> None:
    monkeypatch.setattr(cloud, "supervisor_pid", lambda _: 1)

    with free_slot(tmp_path) as layout:
        status = Status(layout, ["aws", "caches"])
        status.set("aws", "ready")
        status.set("caches", "failed", "cache c did not answer\nits log ends:")
        (one,) = wrong(checks(layout, cache))

    assert (one.name, one.run) == ("cloud", "make logs")
    assert one.seen == "caches: failed: cache c did not answer"
    record_property("seen", f"{one.seen} → {one.run}")


def test_lines_are_aligned_and_a_command_stands_after_an_arrow() -> None:
    found = [
        Check(name="ports", ok=True, seen="free"),
        Check(name="kubectl", ok=False, seen="not there", run="make tools"),
    ]

    assert report(found) == "✔ ports    free\n✘ kubectl  not there → make tools"


@pytest.mark.fault("setup", "macOS or Windows")
@pytest.mark.parametrize(
    ("system", "way"),
    [("Darwin", "in a Linux VM (Lima, Multipass)"), ("Windows", "in WSL 2 (wsl --install)")],
)
@pytest.mark.parametrize("command", ["up", "doctor", "tools"])
def test_another_system_is_one_line_with_the_way_out(
    record_property: Record, system: str, way: str, command: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER_SYSTEM, system, "local", command],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"the embedded cloud runs on Linux, not on {system}: run the same command {way};"
        " make check works here too\n"
    )
    record_property("seen", f"one line: run the same command {way}")
