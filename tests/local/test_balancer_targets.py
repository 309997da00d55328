"""Pods become targets, targets take slots, checks make states; without a process."""

from typing import Any

import pytest

from stackyard.local.balancer_targets import Step, next_slots, passes, slot_count, target_state
from stackyard.local.bindings import bound_targets, gate_patch
from tests.local.load_balancers import CHECK, slot


def pod(name: str = "api-1", *, ready: str = "True", gate: str = "", **more: Any) -> dict[str, Any]:
    conditions = [{"type": "ContainersReady", "status": ready}]
    if gate:
        conditions.append({"type": "target-health.elbv2.k8s.aws/blue", "status": gate})
    return {
        "metadata": {
            "namespace": "app",
            "name": name,
            "uid": f"uid-{name}",
            "labels": {"app": "api", "slot": "blue"},
            **more,
        },
        "spec": {
            "readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/blue"}],
            "containers": [{"ports": [{"name": "http", "containerPort": 5000}]}],
        },
        "status": {"podIP": "127.10.16.1", "conditions": conditions},
    }


BINDING = {
    "metadata": {"namespace": "app", "name": "blue"},
    "spec": {"targetGroupARN": "arn-blue", "serviceRef": {"name": "api", "port": 80}},
}
SERVICE = {
    "metadata": {"namespace": "app", "name": "api"},
    "spec": {"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": "http"}]},
}


def bound(*pods: dict[str, Any], service: dict[str, Any] = SERVICE) -> dict[str, int]:
    found = bound_targets(bindings=[BINDING], services=[service], pods=pods)["arn-blue"]
    return {target.pod: target.port for target in found.values()}


def test_new_target_enters_the_first_free_slot() -> None:
    held = {"a": slot(1, "a"), "c": slot(3, "c")}

    after, steps = next_slots(
        held, {"a": 5000, "b": 5000, "c": 5000}, now=9.0, deregistration_seconds=5
    )

    assert after["b"] == slot(2, "b", since=9.0)
    assert steps == [Step(action="enter", slot=after["b"])]


def test_target_that_is_no_longer_wanted_drains_for_the_delay() -> None:
    draining, steps = next_slots({"a": slot(1, "a")}, {}, now=10.0, deregistration_seconds=5)

    still, none = next_slots(draining, {}, now=14.9, deregistration_seconds=5)
    gone, last = next_slots(still, {}, now=15.0, deregistration_seconds=5)

    assert [s.action for s in steps] == ["drain"]
    assert (still, none) == (draining, [])
    assert (gone, [s.action for s in last]) == ({}, ["leave"])


def test_target_wanted_again_while_it_drains_starts_anew_in_its_slot() -> None:
    draining = {"a": slot(1, "a", state="draining", leaves_at=20.0)}

    after, steps = next_slots(draining, {"a": 5000}, now=12.0, deregistration_seconds=5)

    assert after == {"a": slot(1, "a", since=12.0)}
    assert steps == [Step(action="enter", slot=after["a"])]


def test_draining_target_keeps_its_slot_from_a_new_one() -> None:
    held = {"a": slot(1, "a", state="draining", leaves_at=20.0)}

    after, _ = next_slots(held, {"b": 5000}, now=12.0, deregistration_seconds=5)

    assert after["b"].number == 2


@pytest.mark.parametrize(("highest", "count"), [(0, 20), (20, 20), (21, 40), (41, 60)])
def test_slots_come_in_steps_of_twenty(highest: int, count: int) -> None:
    assert slot_count([slot(highest)] if highest else []) == count


@pytest.mark.parametrize(
    ("before", "status", "passed", "now", "after"),
    [
        ("initial", "DOWN", False, 14.0, "initial"),
        ("initial", "DOWN", True, 14.0, "healthy"),
        ("initial", "DOWN", False, 15.0, "unhealthy"),
        ("healthy", "UP 1/3", False, 99.0, "healthy"),
        ("healthy", "DOWN", False, 99.0, "unhealthy"),
        ("unhealthy", "DOWN 1/2", False, 99.0, "unhealthy"),
        ("unhealthy", "UP", False, 99.0, "healthy"),
        ("draining", "UP", True, 99.0, "draining"),
    ],
)
def test_state_of_a_target(before: Any, status: str, passed: bool, now: float, after: str) -> None:
    state = target_state(slot(state=before), status, passed=passed, now=now, check=CHECK)

    assert state == after


@pytest.mark.parametrize(
    ("statuses", "status", "passed"),
    [
        ("200", 200, True),
        ("200", 204, False),
        ("200,204", 204, True),
        ("200-299", 250, True),
        ("200-299,404", 404, True),
        ("200-299", 300, False),
    ],
)
def test_matcher_of_a_health_check(statuses: str, status: int, passed: bool) -> None:
    assert passes(statuses, status) is passed


def test_pod_of_the_service_is_a_target_on_its_named_port() -> None:
    assert bound(pod()) == {"api-1": 5000}


@pytest.mark.parametrize(
    "other",
    [
        pod(ready="False"),
        pod(deletionTimestamp="2026-11-23T00:00:00Z"),
        pod(labels={"app": "web"}),
        pod(namespace="another"),
    ],
    ids=["containers not ready", "being deleted", "another label", "another namespace"],
)
def test_pod_that_must_not_serve_is_no_target(other: dict[str, Any]) -> None:
    assert bound(other) == {}


def test_pod_that_waits_for_the_gate_is_a_target() -> None:
    waiting = pod(gate="False")
    waiting["status"]["conditions"].append({"type": "Ready", "status": "False"})

    assert bound(waiting) == {"api-1": 5000}


def test_service_without_selector_has_no_targets() -> None:
    assert bound(pod(), service={**SERVICE, "spec": {"ports": [{"port": 80}]}}) == {}


def test_gate_patch_is_for_this_very_pod() -> None:
    found = bound_targets(bindings=[BINDING], services=[SERVICE], pods=[pod(gate="False")])
    target = found["arn-blue"]["127.10.16.1"]

    patch = gate_patch(target, healthy=True, now="2026-11-23T00:00:00Z", reason="")

    assert (target.has_gate, target.gate_status) == (True, "False")
    assert patch == {
        "metadata": {"uid": "uid-api-1"},
        "status": {
            "conditions": [
                {
                    "type": "target-health.elbv2.k8s.aws/blue",
                    "status": "True",
                    "lastTransitionTime": "2026-11-23T00:00:00Z",
                }
            ]
        },
    }
