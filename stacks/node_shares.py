"""How many nodes are on demand and how many may be spot, by who makes them."""

from typing import Literal, NamedTuple

from stacks.cluster_settings import ClusterSettings

CapacityType = Literal["on-demand", "spot"]
"""As Karpenter spells it."""


class Share(NamedTuple):
    """Nodes of one kind."""

    capacity_type: CapacityType
    least: int
    most: int


class NodeShares(NamedTuple):
    """Managed node groups, and pools from which Karpenter or Auto Mode makes nodes."""

    managed: tuple[Share, ...]
    pools: tuple[Share, ...]


def node_shares(settings: ClusterSettings) -> NodeShares:
    """Of `nodesMax` at most `spotPercent` are spot, and one at least is not."""
    least, most = settings.nodes_min, settings.nodes_max
    spot_most = min(most * settings.spot_percent // 100, most - 1)
    if settings.compute == "nodes":
        spot_least = min(least * settings.spot_percent // 100, least - 1)
        return NodeShares(
            managed=_present(
                Share("on-demand", least - spot_least, most - spot_most),
                Share("spot", spot_least, spot_most),
            ),
            pools=(),
        )
    # Karpenter itself runs on a managed node group, which is the floor on demand.
    managed = (Share("on-demand", least, least),) if settings.compute == "karpenter" else ()
    left = most - least if managed else most
    spot = min(spot_most, left)
    return NodeShares(
        managed=managed,
        pools=_present(Share("on-demand", 0, left - spot), Share("spot", 0, spot)),
    )


def _present(*shares: Share) -> tuple[Share, ...]:
    return tuple(share for share in shares if share.most > 0)
