"""What the node takes from the embedded AWS; tests give their own."""

import asyncio
from dataclasses import dataclass

from stackyard.local.aws.store import Store
from stackyard.local.embedded_aws import REGION, embedded_aws
from stackyard.local.layout import Layout
from stackyard.local.node_groups import FollowGroups, follow_node_groups
from stackyard.local.pod_identity import ASSOCIATION, ListAssociations
from stackyard.local.secrets import Secrets
from stackyard.local.wire import JsonObject


@dataclass(frozen=True, kw_only=True)
class NodeInputs:
    """Node groups and Pod Identity associations of one region."""

    follow_groups: FollowGroups
    associations: ListAssociations
    region: str = REGION


def inputs_from_aws(layout: Layout, secrets: Secrets, region: str = REGION) -> NodeInputs:
    """The slot's own EKS, asked anew each time."""

    def stored() -> list[JsonObject]:
        return Store.of(embedded_aws(layout, secrets)).list(ASSOCIATION)

    async def associations() -> list[JsonObject]:
        return await asyncio.to_thread(stored)

    return NodeInputs(
        follow_groups=follow_node_groups(layout, secrets, region=region),
        associations=associations,
        region=region,
    )
