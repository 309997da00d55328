"""`stackyard local up` on a machine or a file that is not fit: one line, nothing half made."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.local.layout import KUBE_API_PORT, SLOT_VARIABLE, Layout
from stackyard.local.packages import PACKAGES, search_path
from tests.end_to_end.running_stack import ROOT
from tests.local.slots import free_slot
from tests.reliability import Record

pytestmark = pytest.mark.end_to_end

COMMAND = (sys.executable, "-m", "stackyard")
AS_A_USER_WITH_THESE_DAEMONS = """
import os, sys
from stackyard.cli import main
from stackyard.local import packages
folder = sys.argv.pop(1)
os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
os.geteuid = lambda: 1000
packages.search_path = lambda: folder
main()
"""
"""The command on a machine whose daemons stand in one folder alone, run by somebody not root."""


@pytest.fixture
def unused() -> Iterator[Layout]:
    """A slot where nothing is, beside the stack's."""
    with free_slot(ROOT) as layout:
        yield layout


def up(
    folder: Path, layout: Layout, command: Sequence[str] = COMMAND
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, "local", "up"],
        cwd=folder,
        env={**os.environ, SLOT_VARIABLE: str(layout.slot), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.fault("setup", "a port is taken: make up")
def test_a_port_in_use_is_named_with_who_holds_it(unused: Layout, record_property: Record) -> None:
    with socket.create_server((unused.control, KUBE_API_PORT)):
        done = up(ROOT, unused)

    assert done.returncode == 1
    assert f"{unused.control}:{KUBE_API_PORT} (the Kubernetes API) is taken by" in done.stderr
    assert str(os.getpid()) in done.stderr
    assert "Traceback" not in done.stderr
    assert not unused.folder.exists()
    record_property("seen", "address, use and owner in one line; nothing was made")


@pytest.mark.parametrize(
    ("database", "line"),
    [
        ({"readers": 16}, "database.readers: 16 is more than the 15 readers Aurora allows"),
        (3, "database: 3 is not a mapping of settings; Aurora MySQL"),
    ],
)
def test_a_mistake_in_the_stack_file_stops_before_anything_is_made(
    tmp_path: Path, unused: Layout, database: Any, line: str
) -> None:
    content = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    content["config"]["stackyard:database"] = database
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(content))

    done = up(tmp_path, unused)

    assert done.returncode == 2
    assert done.stderr == f"Pulumi.local.yaml: {line}\n"
    assert not (tmp_path / ".local").exists()


def machine_without(name: str, folder: Path) -> Path:
    """A folder that holds Debian's installer and every daemon but one."""
    folder.mkdir()
    (folder / "apt-get").symlink_to("/bin/false")
    for daemon in {name for names in PACKAGES.values() for name in names} - {name}:
        found = shutil.which(daemon, path=search_path())
        assert found is not None, f"{daemon} is not there; run: make up"
        (folder / daemon).symlink_to(found)
    return folder


@pytest.mark.fault("setup", "a package is missing, and the user may not install: make up")
def test_a_user_without_a_daemon_is_told_the_command_that_installs_it(
    tmp_path: Path, unused: Layout, record_property: Record
) -> None:
    shutil.copy(ROOT / "Pulumi.local.yaml", tmp_path)
    daemons = machine_without("mariadbd", tmp_path / "daemons")

    words = [sys.executable, "-c", AS_A_USER_WITH_THESE_DAEMONS, str(daemons)]
    done = up(tmp_path, unused, words)

    assert done.returncode == 1
    step, *lines = done.stderr.splitlines()
    assert step.startswith("✘ tools")
    install = "sudo apt-get install --no-install-recommends mariadb-server"
    assert lines == [f"missing packages: mariadb-server; run: {install}"]
    assert not (tmp_path / ".local").exists()
    record_property("seen", lines[0])
