"""Database: an Aurora MySQL cluster with its key, parameters, logs, app user and RDS Proxy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._app_user import APP_USER, make_app_user
from components._database_instances import InstancesArgs, make_instances
from components._database_proxy import ProxyArgs, make_proxy
from components._key import make_key
from components._security_rules import connect
from stacks.data_settings import DatabaseSettings
from stacks.urls import mysql_url

PORT = 3306
ENGINE, FAMILY = (
    aws.rds.EngineType.AURORA_MYSQL,
    "aurora-mysql8.0",
)  # change together with the settings' pattern
MASTER_USER = "dbowner"
LOGS = ("audit", "error", "slowquery")
CLUSTER_PARAMETERS: list[aws.rds.ClusterParameterGroupParameterArgsDict] = [
    {"name": "require_secure_transport", "value": "ON"},
    # The API gives a statement up after 2 s: what waits for a lock must not wait on for an hour.
    {"name": "lock_wait_timeout", "value": "3"},
    {"name": "innodb_lock_wait_timeout", "value": "3"},
    # A blue/green upgrade replicates by binary log, and turning it on later costs a reboot.
    {"name": "binlog_format", "value": "ROW", "apply_method": "pending-reboot"},
    # Exporting the audit log without these exports an empty one.
    {"name": "server_audit_logging", "value": "1"},
    {"name": "server_audit_events", "value": "CONNECT,QUERY_DCL,QUERY_DDL"},
]


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Wiring comes as `Input`s, what a stack chooses as `settings`."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    """Subnets without a route to the internet, one a zone."""
    clients: Mapping[str, pulumi.Input[str]]
    """Who may connect: a short name (part of resource names) to a security group's id."""
    zones: pulumi.Input[Sequence[str]]
    """Availability zones of the subnets; writer and readers take turns in them."""
    settings: DatabaseSettings
    log_days: int
    """Days the exported logs are kept."""
    protect: bool
    """Deletion protection, final snapshot, automated backups kept after a deletion."""

    @property
    def is_serverless(self) -> bool:
        """Whether capacity follows the load."""
        return self.settings.instance_class == "db.serverless"


class Database(pulumi.ComponentResource):
    """Aurora MySQL with TLS forced; the app speaks as its own user, never as the master.

    `protect` in `opts` guards the data and what it can't be read without (key, password, the
    suffix its name hangs on); what can be rebuilt without loss stays free.
    """

    cluster_id: pulumi.Output[str]
    """Identifier of the cluster."""
    writer_endpoint: pulumi.Output[str]
    """Host of whichever instance writes; known once the first one runs."""
    reader_endpoint: pulumi.Output[str]
    """Host that spreads over the readers; the writer's while there is none."""
    proxy_writer_endpoint: pulumi.Output[str | None]
    """Host of the proxy's default endpoint; none without a proxy."""
    proxy_reader_endpoint: pulumi.Output[str | None]
    """Host of the proxy's read-only endpoint; none without a proxy or without readers."""
    port: pulumi.Output[int]
    """Port of every endpoint."""
    name: pulumi.Output[str]
    """The database in the cluster."""
    engine_version_actual: pulumi.Output[str]
    """Differs from the setting after AWS's automatic minor upgrade."""
    master_secret_arn: pulumi.Output[str]
    """Secret that RDS keeps and rotates; only the migration Job reads it."""
    app_secret_arn: pulumi.Output[str]
    """Secret with the app user's name and password."""
    write_url: pulumi.Output[str]
    """Secret; through the proxy if there is one."""
    read_url: pulumi.Output[str]
    """Secret; through the proxy if there is one, to its readers if there are any."""
    direct_url: pulumi.Output[str]
    """Secret; past the proxy to the writer: a proxy knows the app's user and no master."""
    key_arn: pulumi.Output[str]
    """KMS key of storage, insights and both secrets."""

    def __init__(
        self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:Database", name, None, opts)
        purpose = f"{name}: storage, insights, secrets"
        self.key_arn = make_key(f"{name}-key", description=purpose, parent=self).arn
        access = _access_group(self, name, args)
        cluster = _cluster(self, name, args, access=access)
        writer = make_instances(
            name,
            InstancesArgs(
                cluster=cluster,
                family=FAMILY,
                zones=args.zones,
                key_arn=self.key_arn,
                settings=args.settings,
            ),
            parent=self,
        )
        user = make_app_user(f"{name}-app", key_arn=self.key_arn, parent=self)
        self.app_secret_arn = user.secret_arn

        self.cluster_id = cluster.id
        self.port = cluster.port
        self.name = cluster.database_name
        self.engine_version_actual = cluster.engine_version_actual
        self.master_secret_arn = cluster.master_user_secrets[0].secret_arn
        self.writer_endpoint = pulumi.Output.all(cluster.endpoint, writer.id).apply(_first)
        self.reader_endpoint = pulumi.Output.all(cluster.reader_endpoint, writer.id).apply(_first)
        proxy = None
        if args.settings.proxy:
            proxy = make_proxy(
                f"{name}-proxy",
                ProxyArgs(
                    vpc_id=args.vpc_id,
                    subnet_ids=args.subnet_ids,
                    clients=args.clients,
                    cluster=cluster,
                    writer=writer,
                    access_group_id=access.id,
                    port=PORT,
                    secret_arn=self.app_secret_arn,
                    key_arn=self.key_arn,
                    readers=args.settings.readers,
                    log_days=args.log_days,
                ),
                parent=self,
            )
        self.proxy_writer_endpoint = pulumi.Output.from_input(proxy.writer if proxy else None)
        self.proxy_reader_endpoint = pulumi.Output.from_input(proxy.reader if proxy else None)
        url = partial(_url, args.settings.name, user.password)
        self.write_url = url(proxy.writer if proxy else self.writer_endpoint)
        self.read_url = url(proxy.for_reads if proxy else self.reader_endpoint)
        self.direct_url = url(self.writer_endpoint)
        self.register_outputs(_outputs(self))


def _outputs(database: Database) -> dict[str, pulumi.Output[object]]:
    return {
        "clusterId": database.cluster_id,
        "writerEndpoint": database.writer_endpoint,
        "readerEndpoint": database.reader_endpoint,
        "proxyWriterEndpoint": database.proxy_writer_endpoint,
        "proxyReaderEndpoint": database.proxy_reader_endpoint,
        "port": database.port,
        "name": database.name,
        "engineVersionActual": database.engine_version_actual,
        "masterSecretArn": database.master_secret_arn,
        "appSecretArn": database.app_secret_arn,
        "writeUrl": database.write_url,
        "readUrl": database.read_url,
        "directUrl": database.direct_url,
        "keyArn": database.key_arn,
    }


def _access_group(database: Database, name: str, args: DatabaseArgs) -> aws.ec2.SecurityGroup:
    free = pulumi.ResourceOptions(parent=database, protect=False)
    group = aws.ec2.SecurityGroup(
        f"{name}-access", vpc_id=args.vpc_id, description="The database", opts=free
    )
    for client, client_id in args.clients.items():
        connect(f"{name}-from-{client}", client=client_id, server=group.id, port=PORT, opts=free)
    return group


def _cluster(
    database: Database, name: str, args: DatabaseArgs, *, access: aws.ec2.SecurityGroup
) -> aws.rds.Cluster:
    free = pulumi.ResourceOptions(parent=database, protect=False)
    settings = args.settings
    subnets = aws.rds.SubnetGroup(f"{name}-net", subnet_ids=args.subnet_ids, opts=free)
    parameters = aws.rds.ClusterParameterGroup(
        f"{name}-cluster", family=FAMILY, parameters=CLUSTER_PARAMETERS, opts=free
    )
    # Log groups and the final snapshot carry the name, so it is known before the cluster; what
    # replaces a cluster gives a new one, a renamed part keeps it.
    identifier = random.RandomId(
        f"{name}-suffix",
        byte_length=4,
        prefix=f"{name}-",
        keepers={"name": settings.name, "subnets": subnets.name, "key": database.key_arn},
        opts=pulumi.ResourceOptions(parent=database, ignore_changes=["prefix"]),
    ).hex
    last_snapshot = pulumi.Output.concat(identifier, "-final")
    logs = _logs(database, name, args, identifier=identifier)
    capacity: aws.rds.ClusterServerlessv2ScalingConfigurationArgsDict = {
        "min_capacity": settings.acu_min,
        "max_capacity": settings.acu_max,
    }
    return aws.rds.Cluster(
        name,
        cluster_identifier=identifier,
        engine=ENGINE,
        engine_version=settings.engine_version,
        engine_lifecycle_support="open-source-rds-extended-support-disabled",
        serverlessv2_scaling_configuration=capacity if args.is_serverless else None,
        database_name=settings.name,
        port=PORT,
        master_username=MASTER_USER,
        manage_master_user_password=True,
        master_user_secret_kms_key_id=database.key_arn,
        iam_database_authentication_enabled=True,
        db_subnet_group_name=subnets.name,
        db_cluster_parameter_group_name=parameters.name,
        vpc_security_group_ids=[access.id],
        storage_encrypted=True,
        kms_key_id=database.key_arn,
        backup_retention_period=settings.backup_days,
        preferred_backup_window=settings.backup_window,
        preferred_maintenance_window=settings.maintenance_window,
        copy_tags_to_snapshot=True,
        enabled_cloudwatch_logs_exports=LOGS,
        deletion_protection=args.protect,
        delete_automated_backups=not args.protect,
        skip_final_snapshot=not args.protect,
        final_snapshot_identifier=last_snapshot if args.protect else None,
        # An update does what its preview shows, not at some time in the maintenance window.
        apply_immediately=True,
        opts=pulumi.ResourceOptions(
            parent=database,
            depends_on=logs,
            # AWS upgrades minor versions; going back to the setting's would be refused.
            ignore_changes=["engineVersion"],
        ),
    )


def _logs(
    database: Database, name: str, args: DatabaseArgs, *, identifier: pulumi.Output[str]
) -> list[aws.cloudwatch.LogGroup]:
    return [
        aws.cloudwatch.LogGroup(
            f"{name}-log-{log}",
            # RDS writes to this name, and would make the group itself and keep it for ever.
            name=pulumi.Output.concat("/aws/rds/cluster/", identifier, "/", log),
            retention_in_days=args.log_days,
            opts=pulumi.ResourceOptions(parent=database, protect=False),
        )
        for log in LOGS
    ]


def _url(
    database: str, password: pulumi.Output[str], host: pulumi.Output[str]
) -> pulumi.Output[str]:
    url = partial(_mysql_url, database)
    return pulumi.Output.secret(pulumi.Output.all(password, host).apply(url))


def _mysql_url(database: str, parts: Sequence[str]) -> str:
    password, host = parts
    return mysql_url(user=APP_USER, password=password, host=host, port=PORT, database=database)


def _first(values: Sequence[str]) -> str:
    return values[0]
