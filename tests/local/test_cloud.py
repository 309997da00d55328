"""What a command sees of the running cloud, and of one that is not there."""

import json
import os
from pathlib import Path

from stackyard.local import cloud
from stackyard.local.layout import Layout


def layout_in(folder: Path) -> Layout:
    layout = Layout(root=folder)
    layout.run.mkdir(parents=True)
    return layout


def test_a_process_that_took_over_the_supervisors_id_is_not_the_supervisor(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    (layout.run / "supervisor.pid").write_text(str(os.getpid()))

    assert cloud.supervisor_pid(layout) is None


def test_an_id_whose_process_has_ended_is_no_supervisor(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    (layout.run / "supervisor.pid").write_text("4194305")

    assert cloud.supervisor_pid(layout) is None


def test_parts_are_read_in_the_order_they_were_started(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    told = {"moto": {"state": "ready"}, "node": {"state": "failed", "message": "no room"}}
    (layout.run / "status.json").write_text(json.dumps(told))

    assert [(p.name, p.state, p.message) for p in cloud.parts(layout)] == [
        ("moto", "ready", ""),
        ("node", "failed", "no room"),
    ]


def test_a_status_that_is_half_written_is_no_status(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    (layout.run / "status.json").write_text('{"moto": {"sta')

    assert cloud.parts(layout) == []


def test_stopping_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    cloud.stop(layout_in(tmp_path))

    assert cloud.supervisor_pid(Layout(root=tmp_path)) is None
