"""From CloudFront to the pods: what locks the load balancer, and who ends an idle connection."""

import re
from typing import Any

import pytest

from stacks.edge_settings import EdgeSettings
from stacks.slots import ORIGIN_HEADER, TEST_HEADER
from stackyard.graph.answers import SECRET_CANARY
from stackyard.graph.recorder import Graph
from tests.graph.examples import (
    GROUPS,
    behaviours,
    controller,
    load_balancer,
    origins,
    site,
    workload,
)
from tests.graph.stacks import ROOT, graph_of, stack_config

ALB = "aws:lb/loadBalancer:LoadBalancer"
DOMAIN: dict[str, Any] = {"domain": "example.com", "zone_id": "Z1"}


@pytest.fixture(scope="module")
def locked() -> Graph:
    """Production with a public load balancer that asks for a secret header."""
    config = stack_config("prod")
    edge = {**config.get("stackyard:edge", {}), "originLock": "header"}
    return graph_of("prod", config={**config, "stackyard:edge": edge})


def headers(rule: dict[str, Any]) -> dict[str, list[str]]:
    """Headers that a listener rule asks for, by name."""
    conditions = [c["httpHeader"] for c in rule["conditions"] if "httpHeader" in c]
    return {c["httpHeaderName"]: c["values"] for c in conditions}


@pytest.mark.row("E1", "")
def test_e1_people_are_led_to_https_and_the_api_takes_nothing_else() -> None:
    policies = {path: b["viewerProtocolPolicy"] for path, b in behaviours(site()).items()}

    assert policies == {
        "/api/*": "https-only",
        "/health": "https-only",
        "/assets/*": "redirect-to-https",
        "*": "redirect-to-https",
    }


@pytest.mark.row("E4", "")
def test_e4_every_stack_on_aws_keeps_access_logs(graphs: dict[str, Graph]) -> None:
    logs = {
        stack: graph.one(ALB).inputs.get("accessLogs", {}).get("enabled", False)
        for stack, graph in graphs.items()
    }

    assert logs == {"prod": True, "staging": True, "pr-12": True, "local": False}


@pytest.mark.row("E5", "")
def test_e5_the_load_balancer_has_no_public_address(graph: Graph) -> None:
    assert graph.one(ALB).inputs["internal"] is True
    assert len(graph.all("VpcOrigin")) == 1


@pytest.mark.row("E5", "edge.originLock")
def test_e5_a_public_load_balancer_sends_nothing_on_without_the_secret_header(
    locked: Graph,
) -> None:
    key = locked.named("RandomPassword", "balancer-origin").outputs["result"]
    rules = {rule.name: headers(rule.inputs) for rule in locked.all("ListenerRule")}

    assert locked.one(ALB).inputs["internal"] is False
    assert {name: asked[ORIGIN_HEADER] for name, asked in rules.items()} == {
        "balancer-production": [key],
        "balancer-test-blue": [key],
        "balancer-test-green": [key],
    }
    assert TEST_HEADER in rules["balancer-test-blue"]
    assert locked.one("Listener").inputs["defaultActions"][0]["type"] == "fixed-response"


@pytest.mark.row("E5", "edge.originLock")
def test_e5_only_the_stacks_own_cloudfront_knows_the_header(locked: Graph) -> None:
    (api,) = [o for o in locked.one("Distribution").inputs["origins"] if o["originId"] == "api"]
    key = locked.named("RandomPassword", "balancer-origin").outputs["result"]

    assert api["customHeaders"] == [{"name": ORIGIN_HEADER, "value": key}]
    assert api["customOriginConfig"]["originProtocolPolicy"] == "https-only"
    assert api["domainName"] == "api.example.com"
    assert locked.all("VpcOrigin") == []


@pytest.mark.row("E5", "edge.originLock")
def test_e5_the_header_stands_only_where_it_is_marked_secret(locked: Graph) -> None:
    open_ = [
        (reg.name, name)
        for reg in locked.values()
        for name, value in reg.inputs.items()
        if name not in reg.secrets and f"{SECRET_CANARY}-balancer-origin" in str(value)
    ]

    assert open_ == []
    assert f"{SECRET_CANARY}-balancer-origin" not in str(locked.stack_outputs)
    assert locked.stack_outputs["edge"]["originLock"] == "prefix-list-header"


@pytest.mark.row("E5", "edge.originLock")
def test_e5_a_public_load_balancer_stands_in_the_public_tier_and_pods_let_it_in(
    locked: Graph,
) -> None:
    public = [subnet for subnet in locked.all("Subnet") if "-public-" in subnet.name]
    (into,) = locked.named("NetworkPolicy", "api-api").inputs["spec"]["ingress"]
    rule = locked.named("SecurityGroupIngressRule", "balancer-in").inputs

    assert locked.one(ALB).inputs["subnets"] == [subnet.id for subnet in public]
    assert {peer["ipBlock"]["cidr"] for peer in into["from"]} == {
        subnet.inputs["cidrBlock"] for subnet in public
    }
    assert rule["prefixListId"] == "pl-3b927c52"


@pytest.mark.row("E7", "edge.idleTimeoutSeconds")
@pytest.mark.ask(26)
def test_e7_whoever_asks_ends_an_idle_connection_before_whoever_answers() -> None:
    image = (ROOT / "app-image/task1/__main__.py").read_text(encoding="utf-8")
    (api_ms,) = re.findall(r"^IDLE_MS = ([\d_]+)$", image, re.MULTILINE)
    cloudfront = origins(site())["api"]["vpcOriginConfig"]["originKeepaliveTimeout"]
    balancer = EdgeSettings().idle_timeout_seconds

    assert cloudfront + 5 <= balancer <= int(api_ms) / 1000 - 5


@pytest.mark.row("E7", "edge.idleTimeoutSeconds")
def test_e7_the_load_balancer_waits_as_long_as_it_is_told(prod: Graph) -> None:
    told = load_balancer(idle_timeout_seconds=42).one(ALB).inputs["idleTimeout"]

    assert (told, prod.one(ALB).inputs["idleTimeout"]) == (42, 50)


@pytest.mark.ask(26)
def test_a_public_origins_connections_end_as_early() -> None:
    api = origins(site(origin_key="secret", **DOMAIN))["api"]

    assert api["customOriginConfig"]["originKeepaliveTimeout"] == 30


@pytest.mark.ask(20)
def test_the_controller_makes_nothing_that_could_outlive_it() -> None:
    bindings = [b.inputs["spec"] for b in workload().all("TargetGroupBinding")]
    values = controller().one("Release").inputs["values"]

    assert bindings
    assert {spec["targetGroupARN"] for spec in bindings} <= {*GROUPS.values()}
    # Rules that the controller adds would keep the load balancer's group from going.
    assert not [spec for spec in bindings if "networking" in spec]
    assert values["enableBackendSecurityGroup"] is False
    assert values["ingressClassParams"] == {"create": False}


@pytest.mark.ask(20)
def test_no_object_asks_the_controller_for_a_load_balancer(graph: Graph) -> None:
    asking = ("kubernetes:networking.k8s.io/v1:Ingress", "kubernetes:gateway.networking")

    services = graph.all("kubernetes:core/v1:Service")
    assert not [reg.name for reg in graph.values() if reg.type.startswith(asking)]
    assert {s.inputs["spec"].get("type", "ClusterIP") for s in services} <= {"ClusterIP"}


@pytest.mark.ask(19)
def test_the_nodes_group_goes_after_all_that_wears_it(graph: Graph) -> None:
    group = graph.named("SecurityGroup", "network-app")
    template, nodes = graph.one("LaunchTemplate"), graph.all("NodeGroup")

    # A dependent goes first, and a network interface that is left keeps its group from going.
    assert group.urn in template.property_deps["vpcSecurityGroupIds"]
    assert nodes
    assert all(template.urn in each.depends for each in nodes)
    assert "::stackyard:index:Network::" in group.parent
    assert "deletedWith" not in group.opts


@pytest.mark.ask(22)
def test_nodes_and_load_balancer_stand_in_subnets_with_the_right_tag(graph: Graph) -> None:
    tags = {s.id: {*s.inputs["tags"]} for s in graph.all("Subnet")}
    nodes = [{*map(str, group.inputs["subnetIds"])} for group in graph.all("NodeGroup")]

    assert nodes
    assert all(each == {*map(str, graph.one(ALB).inputs["subnets"])} for each in nodes)
    assert all("kubernetes.io/role/internal-elb" in tags[subnet] for subnet in nodes[0])


@pytest.mark.row("N10", "")
@pytest.mark.ask(32)
def test_n10_no_group_of_a_stack_has_a_rule_within_it(graph: Graph) -> None:
    groups = graph.all("SecurityGroup")

    assert groups
    assert not [group.name for group in groups if {"ingress", "egress"} & {*group.inputs}]
    assert graph.all("aws:ec2/securityGroupRule:SecurityGroupRule") == []


@pytest.mark.row("N10", "")
def test_n10_whoever_is_let_in_is_a_security_group_or_cloudfront(graph: Graph) -> None:
    rules = [rule.inputs for rule in graph.all("SecurityGroupIngressRule")]

    assert {
        key for rule in rules for key in rule if key in {"cidrIpv4", "cidrIpv6", "prefixListId"}
    } == {"prefixListId"}
    assert len([rule for rule in rules if "prefixListId" in rule]) == 1
