"""Database: an Aurora MySQL cluster with its key, parameters, logs, app user and RDS Proxy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components._app_user import APP_USER, make_app_user
from components._database_alarms import DatabaseAlarmsArgs, make_database_alarms
from components._database_cluster import FAMILY, PORT, ClusterArgs, make_cluster
from components._database_instances import InstancesArgs, make_instances
from components._database_proxy import ProxyArgs, make_proxy
from components._database_scaling import scale_readers
from components._key import make_key
from components._security_rules import connect
from stacks.data_settings import DatabaseSettings
from stacks.urls import mysql_url

IAM_WORD = "by-token"
"""In a password's place in URLs of an API that logs in by IAM: it signs a token for each login."""


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
    alarms: bool = False
    alarm_topic_arn: str | None = None
    """Who is told of alarms and events."""


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
    connect_arn: pulumi.Output[str | None]
    """What a role needs `rds-db:connect` on to log in as the app; none unless by IAM."""
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
        writer, readers = make_instances(
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
        scale_readers(name, cluster, readers, args.settings, parent=self)
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
            behind = _behind(self, args, cluster=cluster, writer=writer, access=access)
            proxy = make_proxy(f"{name}-proxy", behind, parent=self)
        self.proxy_writer_endpoint = pulumi.Output.from_input(proxy.writer if proxy else None)
        self.proxy_reader_endpoint = pulumi.Output.from_input(proxy.reader if proxy else None)
        self.connect_arn = pulumi.Output.from_input(
            proxy.arn.apply(_connect_arn) if proxy and args.settings.auth == "iam" else None
        )
        by_password = partial(_url, args.settings.name, user.password)
        by_iam = partial(_url, args.settings.name, pulumi.Output.from_input(IAM_WORD))
        url = by_iam if args.settings.auth == "iam" else by_password
        self.write_url = url(proxy.writer if proxy else self.writer_endpoint)
        self.read_url = url(proxy.for_reads if proxy else self.reader_endpoint)
        self.direct_url = by_password(self.writer_endpoint)
        if args.alarms:
            watched = DatabaseAlarmsArgs(
                cluster=cluster,
                instances=[writer, *readers],
                proxy_name=proxy.name if proxy else None,
                settings=args.settings,
                topic_arn=args.alarm_topic_arn,
            )
            make_database_alarms(name, watched, parent=self)
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
        "connectArn": database.connect_arn,
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
    return make_cluster(
        name,
        ClusterArgs(
            subnet_ids=args.subnet_ids,
            access_group_id=access.id,
            key_arn=database.key_arn,
            settings=args.settings,
            log_days=args.log_days,
            protect=args.protect,
        ),
        parent=database,
    )


def _behind(
    database: Database,
    args: DatabaseArgs,
    *,
    cluster: aws.rds.Cluster,
    writer: aws.rds.ClusterInstance,
    access: aws.ec2.SecurityGroup,
) -> ProxyArgs:
    return ProxyArgs(
        vpc_id=args.vpc_id,
        subnet_ids=args.subnet_ids,
        clients=args.clients,
        cluster=cluster,
        writer=writer,
        access_group_id=access.id,
        port=PORT,
        secret_arn=database.app_secret_arn,
        key_arn=database.key_arn,
        readers=args.settings.readers,
        by_iam=args.settings.auth == "iam",
        log_days=args.log_days,
    )


def _connect_arn(proxy_arn: str) -> str:
    """The app's user at the proxy, whichever endpoint it calls.

    Aurora user guide, "Creating and using an IAM policy for IAM database access".
    """
    _, partition, _, region, account, *_, proxy = proxy_arn.split(":")
    return f"arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy}/{APP_USER}"


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
