"""CloudFront distributions held by the embedded AWS become servers with TLS on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from botocore.exceptions import ClientError

from stackyard.local.aws.connection import Connection, error_code
from stackyard.local.aws.store import Store
from stackyard.local.changes import ChangeCounter, after_each_change
from stackyard.local.edge_plan import (
    Access,
    Distribution,
    bucket_access,
    bucket_of,
    distribution,
)
from stackyard.local.edge_server import EdgeServer
from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.layout import Layout
from stackyard.local.secrets import Secrets
from stackyard.local.wire import JsonObject

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
HEADERS_POLICY = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"


class EdgeReconciler:
    """Follows CloudFront, and the policies of the buckets it reads."""

    def __init__(self, layout: Layout, secrets: Secrets) -> None:
        self.ready = asyncio.Event()
        """Set once the edge serves what there is."""
        self._layout = layout
        self._secrets = secrets
        self._servers: dict[str, EdgeServer] = {}

    async def run(self) -> None:
        """Reconcile after every change, until cancelled; the servers end with it."""
        try:
            await after_each_change(
                ChangeCounter(self._layout, self._secrets), self._reconcile, name="edge"
            )
        finally:
            await self._apply([])

    async def _reconcile(self) -> None:
        aws = embedded_aws(self._layout, self._secrets)
        await self._apply(await asyncio.to_thread(wanted_distributions, aws))
        self.ready.set()

    async def _apply(self, wanted: Sequence[Distribution]) -> None:
        by_id = {one.id: one for one in wanted}
        for id_, server in list(self._servers.items()):
            changed = by_id.get(id_)
            if changed is not None and changed.address == server.served.address:
                server.serve(changed)
            else:
                del self._servers[id_]
                await server.stop()
        for id_, one in by_id.items():
            if id_ not in self._servers:
                server = EdgeServer(self._layout, self._secrets, one)
                try:
                    await server.start()
                except BaseException:
                    await server.stop()
                    raise
                self._servers[id_] = server


def wanted_distributions(aws: Connection) -> list[Distribution]:
    """The distributions that are switched on, with what they need to know of buckets and policies.

    Blocks; a single call where there is none.
    """
    listed = aws.every("cloudfront", "list_distributions", "DistributionList.Items[?Enabled]")
    if not listed:
        return []
    store = Store.of(aws)
    policies = {str(policy["id"]): policy for policy in store.list(HEADERS_POLICY)}
    found: list[Distribution] = []
    for item in listed:
        id_ = str(item["Id"])
        described: JsonObject = aws.call("cloudfront", "get_distribution", Id=id_)["Distribution"]
        domains = [
            str(o["DomainName"]) for o in described["DistributionConfig"]["Origins"]["Items"]
        ]
        buckets = {bucket for bucket in map(bucket_of, domains) if bucket is not None}
        invalidations = aws.every(
            "cloudfront", "list_invalidations", "InvalidationList.Items[]", DistributionId=id_
        )
        found.append(
            distribution(
                described,
                kept=store.find(DISTRIBUTION, id_),
                header_policies=policies,
                access={b: _access(aws, b, str(described["ARN"])) for b in buckets},
                invalidations=len(invalidations),
            )
        )
    return found


def _access(aws: Connection, bucket: str, distribution_arn: str) -> Access:
    try:
        policy = aws.call("s3", "get_bucket_policy", Bucket=bucket)["Policy"]
    except ClientError as error:
        if error_code(error) in {"NoSuchBucketPolicy", "NoSuchBucket"}:
            return Access()
        raise
    return bucket_access(str(policy), distribution_arn)
