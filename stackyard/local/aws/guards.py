"""AWS's guards on delete that moto does not enforce: each raises AWS's own code and text.

moto itself refuses: a VPC with subnets, an attached internet gateway, an associated route table, a
cluster with instances, deletion protection of a cluster, a taken snapshot name, an EKS cluster with
node groups, a target group in a listener, a role with policies, a bucket or zone that is not empty.
"""

from collections.abc import Callable, Iterable

from stackyard.local.aws import guards_network as network
from stackyard.local.aws.connection import refusal, search
from stackyard.local.aws.names import as_list
from stackyard.local.aws.spec import Call
from stackyard.local.aws.store import Store
from stackyard.local.aws.table_rds import final_snapshot

Guard = Callable[[Call, Store], None]

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"


def database_subnet_group(call: Call, store: Store) -> None:
    """A subnet group of a cluster or instance stays."""
    del store
    for cluster in call.aws.every("rds", "describe_db_clusters", "DBClusters"):
        if cluster.get("DBSubnetGroup") == call.id:
            text = (
                f"Cannot delete the subnet group '{call.id}' because at least one database "
                f"cluster: {cluster['DBClusterIdentifier']} is still using it."
            )
            raise refusal("InvalidDBSubnetGroupStateFault", text, "DeleteDBSubnetGroup")


def cluster_parameter_group(call: Call, store: Store) -> None:
    """A parameter group of a cluster stays."""
    del store
    for cluster in call.aws.every("rds", "describe_db_clusters", "DBClusters"):
        if cluster.get("DBClusterParameterGroup") == call.id:
            text = (
                "One or more DB clusters are still members of this parameter group "
                f"{call.id}, so the group cannot be deleted"
            )
            raise refusal("InvalidDBParameterGroupState", text, "DeleteDBClusterParameterGroup")


def final_snapshot_named(call: Call, store: Store) -> None:
    """A cluster ends with a final snapshot or the word that none is wanted."""
    del store
    final_snapshot(call)


def load_balancer(call: Call, store: Store) -> None:
    """A protected load balancer stays, and one behind a VPC origin of CloudFront."""
    told = call.aws.call(
        "elbv2", "describe_load_balancer_attributes", LoadBalancerArn=call.id
    )["Attributes"]  # fmt: skip
    if {"Key": "deletion_protection.enabled", "Value": "true"} in told:
        text = f"Load balancer '{call.id}' cannot be deleted because deletion protection is enabled"
        raise refusal("OperationNotPermitted", text, "DeleteLoadBalancer")
    for origin in store.list("aws:cloudfront/vpcOrigin:VpcOrigin"):
        if search("vpcOriginEndpointConfig.arn", origin) == call.id:
            text = (
                f"Load balancer '{call.id}' cannot be deleted because it is currently associated "
                f"with another service (CloudFront VPC origin {origin['id']})"
            )
            raise refusal("ResourceInUse", text, "DeleteLoadBalancer")


def kubernetes_cluster(call: Call, store: Store) -> None:
    """A cluster with deletion protection stays."""
    if store.find("aws:eks/cluster:Cluster", call.id).get("deletionProtection"):
        text = f"Cannot delete cluster {call.id} because deletion protection is enabled"
        raise refusal("InvalidRequestException", text, "DeleteCluster")


def policy(call: Call, store: Store) -> None:
    """A policy attached to a role, user or group stays."""
    del store
    found = call.aws.call("iam", "list_entities_for_policy", PolicyArn=call.id)
    if search("[PolicyRoles, PolicyUsers, PolicyGroups][]", found):
        text = "Cannot delete a policy attached to entities."
        raise refusal("DeleteConflict", text, "DeletePolicy")


def web_acl(call: Call, store: Store) -> None:
    """A web ACL that protects a load balancer or distribution stays."""
    del store
    scope = call.props["scope"]
    answer = call.aws.call("wafv2", "get_web_acl", Name=call.props["name"], Id=call.id, Scope=scope)
    if answer["WebACL"]["ARN"] in set(_acls_in_use(call, scope)):
        text = (
            "AWS WAF couldn't perform the operation because your resource is being used by "
            "another resource or it's associated with another resource."
        )
        raise refusal("WAFAssociatedItemException", text, "DeleteWebACL")


def _acls_in_use(call: Call, scope: str) -> Iterable[str]:
    if scope == "CLOUDFRONT":
        listed = "DistributionList.Items[].WebACLId"
        yield from call.aws.every("cloudfront", "list_distributions", listed)
        return
    balancers = "LoadBalancers[].LoadBalancerArn"
    for arn in call.aws.every("elbv2", "describe_load_balancers", balancers):
        found = call.aws.call("wafv2", "get_web_acl_for_resource", ResourceArn=arn)
        if acl := search("WebACL.ARN", found):
            yield acl


def cache_subnet_group(call: Call, store: Store) -> None:
    """A subnet group of a replication group stays."""
    for group in store.list(REPLICATION_GROUP):
        if group.get("subnetGroupName") == call.id:
            text = f"Cache subnet group {call.id} is currently in use by a cache cluster."
            raise refusal("CacheSubnetGroupInUse", text, "DeleteCacheSubnetGroup")


def cache_parameter_group(call: Call, store: Store) -> None:
    """A parameter group of a replication group stays."""
    for group in store.list(REPLICATION_GROUP):
        if group.get("parameterGroupName") == call.id:
            text = f"One or more cache clusters are still members of this parameter group {call.id}"
            raise refusal("InvalidCacheParameterGroupState", text, "DeleteCacheParameterGroup")


def cache_user_group(call: Call, store: Store) -> None:
    """A user group of a replication group stays."""
    for group in store.list(REPLICATION_GROUP):
        if call.id in (as_list(group.get("userGroupIds"))):
            text = f"User group {call.id} is associated with replication group {group['id']}"
            raise refusal("InvalidUserGroupState", text, "DeleteUserGroup")


def _in_distribution(code: str, operation: str) -> Guard:
    """What a distribution names stays: policies, functions, origins, access controls."""

    def guard(call: Call, store: Store) -> None:
        names = {call.id, str(call.props.get("arn") or call.id)}
        suffix = f"/{call.id}"
        for distribution in store.list(DISTRIBUTION):
            for text in _texts(distribution):
                if text in names or (text.startswith("arn:") and text.endswith(suffix)):
                    message = f"{call.id} is used by distribution {distribution['id']}"
                    raise refusal(code, message, operation)

    return guard


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():  # pyright: ignore[reportUnknownVariableType]  # a JSON object
            yield from _texts(inner)  # pyright: ignore[reportUnknownArgumentType]  # a JSON value
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType]  # a JSON list
            yield from _texts(inner)  # pyright: ignore[reportUnknownArgumentType]  # a JSON value


GUARDS: dict[str, tuple[Guard, ...]] = {
    "aws:ec2/securityGroup:SecurityGroup": (network.security_group,),
    "aws:ec2/subnet:Subnet": (network.subnet,),
    "aws:ec2/vpc:Vpc": (network.vpc,),
    "aws:ec2/eip:Eip": (network.elastic_ip,),
    "aws:rds/subnetGroup:SubnetGroup": (database_subnet_group,),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": (cluster_parameter_group,),
    "aws:rds/cluster:Cluster": (final_snapshot_named,),
    "aws:eks/cluster:Cluster": (kubernetes_cluster,),
    "aws:lb/loadBalancer:LoadBalancer": (load_balancer,),
    "aws:iam/policy:Policy": (policy,),
    "aws:wafv2/webAcl:WebAcl": (web_acl,),
    "aws:elasticache/subnetGroup:SubnetGroup": (cache_subnet_group,),
    "aws:elasticache/parameterGroup:ParameterGroup": (cache_parameter_group,),
    "aws:elasticache/userGroup:UserGroup": (cache_user_group,),
    "aws:cloudfront/cachePolicy:CachePolicy": (
        _in_distribution("CachePolicyInUse", "DeleteCachePolicy"),
    ),
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": (
        _in_distribution("OriginRequestPolicyInUse", "DeleteOriginRequestPolicy"),
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        _in_distribution("ResponseHeadersPolicyInUse", "DeleteResponseHeadersPolicy"),
    ),
    "aws:cloudfront/function:Function": (_in_distribution("FunctionInUse", "DeleteFunction"),),
    "aws:cloudfront/vpcOrigin:VpcOrigin": (
        _in_distribution("CannotDeleteEntityWhileInUse", "DeleteVpcOrigin"),
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": (
        _in_distribution("OriginAccessControlInUse", "DeleteOriginAccessControl"),
    ),
}
