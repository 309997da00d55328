"""A pod's status from the states of its containers, as a kubelet reports it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stackyard.local.kube_json import child, children, timestamp
from stackyard.local.wire import JsonObject

READINESS_GATES_NOT_READY = "ReadinessGatesNotReady"


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A container that does not run yet, or not at the moment."""

    reason: str = "ContainerCreating"
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class Running:
    """A container whose process runs."""

    started_at: str
    pid: int


@dataclass(frozen=True, kw_only=True)
class Terminated:
    """A container whose process has ended."""

    exit_code: int
    reason: str
    started_at: str | None
    finished_at: str
    message: str | None = None


ContainerState = Waiting | Running | Terminated


@dataclass(frozen=True, kw_only=True)
class ContainerStatus:
    """One container as it is now."""

    name: str
    image: str
    state: ContainerState = Waiting()
    last: Terminated | None = None
    ready: bool = False
    started: bool = False
    restarts: int = 0


@dataclass(frozen=True, kw_only=True)
class PodState:
    """What a pod's status is made of."""

    address: str
    host_address: str
    start_time: str
    inits: Sequence[ContainerStatus]
    containers: Sequence[ContainerStatus]
    stopping: bool = False


def pod_status(pod: JsonObject, state: PodState, *, now: str) -> JsonObject:
    """The `status` to report; unchanged conditions keep their transition times."""
    phase = pod_phase(child(pod, "spec").get("restartPolicy", "Always"), state)
    return {
        "phase": phase,
        "podIP": state.address,
        "podIPs": [{"ip": state.address}],
        "hostIP": state.host_address,
        "hostIPs": [{"ip": state.host_address}],
        "startTime": state.start_time,
        "conditions": _conditions(pod, state, phase=phase, now=now),
        "containerStatuses": [_container_json(c) for c in state.containers],
        **(
            {"initContainerStatuses": [_container_json(c) for c in state.inits]}
            if state.inits
            else {}
        ),
    }


def pod_phase(policy: str, state: PodState) -> str:
    """Pending, Running, Succeeded or Failed, by the rules of the kubelet's `getPhase`."""
    ended = [c for c in state.containers if isinstance(c.state, Terminated)]
    succeeded = len(ended) == len(state.containers) and not any(map(_failed, ended))
    if state.stopping and not any(isinstance(c.state, Running) for c in state.containers):
        # A pod told to go must end in a terminal phase, or a Job never counts it.
        return "Succeeded" if succeeded else "Failed"
    if policy != "Always" and succeeded and inits_done(state):
        return "Succeeded"
    if policy == "Never" and _has_failed(state, ended):
        return "Failed"
    new = [c for c in state.containers if isinstance(c.state, Waiting) and c.last is None]
    return "Pending" if new or not inits_done(state) else "Running"


def taken_over(fresh: ContainerStatus, told: JsonObject, *, policy: str) -> ContainerStatus:
    """A container's status where its node was started anew, from what was last reported of it.

    Its process is gone with the node before: a restart where the policy has one, else the end.
    """
    restarts = told.get("restartCount") or 0
    state, last = child(told, "state"), child(told, "lastState", "terminated")
    before = _ended_before(last) if last else None
    if "terminated" in state and policy != "Always":
        return replace(fresh, state=_ended_before(state["terminated"]), restarts=restarts)
    if "running" not in state and "terminated" not in state:
        return replace(fresh, last=before, restarts=restarts)
    lost = Terminated(
        exit_code=137,
        reason="ContainerStatusUnknown",
        started_at=child(state, "running").get("startedAt"),
        finished_at=timestamp(),
        message="the node was started anew and found no process of the container",
    )
    if policy == "Never":
        return replace(fresh, state=lost, restarts=restarts)
    return replace(fresh, last=lost, restarts=restarts + 1)


def _ended_before(told: JsonObject) -> Terminated:
    return Terminated(
        exit_code=told.get("exitCode") or 0,
        reason=told.get("reason") or "Error",
        started_at=told.get("startedAt"),
        finished_at=told.get("finishedAt") or timestamp(),
        message=told.get("message"),
    )


def inits_done(state: PodState) -> bool:
    """Whether every init container has ended well."""
    return all(isinstance(c.state, Terminated) and not _failed(c) for c in state.inits)


def _has_failed(state: PodState, ended: Sequence[ContainerStatus]) -> bool:
    all_ended = inits_done(state) and len(ended) == len(state.containers)
    return any(map(_failed, state.inits)) or (all_ended and any(map(_failed, ended)))


def _failed(container: ContainerStatus) -> bool:
    return isinstance(container.state, Terminated) and container.state.exit_code != 0


def _conditions(pod: JsonObject, state: PodState, *, phase: str, now: str) -> list[JsonObject]:
    have = {c["type"]: c for c in children(child(pod, "status"), "conditions")}
    found = {
        "PodReadyToStartContainers": _verdict(holds=phase not in {"Succeeded", "Failed"}),
        "Initialized": _initialized(state, phase),
        "ContainersReady": _containers_ready(state, phase),
        "Ready": _ready(pod, state, phase),
    }
    conditions: list[JsonObject] = []
    for kind, verdict in found.items():
        old = have.get(kind, {})
        kept = old.get("status") == verdict["status"] and old.get("lastTransitionTime")
        conditions.append({"type": kind, **verdict, "lastTransitionTime": kept or now})
    return conditions


def _verdict(
    *, holds: bool, reason: str | None = None, message: str | None = None
) -> dict[str, str | None]:
    # Nulls clear what an earlier report said: conditions are merged field by field.
    return {"status": str(holds), "reason": reason, "message": message}


def _initialized(state: PodState, phase: str) -> dict[str, str | None]:
    if inits_done(state):
        return _verdict(holds=True, reason="PodCompleted" if phase == "Succeeded" else None)
    waiting = [c.name for c in state.inits if not isinstance(c.state, Terminated) or _failed(c)]
    return _verdict(
        holds=False,
        reason="ContainersNotInitialized",
        message=f"containers with incomplete status: [{' '.join(waiting)}]",
    )


def _containers_ready(state: PodState, phase: str) -> dict[str, str | None]:
    if phase == "Succeeded":
        return _verdict(holds=False, reason="PodCompleted")
    if phase == "Failed":
        return _verdict(holds=False, reason="PodFailed")
    unready = [c.name for c in state.containers if not c.ready]
    if phase == "Running" and not unready:
        return _verdict(holds=True)
    return _verdict(
        holds=False,
        reason="ContainersNotReady",
        message=f"containers with unready status: [{' '.join(unready)}]",
    )


def _ready(pod: JsonObject, state: PodState, phase: str) -> dict[str, str | None]:
    containers = _containers_ready(state, phase)
    if containers["status"] != "True":
        return containers
    have = {c["type"]: c["status"] for c in children(child(pod, "status"), "conditions")}
    gates = [gate["conditionType"] for gate in children(child(pod, "spec"), "readinessGates")]
    closed = [gate for gate in gates if have.get(gate) != "True"]
    if not closed:
        return _verdict(holds=True)
    return _verdict(
        holds=False,
        reason=READINESS_GATES_NOT_READY,
        message="; ".join(f'the status of pod readiness gate "{g}" is not "True"' for g in closed),
    )


def _container_json(container: ContainerStatus) -> JsonObject:
    return {
        "name": container.name,
        "image": container.image,
        "imageID": container.image,
        "ready": container.ready,
        "started": container.started,
        "restartCount": container.restarts,
        "state": _state_json(container.state),
        "lastState": _state_json(container.last) if container.last else {},
        **(
            {"containerID": f"process://{container.state.pid}"}
            if isinstance(container.state, Running)
            else {}
        ),
    }


def _state_json(state: ContainerState) -> JsonObject:
    match state:
        case Waiting(reason=reason, message=message):
            return {"waiting": _told(reason=reason, message=message)}
        case Running(started_at=started_at):
            return {"running": {"startedAt": started_at}}
        case Terminated():
            return {
                "terminated": _told(
                    exitCode=state.exit_code,
                    reason=state.reason,
                    startedAt=state.started_at,
                    finishedAt=state.finished_at,
                    message=state.message,
                )
            }


def _told(**fields: str | int | None) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}
