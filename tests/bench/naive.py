"""Releases as a Deployment alone does them, for comparison: behind the same load balancer."""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, Literal

from tests.bench.rehearsal import Outcome, Scenario, Trial
from tests.bench.variants import build_variant
from tests.end_to_end.production_rule import other, production_rule
from tests.end_to_end.running_stack import RunningStack
from tests.end_to_end.waiting import until

NAME = "backend-api"
REPLICAS = 3
"""The scaling guide's."""
READY_SECONDS = 120
Strategy = Literal["RollingUpdate", "Recreate"]


def naive(strategy: Strategy, *, readiness_probe: bool) -> Scenario:
    """A Deployment of the scaling guide's kind, given another image.

    Neither a wait before SIGTERM nor a drain after it, no readiness gate; Kubernetes' own bounds
    of a rolling update (25 % more, 25 % fewer).
    """

    @contextmanager
    def prepared(stack: RunningStack) -> Iterator[Trial]:
        rule = production_rule(stack)
        live = rule.live_slot
        idle = other(live)
        first, second = (build_variant(stack.layout, "undrained") for _ in range(2))
        (served,) = stack.kubectl(f"get deploy -l stackyard/slot={live}")["items"]

        def put(image: str) -> int:
            made = deployment(
                served, image, slot=idle, strategy=strategy, readiness_probe=readiness_probe
            )
            words = f"kubectl -n {stack.namespace}"
            given = f"printf %s {shlex.quote(json.dumps(made))} | {words} apply -f -"
            waits = f"{words} rollout status deploy/{NAME} --timeout={READY_SECONDS}s"
            return stack.shell(f"{given} && {waits}").returncode

        try:
            assert put(first) == 0, stack.events()
            healthy = until(
                lambda: rule.targets(idle)["healthy"],
                lambda count: count == REPLICAS,
                seconds=READY_SECONDS,
            )
            assert healthy == REPLICAS, stack.events()
            rule.move({live: 0, idle: 100})
            yield Trial(
                candidate=second.partition("@")[2], act=lambda: Outcome(exit_code=put(second))
            )
        finally:
            rule.move({live: 100, idle: 0})
            stack.shell(f"kubectl -n {stack.namespace} delete deploy {NAME} --ignore-not-found")
            until(lambda: rule.targets(idle), lambda left: not left, seconds=READY_SECONDS)

    return prepared


def deployment(
    served: dict[str, Any], image: str, *, slot: str, strategy: Strategy, readiness_probe: bool
) -> dict[str, Any]:
    """The API's Deployment without what keeps its users from noticing a release."""
    template = deepcopy(served["spec"]["template"])
    labels = {"app": NAME, "app.kubernetes.io/name": "api", "stackyard/slot": slot}
    # The label that asks for a readiness gate is not among them.
    template["metadata"] = {"labels": labels}
    pod = template["spec"]
    pod.pop("topologySpreadConstraints", None)
    pod.pop("terminationGracePeriodSeconds", None)
    (container,) = pod["containers"]
    for name in ("lifecycle", "startupProbe", "livenessProbe"):
        container.pop(name, None)
    if not readiness_probe:
        container.pop("readinessProbe", None)
    container["image"] = image
    for variable in container["env"]:
        if variable["name"] == "RELEASE_DIGEST":
            variable["value"] = image.partition("@")[2]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": served["metadata"]["namespace"]},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": {"app": NAME}},
            "strategy": {"type": strategy},
            "template": template,
        },
    }
