"""Ways in and permissions: what the rules see, and what looks like it and is none."""

import json
from typing import Any

import pytest

from stackyard.report.access import DOCUMENTS
from stackyard.report.danger import Level
from stackyard.report.documents import document_of
from tests.report.examples import URN, reported, step
from tests.report.stacks import newest, stack
from tests.report.test_rules import CLUSTER, kinds, update, worst

ROLE, POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
CDN = "aws:cloudfront/distribution:Distribution"
POLICIES = "arn:aws:eks::aws:cluster-access-policy"
ENTRY = "aws:eks/accessEntry:AccessEntry"
USER = "aws:elasticache/user:User"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:a", **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})}


@pytest.mark.parametrize(
    ("type_", "new", "level", "because"),
    [
        (RULE, {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 22, "toPort": 22},
         Level.HIGH, ("0.0.0.0/0, port 22",)),
        (RULE, {"cidrIpv6": "::/0", "ipProtocol": "-1"}, Level.HIGH, ("::/0, all ports",)),
        (RULE, {"cidrIpv4": "128.0.0.0/1", "ipProtocol": "tcp", "fromPort": 1, "toPort": 9},
         Level.HIGH, ("128.0.0.0/1, ports 1 to 9",)),
        (RULE, {"cidrIpv4": "198.51.100.0/24", "ipProtocol": "-1"}, Level.MEDIUM,
         ("198.51.100.0/24, all ports",)),
        (GROUP, {"ingress": [{"cidrBlocks": ["0.0.0.0/0"], "protocol": "tcp", "fromPort": 443,
                              "toPort": 443}]}, Level.HIGH, ("0.0.0.0/0, port 443",)),
    ],
)  # fmt: skip
def test_a_group_that_is_opened_names_who_may_come_in(
    type_: str, new: dict[str, Any], level: Level, because: tuple[str, ...]
) -> None:
    danger = worst(update(type_, {}, new))

    assert (danger.kind, danger.level, danger.because) == ("group-opened", level, because)


def test_a_rule_for_a_group_or_a_prefix_list_opens_to_nobody_unknown() -> None:
    new = {"referencedSecurityGroupId": "sg-1", "prefixListId": "pl-1", "ipProtocol": "-1"}

    assert kinds(update(RULE, {}, new)) == []


def test_a_rule_that_was_open_before_is_not_told_again() -> None:
    old = {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"}

    assert kinds(update(RULE, old, {**old, "description": "new"})) == []


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        (statement(), statement(Action=["s3:GetObject", "s3:*"]), ("action s3:*",)),
        (statement(), statement(NotAction="iam:*"), ("action all but iam:*",)),
        (statement(), statement(Resource="*"), ("resource *",)),
        (statement(), statement(Principal={"AWS": "arn:b"}), ("principal AWS:arn:b",)),
        (
            statement(Condition={"Bool": {"a": "b"}}),
            statement(),
            ("1 statements under other conditions",),
        ),
        (
            statement("Deny"),
            statement("Deny", Resource="b"),
            ("1 Deny statements gone or changed",),
        ),
    ],
)
def test_a_widened_policy_names_what_was_added(
    old: dict[str, Any], new: dict[str, Any], because: tuple[str, ...]
) -> None:
    dangers = reported(update(POLICY, document(old), document(new))).dangers

    assert (dangers[0].because if dangers else ()) == because


def test_a_denial_that_goes_widens_too() -> None:
    old, new = document(statement(), statement("Deny")), document(statement())

    assert worst(update(POLICY, old, new)).because == ("1 Deny statements gone or changed",)


def test_a_narrowed_policy_is_no_danger() -> None:
    old, new = document(statement(Action=["a:B", "a:C"])), document(statement(Action="a:B"))

    assert kinds(update(POLICY, old, new)) == []


def test_a_policy_that_is_known_only_later_is_told() -> None:
    danger = worst(update(POLICY, document(statement()), {"policy": UNKNOWN}))

    assert (danger.kind, danger.level) == ("access-widened", Level.MEDIUM)


def test_a_managed_policy_added_to_a_role_is_told() -> None:
    danger = worst(update(ROLE, {}, {"managedPolicyArns": ["arn:aws:iam::aws:policy/Admin"]}))

    assert danger.because == ("policy arn:aws:iam::aws:policy/Admin",)


@pytest.mark.parametrize(
    ("type_", "new", "level", "because"),
    [
        (ASSOCIATION, {"policyArn": "arn:AmazonEKSEditPolicy", "principalArn": "arn:dev",
                       "accessScope": {"type": "namespace", "namespaces": ["api"]}},
         Level.MEDIUM, ("policyArn arn:AmazonEKSEditPolicy", "principalArn arn:dev",
                        "accessScope namespace, api")),
        (ASSOCIATION, {"policyArn": f"{POLICIES}/AmazonEKSViewPolicy", "principalArn": "arn:dev",
                       "accessScope": {"type": "cluster"}},
         Level.LOW, (f"policyArn {POLICIES}/AmazonEKSViewPolicy", "principalArn arn:dev",
                     "accessScope cluster")),
        (ASSOCIATION, {"policyArn": f"{POLICIES}/AmazonEKSAdminViewPolicy"}, Level.HIGH,
         (f"policyArn {POLICIES}/AmazonEKSAdminViewPolicy",)),
        (ENTRY, {"principalArn": "arn:dev", "userName": "ops"}, Level.MEDIUM,
         ("principalArn arn:dev", "userName ops")),
        (ENTRY, {"principalArn": "arn:node", "type": "EC2_LINUX"}, Level.MEDIUM,
         ("principalArn arn:node",)),
        (ASSOCIATION, {"policyArn": "arn:AmazonEKSClusterAdminPolicy"}, Level.HIGH,
         ("policyArn arn:AmazonEKSClusterAdminPolicy",)),
        (ENTRY, {"principalArn": "arn:dev", "kubernetesGroups": ["system:masters"]}, Level.HIGH,
         ("principalArn arn:dev", "kubernetesGroups system:masters")),
        ("aws:eks/podIdentityAssociation:PodIdentityAssociation",
         {"roleArn": "arn:r", "namespace": "api", "serviceAccount": "api"}, Level.MEDIUM,
         ("roleArn arn:r", "namespace api", "serviceAccount api")),
        ("aws:iam/openIdConnectProvider:OpenIdConnectProvider",
         {"url": "https://token.example", "clientIdLists": ["sts.amazonaws.com"]}, Level.MEDIUM,
         ("url https://token.example", "clientIdLists sts.amazonaws.com")),
        (USER, {"accessString": "on ~* +@all"}, Level.HIGH,
         ("accessString ~*", "accessString +@all")),
    ],
)  # fmt: skip
def test_a_new_way_in_names_who_and_how_far(
    type_: str, new: dict[str, Any], level: Level, because: tuple[str, ...]
) -> None:
    danger = worst(step("create", "it", type_=type_, new=new))

    assert (danger.kind, danger.level, danger.because) == ("access-widened", level, because)


def test_an_entry_without_a_group_gives_nothing_by_itself() -> None:
    entry = {"principalArn": "arn:dev", "type": "STANDARD"}

    assert kinds(step("create", "it", type_=ENTRY, new=entry)) == []


def test_access_to_a_namespace_that_becomes_access_to_the_cluster_is_told() -> None:
    one = {"policyArn": "arn:AmazonEKSEditPolicy", "accessScope": {"type": "namespace"}}

    danger = worst(update(ASSOCIATION, one, {**one, "accessScope": {"type": "cluster"}}))

    assert "accessScope cluster" in danger.because


def test_a_cache_user_that_loses_a_denial_may_do_more() -> None:
    old = {"accessString": "on ~* +@all -@dangerous", "noPasswordRequired": False}

    danger = worst(update(USER, old, {"accessString": "on ~* +@all", "noPasswordRequired": True}))

    assert danger.because == ("accessString no more -@dangerous", "accessString nopass")


@pytest.mark.parametrize(
    ("old", "new"),
    [("on ~* +@all", "on ~* +@all -@admin"), ("on ~* +@all", "off ~* +@all"), ("", "off ~* -@all")],
)
def test_a_cache_user_that_may_do_less_or_is_off_is_no_danger(old: str, new: str) -> None:
    assert kinds(update(USER, {"accessString": old}, {"accessString": new})) == []


def test_a_cache_user_with_denials_may_not_do_everything() -> None:
    made = step("create", "it", type_=USER, new={"accessString": "on ~* +@all -@admin"})

    assert kinds(made) == [("access-widened", Level.MEDIUM)]


@pytest.mark.parametrize(
    "type_",
    [
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        "aws:sqs/queuePolicy:QueuePolicy",
    ],
)
def test_a_policy_of_a_resource_that_lets_in_anyone_is_told(type_: str) -> None:
    anyone = document(statement(Principal="*"))

    assert kinds(update(type_, document(statement(Principal={"AWS": "arn:us"})), anyone)) == [
        ("access-widened", Level.HIGH)
    ]


def first_deployment(*steps: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    root = step("create", "shop-test", type_="pulumi:pulumi:Stack")
    return ({**root, "urn": f"{URN}pulumi:pulumi:Stack::shop-test"}, *steps)


def test_a_first_deployment_tells_only_of_what_allows_everything() -> None:
    narrow = step("create", "n", type_=POLICY, new=document(statement()))
    wide = step("create", "w", type_=POLICY, new=document(statement(Action="*")))

    (danger,) = reported(*first_deployment(narrow, wide)).dangers

    assert (danger.name, danger.level) == ("w", Level.HIGH)


@pytest.mark.parametrize(("port", "level"), [(443, Level.MEDIUM), (3306, Level.HIGH)])
def test_a_first_deployment_may_serve_the_web(port: int, level: Level) -> None:
    new = {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": port, "toPort": port}

    (danger,) = reported(*first_deployment(step("create", "r", type_=RULE, new=new))).dangers

    assert danger.level == level


@pytest.mark.parametrize(
    ("type_", "old", "new"),
    [
        ("aws:rds/clusterInstance:ClusterInstance", {}, {"publiclyAccessible": True}),
        ("aws:lb/loadBalancer:LoadBalancer", {"internal": True}, {"internal": False}),
        (CLUSTER, {"vpcConfig": {"endpointPublicAccess": False}},
         {"vpcConfig": {"endpointPublicAccess": True}}),
        (CDN, {"orderedCacheBehaviors": [{"pathPattern": "/m/*", "trustedKeyGroups": ["k"]}]},
         {"orderedCacheBehaviors": [{"pathPattern": "/m/*"}]}),
        (CLUSTER, {"vpcConfig": {"publicAccessCidrs": ["10.0.0.0/8"]}},
         {"vpcConfig": {"publicAccessCidrs": ["10.0.0.0/8", "0.0.0.0/0"]}}),
    ],
)  # fmt: skip
def test_what_the_internet_can_reach_from_now_on_is_told(
    type_: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert kinds(update(type_, old, new)) == [("public-access", Level.HIGH)]


def test_every_policy_that_our_stacks_hold_is_read() -> None:
    """Known by its shape: what has a Statement is a policy, whatever the property is called."""
    held = {
        (each.type, key)
        for graph in (stack("prod"), *newest())
        for each in graph.values()
        for key, value in each.inputs.items()
        if "Statement" in (document_of(value) or {})
    }

    assert held
    assert {(type_, key) for type_, key in held if key not in DOCUMENTS.get(type_, ())} == set()
