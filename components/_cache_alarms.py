"""What is watched of a cache: each node, or a serverless cache as a whole."""

from dataclasses import dataclass

import pulumi

from components._alarms import Alarm, Watched, make_alarms
from stacks.data_settings import CacheSettings

NAMESPACE = "AWS/ElastiCache"
GB = 10**9
BUSY_PERCENT = 80
"""Of the one core that the engine's thread has."""
FULL_PERCENT = 90
EVICTIONS_A_MINUTE = {"cache": 1000, "both": 0}
"""By role: a cache lives by evictions until they come in crowds; of both none may be lost unseen;
a limiter evicts nothing, and refuses to write when it is full."""
HIT_PERCENT = 50
"""Below it, a cache costs more than it saves."""
HIT_MINUTES = 15


@dataclass(frozen=True, kw_only=True)
class CacheAlarmsArgs:
    """What there is to watch, and who is told."""

    settings: CacheSettings
    cache_id: pulumi.Input[str]
    """Of the replication group, or the name of the serverless cache."""
    topic_arn: str | None


def make_cache_alarms(name: str, args: CacheAlarmsArgs, *, parent: pulumi.Resource) -> None:
    """The same questions of each node: a failover makes a replica the primary."""
    if args.settings.mode == "serverless":
        make_alarms(
            _serverless(name, args.settings),
            _watched(args, {"clusterId": args.cache_id}),
            parent=parent,
        )
        return
    for number in range(1, args.settings.replicas + 2):
        # ElastiCache numbers the nodes of a group so.
        node = pulumi.Output.concat(args.cache_id, f"-{number:03}")
        make_alarms(
            {f"{name}-{key}-{number}": alarm for key, alarm in _node(args.settings.role).items()},
            _watched(args, {"CacheClusterId": node}),
            parent=parent,
        )


def _watched(args: CacheAlarmsArgs, dimensions: dict[str, pulumi.Input[str]]) -> Watched:
    return Watched(namespace=NAMESPACE, dimensions=dimensions, topic_arn=args.topic_arn)


def _node(role: str) -> dict[str, Alarm]:
    alarms = {
        "cpu": Alarm(
            metric="EngineCPUUtilization",
            bound=BUSY_PERCENT,
            says="The engine's thread is busy: look for slow commands, or take a larger node.",
        )
    }
    # A cache is full as a matter of course.
    if role != "cache":
        alarms["memory"] = Alarm(
            metric="DatabaseMemoryUsagePercentage",
            bound=FULL_PERCENT,
            says="Memory is nearly full: take a larger node, or shorter lifetimes.",
        )
    return alarms | _use(role)


def _use(role: str) -> dict[str, Alarm]:
    """How well it serves as a cache; no question of a limiter."""
    if role == "limiter":
        return {}
    return {
        "evictions": Alarm(
            metric="Evictions",
            statistic="Sum",
            bound=EVICTIONS_A_MINUTE[role],
            says="Keys go before their time: take a larger node, or shorter lifetimes.",
        ),
        "hits": Alarm(
            metric="CacheHitRate",
            bound=HIT_PERCENT,
            below=True,
            minutes=HIT_MINUTES,
            says="Most look-ups miss: lifetimes are too short, or keys are evicted.",
        ),
    }


def _serverless(name: str, settings: CacheSettings) -> dict[str, Alarm]:
    alarms = {
        "throttled": Alarm(
            metric="ThrottledCmds",
            statistic="Sum",
            bound=0,
            says="Commands wait for processing units: raise cache.maxEcpus.",
        ),
        "memory": Alarm(
            metric="BytesUsedForCache",
            statistic="Maximum",
            bound=FULL_PERCENT / 100 * settings.max_gib * GB,
            says="The data is near its largest size: raise cache.maxGib, or shorten lifetimes.",
        ),
        **_use(settings.role),
    }
    return {f"{name}-{key}": alarm for key, alarm in alarms.items()}
