"""The load balancer: who reaches it, where it sends requests, how targets go."""

import json
from typing import Any

import pytest

from tests.graph.examples import GROUPS, controller, load_balancer

DOMAIN: dict[str, Any] = {"domain": "example.com", "zone_id": "Z1"}


def test_it_stands_inside_the_vpc_and_is_strict_about_headers() -> None:
    given = load_balancer().one("aws:lb/loadBalancer:LoadBalancer").inputs

    assert given["internal"] is True
    assert given["dropInvalidHeaderFields"] is True
    assert given["desyncMitigationMode"] == "defensive"
    assert given["idleTimeout"] == 50


@pytest.mark.row("E6", "")
def test_e6_both_target_groups_stand_in_the_forward_action_by_weight() -> None:
    graph = load_balancer()
    (action,) = graph.one("balancer-production").inputs["actions"]

    assert action["forward"]["targetGroups"] == [
        {"arn": graph.one("balancer-blue").outputs["arn"], "weight": 100},
        {"arn": graph.one("balancer-green").outputs["arn"], "weight": 0},
    ]


def test_no_client_sticks_to_a_group_or_a_target() -> None:
    graph = load_balancer()
    (action,) = graph.one("balancer-production").inputs["actions"]

    assert action["forward"]["stickiness"]["enabled"] is False
    assert [g.inputs["stickiness"]["enabled"] for g in graph.all("TargetGroup")] == [False, False]


def test_the_production_rule_takes_the_api_and_its_health() -> None:
    (condition,) = load_balancer().one("balancer-production").inputs["conditions"]

    assert condition["pathPattern"]["values"] == ["/api/*", "/health"]


def test_what_no_rule_names_is_answered_with_404() -> None:
    (action,) = load_balancer().one("Listener").inputs["defaultActions"]

    assert (action["type"], action["fixedResponse"]["statusCode"]) == ("fixed-response", "404")


def test_health_is_asked_every_five_seconds() -> None:
    check = load_balancer().one("balancer-blue").inputs["healthCheck"]

    assert (check["path"], check["interval"], check["matcher"]) == ("/health", 5, "200")


def test_a_target_may_finish_for_as_long_as_the_drain() -> None:
    groups = load_balancer(drain_seconds=7).all("TargetGroup")

    assert [group.inputs["deregistrationDelay"] for group in groups] == [7, 7]


def test_pods_are_targets_by_address_on_the_apps_port() -> None:
    group = load_balancer(app_port=5000).one("balancer-green").inputs

    assert (group["targetType"], group["port"], group["protocol"]) == ("ip", 5000, "HTTP")


@pytest.mark.row("E5", "")
@pytest.mark.parametrize(("domain", "port", "protocol"), [({}, 80, "HTTP"), (DOMAIN, 443, "HTTPS")])
def test_e5_only_cloudfront_comes_in_on_the_listeners_port(
    domain: dict[str, Any], port: int, protocol: str
) -> None:
    graph = load_balancer(**domain)
    rule = graph.one("balancer-in").inputs

    assert rule["prefixListId"] == "pl-1"
    assert (rule["fromPort"], rule["toPort"]) == (port, port)
    assert graph.one("Listener").inputs["port"] == port
    assert graph.one("Listener").inputs["protocol"] == protocol


def test_the_way_to_the_pods_is_open_at_both_ends() -> None:
    graph = load_balancer()
    out, into = (
        graph.one("SecurityGroupEgressRule"),
        graph.named("SecurityGroupIngressRule", "balancer-app"),
    )

    assert (out.inputs["securityGroupId"], out.inputs["referencedSecurityGroupId"]) == (
        "sg-balancer",
        "sg-app",
    )
    assert (into.inputs["securityGroupId"], into.inputs["referencedSecurityGroupId"]) == (
        "sg-app",
        "sg-balancer",
    )
    assert out.inputs["toPort"] == into.inputs["toPort"] == 5000


@pytest.mark.row("E1", "")
def test_e1_with_a_domain_it_serves_a_certificate_of_its_own_host() -> None:
    graph = load_balancer(**DOMAIN)
    listener = graph.one("Listener")

    assert graph.one("Certificate").inputs["domainName"] == "api.example.com"
    assert graph.one("CertificateValidation").urn in listener.property_deps["certificateArn"]
    assert listener.inputs["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"


def test_the_certificate_is_proved_by_a_record_in_the_zone() -> None:
    graph = load_balancer(**DOMAIN)
    proof = graph.one("balancer-proof").inputs

    assert (proof["zoneId"], proof["type"]) == ("Z1", "CNAME")
    assert proof["name"] == "_a79865eb.api.example.com."


def test_deletion_protection_follows_the_stack() -> None:
    balancers = [
        load_balancer(protect=protect).one("aws:lb/loadBalancer:LoadBalancer")
        for protect in (True, False)
    ]

    assert [b.inputs["enableDeletionProtection"] for b in balancers] == [True, False]


def test_without_access_logs_there_is_no_bucket() -> None:
    assert load_balancer().all("Bucket") == []


@pytest.mark.row("E4", "")
def test_e4_access_logs_go_to_a_closed_bucket_that_is_emptied_by_age() -> None:
    graph = load_balancer(access_logs=True, log_days=90)
    (rule,) = graph.one("BucketLifecycleConfiguration").inputs["rules"]
    closed = graph.one("BucketPublicAccessBlock").inputs

    assert rule["expiration"] == {"days": 90}
    assert all(closed[name] for name in closed if name != "bucket")


@pytest.mark.row("E4", "")
def test_e4_the_log_bucket_takes_writes_before_logs_are_switched_on() -> None:
    graph = load_balancer(access_logs=True)
    balancer = graph.one("aws:lb/loadBalancer:LoadBalancer")

    assert graph.one("BucketPolicy").urn in balancer.depends


def test_the_controller_writes_to_the_two_target_groups_and_nothing_else() -> None:
    policy = json.loads(controller().one("RolePolicy").inputs["policy"])
    reads, writes = policy["Statement"]

    assert all(action.split(":")[1].startswith("Describe") for action in reads["Action"])
    assert writes["Resource"] == list(GROUPS.values())
    assert {action.split(":")[1] for action in writes["Action"]} == {
        "RegisterTargets",
        "DeregisterTargets",
    }


def test_only_the_controllers_service_account_may_take_its_role() -> None:
    (trust,) = json.loads(controller().one("Role").inputs["assumeRolePolicy"])["Statement"]

    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": "aws-load-balancer-controller",
    }


def test_the_controller_starts_with_nodes_and_credentials() -> None:
    graph = controller()
    needed = {graph.one(name).urn for name in ("nodes", "PodIdentityAssociation", "RolePolicy")}

    assert needed <= graph.one("Release").depends


def test_the_controllers_chart_is_pinned_and_knows_its_cluster() -> None:
    graph = controller()
    release = graph.one("Release").inputs

    assert (release["chart"], release["version"]) == ("aws-load-balancer-controller", "3.5.0")
    assert release["values"]["clusterName"] == graph.one("eks").outputs["name"]
    assert release["values"]["podMutatorWebhookConfig"] == {"failurePolicy": "Fail"}


@pytest.mark.row("N3", "network.nat")
def test_n3_nodes_without_a_way_out_get_the_controller_from_their_regions_registry() -> None:
    registry = "602401143452.dkr.ecr.us-east-1.amazonaws.com"

    given = [controller(registry=r).one("Release").inputs["values"] for r in (registry, None)]
    assert [values.get("image") for values in given] == [
        {"repository": f"{registry}/amazon/aws-load-balancer-controller"},
        None,
    ]
