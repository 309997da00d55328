"""What settings of database and cache can't be together: a rule each, for stacks.combinations."""

from collections.abc import Callable

from stacks.aurora_classes import SERVERLESS
from stacks.settings import Settings

_PAUSES_FROM = 8
"""Aurora MySQL 3.08 (Aurora user guide, "Aurora Serverless v2 capacity")."""


def _serverless(settings: Settings) -> bool:
    database = settings.database
    return SERVERLESS in {database.instance_class, database.reader_class}


def _a_proxy_keeps_it_awake(settings: Settings) -> str | None:
    database = settings.database
    if database.acu_min == 0 and database.proxy and _serverless(settings):
        return (
            "database.acuMin: 0 pauses an instance without connections, and the proxy always has"
            " some; take 0.5 or more, or set database.proxy to false"
        )
    return None


def _the_engine_can_pause(settings: Settings) -> str | None:
    database = settings.database
    minor = int(database.engine_version.split(".")[4])
    if database.acu_min == 0 and minor < _PAUSES_FROM and _serverless(settings):
        return (
            f"database.acuMin: 0 needs Aurora MySQL 3.08, database.engineVersion is"
            f" {database.engine_version}; take 0.5 or more, or a newer engine"
        )
    return None


def _scaling_begins_with_a_reader(settings: Settings) -> str | None:
    database = settings.database
    if database.readers_max is None:
        return None
    if database.readers == 0:
        return (
            "database.readersMax: Aurora scales readers only where there is one;"
            " set database.readers to 1 or more, or readersMax to null"
        )
    if database.readers_max < database.readers:
        return (
            f"database.readersMax: {database.readers_max} is less than readers"
            f" {database.readers}, the fewest; raise it"
        )
    return None


def _connections_scale_within_bounds(settings: Settings) -> str | None:
    database = settings.database
    if database.reader_connections is not None and database.readers_max is None:
        return (
            "database.readerConnections: says when Aurora adds a reader, but not how many;"
            " set database.readersMax"
        )
    return None


def _iam_goes_through_the_proxy(settings: Settings) -> str | None:
    database = settings.database
    if database.auth == "iam" and not database.proxy:
        return (
            "database.auth: iam needs the proxy, which knows the user's password;"
            " set database.proxy to true, or auth to secret"
        )
    return None


def _one_thing_is_restored(settings: Settings) -> str | None:
    database = settings.database
    if database.restore_snapshot is not None and database.restore_cluster is not None:
        return "database: restoreSnapshot and restoreCluster exclude each other; give one"
    if database.restore_time is not None and database.restore_cluster is None:
        return "database.restoreTime: is a moment of restoreCluster; give that too"
    return None


def _writes_are_forwarded_by_readers(settings: Settings) -> str | None:
    database = settings.database
    if database.write_forwarding and database.readers == 0:
        return (
            "database.writeForwarding: there is no reader to forward writes;"
            " set database.readers to 1 or more, or writeForwarding to false"
        )
    return None


def _serverless_evicts_its_own_way(settings: Settings) -> str | None:
    cache = settings.cache
    if cache.mode == "serverless" and cache.role != "both":
        return (
            f"cache.role: {cache.role} asks for an eviction policy, and ElastiCache Serverless has"
            " volatile-lru alone; set cache.role to both, or cache.mode to node"
        )
    return None


def _the_embedded_cloud_has_it(settings: Settings) -> str | None:
    database, local = settings.database, settings.env.size == "local"
    if local and settings.cache.mode == "serverless":
        return "cache.mode: the embedded cloud has no serverless cache; set it to node"
    if local and (database.restore_snapshot or database.restore_cluster):
        return "database: the embedded cloud keeps no backups; nothing can be restored there"
    return None


def _alarms_are_sent_nearby(settings: Settings) -> str | None:
    arn, region = settings.observe.alarm_topic_arn, settings.env.region
    if arn is not None and arn.split(":")[3] != region:
        return (
            f"observe.alarmTopicArn: {arn} is not in {region}, env.region;"
            " alarms reach topics of their own region only"
        )
    return None


DATA_RULES: tuple[Callable[[Settings], str | None], ...] = (
    _a_proxy_keeps_it_awake,
    _the_engine_can_pause,
    _scaling_begins_with_a_reader,
    _connections_scale_within_bounds,
    _iam_goes_through_the_proxy,
    _one_thing_is_restored,
    _writes_are_forwarded_by_readers,
    _serverless_evicts_its_own_way,
    _the_embedded_cloud_has_it,
    _alarms_are_sent_nearby,
)
