"""What only AWS knows: asked once, before the first resource, and handed on as plain values."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from botocore.exceptions import BotoCoreError, ClientError

from release.aws import ledger_of, router_of
from release.ledger import LedgerError
from release.plan import Ledger

CLOUDFRONT_PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Same settings and same answers give the same graph."""

    cloudfront_prefix_list_id: str
    """AWS's list of the addresses CloudFront speaks to origins from; it differs by region."""
    ledger: Ledger
    """What serves, and how it came about."""
    live_pods: int
    """Healthy pods of the live slot; 0 before the first release."""


def ask(provider: aws.Provider, region: str) -> Answers:
    """Ask AWS in the stack's account and region.

    Raises `pulumi.RunError` where the ledger is not to be had: nobody may take that for a first
    release.
    """
    ledger = _ledger(region)
    prefixes = aws.ec2.get_managed_prefix_list(
        name=CLOUDFRONT_PREFIX_LIST, opts=pulumi.InvokeOptions(provider=provider)
    )
    return Answers(
        cloudfront_prefix_list_id=prefixes.id, ledger=ledger, live_pods=_live_pods(ledger, region)
    )


def _ledger(region: str) -> Ledger:
    try:
        return ledger_of(pulumi.get_stack(), region).read()
    except (LedgerError, BotoCoreError, ClientError) as problem:
        raise pulumi.RunError(f"the ledger of releases cannot be read: {problem}") from problem


def _live_pods(ledger: Ledger, region: str) -> int:
    if ledger.live is None or ledger.route is None:
        return 0
    try:
        return router_of(ledger.route, region).targets(ledger.live.slot).healthy
    except (BotoCoreError, ClientError) as problem:
        raise pulumi.RunError(f"the live pods cannot be counted: {problem}") from problem
