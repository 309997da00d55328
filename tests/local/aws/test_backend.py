"""What the aws provider promises the engine: names, refusals, previews, tags, the account."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from stackyard.errors import AccountFaultError
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.connection import Access, Clients, Connection
from stackyard.local.properties import UNKNOWN
from stackyard.local.wire import JsonObject
from tests.local.aws.examples import EXAMPLES
from tests.local.aws.parents import TRUST
from tests.local.aws.world import World

BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ADDON = "aws:eks/addon:Addon"

NOT_SENT = {
    # The provider's own, or brought to AWS by a step of the row.
    "aws:cloudfront/distribution:Distribution": {
        "defaultCacheBehavior.cachedMethods", "orderedCacheBehaviors.cachedMethods",
        "origins.customHeaders.name", "origins.customHeaders.value",
        "originGroups.members.originId",
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"dimensions"},
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {"vpcId"},
    "aws:ec2/flowLog:FlowLog": {"vpcId"},
    "aws:ec2/internetGateway:InternetGateway": {"vpcId"},
    "aws:ec2/launchTemplate:LaunchTemplate": {
        "blockDeviceMappings", "metadataOptions", "updateDefaultVersion",
        "vpcSecurityGroupIds",
    },
    "aws:ec2/networkInterface:NetworkInterface": {"sourceDestCheck"},
    "aws:ec2/vpc:Vpc": {"enableDnsHostnames", "enableDnsSupport"},
    "aws:eks/cluster:Cluster": {"enabledClusterLogTypes"},
    "aws:iam/instanceProfile:InstanceProfile": {"role"},
    "aws:kms/key:Key": {"deletionWindowInDays", "enableKeyRotation", "isEnabled"},
    "aws:lb/listener:Listener": {"defaultActions"},
    "aws:lb/listenerRule:ListenerRule": {"actions", "conditions"},
    "aws:lb/loadBalancer:LoadBalancer": {
        "dropInvalidHeaderFields", "enableDeletionProtection", "idleTimeout", "internal",
    },
    "aws:lb/targetGroup:TargetGroup": {"MatcherCodes", "deregistrationDelay", "stickiness"},
    "aws:rds/cluster:Cluster": {"applyImmediately", "skipFinalSnapshot"},
    "aws:rds/clusterInstance:ClusterInstance": {"applyImmediately"},
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": {"parameters"},
    "aws:rds/parameterGroup:ParameterGroup": {"parameters"},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"applyImmediately"},
    "aws:rds/proxyTarget:ProxyTarget": {"dbClusterIdentifier"},
    "aws:route53/record:Record": {"name", "records", "ttl", "type", "zoneId"},
    "aws:route53/zone:Zone": {"comment"},
    "aws:s3/bucket:Bucket": {"forceDestroy"},
    "aws:s3/bucketObjectv2:BucketObjectv2": {"source"},
    "aws:cloudwatch/logGroup:LogGroup": {"retentionInDays"},
    "aws:secretsmanager/secret:Secret": {"recoveryWindowInDays"},
    "aws:sns/topic:Topic": {"displayName"},
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {"cidrIpv4", "securityGroupId"},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
        "description", "referencedSecurityGroupId", "securityGroupId",
    },
}  # fmt: skip


@pytest.fixture
def backend() -> Iterator[AwsBackend]:
    with mock_aws():
        yield AwsBackend.in_process()


def checked(
    backend: AwsBackend, token: str, news: JsonObject, *, name: str = "site",
    olds: JsonObject | None = None, seed: bytes = b"seed",
) -> JsonObject:  # fmt: skip
    inputs, failures = backend.check(token, name, olds or {}, news, seed)
    assert failures == []
    return inputs


def test_a_name_is_the_logical_name_with_seven_digits(backend: AwsBackend) -> None:
    assert re.fullmatch(r"site-[0-9a-f]{7}", checked(backend, BUCKET, {})["bucket"])


def test_another_seed_gives_another_name(backend: AwsBackend) -> None:
    one, other = (checked(backend, BUCKET, {}, seed=s)["bucket"] for s in (b"1", b"2"))

    assert one != other


def test_a_name_stays_while_the_object_does(backend: AwsBackend) -> None:
    kept = checked(backend, BUCKET, {}, olds={"bucket": "site-0000000"}, seed=b"other")

    assert kept["bucket"] == "site-0000000"


def test_a_prefix_takes_the_logical_names_place(backend: AwsBackend) -> None:
    named = checked(backend, BUCKET, {"bucketPrefix": "logs-"})["bucket"]

    assert named.startswith("logs-")


def test_a_given_name_is_left_alone(backend: AwsBackend) -> None:
    assert checked(backend, BUCKET, {"bucket": "mine"}) == {"bucket": "mine"}


def test_names_that_aws_lowers_are_lower_case(backend: AwsBackend) -> None:
    named = checked(backend, "aws:rds/subnetGroup:SubnetGroup", {"subnetIds": []}, name="Data")

    assert named["name"].startswith("data-")


def test_a_key_alias_begins_as_kms_wants(backend: AwsBackend) -> None:
    named = checked(backend, "aws:kms/alias:Alias", {"targetKeyId": "k"})

    assert named["name"].startswith("alias/site-")


@pytest.mark.parametrize(
    ("token", "news", "property_", "reason"),
    [
        (ROLE, {"assumeRolePolicy": TRUST, "asumeRole": ""}, "asumeRole", "has no input"),
        (ROLE, {}, "assumeRolePolicy", "Missing required argument"),
    ],
)
def test_wrong_inputs_are_refused(
    backend: AwsBackend, token: str, news: JsonObject, property_: str, reason: str
) -> None:
    _, failures = backend.check(token, "it", {}, news, b"")

    assert [(name, reason in why) for name, why in failures] == [(property_, True)]


def test_a_name_too_long_for_aws_is_refused(backend: AwsBackend) -> None:
    _, failures = backend.check(BALANCER, "a-very-long-logical-name-indeed", {}, {}, b"")

    ((property_, reason),) = failures
    assert property_ == "name"
    assert "39 characters, AWS allows 32" in reason


def test_an_update_keeps_known_outputs_in_its_preview(backend: AwsBackend) -> None:
    olds = {"arn": "arn:x", "latestVersion": 1, "name": "t"}

    foreseen = backend.preview(TEMPLATE, olds, {"name": "t", "instanceType": "t4g.small"})

    assert foreseen["arn"] == "arn:x"
    assert foreseen["latestVersion"] == UNKNOWN


def test_a_preview_touches_nothing(backend: AwsBackend) -> None:
    backend.preview(BUCKET, None, {"bucket": "mine"})

    assert backend.cloud.aws.every("s3", "list_buckets", "Buckets[]") == []


def test_default_tags_reach_aws_and_the_outputs(backend: AwsBackend) -> None:
    world = World(backend.configured({"defaultTags": '{"tags": {"owner": "platform"}}'}))

    role = world.make("role", "iam/role:Role", assumeRolePolicy=TRUST, tags={"team": "web"})

    told = backend.cloud.aws.call("iam", "list_role_tags", RoleName=role["id"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in told} == {"owner": "platform", "team": "web"}
    assert (role["tags"], role["tagsAll"]) == (
        {"team": "web"},
        {"owner": "platform", "team": "web"},
    )


def test_a_tag_taken_away_by_hand_is_drift(backend: AwsBackend) -> None:
    world = World(backend)
    role = world.make("role", "iam/role:Role", assumeRolePolicy=TRUST, tags={"team": "web"})
    backend.cloud.aws.call("iam", "untag_role", RoleName=role["id"], TagKeys=["team"])

    token, id_, inputs, _ = world.made["role"]
    read, _ = backend.read(token, id_, inputs)

    assert read["tags"] == {}


def test_a_resource_may_name_its_region(backend: AwsBackend) -> None:
    world = World(backend.configured({"region": "eu-central-1"}))

    topic = world.make("topic", "sns/topic:Topic", region="us-east-1")
    other = world.make("other", "sns/topic:Topic")

    assert (topic["region"], other["region"]) == ("us-east-1", "eu-central-1")
    assert ":us-east-1:" in topic["arn"]


@pytest.mark.parametrize("allowed", [["123456789012"], '["123456789012"]', ["1", "123456789012"]])
def test_the_allowed_account_is_taken(backend: AwsBackend, allowed: Any) -> None:
    configured = backend.configured({"allowedAccountIds": allowed})

    assert configured.cloud.aws.region == "us-east-1"


@pytest.mark.parametrize(
    "args", [{"allowedAccountIds": ["210987654321"]}, {"forbiddenAccountIds": ["123456789012"]}]
)
def test_another_account_is_refused(backend: AwsBackend, args: JsonObject) -> None:
    with pytest.raises(AccountFaultError, match="AWS account ID not allowed: 123456789012"):
        backend.configured(args)


def test_nothing_leaves_for_the_real_aws() -> None:
    backend_without_moto = Clients(Access())

    with pytest.raises(RuntimeError, match="nothing may reach the real AWS"):
        backend_without_moto.get("sts", "us-east-1")


def test_an_object_made_by_hand_can_be_imported(backend: AwsBackend) -> None:
    backend.cloud.aws.call("iam", "create_role", RoleName="old", AssumeRolePolicyDocument=TRUST)

    inputs, outputs = backend.read(ROLE, "old", {})

    assert inputs["name"] == "old"
    assert outputs["arn"] == "arn:aws:iam::123456789012:role/old"


def test_an_association_is_read_without_every_other_route_table(
    backend: AwsBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, tables = World(backend), list[int]()
    joined = {"subnetId": world.id("subnet_a"), "routeTableId": world.id("routes")}
    world.make("idle", "ec2/routeTable:RouteTable", vpcId=world.id("vpc"))
    association = world.make("joined", "ec2/routeTableAssociation:RouteTableAssociation", **joined)
    call = Connection.call

    def counted(self: Connection, service: str, method: str, **arguments: Any) -> JsonObject:
        answer = call(self, service, method, **arguments)
        tables.append(len(answer["RouteTables"]))
        return answer

    monkeypatch.setattr(Connection, "call", counted)
    for inputs in (joined, {}):
        backend.read(ASSOCIATION, association["id"], inputs)

    assert tables == [1, 1]


def test_the_clusters_end_calls_the_hook() -> None:
    ended: list[str] = []
    with mock_aws():
        world = World(AwsBackend.in_process(on_cluster_deleted=ended.append))
        cluster = world.id("cluster")
        world.end("cluster")

    assert ended == [cluster]


@pytest.mark.parametrize(
    ("token", "olds", "news", "first"),
    [
        (BUCKET, {"bucket": "mine"}, {"bucket": "mine"}, True),
        (BUCKET, {"bucket": "a"}, {"bucket": "b"}, False),
        (BUCKET, {"bucket": "a"}, {"bucket": "a", "__defaults": ["bucket"]}, False),
        (ADDON, {"clusterName": "c", "addonName": "a"}, {"clusterName": "c", "addonName": "a"},
         True),
        (ADDON, {"clusterName": "c", "addonName": "a"}, {"clusterName": "d", "addonName": "a"},
         False),
    ],
)  # fmt: skip
def test_a_fixed_name_is_freed_before_it_is_taken_again(
    backend: AwsBackend, token: str, olds: JsonObject, news: JsonObject, *, first: bool
) -> None:
    assert backend.deletes_first(token, olds, news) is first


def test_a_switch_taken_out_of_the_program_is_off(backend: AwsBackend) -> None:
    world = World(backend)
    world.get("balancer")
    token, id_, inputs, _ = world.made["balancer"]
    on = {**inputs, "enableDeletionProtection": True}
    backend.update(token, id_, inputs, on, timeout=0)

    outputs = backend.update(token, id_, on, inputs, timeout=0)

    told = backend.cloud.aws.call(
        "elbv2", "describe_load_balancer_attributes", LoadBalancerArn=id_
    )["Attributes"]
    assert {"Key": "deletion_protection.enabled", "Value": "false"} in told
    assert outputs["enableDeletionProtection"] is False


def test_what_aws_does_not_take_is_known(backend: AwsBackend) -> None:
    world = World(backend)

    for example in EXAMPLES:
        world.made.pop("it", None)
        world.make("it", example.type_.removeprefix("aws:"), **example.inputs(world))

    assert world.backend.cloud.lost == NOT_SENT
