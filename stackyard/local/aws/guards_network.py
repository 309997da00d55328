"""AWS's guards on delete inside a VPC: what holds a security group, a subnet, an address."""

from collections.abc import Callable, Iterable
from typing import NoReturn

from stackyard.local.aws.connection import refusal, search
from stackyard.local.aws.names import as_list, as_object
from stackyard.local.aws.spec import Call
from stackyard.local.aws.store import Store
from stackyard.local.wire import JsonObject

REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"


def _groups_in_use(call: Call, store: Store) -> Iterable[str]:
    """Ids of the security groups that an interface, database, cache, cluster or balancer holds."""
    aws = call.aws
    yield from aws.every(
        "ec2", "describe_network_interfaces", "NetworkInterfaces[].Groups[].GroupId"
    )
    yield from aws.every("ec2", "describe_vpc_endpoints", LIVE_ENDPOINTS + ".Groups[].GroupId")
    yield from aws.every("elbv2", "describe_load_balancers", "LoadBalancers[].SecurityGroups[]")
    groups = "[].VpcSecurityGroups[].VpcSecurityGroupId"
    yield from aws.every("rds", "describe_db_clusters", f"DBClusters{groups}")
    yield from aws.every("rds", "describe_db_instances", f"DBInstances{groups}")
    yield from aws.every("rds", "describe_db_proxies", "DBProxies[].VpcSecurityGroupIds[]")
    for cache in store.list(REPLICATION_GROUP):
        yield from as_list(cache.get("securityGroupIds"))
    yield from _kubernetes(call, _cluster_groups, _node_groups)


LIVE_ENDPOINTS = "VpcEndpoints[?State!='deleted'][]"


def _kubernetes(
    call: Call, of_cluster: Callable[[JsonObject], Iterable[str]],
    of_nodes: Callable[[Call, JsonObject], Iterable[str]],
) -> Iterable[str]:  # fmt: skip
    for name in call.aws.every("eks", "list_clusters", "clusters"):
        yield from of_cluster(call.aws.call("eks", "describe_cluster", name=name)["cluster"])
        for nodes in call.aws.every("eks", "list_nodegroups", "nodegroups", clusterName=name):
            answer = call.aws.call(
                "eks", "describe_nodegroup", clusterName=name, nodegroupName=nodes
            )
            yield from of_nodes(call, answer["nodegroup"])


def _cluster_groups(cluster: JsonObject) -> Iterable[str]:
    return as_list(search("resourcesVpcConfig.securityGroupIds", cluster))


def _cluster_subnets(cluster: JsonObject) -> Iterable[str]:
    return as_list(search("resourcesVpcConfig.subnetIds", cluster))


def _node_groups(call: Call, nodes: JsonObject) -> Iterable[str]:
    """The security groups of running nodes: those of their launch template."""
    template = as_object(nodes.get("launchTemplate")).get("id")
    if not template:
        return ()
    answer = call.aws.call(
        "ec2", "describe_launch_template_versions", LaunchTemplateId=template,
        Versions=["$Latest"],
    )  # fmt: skip
    data = "LaunchTemplateVersions[0].LaunchTemplateData"
    own = as_list(search(f"{data}.SecurityGroupIds", answer))
    return own or as_list(search(f"{data}.NetworkInterfaces[].Groups[]", answer))


def _node_subnets(_call: Call, nodes: JsonObject) -> Iterable[str]:
    return as_list(nodes.get("subnets"))


def security_group(call: Call, store: Store) -> None:
    """A group that a rule of another group names, or that anything holds, stays."""
    described: list[JsonObject] = call.aws.every(
        "ec2", "describe_security_groups", "SecurityGroups"
    )
    for group in described:
        pairs = "[IpPermissions, IpPermissionsEgress][][].UserIdGroupPairs[].GroupId"
        if group["GroupId"] != call.id and call.id in (as_list(search(pairs, group))):
            _dependency(f"resource {call.id} has a dependent object", "DeleteSecurityGroup")
    if call.id in set(_groups_in_use(call, store)):
        _dependency(f"resource {call.id} has a dependent object", "DeleteSecurityGroup")


def _dependency(message: str, operation: str) -> NoReturn:
    raise refusal("DependencyViolation", message, operation)


def _subnets_in_use(call: Call) -> Iterable[str]:
    aws = call.aws
    yield from aws.every("ec2", "describe_network_interfaces", "NetworkInterfaces[].SubnetId")
    yield from aws.every("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].SubnetId")
    yield from aws.every("ec2", "describe_vpc_endpoints", LIVE_ENDPOINTS + ".SubnetIds[]")
    zones = "LoadBalancers[].AvailabilityZones[].SubnetId"
    yield from aws.every("elbv2", "describe_load_balancers", zones)
    for instance in aws.every("rds", "describe_db_instances", "DBInstances"):
        yield from as_list(search("DBSubnetGroup.Subnets[].SubnetIdentifier", instance))
    yield from _kubernetes(call, _cluster_subnets, _node_subnets)


def subnet(call: Call, store: Store) -> None:
    """A subnet in which something has a network interface stays."""
    del store
    if call.id in set(_subnets_in_use(call)):
        text = f"The subnet '{call.id}' has dependencies and cannot be deleted."
        _dependency(text, "DeleteSubnet")


def vpc(call: Call, store: Store) -> None:
    """A VPC with an internet gateway, an endpoint or a security group of its own stays."""
    del store
    here = [{"Name": "vpc-id", "Values": [call.id]}]
    attached = [{"Name": "attachment.vpc-id", "Values": [call.id]}]
    aws = call.aws
    groups = "SecurityGroups[?GroupName!='default'].GroupId"
    held = (
        *aws.every("ec2", "describe_internet_gateways", "InternetGateways", Filters=attached),
        *aws.every("ec2", "describe_vpc_endpoints", LIVE_ENDPOINTS, Filters=here),
        *aws.every("ec2", "describe_security_groups", groups, Filters=here),
    )
    if held:
        text = f"The vpc '{call.id}' has dependencies and cannot be deleted."
        _dependency(text, "DeleteVpc")


def elastic_ip(call: Call, store: Store) -> None:
    """An address that a NAT gateway uses is not released."""
    del store
    gateways: list[JsonObject] = call.aws.every(
        "ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayAddresses[]"
    )
    for address in gateways:
        if address.get("AllocationId") == call.id:
            text = f"Address {address.get('PublicIp')} is in use."
            raise refusal("InvalidIPAddress.InUse", text, "ReleaseAddress")
