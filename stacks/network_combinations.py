"""What settings of network, nodes and edge can't be together: a rule each."""

import re
from collections.abc import Callable
from typing import get_args

from stacks.network_settings import NodeEndpoint, SessionEndpoint
from stacks.registries import ADDON_ACCOUNTS
from stacks.settings import Settings


def _isolated_nodes_reach_aws(settings: Settings) -> str | None:
    network = settings.network
    needed: set[str] = {*get_args(NodeEndpoint)}
    if settings.cluster.tunnel:
        needed |= {*get_args(SessionEndpoint)}
    missing = sorted(needed - {*network.interface_endpoints})
    if network.nat == "none" and missing:
        return (
            f"network.nat: none leaves nodes no way to {', '.join(missing)}; add them to"
            " network.interfaceEndpoints, or take single"
        )
    return None


def _isolated_nodes_reach_their_images(settings: Settings) -> str | None:
    if settings.network.nat != "none":
        return None
    region, host = settings.env.region, settings.app.image.split("/")[0]
    if region not in ADDON_ACCOUNTS:
        return (
            f"network.nat: none needs EKS's registry in {region}, which is not known; one of"
            f" {', '.join(sorted(ADDON_ACCOUNTS))}, or take single"
        )
    if not re.fullmatch(rf"\d{{12}}\.dkr\.ecr\.{region}\.amazonaws\.com", host):
        return (
            f"app.image: {host} is not reached with network.nat none; push the image to"
            f" <account>.dkr.ecr.{region}.amazonaws.com"
        )
    return None


def _isolated_nodes_reach_their_charts(settings: Settings) -> str | None:
    if settings.network.nat != "none":
        return None
    if settings.cluster.compute == "karpenter":
        return (
            "cluster.compute: karpenter comes from a public registry, which is not reached with"
            " network.nat none; take nodes or auto, or another nat"
        )
    if settings.app.recommend_memory:
        return (
            "app.recommendMemory: true takes images of a public registry, which is not reached with"
            " network.nat none; set it to false, or take another nat"
        )
    return None


def _sessions_need_own_nodes(settings: Settings) -> str | None:
    cluster = settings.cluster
    if cluster.tunnel and cluster.compute == "auto":
        return (
            "cluster.tunnel: true needs nodes that take sessions, which Auto Mode's do not; set it"
            " to false, or take cluster.compute nodes"
        )
    return None


def _secret_header_is_encrypted(settings: Settings) -> str | None:
    if settings.edge.origin_lock == "header" and settings.env.domain is None:
        return (
            "edge.originLock: header sends its secret over the internet, which needs TLS; give"
            " env.domain, or take vpcOrigin"
        )
    return None


def _spare_stands_elsewhere(settings: Settings) -> str | None:
    if settings.edge.failover_region == settings.env.region:
        return (
            f"edge.failoverRegion: {settings.env.region} is the stack's own region; the spare"
            " bucket stands in another, or leave it out"
        )
    return None


def _exceptions_are_from_something(settings: Settings) -> str | None:
    edge = settings.edge
    counted = sorted({*edge.waf_exceptions} & {*edge.waf_count_rules})
    if counted:
        return (
            f"edge.wafExceptions: {', '.join(counted)} only counts everywhere; take it out of"
            " wafCountRules, or out of here"
        )
    return None


NETWORK_RULES: tuple[Callable[[Settings], str | None], ...] = (
    _isolated_nodes_reach_aws,
    _isolated_nodes_reach_their_images,
    _isolated_nodes_reach_their_charts,
    _sessions_need_own_nodes,
    _secret_header_is_encrypted,
    _spare_stands_elsewhere,
    _exceptions_are_from_something,
)
