"""A pod's phase and conditions follow from its containers' states, as a kubelet's do."""

from typing import Any

import pytest

from stackyard.local.pod_status import (
    ContainerState,
    ContainerStatus,
    PodState,
    Running,
    Terminated,
    Waiting,
    pod_phase,
    pod_status,
    taken_over,
)

NOW, BEFORE = "2026-11-23T12:00:00Z", "2026-11-23T11:00:00Z"
RUNNING = Running(started_at=BEFORE, pid=7)
CRASHED = Terminated(exit_code=1, reason="Error", started_at=BEFORE, finished_at=NOW)
DONE = Terminated(exit_code=0, reason="Completed", started_at=BEFORE, finished_at=NOW)


def container(
    state: ContainerState, *, ready: bool = False, last: Terminated | None = None
) -> ContainerStatus:
    return ContainerStatus(name="api", image="image", state=state, ready=ready, last=last)


def state_of(
    *containers: ContainerStatus, inits: tuple[ContainerStatus, ...] = (), stopping: bool = False
) -> PodState:
    return PodState(
        address="127.10.16.1",
        host_address="127.10.0.1",
        start_time=BEFORE,
        inits=inits,
        containers=containers,
        stopping=stopping,
    )


def conditions(pod: dict[str, Any], state: PodState) -> dict[str, dict[str, Any]]:
    return {c["type"]: c for c in pod_status(pod, state, now=NOW)["conditions"]}


@pytest.mark.parametrize(
    ("policy", "state", "phase"),
    [
        ("Always", state_of(container(Waiting())), "Pending"),
        ("Always", state_of(container(RUNNING)), "Running"),
        ("Always", state_of(container(DONE)), "Running"),
        ("Always", state_of(container(Waiting(), last=CRASHED)), "Running"),
        ("Always", state_of(container(RUNNING), container(Waiting())), "Pending"),
        ("Never", state_of(container(DONE)), "Succeeded"),
        ("Never", state_of(container(CRASHED)), "Failed"),
        ("Never", state_of(container(CRASHED), container(RUNNING)), "Running"),
        ("OnFailure", state_of(container(CRASHED)), "Running"),
        ("OnFailure", state_of(container(DONE)), "Succeeded"),
        ("Never", state_of(container(Waiting()), inits=(container(CRASHED),)), "Failed"),
        ("Always", state_of(container(Waiting()), inits=(container(RUNNING),)), "Pending"),
        ("Always", state_of(container(DONE), stopping=True), "Succeeded"),
        ("Always", state_of(container(CRASHED), stopping=True), "Failed"),
        ("Always", state_of(container(Waiting()), stopping=True), "Failed"),
        ("Always", state_of(container(RUNNING), stopping=True), "Running"),
    ],
)
def test_the_phase_follows_from_states_and_policy(policy: str, state: PodState, phase: str) -> None:
    found = pod_phase(policy, state)

    assert found == phase


def test_a_pod_with_an_open_gate_is_ready_when_its_containers_are() -> None:
    gate = "target-health.elbv2.k8s.aws/blue"
    pod = {
        "spec": {"readinessGates": [{"conditionType": gate}]},
        "status": {"conditions": [{"type": gate, "status": "True"}]},
    }

    found = conditions(pod, state_of(container(RUNNING, ready=True)))

    assert (found["ContainersReady"]["status"], found["Ready"]["status"]) == ("True", "True")


def test_a_pod_with_a_closed_gate_is_not_ready_and_says_which() -> None:
    pod = {"spec": {"readinessGates": [{"conditionType": "example.com/gate"}]}}

    found = conditions(pod, state_of(container(RUNNING, ready=True)))

    assert found["ContainersReady"]["status"] == "True"
    assert found["Ready"]["reason"] == "ReadinessGatesNotReady"
    assert '"example.com/gate"' in found["Ready"]["message"]


def test_an_unready_container_is_named() -> None:
    found = conditions({"spec": {}}, state_of(container(RUNNING)))

    assert found["Ready"]["status"] == "False"
    assert found["Ready"]["message"] == "containers with unready status: [api]"


def test_a_completed_pod_is_not_ready_because_it_is_done() -> None:
    found = conditions({"spec": {"restartPolicy": "Never"}}, state_of(container(DONE)))

    assert (found["Ready"]["status"], found["Ready"]["reason"]) == ("False", "PodCompleted")


def test_a_condition_that_stays_keeps_its_transition_time() -> None:
    held = {"type": "ContainersReady", "status": "True", "lastTransitionTime": BEFORE}
    changed = {"type": "Ready", "status": "False", "lastTransitionTime": BEFORE}
    pod = {"spec": {}, "status": {"conditions": [held, changed]}}

    found = conditions(pod, state_of(container(RUNNING, ready=True)))

    assert found["ContainersReady"]["lastTransitionTime"] == BEFORE
    assert found["Ready"]["lastTransitionTime"] == NOW


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (Waiting(reason="ErrImagePull", message="no"), {"reason": "ErrImagePull", "message": "no"}),
        (Waiting(), {"reason": "ContainerCreating"}),
        (RUNNING, {"startedAt": BEFORE}),
        (DONE, {"exitCode": 0, "reason": "Completed", "startedAt": BEFORE, "finishedAt": NOW}),
    ],
)
def test_a_state_is_told_in_the_words_of_the_api(
    state: ContainerState, told: dict[str, Any]
) -> None:
    status = pod_status({"spec": {}}, state_of(container(state)), now=NOW)

    assert list(status["containerStatuses"][0]["state"].values()) == [told]


@pytest.mark.parametrize(("policy", "restarts"), [("Always", 3), ("OnFailure", 3), ("Never", 2)])
def test_a_process_lost_with_its_node_is_a_restart_unless_the_policy_has_none(
    policy: str, restarts: int
) -> None:
    told = {"restartCount": 2, "state": {"running": {"startedAt": BEFORE}}}

    found = taken_over(container(Waiting()), told, policy=policy)

    lost = found.state if policy == "Never" else found.last
    assert found.restarts == restarts
    assert isinstance(lost, Terminated)
    assert lost.exit_code == 137


def test_a_container_that_was_done_stays_done_under_a_new_node() -> None:
    told = {"restartCount": 0, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}

    found = taken_over(container(Waiting()), told, policy="OnFailure")

    assert isinstance(found.state, Terminated)
    assert found.state.exit_code == 0
