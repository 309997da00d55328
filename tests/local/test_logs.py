"""`make logs`: the tail that tells what went wrong stands last, on the bottom of the screen."""

import json
import os
from pathlib import Path

import pytest

from stackyard.errors import SettingsFaultError
from stackyard.local.layout import Layout
from stackyard.local.logs import tails
from tests.reliability import Record


def slot(tmp_path: Path, *logs: str, states: dict[str, str] | None = None) -> Layout:
    """A slot whose logs were written in this order; no supervisor runs there."""
    layout = Layout(root=tmp_path)
    for at, name in enumerate(logs):
        file = layout.logs / f"{name}.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"first of {name}\nlast of {name}\n")
        os.utime(file, (at, at))
    layout.run.mkdir(parents=True, exist_ok=True)
    if states is not None:
        told = {part: {"state": state, "message": ""} for part, state in states.items()}
        (layout.run / "status.json").write_text(json.dumps(told))
    return layout


def names(layout: Layout, name: str | None = None) -> list[str]:
    return [title for title, _ in tails(layout, name, 20)]


@pytest.mark.fault("setup", "a part of the embedded cloud fails: make logs")
@pytest.mark.parametrize(
    ("part", "log"),
    [
        ("aws", "aws"),
        ("kubernetes", "kube-apiserver"),
        ("databases", "database-writer"),
        ("caches", "cache-c"),
        ("balancer", "haproxy"),
        ("edge", "supervisor"),
    ],
)
def test_the_log_of_the_part_that_failed_is_the_last(
    tmp_path: Path, record_property: Record, part: str, log: str
) -> None:
    others = [name for name in ("aws", "haproxy", "cache-c", "supervisor") if name != log]
    states = {"node": "ready", part: "failed"}
    layout = slot(tmp_path, log, *others, "pulumi", "pods/api/api", states=states)

    shown = names(layout)

    assert shown[-1] == log
    record_property("seen", f"the log of {part} is the last on the screen")


def test_where_nothing_runs_the_supervisors_log_is_the_last(tmp_path: Path) -> None:
    layout = slot(tmp_path, "supervisor", "pulumi", "etcd")

    assert names(layout) == ["etcd", "pulumi", "supervisor"]


def test_where_all_runs_the_engines_log_is_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackyard.local.cloud.supervisor_pid", lambda _: 1)
    layout = slot(tmp_path, "pulumi", "supervisor", "etcd", states={"aws": "ready"})

    assert names(layout) == ["etcd", "supervisor", "pulumi"]


def test_the_last_lines_alone_are_shown(tmp_path: Path) -> None:
    layout = slot(tmp_path, "etcd")

    assert list(tails(layout, None, 1)) == [("etcd", ["last of etcd"])]


def test_a_log_in_which_nothing_stands_is_left_out(tmp_path: Path) -> None:
    layout = slot(tmp_path, "etcd", "haproxy")
    (layout.logs / "haproxy.log").write_text("")

    assert names(layout) == ["etcd"]


def test_part_of_a_name_is_enough(tmp_path: Path) -> None:
    layout = slot(tmp_path, "etcd", "pods/app_api-1/api", "pods/app_api-2/api")

    assert names(layout, "api-2") == ["pods/app_api-2/api"]


def test_without_any_log_the_command_that_makes_some_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsFaultError, match="there is no log; logs: none yet; run: make up"):
        names(Layout(root=tmp_path))
