"""Dangers of what goes: stateful resources, what is deleted before it is made again, the rest."""

from collections.abc import Iterator

from stackyard.ops.guard import Loss
from stackyard.ops.stateful import STATEFUL
from stackyard.report.change import Change, Operation, Proposal, name_of
from stackyard.report.danger import Danger, Level

_RESTORE = "restore a snapshot into a new one beside it, move the clients, then let the old one go"
_OWN = "make a second one under a new name, move what uses it, then remove the first"
ADVICE: dict[str, tuple[str, str]] = {
    "aws:rds/cluster:Cluster": ("down until data is restored: hours", _RESTORE),
    "aws:rds/clusterInstance:ClusterInstance": (
        "a failover of about 30 s with a reader, about 10 min without",
        "add a reader with the new shape, fail over to it, then remove this one",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        "about 10 min without a cache; sessions end",
        "take a snapshot first, or make a second group and move the clients",
    ),
    "aws:elasticache/serverlessCache:ServerlessCache": (
        "about a minute without a cache; sessions end",
        "take a snapshot first, or make a second cache and move the clients",
    ),
    "aws:s3/bucket:Bucket": (
        "objects are gone at once",
        "copy the objects to a second bucket first",
    ),
    "aws:kms/key:Key": (
        "after 7 to 30 days nothing it encrypted can be read",
        "make a new key, move what uses it, and keep this one",
    ),
    "aws:eks/cluster:Cluster": ("all pods are down for about 15 min", _OWN),
    "aws:cloudfront/distribution:Distribution": ("the domain name is another one", _OWN),
    "aws:route53/zone:Zone": ("names do not resolve until the registrar knows it: days", _OWN),
    "aws:secretsmanager/secret:Secret": (
        "readers fail until they know the new ARN",
        "put a new version into the secret that is there",
    ),
    "random:index/randomPassword:RandomPassword": (
        "connections with the old password fail",
        "set it as the second password, roll the pods, then drop the first",
    ),
}
"""By stateful type: what users notice when it goes, and the safer way."""
SERVING = {
    "aws:ec2/natGateway:NatGateway": "calls out of the private subnets fail for about 2 min",
    "aws:ec2/subnet:Subnet": "what lies in it moves or goes with it",
    "aws:ec2/vpc:Vpc": "all that lies in it goes with it",
    "aws:eks/nodeGroup:NodeGroup": "pods move to new nodes",
    "aws:lb/listener:Listener": "its port is closed for seconds",
    "aws:lb/loadBalancer:LoadBalancer": "its address is another one; clients follow within minutes",
    "aws:lb/targetGroup:TargetGroup": "its targets register anew: about 1 min",
    "aws:eks/accessEntry:AccessEntry": "whoever it is for loses the cluster",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": "new pods have no rights in AWS",
    "aws:rds/proxyEndpoint:ProxyEndpoint": "reads by the proxy fail for about 6 min",
    "aws:rds/proxyTarget:ProxyTarget": "the proxy has no database for about a minute",
    "aws:wafv2/webAcl:WebAcl": "requests come in unfiltered",
    "kubernetes:karpenter.sh/v1:NodePool": "its nodes are drained and end",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": "pods that it kept apart reach each other",
    "aws:rds/proxy:Proxy": "no connection to the database for about 6 min",
    "kubernetes:apps/v1:Deployment": "its pods end while others start",
    "kubernetes:core/v1:Namespace": "all that lies in it goes with it",
    "kubernetes:core/v1:PersistentVolumeClaim": "its volume goes with it",
}
"""What holds no data of its own and is missed while it is away."""


def of_losses(proposal: Proposal) -> Iterator[Danger]:
    """What the guard refuses, as dangers."""
    first = {change.urn: change for change in proposal.changes}
    for loss in proposal.losses:
        yield _of_loss(loss, first.get(loss.urn))


def _of_loss(loss: Loss, change: Change | None) -> Danger:
    downtime, instead = ADVICE.get(loss.type, ("", ""))
    replaces = loss.operation == "replace"
    because = loss.forced_by
    if loss.made_instead:
        because = tuple(f"made at the same time: {name_of(urn)}" for urn in loss.made_instead)
        instead = "if it is renamed, give the new one an alias"
    elif not replaces:
        instead = f"keep it in the program; {instead}" if instead else "keep it in the program"
    if replaces and change is not None and change.deletes_first:
        downtime = f"{downtime}; deleted before the new one is made" if downtime else ""
    return Danger(
        level=Level.CRITICAL,
        kind="stateful-replace" if replaces else "stateful-delete",
        urn=loss.urn,
        name=name_of(loss.urn),
        type=loss.type,
        says=f"is {'replaced' if replaces else 'deleted'}{_with_it(loss)}",
        because=because,
        downtime=downtime,
        instead=instead,
    )


def _with_it(loss: Loss) -> str:
    if loss.type not in STATEFUL:
        return " although it is protected"
    goes = f", losing {STATEFUL[loss.type]}"
    return f"{goes} (protected)" if loss.protected else goes


def of_replacements(proposal: Proposal) -> Iterator[Danger]:
    """Replacements of what holds no state."""
    lost = {loss.urn for loss in proposal.losses}
    for change in proposal.changes:
        if change.operation is not Operation.REPLACE or change.urn in lost or not change.custom:
            continue
        serves = SERVING.get(change.type, "")
        first = change.deletes_first
        yield Danger(
            level=Level.HIGH if first or serves else Level.MEDIUM,
            kind="delete-before-replace" if first else "replace",
            urn=change.urn,
            name=change.name,
            type=change.type,
            says="is deleted before the new one is made" if first else "is replaced",
            because=change.forced_by,
            downtime=serves or ("it is away between the two" if first else ""),
            instead="let the engine name it: a name of its own forces the delete to come first"
            if first
            else "",
        )


def of_deletions(proposal: Proposal) -> Iterator[Danger]:
    """Deletions of what holds no state."""
    lost = {loss.urn for loss in proposal.losses}
    for change in proposal.changes:
        if change.operation is Operation.DELETE and change.urn not in lost and change.custom:
            serves = SERVING.get(change.type, "")
            yield Danger(
                level=Level.HIGH if serves else Level.MEDIUM,
                kind="delete",
                urn=change.urn,
                name=change.name,
                type=change.type,
                says="is deleted",
                downtime=serves,
            )
