"""Inputs as the cluster has them."""

import base64
from typing import Any

import pytest

from stackyard.local.kubernetes.drift import imported_inputs, inputs_now


@pytest.mark.parametrize(
    ("declared", "applied", "live"),
    [
        ({"memory": "1024Mi"}, {"memory": "1Gi"}, {"memory": "1Gi"}),
        ({"a": {}}, {}, {}),
        ({"never": "kept"}, {}, {}),
        ({"a": 1}, {"a": 1, "default": 2}, {"a": 1, "default": 2}),
        ({"a": [{"b": "1"}]}, {"a": [{"b": "01"}]}, {"a": [{"b": "01", "c": 2}]}),
    ],
)
def test_what_the_server_writes_its_own_way_is_no_drift(
    declared: dict[str, Any], applied: dict[str, Any], live: dict[str, Any]
) -> None:
    assert inputs_now(declared, applied, live) == declared


@pytest.mark.parametrize(
    ("declared", "live", "found"),
    [
        ({"replicas": 2}, {"replicas": 1}, {"replicas": 1}),
        ({"labels": {"a": "1", "b": "2"}}, {"labels": {"a": "1"}}, {"labels": {"a": "1"}}),
        ({"ports": [1]}, {"ports": [1, 2]}, {"ports": [1, 2]}),
        ({"labels": {"a": "1"}}, {"labels": {"a": "1", "z": "by hand"}}, {"labels": {"a": "1"}}),
    ],
)
def test_a_declared_value_that_was_changed_or_lost_is_drift(
    declared: dict[str, Any], live: dict[str, Any], found: dict[str, Any]
) -> None:
    assert inputs_now(declared, declared, live) == found


def test_without_a_dry_run_the_values_themselves_count() -> None:
    assert inputs_now({"a": 1, "b": 2}, None, {"a": 1, "b": 3}) == {"a": 1, "b": 3}


def test_the_text_of_a_secret_is_compared_with_its_data() -> None:
    declared = {"kind": "Secret", "stringData": {"url": "old"}}
    live = {"kind": "Secret", "data": {"url": base64.b64encode(b"new").decode()}}

    assert inputs_now(declared, None, live) == {"kind": "Secret", "stringData": {"url": "new"}}


def test_an_import_takes_what_a_program_could_have_written() -> None:
    revision = {"deployment.kubernetes.io/revision": "3"}
    live = {
        "kind": "Deployment",
        "metadata": {"name": "api", "uid": "1", "resourceVersion": "2", "annotations": revision},
        "spec": {"replicas": 2},
        "status": {"replicas": 2},
    }

    assert imported_inputs(live) == {
        "kind": "Deployment",
        "metadata": {"name": "api"},
        "spec": {"replicas": 2},
    }
