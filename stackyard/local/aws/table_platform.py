"""Rows of ElastiCache and EKS."""

from stackyard.local.aws.connection import search
from stackyard.local.aws.names import as_list, as_object
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.aws.store import Store
from stackyard.local.wire import JsonObject

CACHE_NAMES = {
    "description": "ReplicationGroupDescription",
    "nodeType": "CacheNodeType",
    "subnetGroupName": "CacheSubnetGroupName",
    "parameterGroupName": "CacheParameterGroupName",
    "maintenanceWindow": "PreferredMaintenanceWindow",
}
CLUSTER_CHILDREN = (
    "aws:eks/addon:Addon",
    "aws:eks/accessEntry:AccessEntry",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
)


def _group_outputs(_call: Call, found: JsonObject) -> JsonObject:
    return {"vpcId": found.get("VpcId"), "arn": found.get("ARN")}


def _replication_outputs(call: Call, found: JsonObject) -> JsonObject:
    count = int(call.props.get("numCacheClusters") or 1)
    members = [f"{call.id}-{number:03d}" for number in range(1, count + 1)]
    version = str(call.props.get("engineVersion") or "7.1")
    return {
        "memberClusters": members,
        "numCacheClusters": count,
        "engineVersionActual": version if version.count(".") > 1 else f"{version}.0",
        "clusterEnabled": bool(found.get("ClusterEnabled")),
        "port": int(call.props.get("port") or 6379),
    }


def _cache_change(call: Call, arguments: JsonObject) -> None:
    if call.olds is not None:
        arguments["ApplyImmediately"] = True
        return
    # moto answers a failover flag only where it knows more than one member.
    arguments.setdefault("Engine", "redis")


def _cluster_outputs(call: Call, found: JsonObject) -> JsonObject:
    network = as_object(found.get("resourcesVpcConfig"))
    given = as_object(call.props.get("vpcConfig"))
    access = {
        "authenticationMode": "API_AND_CONFIG_MAP",
        **as_object(call.props.get("accessConfig")),
    }
    service = as_object(found.get("kubernetesNetworkConfig"))
    return {
        "arn": found["arn"],
        "certificateAuthority": {"data": found["certificateAuthority"]["data"]},
        "identities": [{"oidcs": [{"issuer": found["identity"]["oidc"]["issuer"]}]}],
        "accessConfig": access,
        "vpcConfig": {
            "endpointPrivateAccess": False,
            "endpointPublicAccess": True,
            "publicAccessCidrs": ["0.0.0.0/0"],
            **given,
            "vpcId": network.get("vpcId"),
            "clusterSecurityGroupId": network.get("clusterSecurityGroupId"),
        },
        "kubernetesNetworkConfig": {
            "ipFamily": "ipv4",
            "serviceIpv4Cidr": service.get("serviceIpv4Cidr") or "172.20.0.0/16",
            **as_object(call.props.get("kubernetesNetworkConfig")),
        },
        "upgradePolicy": call.props.get("upgradePolicy") or {"supportType": "EXTENDED"},
    }


def _cluster_logging(call: Call, arguments: JsonObject) -> None:
    types = call.props.get("enabledClusterLogTypes")
    if types and call.olds is None:
        arguments["logging"] = {"clusterLogging": [{"types": list(types), "enabled": True}]}


def _cluster_config(call: Call) -> None:
    """Send what changed of the endpoint's reach; the rest of a change is kept in the store."""
    if call.olds is None or not call.due("vpcConfig"):
        return
    given = call.props["vpcConfig"]
    names = ("endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")
    wanted = {k: given[k] for k in names if k in given}
    if wanted:
        call.do("update_cluster_config", name=call.id, resourcesVpcConfig=wanted)


def _end_cluster(call: Call) -> None:
    """Delete the cluster and, as EKS does, what lives in it."""
    call.do("delete_cluster", name=call.id)
    store = Store.of(call.aws)
    for token in CLUSTER_CHILDREN:
        for child in store.list(token):
            if child.get("clusterName") == call.id:
                store.remove(token, child["id"])


def _node_change(call: Call) -> None:
    if call.olds is None:
        return
    cluster, name = call.id.split(":", 1)
    if call.due("scalingConfig", "updateConfig", "labels"):
        scaling = {k: int(v) for k, v in call.props["scalingConfig"].items()}
        call.do(
            "update_nodegroup_config",
            clusterName=cluster,
            nodegroupName=name,
            scalingConfig=scaling,
        )


def _node_outputs(call: Call, found: JsonObject) -> JsonObject:
    groups = [{"name": g["name"]} for g in as_list(search("resources.autoScalingGroups", found))]
    return {
        "arn": found["nodegroupArn"],
        "resources": [{"autoscalingGroups": groups, "remoteAccessSecurityGroupId": ""}],
        "nodeGroupName": found["nodegroupName"],
        "version": call.props.get("version") or _cluster_version(call),
    }


def _cluster_version(call: Call) -> str:
    cluster = call.id.split(":", 1)[0]
    return str(call.do("describe_cluster", name=cluster)["cluster"]["version"])


ELASTICACHE: tuple[Spec, ...] = (
    row(
        "elasticache/subnetGroup:SubnetGroup",
        "elasticache",
        "cache_subnet_group",
        "CacheSubnetGroupName",
        name="name",
        lower_name=True,
        whole_update=True,
        rename={"name": "CacheSubnetGroupName", "description": "CacheSubnetGroupDescription"},
        defaults={"description": "Managed by Pulumi"},
        outputs=_group_outputs,
        attrs={"subnetIds": "Subnets[].SubnetIdentifier"},
        replacing=("name",),
    ),
    row(
        "elasticache/replicationGroup:ReplicationGroup",
        "elasticache",
        "replication_group",
        "ReplicationGroupId",
        name="replicationGroupId",
        name_limit=40,
        lower_name=True,
        rename=CACHE_NAMES,
        back={"description": "Description"},
        arrange=_cache_change,
        gone="Status == 'deleting'",
        outputs=_replication_outputs,
        attrs={
            "arn": "ARN",
            "primaryEndpointAddress": "NodeGroups[0].PrimaryEndpoint.Address",
            "readerEndpointAddress": "NodeGroups[0].ReaderEndpoint.Address",
            "configurationEndpointAddress": "ConfigurationEndpoint.Address",
        },
        defaults={"applyImmediately": False},
        kept=(
            "engineVersion",
            "subnetGroupName",
            "parameterGroupName",
            "securityGroupIds",
            "maintenanceWindow",
            "snapshotWindow",
            "numCacheClusters",
            "multiAzEnabled",
            "automaticFailoverEnabled",
            "snapshotRetentionLimit",
            "userGroupIds",
            "preferredCacheClusterAzs",
            "finalSnapshotIdentifier",
            "autoMinorVersionUpgrade",
            "logDeliveryConfigurations",
            "transitEncryptionMode",
            "atRestEncryptionEnabled",
            "transitEncryptionEnabled",
            "kmsKeyId",
            "port",
            "engine",
        ),
        replacing=(
            "replicationGroupId",
            "subnetGroupName",
            "port",
            "atRestEncryptionEnabled",
            "kmsKeyId",
            "snapshotArns",
            "snapshotName",
            "securityGroupNames",
        ),
    ),
)

EKS: tuple[Spec, ...] = (
    row(
        "eks/cluster:Cluster",
        "eks",
        "cluster",
        "name",
        read="describe_cluster",
        update="",
        name="name",
        name_limit=100,
        rename={"vpcConfig": "resourcesVpcConfig"},
        arrange=_cluster_logging,
        settle=(_cluster_config,),
        outputs=_cluster_outputs,
        delete_call=_end_cluster,
        kept=(
            "accessConfig",
            "upgradePolicy",
            "enabledClusterLogTypes",
            "deletionProtection",
            "zonalShiftConfig",
            "computeConfig",
            "storageConfig",
            "bootstrapSelfManagedAddons",
            "controlPlaneScalingConfig",
            "forceUpdateVersion",
            "version",
        ),
        replacing=("name", "roleArn", "bootstrapSelfManagedAddons", "encryptionConfig"),
        in_place=("encryptionConfig",),
    ),
    row(
        "eks/nodeGroup:NodeGroup",
        "eks",
        "nodegroup",
        "clusterName",
        keys=("clusterName", "nodegroupName"),
        read="describe_nodegroup",
        update="",
        name="nodeGroupName",
        name_limit=63,
        settle=(_node_change,),
        outputs=_node_outputs,
        rename={
            "nodeGroupName": "nodegroupName",
            "nodeRoleArn": "nodeRole",
            "subnetIds": "subnets",
        },
        kept=(
            "updateConfig",
            "nodeRepairConfig",
            "version",
            "releaseVersion",
            "forceUpdateVersion",
            "labels",
            "taints",
        ),
        replacing=(
            "clusterName",
            "nodeGroupName",
            "nodeGroupNamePrefix",
            "nodeRoleArn",
            "subnetIds",
            "amiType",
            "capacityType",
            "diskSize",
            "instanceTypes",
            "launchTemplate.id",
            "launchTemplate.name",
            "remoteAccess",
        ),
    ),
)

ROWS: tuple[Spec, ...] = (*ELASTICACHE, *EKS)
