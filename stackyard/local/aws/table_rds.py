"""Rows of Aurora: clusters and their instances."""

from stackyard.local.aws.connection import refusal, search
from stackyard.local.aws.names import as_list, as_object
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject

CLUSTER_NAMES = {
    "clusterIdentifier": "DBClusterIdentifier",
    "masterPassword": "MasterUserPassword",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "enabledHttpEndpoint": "EnableHttpEndpoint",
    "dbInstanceParameterGroupName": "DBInstanceParameterGroupName",
}
CLUSTER_ANSWERS = {
    "dbSubnetGroupName": "DBSubnetGroup",
    "dbClusterParameterGroupName": "DBClusterParameterGroup",
    "enabledCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
    "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
}
INSTANCE_NAMES = {
    "identifier": "DBInstanceIdentifier",
    "clusterIdentifier": "DBClusterIdentifier",
    "instanceClass": "DBInstanceClass",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "caCertIdentifier": "CACertificateIdentifier",
}


def final_snapshot(call: Call) -> JsonObject:
    """How a cluster is deleted: with the snapshot its inputs name, or with none if they say so.

    Raises `ClientError` when neither is said, as AWS does.
    """
    if call.props.get("skipFinalSnapshot"):
        return {"SkipFinalSnapshot": True}
    name = call.props.get("finalSnapshotIdentifier")
    if not name:
        text = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        raise refusal("InvalidParameterCombination", text, "DeleteDBCluster")
    return {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": name}


def _end_cluster(call: Call) -> None:
    call.do("delete_db_cluster", DBClusterIdentifier=call.id, **final_snapshot(call))


def _cluster(call: Call) -> JsonObject | None:
    answer = call.do("describe_db_clusters", DBClusterIdentifier=call.id)
    found: JsonObject | None = search("DBClusters[0]", answer)
    if found is None:
        return None
    groups = as_list(search("VpcSecurityGroups[].VpcSecurityGroupId", found))
    return {**found, "VpcSecurityGroupIds": groups}


def _log_exports(call: Call, arguments: JsonObject) -> None:
    if str(arguments.get("StorageType", "")).startswith("aurora"):
        # moto knows the storage types of instances only.
        del arguments["StorageType"]
    if call.olds is None:
        return
    # Modify takes the difference, create the list.
    arguments.pop("EnableCloudwatchLogsExports", None)
    old = set(as_list(call.olds.get("enabledCloudwatchLogsExports")))
    new = set(as_list(call.props.get("enabledCloudwatchLogsExports")))
    if old != new:
        arguments["CloudwatchLogsExportConfiguration"] = {
            "EnableLogTypes": sorted(new - old),
            "DisableLogTypes": sorted(old - new),
        }


def _writer(call: Call, found: JsonObject) -> JsonObject:
    cluster = found.get("DBClusterIdentifier")
    if not cluster:
        return {}
    answer = call.do("describe_db_clusters", DBClusterIdentifier=cluster)
    member = f"DBClusters[0].DBClusterMembers[?DBInstanceIdentifier=='{call.id}'] | [0]"
    return {"writer": bool(as_object(search(member, answer)).get("IsClusterWriter"))}


def _windows(call: Call, arguments: JsonObject) -> None:
    """Take the cluster's maintenance window: moto's own default may overlap the backup window."""
    if call.olds is not None:
        arguments.setdefault("ApplyImmediately", True)
        return
    answer = call.do("describe_db_clusters", DBClusterIdentifier=call.props["clusterIdentifier"])
    window = search("DBClusters[0].PreferredMaintenanceWindow", answer)
    arguments.setdefault("PreferredMaintenanceWindow", window)


ROWS: tuple[Spec, ...] = (
    row(
        "rds/cluster:Cluster",
        "rds",
        "db_cluster",
        "DBClusterIdentifier",
        describe=_cluster,
        name="clusterIdentifier",
        name_limit=63,
        lower_name=True,
        rename=CLUSTER_NAMES,
        back=CLUSTER_ANSWERS,
        arrange=_log_exports,
        update_with={"ApplyImmediately": True},
        delete_call=_end_cluster,
        defaults={"copyTagsToSnapshot": False},
        attrs={
            "arn": "DBClusterArn",
            "clusterResourceId": "DbClusterResourceId",
            "endpoint": "Endpoint",
            "readerEndpoint": "ReaderEndpoint",
            "hostedZoneId": "HostedZoneId",
            "engineVersionActual": "EngineVersion",
            "clusterMembers": "DBClusterMembers[].DBInstanceIdentifier",
            "availabilityZones": "AvailabilityZones",
            "vpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
            "masterUserSecrets": "[MasterUserSecret][?@].{secretArn: SecretArn, "
            "secretStatus: 'active', kmsKeyId: KmsKeyId}",
        },
        kept=(
            "databaseInsightsMode",
            "performanceInsightsEnabled",
            "storageType",
            "performanceInsightsRetentionPeriod",
            "monitoringInterval",
            "monitoringRoleArn",
            "performanceInsightsKmsKeyId",
            "engineLifecycleSupport",
        ),
        replacing=(
            "clusterIdentifier",
            "clusterIdentifierPrefix",
            "engine",
            "masterUsername",
            "availabilityZones",
            "databaseName",
            "dbSubnetGroupName",
            "kmsKeyId",
            "storageEncrypted",
            "snapshotIdentifier",
            "restoreToPointInTime",
        ),
    ),
    row(
        "rds/clusterInstance:ClusterInstance",
        "rds",
        "db_instance",
        "DBInstanceIdentifier",
        name="identifier",
        name_limit=63,
        lower_name=True,
        rename=INSTANCE_NAMES,
        arrange=_windows,
        delete_with={"SkipFinalSnapshot": True},
        outputs=_writer,
        attrs={
            "arn": "DBInstanceArn",
            "endpoint": "Endpoint.Address",
            "port": "Endpoint.Port",
            "dbiResourceId": "DbiResourceId",
            "engineVersionActual": "EngineVersion",
            "dbSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
        },
        kept=(
            "performanceInsightsEnabled",
            "performanceInsightsRetentionPeriod",
            "performanceInsightsKmsKeyId",
            "dbParameterGroupName",
            "caCertIdentifier",
            "monitoringInterval",
            "monitoringRoleArn",
            "preferredMaintenanceWindow",
        ),
        replacing=(
            "identifier",
            "identifierPrefix",
            "clusterIdentifier",
            "engine",
            "availabilityZone",
            "dbSubnetGroupName",
        ),
        in_place=("performanceInsightsKmsKeyId",),
    ),
)
