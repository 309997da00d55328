"""A release in the program: which slots have pods, what waits for what, what the rule says."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.workload import version_of
from infra import release as infra_release
from infra.answers import Answers
from release.ledger import LedgerError
from release.parts import Targets
from release.plan import Failure, Ledger, Underway, Version
from stackyard.graph.recorder import Graph
from stackyard.stack_files import settings_of
from tests.graph.stacks import ROOT, graph_anew, graph_of, stack_config
from tests.release.world import ROUTE, World, serving

SETTINGS = settings_of(ROOT / "Pulumi.prod.yaml")
WANTED = Version(
    id=version_of(SETTINGS.app, SETTINGS.release.drain_seconds, database_by_iam=True),
    image=SETTINGS.app.image,
)
OLD = Version(id="0" * 16, image=f"registry.example.com/api@sha256:{'0' * 64}")
LIVE = Ledger(live=serving("blue", OLD, level=4, number=6), route=ROUTE)


def world(ledger: Ledger = LIVE, **more: Any) -> World:
    weights = more.pop("weights", {"blue": 100, "green": 0})
    return World(ledger=ledger, weights=weights, running={"blue": OLD}, **more)


def config(**release: Any) -> dict[str, Any]:
    """Prod with some release settings."""
    given = deepcopy(stack_config("prod"))
    given["stackyard:release"] = {**given.get("stackyard:release", {}), **release}
    return given


def names(graph: Graph, type_: str) -> list[str]:
    return sorted(reg.name for reg in graph.all(type_))


def floor(graph: Graph) -> list[str]:
    (container,) = graph.one("Job").inputs["spec"]["template"]["spec"]["containers"]
    return [e["value"] for e in container["env"] if e["name"] == "MIGRATION_FLOOR"]


@pytest.fixture(scope="module")
def candidate() -> Graph:
    """Another version than the live one, which has five pods."""
    five = world(targets={"blue": [Targets(healthy=5, starting=0, unhealthy=0)]})
    return graph_anew("prod", world=five)


@pytest.fixture(scope="module")
def refused() -> Graph:
    """A version that was rolled back before."""
    failed = Failure(version=WANTED, reason="too slow", at="2026-01-01")
    return graph_anew("prod", world=world(replace(LIVE, failed=failed)))


def test_a_candidate_has_its_pods_in_the_other_slot(candidate: Graph) -> None:
    for kind in ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
        assert names(candidate, kind) == ["api-green"]


def test_a_candidate_has_no_fewer_pods_than_the_live_version(candidate: Graph) -> None:
    scaler = candidate.one("HorizontalPodAutoscaler").inputs["spec"]

    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (5, 10)


def test_the_rule_ends_at_the_candidate_and_has_the_next_number(candidate: Graph) -> None:
    rule = candidate.one("balancer-production")
    (action,) = rule.inputs["actions"]

    assert [group["weight"] for group in action["forward"]["targetGroups"]] == [0, 100]
    assert rule.inputs["tags"] == {"stackyard:release": "7"}
    assert candidate.stack_outputs["edge"]["weights"] == {"blue": 0, "green": 100}


def test_the_rule_waits_for_pods_ledger_and_cdn(candidate: Graph) -> None:
    rule = candidate.one("balancer-production")
    needed = {
        candidate.named("Deployment", "api-green").urn,
        candidate.one("Parameter").urn,
        candidate.one("Distribution").urn,
    }

    assert needed <= rule.depends


def test_gate_shares_and_bake_hang_before_the_rule(candidate: Graph) -> None:
    hooks = candidate.one("balancer-production").opts["hooks"]

    assert hooks == {"before_create": ["release"], "before_update": ["release"]}


def test_pages_wait_for_the_rule_and_assets_do_not(candidate: Graph) -> None:
    rule = candidate.one("balancer-production").urn
    waits = {reg.inputs["key"]: rule in reg.depends for reg in candidate.all("BucketObjectv2")}

    assert waits["index.html"]
    assert [key for key, waiting in waits.items() if waiting and not key.endswith(".html")] == []


def test_its_migration_stays_good_for_the_live_level(candidate: Graph) -> None:
    assert floor(candidate) == ["4"]


def test_the_ledgers_value_is_never_the_programs(candidate: Graph) -> None:
    ledger = candidate.one("Parameter")

    assert ledger.inputs["name"] == "/stackyard/prod/release"
    assert ledger.opts["ignoreChanges"] == ["value"]


def test_the_first_version_has_blue_number_one_and_no_floor(prod: Graph) -> None:
    assert names(prod, "Deployment") == ["api-blue"]
    assert prod.one("balancer-production").inputs["tags"] == {"stackyard:release": "1"}
    assert floor(prod) == []


def test_a_live_version_keeps_its_slot_its_number_and_its_fewest_pods() -> None:
    live = replace(serving("green", WANTED, number=7), floor=3)
    seven = world(
        Ledger(live=live, route=ROUTE),
        weights={"blue": 0, "green": 100},
        targets={"green": [Targets(healthy=7, starting=0, unhealthy=0)]},
    )

    graph = graph_anew("prod", world=seven)

    assert names(graph, "Deployment") == ["api-green"]
    assert graph.one("HorizontalPodAutoscaler").inputs["spec"]["minReplicas"] == 3
    assert graph.one("balancer-production").inputs["tags"] == {"stackyard:release": "7"}
    assert floor(graph) == ["3"]


def test_a_refused_version_leaves_the_live_pods_as_they_are(refused: Graph) -> None:
    deployment = refused.one("Deployment")
    (container,) = deployment.inputs["spec"]["template"]["spec"]["containers"]

    assert deployment.name == "api-blue"
    assert deployment.opts["ignoreChanges"] == ["spec"]
    assert container["image"] == OLD.image
    assert refused.stack_outputs["app"]["image"] == OLD.image
    assert refused.one("balancer-production").inputs["tags"] == {"stackyard:release": "6"}


def test_a_refused_version_is_tried_again_when_that_is_asked_for() -> None:
    failed = Failure(version=WANTED, reason="too slow", at="2026-01-01")

    graph = graph_anew("prod", config=config(retry=True), world=world(replace(LIVE, failed=failed)))

    assert names(graph, "Deployment") == ["api-green"]


def test_the_version_before_keeps_its_pods_where_that_is_set() -> None:
    graph = graph_anew("prod", config=config(keepPrevious=True), world=world())

    assert names(graph, "Deployment") == ["api-blue", "api-green"]
    assert graph.named("Deployment", "api-blue").opts["ignoreChanges"] == ["spec"]
    assert "ignoreChanges" not in graph.named("Deployment", "api-green").opts


def test_a_kept_version_stays_after_the_release_too() -> None:
    ledger = Ledger(live=serving("green", WANTED), previous=serving("blue", OLD), route=ROUTE)

    kept = world(ledger, weights={"blue": 0, "green": 100})

    graph = graph_anew("prod", config=config(keepPrevious=True), world=kept)

    assert names(graph, "Deployment") == ["api-blue", "api-green"]


def test_nothing_is_kept_before_there_is_a_version_before() -> None:
    graph = graph_of("prod", config=config(keepPrevious=True))

    assert names(graph, "Deployment") == ["api-blue"]


def off(**more: Any) -> World:
    """A release of another version was killed at half of the requests."""
    underway = Underway(slot="green", version=replace(OLD, id="f" * 16), since="2026-01-01")
    return world(replace(LIVE, underway=underway), weights={"blue": 50, "green": 50}, **more)


def test_an_update_first_gives_back_what_another_release_has_moved() -> None:
    killed = off()

    graph_anew("prod", world=killed)

    assert killed.weights == {"blue": 100, "green": 0}


def test_a_preview_moves_nothing() -> None:
    killed = off()

    graph_anew("prod", preview=True, world=killed)

    assert killed.weights == {"blue": 50, "green": 50}


def test_an_update_that_cannot_give_back_touches_nothing() -> None:
    killed = off(unhealthy={"blue"})

    with pytest.raises(pulumi.RunError, match=r"^release: requests stay where they are"):
        graph_anew("prod", world=killed)


def test_a_ledger_that_cannot_be_read_is_no_first_release(monkeypatch: pytest.MonkeyPatch) -> None:
    unreadable = world()

    def refuse(_: object) -> Ledger:
        raise LedgerError("the parameter is no ledger")

    monkeypatch.setattr("tests.release.world._Store.read", refuse)

    with pytest.raises(pulumi.RunError, match=r"^the ledger of releases cannot be read: the par"):
        graph_anew("prod", world=unreadable)


def test_live_pods_that_cannot_be_counted_are_not_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import EndpointConnectionError  # noqa: PLC0415  # one test's own

    def refuse(*_: object) -> Targets:
        raise EndpointConnectionError(endpoint_url="https://elb")

    monkeypatch.setattr("tests.release.world._Router.targets", refuse)

    with pytest.raises(pulumi.RunError, match=r"^the live pods cannot be counted: "):
        graph_anew("prod", world=world())


@pytest.mark.parametrize(
    "changed",
    [
        {"image": f"registry.example.com/api@sha256:{'1' * 64}"},
        {"env": {"LOG_LEVEL": "debug"}},
        {"memory_limit": "1Gi"},
        {"port": 8080},
    ],
)
def test_whatever_would_restart_pods_is_another_version(changed: dict[str, Any]) -> None:
    app = SETTINGS.app.model_copy(update=changed)

    assert version_of(app, 30) != version_of(SETTINGS.app, 30)


def test_the_drain_is_part_of_the_version() -> None:
    assert version_of(SETTINGS.app, 30) != version_of(SETTINGS.app, 31)


def test_how_many_pods_there_are_is_no_part_of_the_version() -> None:
    app = SETTINGS.app.model_copy(update={"min_replicas": 9, "cpu_target_percent": 50})

    assert version_of(app, 30) == version_of(SETTINGS.app, 30)


@pytest.mark.parametrize(
    ("step", "look", "probe"), [(1, 2.0, 0.2), (5, 2.0, 0.2), (60, 10.0, 1.0), (600, 15.0, 1.0)]
)
def test_looks_are_a_sixth_of_a_step_within_bounds(step: int, look: float, probe: float) -> None:
    release = SETTINGS.release.model_copy(update={"step_seconds": step})
    policy = infra_release.policy_of(SETTINGS.model_copy(update={"release": release}), pods=3)

    assert (policy.look_seconds, policy.probe_seconds, policy.pods) == (look, probe, 3)


def test_same_settings_and_answers_give_the_same_release() -> None:
    answers = Answers(cloudfront_prefix_list_id="pl-1", ledger=LIVE, live_pods=4)

    assert infra_release.release_of(SETTINGS, answers) == infra_release.release_of(
        SETTINGS, answers
    )
