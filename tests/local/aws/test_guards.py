"""AWS's refusals on delete: each holds for its reason only, and the delete passes without it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.connection import error_code
from stackyard.local.aws.guards import GUARDS
from stackyard.local.wire import JsonObject
from tests.local.aws.parents_platform import acl_inputs, distribution_inputs
from tests.local.aws.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World(AwsBackend.in_process())


@dataclass(frozen=True, kw_only=True)
class Case:
    """`hold` makes what keeps `kept` alive and returns how to end the hold."""

    name: str
    kept: str
    code: str
    hold: Callable[[World], Callable[[], None]]


def other(name: str) -> Callable[[World], Callable[[], None]]:
    """Held by another object, which is deleted."""

    def hold(world: World) -> Callable[[], None]:
        world.get(name)
        return lambda: world.end(name)

    return hold


def made(
    name: str, type_: str, inputs: Callable[[World], JsonObject]
) -> Callable[[World], Callable[[], None]]:
    def hold(world: World) -> Callable[[], None]:
        world.make(name, type_, **inputs(world))
        return lambda: world.end(name)

    return hold


def setting(name: str, **inputs: object) -> Callable[[World], Callable[[], None]]:
    """Held by a setting of its own, which is changed."""

    def hold(world: World) -> Callable[[], None]:
        world.get(name)
        token, id_, before, outputs = world.made[name]
        after = {**before, **inputs}
        world.backend.update(token, id_, before, after, timeout=0)
        world.made[name] = (token, id_, after, outputs)

        def release() -> None:
            world.backend.update(token, id_, after, before, timeout=0)
            world.made[name] = (token, id_, before, outputs)

        return release

    return hold


def named_by_rule(world: World) -> Callable[[], None]:
    world.make(
        "rule", "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        securityGroupId=world.id("other_group"), ipProtocol="tcp", fromPort=1, toPort=1,
        referencedSecurityGroupId=world.id("group"),
    )  # fmt: skip
    return lambda: world.end("rule")


def no_snapshot_named(world: World) -> Callable[[], None]:
    world.get("database")
    token, id_, inputs, outputs = world.made["database"]
    world.made["database"] = (token, id_, {**inputs, "skipFinalSnapshot": False}, outputs)

    def release() -> None:
        world.made["database"] = (token, id_, inputs, outputs)

    return release


def endpoint(world: World) -> Callable[[], None]:
    world.make(
        "endpoint", "ec2/vpcEndpoint:VpcEndpoint", vpcId=world.id("vpc"),
        serviceName="com.amazonaws.us-east-1.sts", vpcEndpointType="Interface",
        subnetIds=[world.id("subnet_a")], securityGroupIds=[world.id("group")],
    )  # fmt: skip
    return lambda: world.end("endpoint")


def nodes(world: World) -> Callable[[], None]:
    world.make(
        "nodes", "eks/nodeGroup:NodeGroup", clusterName=world.id("cluster"),
        nodeRoleArn=world.get("role")["arn"], subnetIds=world.subnets(),
        scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1},
        launchTemplate={"id": world.id("template"), "version": "1"},
    )  # fmt: skip
    return lambda: world.end("nodes")


def gateway_address(world: World) -> Callable[[], None]:
    world.make(
        "nat", "ec2/natGateway:NatGateway", subnetId=world.id("subnet_a"),
        allocationId=world.id("address"),
    )  # fmt: skip
    return lambda: world.end("nat")


def attachment(world: World) -> Callable[[], None]:
    world.make(
        "attachment", "iam/rolePolicyAttachment:RolePolicyAttachment", role=world.id("role"),
        policyArn=world.id("policy"),
    )  # fmt: skip
    return lambda: world.end("attachment")


def acl_on_balancer(world: World) -> Callable[[], None]:
    world.make(
        "association", "wafv2/webAclAssociation:WebAclAssociation",
        webAclArn=world.get("acl")["arn"], resourceArn=world.id("balancer"),
    )  # fmt: skip
    return lambda: world.end("association")


def acl_on_distribution(world: World) -> Callable[[], None]:
    acl = world.make("edge_acl", "wafv2/webAcl:WebAcl", **acl_inputs("CLOUDFRONT"))
    inputs = {**distribution_inputs(world), "webAclId": acl["arn"]}
    world.make("distribution", "cloudfront/distribution:Distribution", **inputs)
    return lambda: world.end("distribution")


CASES = [
    Case(name="group-in-a-rule", kept="group", code="DependencyViolation", hold=named_by_rule),
    Case(name="group-on-an-interface", kept="group", code="DependencyViolation", hold=endpoint),
    Case(name="group-on-a-balancer", kept="group", code="DependencyViolation",
         hold=other("balancer")),
    Case(name="group-of-a-database", kept="group", code="DependencyViolation",
         hold=other("database")),
    Case(name="group-of-a-cache", kept="group", code="DependencyViolation", hold=other("cache")),
    Case(name="group-of-a-proxy", kept="group", code="DependencyViolation", hold=other("proxy")),
    Case(name="group-of-nodes", kept="group", code="DependencyViolation", hold=nodes),
    Case(name="subnet-with-an-interface", kept="subnet_a", code="DependencyViolation",
         hold=endpoint),
    Case(name="subnet-with-a-nat-gateway", kept="subnet_a", code="DependencyViolation",
         hold=gateway_address),
    Case(name="subnet-with-a-balancer", kept="subnet_a", code="DependencyViolation",
         hold=other("balancer")),
    Case(name="subnet-with-a-cluster", kept="subnet_b", code="DependencyViolation",
         hold=other("cluster")),
    Case(name="vpc-with-a-gateway", kept="vpc", code="DependencyViolation",
         hold=other("gateway")),
    Case(name="vpc-with-a-group", kept="vpc", code="DependencyViolation", hold=other("group")),
    Case(name="address-of-a-nat-gateway", kept="address", code="InvalidIPAddress.InUse",
         hold=gateway_address),
    Case(name="database-subnets-in-use", kept="database_subnets",
         code="InvalidDBSubnetGroupStateFault", hold=other("database")),
    Case(name="database-parameters-in-use", kept="database_parameters",
         code="InvalidDBParameterGroupState", hold=other("database")),
    Case(name="final-snapshot-unnamed", kept="database", code="InvalidParameterCombination",
         hold=no_snapshot_named),
    Case(name="database-protected", kept="database", code="InvalidParameterCombination",
         hold=setting("database", deletionProtection=True)),
    Case(name="balancer-protected", kept="balancer", code="OperationNotPermitted",
         hold=setting("balancer", enableDeletionProtection=True)),
    Case(name="balancer-behind-a-vpc-origin", kept="balancer", code="ResourceInUse",
         hold=other("vpc_origin")),
    Case(name="policy-attached", kept="policy", code="DeleteConflict", hold=attachment),
    Case(name="acl-on-a-balancer", kept="acl", code="WAFAssociatedItemException",
         hold=acl_on_balancer),
    Case(name="acl-on-a-distribution", kept="edge_acl", code="WAFAssociatedItemException",
         hold=acl_on_distribution),
    Case(name="cache-subnets-in-use", kept="cache_subnets", code="CacheSubnetGroupInUse",
         hold=other("cache")),
    Case(name="cache-parameters-in-use", kept="cache_parameters",
         code="InvalidCacheParameterGroupState", hold=other("cache")),
    Case(name="cache-users-in-use", kept="cache_users", code="InvalidUserGroupState",
         hold=other("cache")),
    Case(name="cluster-protected", kept="cluster", code="InvalidRequestException",
         hold=setting("cluster", deletionProtection=True)),
    Case(name="cluster-with-nodes", kept="cluster", code="ResourceInUseException", hold=nodes),
    Case(name="targets-of-a-listener", kept="blue", code="ResourceInUse", hold=made(
        "forward", "lb/listener:Listener", lambda w: {
            "loadBalancerArn": w.id("balancer"), "port": 81, "protocol": "HTTP",
            "defaultActions": [{"type": "forward", "targetGroupArn": w.id("blue")}]})),
    Case(name="role-with-a-policy", kept="role", code="DeleteConflict", hold=attachment),
    Case(name="bucket-not-empty", kept="bucket", code="BucketNotEmpty", hold=made(
        "page", "s3/bucketObjectv2:BucketObjectv2", lambda w: {
            "bucket": w.id("bucket"), "key": "index.html", "content": "x"})),
    Case(name="cache-policy-in-use", kept="cache_policy", code="CachePolicyInUse",
         hold=other("distribution")),
    Case(name="vpc-origin-in-use", kept="vpc_origin", code="CannotDeleteEntityWhileInUse",
         hold=other("distribution")),
    Case(name="access-control-in-use", kept="access", code="OriginAccessControlInUse",
         hold=other("distribution")),
]  # fmt: skip
EVERY = pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])


@EVERY
def test_the_delete_is_refused_with_awss_code(world: World, case: Case) -> None:
    case.hold(world)

    with pytest.raises(ClientError, match="An error occurred") as refusal:
        world.end(case.kept)

    assert error_code(refusal.value) == case.code


@EVERY
def test_the_delete_passes_once_the_reason_is_gone(world: World, case: Case) -> None:
    release = case.hold(world)
    release()

    world.end(case.kept)

    assert case.kept not in world.made


def test_an_enabled_distribution_is_not_deleted_by_hand(world: World) -> None:
    id_ = world.id("distribution")
    etag = world.backend.cloud.aws.call("cloudfront", "get_distribution", Id=id_)["ETag"]

    with pytest.raises(ClientError, match="has not been disabled") as refusal:
        world.backend.cloud.aws.call("cloudfront", "delete_distribution", Id=id_, IfMatch=etag)

    assert error_code(refusal.value) == "DistributionNotDisabled"


def test_a_taken_snapshot_name_is_refused(world: World) -> None:
    world.get("database")
    rds = world.backend.cloud.aws
    rds.call(
        "rds", "create_db_cluster_snapshot", DBClusterSnapshotIdentifier="taken",
        DBClusterIdentifier=world.id("database"),
    )  # fmt: skip

    with pytest.raises(ClientError, match="taken") as refusal:
        world.end("database", skipFinalSnapshot=False, finalSnapshotIdentifier="taken")

    assert error_code(refusal.value) == "DBClusterSnapshotAlreadyExistsFault"


def test_a_final_snapshot_is_left_behind(world: World) -> None:
    world.get("database")

    world.end("database", skipFinalSnapshot=False, finalSnapshotIdentifier="last")

    left = world.backend.cloud.aws.every(
        "rds", "describe_db_cluster_snapshots",
        "DBClusterSnapshots[?SnapshotType=='manual'].DBClusterSnapshotIdentifier",
    )  # fmt: skip
    assert left == ["last"]


def test_a_whole_world_ends_youngest_first(world: World) -> None:
    for name in ("distribution", "cache", "proxy", "cluster", "listener", "gateway", "scaling"):
        world.get(name)

    world.end_all()

    assert world.made == {}


def test_every_guard_has_a_case() -> None:
    kinds = {
        "group": "SecurityGroup", "subnet_a": "Subnet", "vpc": "Vpc", "address": "Eip",
        "database_subnets": "rds/subnetGroup", "database_parameters": "ClusterParameterGroup",
        "database": "rds/cluster:", "balancer": "LoadBalancer", "policy": "iam/policy",
        "acl": "WebAcl", "cache_subnets": "elasticache/subnetGroup", "cluster": "eks/cluster",
        "cache_parameters": "elasticache/parameterGroup", "cache_users": "userGroup",
        "cache_policy": "cachePolicy", "vpc_origin": "vpcOrigin", "access": "originAccessControl",
    }  # fmt: skip
    # Refused by the same rule as the cache policy, with names of their own.
    alike = {"OriginRequestPolicy", "ResponseHeadersPolicy", "Function"}

    held = {kinds[c.kept] for c in CASES if c.kept in kinds}
    without = [t for t in GUARDS if not any(kind in t for kind in held)]

    assert {t.rsplit(":", 1)[-1] for t in without} == alike
