"""What a stack is given without asking for it: fourteen safeguards of data, six of the cluster."""

from collections.abc import Callable
from typing import NamedTuple

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg

NETWORK_OF_ALL = "0.0.0.0/0"
CONTROL_PLANE_LOGS = {"api", "audit", "authenticator", "controllerManager", "scheduler"}
COMES_AND_GOES = (
    "`env.protect` is false, so that one command removes a staging stack with data nobody keeps"
)
ONE_NODE = "one node: a lost one comes back empty, and the API serves without its cache"


class Safeguard(NamedTuple):
    """One line of the table."""

    name: str
    holds: Callable[[Graph], bool]
    staging: str = ""
    """Why staging does without it; empty where it does not."""


def _cluster(graph: Graph) -> Reg:
    return graph.one("aws:rds/cluster:Cluster")


def _cache(graph: Graph) -> Reg:
    return graph.one("aws:elasticache/replicationGroup:ReplicationGroup")


def _eks(graph: Graph) -> Reg:
    return graph.one("aws:eks/cluster:Cluster")


def _encrypted(graph: Graph) -> bool:
    given = _cluster(graph).inputs
    return given["storageEncrypted"] is True and bool(given["kmsKeyId"])


def _master_password_is_rds_own(graph: Graph) -> bool:
    given = _cluster(graph).inputs
    return given["manageMasterUserPassword"] is True and "masterPassword" not in given


def _deletion_is_refused(graph: Graph) -> bool:
    return _cluster(graph).inputs["deletionProtection"] is True


def _seven_days_of_backups(graph: Graph) -> bool:
    return _cluster(graph).inputs["backupRetentionPeriod"] >= 7


def _last_snapshot(graph: Graph) -> bool:
    given = _cluster(graph).inputs
    return given["skipFinalSnapshot"] is False and bool(given.get("finalSnapshotIdentifier"))


def _second_destroy_works(graph: Graph) -> bool:
    # A name that is drawn anew with each cluster, or no snapshot that needs one.
    cluster = _cluster(graph)
    drawn = {reg.urn for reg in graph.all("RandomId")}
    named = cluster.property_deps.get("finalSnapshotIdentifier", set())
    return cluster.inputs["skipFinalSnapshot"] is True or bool(drawn & named)


def _backups_outlive_the_cluster(graph: Graph) -> bool:
    return _cluster(graph).inputs["deleteAutomatedBackups"] is False


def _tls_is_forced(graph: Graph) -> bool:
    parameters = graph.one("ClusterParameterGroup").inputs["parameters"]
    return any(
        parameter["name"] == "require_secure_transport" and parameter["value"] == "ON"
        for parameter in parameters
    )


def _logs_are_exported(graph: Graph) -> bool:
    exported = _cluster(graph).inputs["enabledCloudwatchLogsExports"]
    kept = {
        group.inputs["name"].rpartition("/")[2]
        for group in graph.all("LogGroup")
        if group.inputs.get("name", "").startswith("/aws/rds/cluster/")
        and group.inputs["retentionInDays"] > 0
    }
    return bool(exported) and set(exported) <= kept


def _insights_are_on(graph: Graph) -> bool:
    return all(
        instance.inputs["performanceInsightsEnabled"] is True
        and instance.inputs["monitoringInterval"] > 0
        for instance in graph.all("aws:rds/clusterInstance:ClusterInstance")
    )


def _cache_speaks_tls(graph: Graph) -> bool:
    given = _cache(graph).inputs
    return given["transitEncryptionEnabled"] is True and (
        given["transitEncryptionMode"] == "required"
    )


def _cache_wants_a_password(graph: Graph) -> bool:
    users = graph.all("aws:elasticache/user:User")
    nobody = [user for user in users if user.inputs["userName"] == "default"]
    return bool(_cache(graph).inputs["userGroupIds"]) and all(
        user.inputs["accessString"].startswith("off ") for user in nobody
    )


def _cache_has_snapshots(graph: Graph) -> bool:
    return _cache(graph).inputs["snapshotRetentionLimit"] >= 1


def _cache_fails_over(graph: Graph) -> bool:
    given = _cache(graph).inputs
    return given["multiAzEnabled"] is True and given["automaticFailoverEnabled"] is True


def _api_is_private(graph: Graph) -> bool:
    return _eks(graph).inputs["vpcConfig"]["endpointPrivateAccess"] is True


def _api_is_closed_to_the_world(graph: Graph) -> bool:
    reach = _eks(graph).inputs["vpcConfig"]
    networks = reach.get("publicAccessCidrs", [])
    # EKS opens a public endpoint to everyone where no network is named.
    return reach["endpointPublicAccess"] is False or (
        bool(networks) and NETWORK_OF_ALL not in networks
    )


def _control_plane_logs(graph: Graph) -> bool:
    return set(_eks(graph).inputs["enabledClusterLogTypes"]) == CONTROL_PLANE_LOGS


def _secrets_are_encrypted(graph: Graph) -> bool:
    encryption = _eks(graph).inputs["encryptionConfig"]
    return encryption["resources"] == ["secrets"] and bool(encryption["provider"]["keyArn"])


def _access_entries_alone(graph: Graph) -> bool:
    access = _eks(graph).inputs["accessConfig"]
    return access["authenticationMode"] == "API" and (
        access["bootstrapClusterCreatorAdminPermissions"] is False
    )


def _standard_support(graph: Graph) -> bool:
    return _eks(graph).inputs["upgradePolicy"]["supportType"] == "STANDARD"


DATA = (
    Safeguard("database: storage encrypted under a key of its own", _encrypted),
    Safeguard("database: master password outside program and state", _master_password_is_rds_own),
    Safeguard("database: deletion protection", _deletion_is_refused, COMES_AND_GOES),
    Safeguard("database: seven days of backups or more", _seven_days_of_backups),
    Safeguard("database: a last snapshot", _last_snapshot, COMES_AND_GOES),
    Safeguard("database: destroy works a second time", _second_destroy_works),
    Safeguard("database: backups outlive it", _backups_outlive_the_cluster, COMES_AND_GOES),
    Safeguard("database: TLS forced by the engine", _tls_is_forced),
    Safeguard("database: logs exported and kept for a time", _logs_are_exported),
    Safeguard("database: insights and monitoring", _insights_are_on),
    Safeguard("cache: TLS", _cache_speaks_tls),
    Safeguard("cache: no sign-in without a password", _cache_wants_a_password),
    Safeguard("cache: daily snapshots", _cache_has_snapshots),
    Safeguard("cache: failover over zones", _cache_fails_over, ONE_NODE),
)
CLUSTER = (
    Safeguard("cluster: private API endpoint", _api_is_private),
    Safeguard("cluster: public endpoint open to named networks alone", _api_is_closed_to_the_world),
    Safeguard("cluster: all five control-plane logs", _control_plane_logs),
    Safeguard("cluster: Kubernetes secrets under a KMS key", _secrets_are_encrypted),
    Safeguard("cluster: access entries alone, no rights for its maker", _access_entries_alone),
    Safeguard("cluster: standard support, no extended one", _standard_support),
)
SAFEGUARDS = (*DATA, *CLUSTER)
