"""References that name nothing, the wrong thing, or one that is not waited for, are found."""

import json
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.fidelity.faults import edited, found, only, said, with_inputs, without_edges


def test_a_reference_to_nothing_is_found(prod: Graph) -> None:
    route = prod.named("Route", "network-public")

    one = only(with_inputs(prod, route, gatewayId="gone-1a2b3c4"))

    assert (one.place, one.says) == (
        "gatewayId",
        "'gone-1a2b3c4' names nothing in the stack",
    )


def test_a_reference_to_nothing_inside_a_text_is_found(prod: Graph) -> None:
    policy = prod.named("BucketPolicy", "site")
    text = policy.inputs["policy"].replace("arn:aws:s3:::site-1a2b3c4/", "arn:aws:s3:::x-1a2b3c4/")

    places = {place for place, says in said(with_inputs(prod, policy, policy=text)) if "x-" in says}

    assert places == {"policy"}


def test_a_reference_without_an_edge_is_found(prod: Graph) -> None:
    route = prod.named("Route", "network-public")

    faults = said(without_edges(prod, route))

    gateway = "'internetgateway-network-1a2b3c4' names ec2.InternetGateway network"
    table = "'routetable-network-public-1a2b3c4' names ec2.RouteTable network-public"
    assert faults == [
        ("gatewayId", f"{gateway} without waiting for it"),
        ("routeTableId", f"{table} without waiting for it"),
    ]


def test_a_name_by_hand_carries_no_edge(prod: Graph) -> None:
    addon = prod.named("Addon", "cluster-vpc-cni")
    cluster = prod.one("aws:eks/cluster:Cluster")
    assert addon.inputs["clusterName"] == cluster.inputs["name"]
    (suffix,) = (reg for reg in prod.all("RandomId") if reg.name == "cluster-suffix")
    by_hand = without_edges(prod, addon)
    by_hand.reg.property_deps = {"clusterName": {suffix.urn}}

    assert only(by_hand).says == (
        "'cluster-1a2b3c4d' names eks.Cluster cluster or index.RandomId cluster-suffix"
        " without waiting for it"
    )


def test_a_name_that_comes_before_the_thing_waits_for_its_suffix(prod: Graph) -> None:
    log_group = prod.named("LogGroup", "cluster-log")
    cluster = prod.one("aws:eks/cluster:Cluster")

    assert cluster.inputs["name"] in log_group.inputs["name"]
    assert cluster.urn not in log_group.depends


def test_a_reference_to_the_wrong_kind_of_thing_is_found(prod: Graph) -> None:
    role, group = prod.named("Role", "cluster-nodes"), prod.named("TargetGroup", "balancer-blue")
    graph = with_inputs(prod, group, vpcId=role.outputs["arn"])
    graph.reg.depends = {*group.depends, role.urn}

    one = only(graph)

    assert one.place == "VpcId"
    assert one.says.endswith("names AWS::IAM::Role, not AWS::EC2::VPC")


def test_a_wrong_thing_in_a_list_is_found(prod: Graph) -> None:
    balancer = prod.one("aws:lb/loadBalancer:LoadBalancer")

    one = only(with_inputs(prod, balancer, securityGroups=balancer.inputs["subnets"][:1]))

    assert one.place == "SecurityGroups"
    assert one.says.endswith("names AWS::EC2::Subnet, not AWS::EC2::SecurityGroup")


@pytest.mark.parametrize(
    "text",
    [
        "subnet-0a1b2c3d4e5f60718",
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/blue/50dc6c495c0c9188",
    ],
)
def test_an_id_by_hand_is_found_but_where_the_settings_give_it(prod: Graph, text: str) -> None:
    parameter = prod.one("aws:ssm/parameter:Parameter")
    graph = with_inputs(prod, parameter, value=text)

    assert only(graph).says == f"{text!r} is written by hand and names nothing in the stack"
    graph.config = {"stackyard:observe": json.dumps({"alarmTargets": [text]})}
    assert found(graph) == []


def test_a_value_of_the_wrong_form_is_found(prod: Graph) -> None:
    def edit(inputs: dict[str, Any]) -> None:
        inputs["securityGroupId"] = "network-app"

    rule = prod.named("SecurityGroupEgressRule", "network-app-https")

    assert only(edited(prod, rule, edit)).says == ("'network-app' is no AWS::EC2::SecurityGroup.Id")


def test_kubernetes_objects_are_followed_too(prod: Graph) -> None:
    binding = prod.named("TargetGroupBinding", "api-blue")

    def edit(inputs: dict[str, Any]) -> None:
        inputs["spec"]["serviceRef"]["name"] = "api-red-1a2b3c4"

    assert only(edited(prod, binding, edit)).says == "'api-red-1a2b3c4' names nothing in the stack"
