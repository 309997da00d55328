"""What holds for every part of components/."""

import functools
import inspect
import pkgutil
import tomllib
from collections.abc import Callable
from importlib import import_module

import pulumi
import pytest
from pydantic.alias_generators import to_camel

import components
from components.auto_nodes import AutoNodes
from components.cache import Cache, CacheArgs
from components.cluster import Cluster, ClusterArgs
from components.database import Database, DatabaseArgs
from components.github_roles import GithubRoles
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.karpenter import Karpenter
from components.load_balancer import LoadBalancer
from components.load_balancer_controller import LoadBalancerController
from components.memory_recommender import MemoryRecommender
from components.network import Network, NetworkArgs
from components.site import Site
from components.state_store import StateStore
from components.workload import Workload
from stacks.settings import CacheSettings, ClusterSettings, DatabaseSettings, NetworkSettings
from stackyard.graph.recorder import Graph, record
from stackyard.graph.registration import is_custom
from tests.graph import accounts, examples
from tests.graph.stacks import ROOT

TIER = {"vpc_id": "vpc-1", "subnet_ids": ["subnet-a", "subnet-b"]}
CLIENTS = {"app": "sg-app"}


@functools.cache  # a graph is only read
def network(*, preview: bool) -> Graph:
    args = NetworkArgs(region="us-east-1", settings=NetworkSettings(), log_days=30)
    return record(lambda: Network("x", args), preview=preview)


@functools.cache
def database(*, preview: bool) -> Graph:
    args = DatabaseArgs(
        **TIER,
        clients=CLIENTS,
        zones=["us-east-1a", "us-east-1b"],
        settings=DatabaseSettings(readers=1, proxy=True),
        log_days=30,
        protect=False,
    )
    return record(lambda: Database("x", args), preview=preview)


@functools.cache
def cache(*, preview: bool) -> Graph:
    args = CacheArgs(**TIER, clients=CLIENTS, settings=CacheSettings(), log_days=30, protect=False)
    return record(lambda: Cache("x", args), preview=preview)


@functools.cache
def cluster(*, preview: bool) -> Graph:
    args = ClusterArgs(
        **TIER,
        app_security_group_id="sg-app",
        region="us-east-1",
        settings=ClusterSettings(),
        log_days=30,
        protect=False,
    )
    return record(lambda: Cluster("x", args), preview=preview)


@functools.cache
def image_repository(*, preview: bool) -> Graph:
    args = ImageRepositoryArgs(protect=False)
    return record(lambda: ImageRepository("x", args), preview=preview)


EXAMPLES: dict[type[pulumi.ComponentResource], Callable[..., Graph]] = {
    Network: network,
    Database: database,
    Cache: cache,
    Cluster: cluster,
    AutoNodes: examples.auto_nodes,
    Karpenter: examples.karpenter,
    MemoryRecommender: examples.memory_recommender,
    ImageRepository: image_repository,
    StateStore: accounts.state_store,
    GithubRoles: accounts.github_roles,
    LoadBalancer: examples.load_balancer,
    LoadBalancerController: examples.controller,
    Workload: examples.workload,
    Site: examples.site,
}
WIRING = {"admins", "distribution", "eks", "pods", "ready", "release"}
"""Attributes that are resources, for what must wait for them; no outputs."""


def test_every_component_has_an_example() -> None:
    found = pkgutil.iter_modules(components.__path__)
    modules = [import_module(f"components.{module.name}") for module in found]
    parts = {
        part
        for module in modules
        for _, part in inspect.getmembers(module, inspect.isclass)
        if part.__module__ == module.__name__ and issubclass(part, pulumi.ComponentResource)
    }

    assert set(EXAMPLES) == parts


def test_no_part_is_left_out_of_the_contract_that_keeps_them_apart() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {c["name"]: c for c in project["tool"]["importlinter"]["contracts"]}
    parts = {part.__module__ for part in EXAMPLES}

    assert set(contracts["no part knows another"]["modules"]) == parts


@pytest.mark.parametrize("part", EXAMPLES)
def test_every_annotated_output_is_registered(part: type[pulumi.ComponentResource]) -> None:
    graph = EXAMPLES[part](preview=True)
    outputs = graph.component_outputs[graph.one(f"stackyard:index:{part.__name__}").urn]
    annotated = set(inspect.get_annotations(part)) - WIRING

    assert set(outputs) <= {to_camel(name) for name in annotated}
    assert {to_camel(name) for name in annotated} - set(outputs) <= NULL_OUTPUTS


NULL_OUTPUTS = {"connectArn", "originKey", "proxyReaderEndpoint", "proxyWriterEndpoint"}
"""Null without a proxy, a login by IAM or a public load balancer; it does not go over the wire."""


@pytest.mark.parametrize("part", EXAMPLES)
def test_every_child_has_the_component_as_its_parent(part: type[pulumi.ComponentResource]) -> None:
    graph = EXAMPLES[part](preview=False)
    component = graph.one(f"stackyard:index:{part.__name__}")
    strays = {reg.name for reg in graph.values() if is_custom(reg)} - {
        reg.name for reg in graph.children(component.urn)
    }

    assert strays <= {
        "eks",
        "nodes",
        "node-role",
        "controller",
        "pods",
        "rule",
    }  # the examples make them


@pytest.mark.parametrize("part", EXAMPLES)
def test_every_childs_name_begins_with_the_components(
    part: type[pulumi.ComponentResource],
) -> None:
    graph = EXAMPLES[part](preview=False)
    component = graph.one(f"stackyard:index:{part.__name__}")

    assert [
        reg.name for reg in graph.children(component.urn) if not reg.name.startswith(component.name)
    ] == []


@pytest.mark.parametrize("part", EXAMPLES)
def test_preview_shows_the_graph_that_up_makes(part: type[pulumi.ComponentResource]) -> None:
    preview, up = (sorted(EXAMPLES[part](preview=known)) for known in (True, False))

    assert preview == up
