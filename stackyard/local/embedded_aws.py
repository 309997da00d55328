"""The embedded AWS as the reconcilers ask it: one set of boto3 clients a slot."""

from __future__ import annotations

from functools import cache

from stackyard.local.aws.connection import Access, Clients, Connection
from stackyard.local.layout import Layout
from stackyard.local.secrets import Secrets

REGION = "us-east-1"


@cache
def embedded_aws(layout: Layout, secrets: Secrets) -> Connection:
    """The connection that all reconcilers of a slot share: a client's service model is large."""
    access = Access(
        endpoint=layout.aws_endpoint,
        access_key_id=secrets.access_key_id,
        secret_access_key=secrets.secret_access_key,
    )
    return Connection(clients=Clients(access), region=REGION)
