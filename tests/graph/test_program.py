"""The program: what it gives back, what it refuses, whom it asks."""

import json
import socket
from pathlib import Path
from typing import Any

import jsonschema
import pulumi
import pytest
import yaml

from infra.answers import CLOUDFRONT_PREFIX_LIST
from infra.site_files import site_files
from stacks.outputs import StackOutputs, outputs_schema
from stacks.settings import Settings
from stackyard.graph.answers import SECRET_CANARY
from stackyard.graph.recorder import Graph
from tests.graph.stacks import ROOT, graph_anew, graph_of, stack_config, with_section

CLICKABLE = ["siteUrl", "apiUrl", "healthUrl", "dashboardUrl", "runbookUrl"]


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


def test_outputs_are_what_the_schema_says(graph: Graph) -> None:
    jsonschema.validate(graph.stack_outputs, outputs_schema())
    StackOutputs.model_validate(graph.stack_outputs, by_alias=True, by_name=False)


def test_the_same_keys_in_every_stack(graphs: dict[str, Graph]) -> None:
    keys = {
        stack: {
            name: sorted(value) if isinstance(value, dict) else None
            for name, value in graph.stack_outputs.items()
        }
        for stack, graph in graphs.items()
    }

    assert keys["prod"] == keys["staging"] == keys["local"]
    assert set(CLICKABLE) <= set(keys["prod"])


def test_no_output_is_secret_or_holds_one(graph: Graph) -> None:
    stack = next(urn for urn in graph.secret_outputs if "pulumi:pulumi:Stack" in urn)
    made = [r.outputs["result"] for r in graph.all("RandomPassword")]

    assert graph.secret_outputs[stack] == set()
    assert len(made) == 5
    assert [leaf for leaf in leaves(graph.stack_outputs) if SECRET_CANARY in str(leaf)] == []


def test_passwords_stand_only_where_they_are_marked_secret(graph: Graph) -> None:
    open_ = [
        (reg.name, name)
        for reg in graph.values()
        for name, value in reg.inputs.items()
        if name not in reg.secrets and SECRET_CANARY in json.dumps(value)
    ]

    assert open_ == []


def test_people_open_the_domain_where_there_is_one(prod: Graph, staging: Graph) -> None:
    name = staging.one("Distribution").outputs["domainName"]

    assert [prod.stack_outputs[key] for key in CLICKABLE[:3]] == [
        "https://example.com",
        "https://example.com/api/posts",
        "https://example.com/health",
    ]
    assert staging.stack_outputs["healthUrl"] == f"https://{name}/health"


def test_aws_is_asked_for_cloudfronts_addresses_and_for_nothing_else(graph: Graph) -> None:
    assert graph.calls == [
        ("aws:ec2/getManagedPrefixList:getManagedPrefixList", {"name": CLOUDFRONT_PREFIX_LIST})
    ]


@pytest.mark.ask(34)
def test_a_preview_needs_no_network(monkeypatch: pytest.MonkeyPatch, prod: Graph) -> None:
    def refuse(*_: object) -> None:
        raise OSError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)

    assert sorted(graph_anew("prod", preview=True)) == sorted(prod)


def test_same_settings_and_answers_give_the_same_graph(prod: Graph) -> None:
    again = graph_anew("prod")

    assert {u: r.inputs for u, r in again.items()} == {u: r.inputs for u, r in prod.items()}


def test_every_problem_of_a_stack_file_is_told_at_once_and_without_a_traceback() -> None:
    config = with_section("prod", "cache", replicas=9, replica=1)
    config["stackyard:cachee"] = {}

    with pytest.raises(pulumi.RunError) as told:
        graph_of("prod", config=config)

    lines = str(told.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("Pulumi.prod.yaml: cache") for line in lines)


def test_a_first_update_without_an_image_is_one_line_with_the_command_that_pushes_one() -> None:
    config = {k: v for k, v in stack_config("staging").items() if k != "stackyard:app"}

    with pytest.raises(pulumi.RunError) as told:
        graph_of("staging", config=config)

    assert str(told.value) == (
        "Pulumi.staging.yaml: app.image: is missing; build and push it: stackyard image push"
        " staging"
    )


def test_a_section_that_is_no_mapping_is_told_like_any_other_problem() -> None:
    config = {**stack_config("local"), "stackyard:cache": "large"}

    with pytest.raises(pulumi.RunError, match=r"^Pulumi\.local\.yaml: cache: 'large' is not a map"):
        graph_of("local", config=config)


def test_a_setting_reaches_its_resource_and_the_size_fills_the_rest() -> None:
    graph = graph_of("staging", config=with_section("staging", "app", maxReplicas=4))
    scaler = graph.one("HorizontalPodAutoscaler").inputs["spec"]

    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 4)


@pytest.mark.row("W6", "network.interfaceEndpoints")
def test_w6_endpoints_in_the_vpc_are_all_of_aws_that_the_migration_speaks_with(
    prod: Graph, staging: Graph
) -> None:
    ways = [
        graph.named("NetworkPolicy", "api-migrate").inputs["spec"]["egress"][-1]["to"]
        for graph in (prod, staging)
    ]

    assert [[peer["ipBlock"]["cidr"] for peer in way] for way in ways] == [
        ["10.20.0.0/19", "10.20.64.0/19", "10.20.128.0/19"],
        ["0.0.0.0/0"],
    ]


@pytest.mark.row("W6", "")
def test_w6_policies_name_the_tiers_that_the_network_makes(prod: Graph) -> None:
    blocks = {s.inputs["cidrBlock"] for s in prod.all("Subnet") if "-data-" in s.name}
    ways = prod.named("NetworkPolicy", "api-api").inputs["spec"]["egress"]

    to = [{peer["ipBlock"]["cidr"] for peer in way["to"]} for way in ways]
    assert to == [blocks, blocks, {"169.254.170.23/32"}]


def test_every_section_of_the_settings_is_described_in_the_project_file() -> None:
    described = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]

    assert set(described) == {f"stackyard:{f.alias}" for f in Settings.model_fields.values()}
    assert all(entry["description"] for entry in described.values())


def test_a_site_without_a_first_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()

    with pytest.raises(pulumi.RunError, match=r"site/index\.html is missing"):
        site_files(tmp_path)


def test_a_site_file_of_an_unknown_kind_is_refused_before_the_first_resource(
    tmp_path: Path,
) -> None:
    (tmp_path / "site").mkdir()
    for name in ("index.html", "setup.exe"):
        (tmp_path / "site" / name).write_text("x")

    with pytest.raises(pulumi.RunError, match=r"'setup\.exe': no content type for '\.exe'"):
        site_files(tmp_path)


def test_hidden_files_are_not_served(tmp_path: Path) -> None:
    (tmp_path / "site" / "assets").mkdir(parents=True)
    for name in ("index.html", ".env", "assets/app.js"):
        (tmp_path / "site" / name).write_text("x")

    assert site_files(tmp_path) == {
        "assets/app.js": Path("site/assets/app.js"),
        "index.html": Path("site/index.html"),
    }
