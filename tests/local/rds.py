"""Database clusters made and ended in the embedded AWS as a program would."""

import json
from typing import Any

from stackyard.local.aws.connection import Connection


def make_cluster(aws: Connection) -> None:
    aws.call(
        "rds",
        "create_db_cluster",
        DBClusterIdentifier="main",
        Engine="aurora-mysql",
        MasterUsername="admin",
        ManageMasterUserPassword=True,
        DatabaseName="task1_db",
    )
    for name in ("writer", "reader-a"):
        make_instance(aws, name)


def make_instance(aws: Connection, name: str) -> None:
    aws.call(
        "rds",
        "create_db_instance",
        DBInstanceIdentifier=name,
        DBClusterIdentifier="main",
        Engine="aurora-mysql",
        DBInstanceClass="db.r6g.large",
    )


def master(aws: Connection) -> dict[str, Any]:
    cluster = aws.call("rds", "describe_db_clusters")["DBClusters"][0]
    arn = cluster["MasterUserSecret"]["SecretArn"]
    secret = json.loads(
        aws.call("secretsmanager", "get_secret_value", SecretId=arn)["SecretString"]
    )
    return {"user": secret["username"], "password": secret["password"]}


def end_cluster(aws: Connection) -> None:
    for member in aws.call("rds", "describe_db_clusters")["DBClusters"][0]["DBClusterMembers"]:
        aws.call("rds", "delete_db_instance", DBInstanceIdentifier=member["DBInstanceIdentifier"])
    aws.call("rds", "delete_db_cluster", DBClusterIdentifier="main", SkipFinalSnapshot=True)
    # AWS ends a cluster's automatic snapshots with it; moto keeps them, in the way of the next.
    snapshots = aws.every("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots[]")
    for snapshot in snapshots:
        aws.call(
            "rds",
            "delete_db_cluster_snapshot",
            DBClusterSnapshotIdentifier=snapshot["DBClusterSnapshotIdentifier"],
        )
