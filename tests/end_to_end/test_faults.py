"""`stackyard local up` on a machine or a file that is not fit: one line, nothing half made."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stackyard.local.layout import KUBE_API_PORT, SLOT_VARIABLE, Layout
from tests.end_to_end.running_stack import ROOT

pytestmark = pytest.mark.end_to_end

SLOT = 96


def up(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stackyard", "local", "up"],
        cwd=folder,
        env={**os.environ, SLOT_VARIABLE: str(SLOT), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_port_in_use_is_named_with_who_holds_it() -> None:
    layout = Layout(root=ROOT, slot=SLOT)
    with socket.create_server((layout.control, KUBE_API_PORT)):
        done = up(ROOT)

    assert done.returncode == 1
    assert f"{layout.control}:{KUBE_API_PORT} (the Kubernetes API) is taken by" in done.stderr
    assert str(os.getpid()) in done.stderr
    assert "Traceback" not in done.stderr
    assert not layout.folder.exists()


def test_a_mistake_in_the_stack_file_stops_before_anything_is_made(tmp_path: Path) -> None:
    content = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    content["config"]["stackyard:database"] = {"readers": 16}
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(content))

    done = up(tmp_path)

    assert done.returncode == 2
    assert done.stderr == (
        "Pulumi.local.yaml: database.readers: 16 is more than the 15 readers Aurora allows\n"
    )
    assert not (tmp_path / ".local").exists()
