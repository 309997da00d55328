"""What settings can't be together, each of them sound by itself: a rule each."""

from collections.abc import Callable
from contextlib import suppress

from stacks.checks import memory_mib, millicores, minutes
from stacks.data_combinations import DATA_RULES
from stacks.network_combinations import NETWORK_RULES
from stacks.settings import Settings

_DAY = 24 * 60
_SPOT_PERCENT_PROTECTED = 70


def conflicts(settings: Settings) -> list[str]:
    """A line for each rule that is broken.

    `settings` may lack what is faulty: a rule that would read it says nothing.
    """
    said = [_said(rule, settings) for rule in _RULES]
    return [line for line in said if line is not None]


def review_conflicts(settings: Settings) -> list[str]:
    """The same for the file of review stacks, of which many stand in one account."""
    said = [_said(rule, settings) for rule in _REVIEW_RULES]
    return [line for line in said if line is not None]


_Rule = Callable[[Settings], str | None]
"""Gives the problem, or None."""


def _said(rule: _Rule, settings: Settings) -> str | None:
    # Nothing stands in for a faulty value, so no problem can come from a stand-in.
    with suppress(AttributeError):
        return rule(settings)
    return None


def _above(path: str, least: float | str, key: str, most: float | str) -> str:
    return f"{path}: {least} is more than {key} {most}; lower one or raise the other"


def _domain_has_its_zone(settings: Settings) -> str | None:
    env = settings.env
    if (env.domain is None) != (env.zone_id is None):
        return "env: domain and zoneId go together; give both or neither"
    return None


def _capacity_is_ordered(settings: Settings) -> str | None:
    database = settings.database
    if database.acu_min > database.acu_max:
        return _above("database.acuMin", database.acu_min, "acuMax", database.acu_max)
    return None


def _windows_are_apart(settings: Settings) -> str | None:
    backup, weekly = settings.database.backup_window, settings.database.maintenance_window
    backup_start, backup_end = map(minutes, backup.split("-"))
    start, end = minutes(weekly[4:9]), minutes(weekly[14:])
    # Around the clock, since a backup window may pass midnight: does one begin in the other?
    backup_minutes = (backup_end - backup_start) % _DAY
    until_maintenance = (start - backup_start) % _DAY
    until_backup = (backup_start - start) % _DAY
    if until_maintenance < backup_minutes or until_backup < end - start:
        return (
            f"database.maintenanceWindow: {weekly} overlaps backupWindow {backup};"
            " AWS refuses that: keep them apart"
        )
    return None


def _nodes_are_ordered(settings: Settings) -> str | None:
    cluster = settings.cluster
    if cluster.nodes_min > cluster.nodes_max:
        return _above("cluster.nodesMin", cluster.nodes_min, "nodesMax", cluster.nodes_max)
    return None


def _spot_is_a_node(settings: Settings) -> str | None:
    cluster = settings.cluster
    if cluster.spot_percent and cluster.nodes_max * cluster.spot_percent < 100:
        return (
            f"cluster.spotPercent: {cluster.spot_percent} percent of nodesMax {cluster.nodes_max}"
            f" is less than one node; give at least {-(-100 // cluster.nodes_max)}, or 0"
        )
    return None


def _spot_is_bounded(settings: Settings) -> str | None:
    percent = settings.cluster.spot_percent
    if settings.env.protect and percent > _SPOT_PERCENT_PROTECTED:
        return (
            f"cluster.spotPercent: {percent} is more than {_SPOT_PERCENT_PROTECTED}, the largest in"
            " a protected stack: AWS takes spot instances back at two minutes' notice"
        )
    return None


def _karpenter_has_room(settings: Settings) -> str | None:
    cluster = settings.cluster
    if cluster.compute == "karpenter" and cluster.nodes_min == cluster.nodes_max:
        return (
            f"cluster.nodesMax: {cluster.nodes_max} leaves Karpenter no node beside those of"
            f" nodesMin {cluster.nodes_min}, which it runs on; raise it"
        )
    return None


def _auto_mode_has_its_own_system(settings: Settings) -> str | None:
    cluster = settings.cluster
    if cluster.compute == "auto" and cluster.ami_family != "al2023":
        return (
            f"cluster.amiFamily: {cluster.ami_family} cannot be had with compute auto, whose nodes"
            " run what AWS puts on them; leave it out"
        )
    return None


def _local_nodes_are_node_groups(settings: Settings) -> str | None:
    compute = settings.cluster.compute
    if settings.env.size == "local" and compute != "nodes":
        return (
            f"cluster.compute: {compute} needs EC2, which the local size does not have;"
            " leave it out"
        )
    return None


def _replicas_are_ordered(settings: Settings) -> str | None:
    app = settings.app
    if app.min_replicas > app.max_replicas:
        return _above("app.minReplicas", app.min_replicas, "maxReplicas", app.max_replicas)
    return None


def _cpu_is_ordered(settings: Settings) -> str | None:
    app = settings.app
    if millicores(app.cpu_request) > millicores(app.cpu_limit):
        return _above("app.cpuRequest", app.cpu_request, "cpuLimit", app.cpu_limit)
    return None


def _memory_is_ordered(settings: Settings) -> str | None:
    app = settings.app
    if memory_mib(app.memory_request) > memory_mib(app.memory_limit):
        return _above("app.memoryRequest", app.memory_request, "memoryLimit", app.memory_limit)
    return None


def _somebody_administers(settings: Settings) -> str | None:
    if settings.env.size != "local" and not settings.cluster.admin_role_arns:
        return (
            "cluster.adminRoleArns: is empty; EKS gives nobody rights by itself; name the IAM"
            " role that runs pulumi, and your own"
        )
    return None


def _a_role_has_one_entry(settings: Settings) -> str | None:
    cluster = settings.cluster
    twice = [arn for arn in cluster.viewer_role_arns if arn in cluster.admin_role_arns]
    if twice:
        return (
            f"cluster.viewerRoleArns: {', '.join(twice)}: in adminRoleArns as well, and EKS has one"
            " entry a role; an administrator sees all, keep it there"
        )
    return None


def _somebody_reaches_the_api(settings: Settings) -> str | None:
    if settings.env.protect and not settings.cluster.allowed_cidrs:
        return (
            "cluster.allowedCidrs: is empty; a protected stack names the networks"
            " from which pulumi reaches the Kubernetes API"
        )
    return None


def _origin_is_encrypted(settings: Settings) -> str | None:
    env = settings.env
    # A zone without its domain is the first rule's affair.
    served = env.domain is not None or env.zone_id is not None
    if env.protect and not served and settings.edge.allow_plain_origin is None:
        return (
            "env.domain: is missing; a protected stack serves its own domain;"
            " edge.allowPlainOrigin gives the reason for an exception"
        )
    return None


def _a_review_is_not_guarded(settings: Settings) -> str | None:
    if settings.env.protect:
        return (
            "env.protect: is true, but a review stack goes with its pull request; set it to false"
        )
    return None


def _a_review_ends(settings: Settings) -> str | None:
    if settings.env.ttl_hours is None:
        return (
            "env.ttlHours: is missing; a review stack says after how many hours it may be deleted,"
            " such as 72"
        )
    return None


def _a_review_has_no_domain(settings: Settings) -> str | None:
    env = settings.env
    if env.domain is not None or env.zone_id is not None:
        return (
            f"env.domain: is {env.domain}, but all review stacks share this file and one alone can"
            " have a domain; leave domain and zoneId out: each answers under CloudFront's own name"
        )
    return None


_RULES: tuple[_Rule, ...] = (
    _domain_has_its_zone,
    _capacity_is_ordered,
    _windows_are_apart,
    _nodes_are_ordered,
    _spot_is_a_node,
    _spot_is_bounded,
    _karpenter_has_room,
    _auto_mode_has_its_own_system,
    _local_nodes_are_node_groups,
    _replicas_are_ordered,
    _cpu_is_ordered,
    _memory_is_ordered,
    _somebody_administers,
    _a_role_has_one_entry,
    _somebody_reaches_the_api,
    _origin_is_encrypted,
    *DATA_RULES,
    *NETWORK_RULES,
)
_REVIEW_RULES: tuple[_Rule, ...] = (
    _a_review_is_not_guarded,
    _a_review_ends,
    _a_review_has_no_domain,
)
