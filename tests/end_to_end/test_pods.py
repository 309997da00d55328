"""The API's pods on a real control plane: counted, measured, replaced without a failed request."""

import asyncio
from typing import Any

import pytest

from tests.end_to_end.load import Answers, closed_loop, open_loop
from tests.end_to_end.running_stack import RunningStack, ready
from tests.end_to_end.waiting import until

pytestmark = pytest.mark.end_to_end


def settled(stack: RunningStack) -> list[dict[str, Any]]:
    """The pods, once the autoscaler has made its fewest and all of them serve."""
    return until(stack.pods, lambda pods: len(pods) >= 2 and all(map(ready, pods)), seconds=60)


def at_rest(stack: RunningStack) -> list[dict[str, Any]]:
    """The pods, once there are as few as the autoscaler may leave, and all of them serve."""
    (autoscaler,) = stack.kubectl("get hpa")["items"]
    fewest = autoscaler["spec"]["minReplicas"]

    def rests(pods: list[dict[str, Any]]) -> bool:
        return len(pods) == fewest and all(map(ready, pods))

    pods = until(stack.pods, rests, seconds=120)
    assert rests(pods), stack.events()
    return pods


def cpu_percent(stack: RunningStack) -> int | None:
    (autoscaler,) = stack.kubectl("get hpa")["items"]
    # Until the first figure is there, the controller writes a metric that names no source.
    metrics = autoscaler.get("status", {}).get("currentMetrics") or []
    figures = [m["resource"]["current"]["averageUtilization"] for m in metrics if m["type"]]
    return figures[0] if figures else None


def test_the_deployment_is_available_with_the_guides_fewest_pods(stack: RunningStack) -> None:
    pods = settled(stack)
    (deployment,) = stack.kubectl("get deploy")["items"]

    assert deployment["status"]["availableReplicas"] >= 2
    assert all(map(ready, pods))


def test_each_pod_stands_on_a_node_of_another_zone(stack: RunningStack) -> None:
    nodes = {pod["spec"]["nodeName"] for pod in settled(stack)}

    assert len(nodes) == 2


def test_the_autoscaler_sees_a_real_cpu_figure(stack: RunningStack) -> None:
    percent = until(lambda: cpu_percent(stack), lambda seen: seen is not None, seconds=60)

    assert percent is not None


def test_logs_of_a_pod_are_read_by_kubectl(stack: RunningStack) -> None:
    name = settled(stack)[0]["metadata"]["name"]

    logs = stack.shell(f"kubectl -n {stack.namespace} logs {name} --tail=5")

    assert (logs.returncode, bool(logs.stdout.strip())) == (0, True), logs.stderr


def load_while(stack: RunningStack, words: str, *, at_least_seconds: float) -> Answers:
    url = f"{stack.load_balancer}/api/posts"

    def act() -> None:
        done = stack.shell(f"kubectl -n {stack.namespace} {words}")
        assert done.returncode == 0, done.stderr

    loop = open_loop(url, per_second=100, at_least_seconds=at_least_seconds, meanwhile=act)
    return asyncio.run(loop)


def told(stack: RunningStack, answers: Answers) -> str:
    return f"{answers.sent} sent, {dict(answers.kinds)}\n{stack.events()}"


def test_a_deleted_pod_fails_no_request_under_load(stack: RunningStack) -> None:
    name = settled(stack)[0]["metadata"]["name"]

    answers = load_while(stack, f"delete pod {name}", at_least_seconds=20)

    assert answers.kinds == {"200": answers.sent}, told(stack, answers)


def test_pods_killed_without_grace_do_fail_requests(stack: RunningStack) -> None:
    """The negative control: it gives the zero above its worth."""
    settled(stack)
    delete = "delete pod -l app.kubernetes.io/name=api --grace-period=0 --force"

    answers = load_while(stack, delete, at_least_seconds=10)

    assert answers.failed > 0, told(stack, answers)


def test_under_load_the_autoscaler_adds_pods(stack: RunningStack) -> None:
    before = len(at_rest(stack))
    counts: list[int] = []

    def watch() -> None:
        grown = until(lambda: len(stack.pods()), lambda count: count > before, seconds=90)
        counts.append(grown)

    url = f"{stack.load_balancer}/api/posts?limit=1"
    answers = asyncio.run(closed_loop(url, connections=50, meanwhile=watch))

    assert counts[0] > before, told(stack, answers)
    assert answers.kinds["200"] > 0
    assert answers.failed == 0, told(stack, answers)
