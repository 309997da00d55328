"""The API in the cluster: migration first, then the live slot with its scaling and its bindings."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components._kubernetes import (
    API_LABELS,
    GATE_LABEL,
    SLOT_LABEL,
    ServiceAccountId,
    pod_role,
)
from components._network_policies import Neighbours, network_policies
from components._pod import PORT_NAME, PodArgs, api_pod, digest_of, migration_pod
from components._slot import rollout, scaling
from stacks.iam import allows
from stacks.settings import SUPPORTED_CLUSTER_VERSIONS, AppSettings

NAMESPACE, DATABASE_SECRET = "app", "db-secret"
"""Known by people and runbooks; every other name in the cluster carries a random suffix."""
POD_SECURITY_VERSION = f"v{SUPPORTED_CLUSTER_VERSIONS[0]}"
"""Of the rules, not of the cluster: the oldest version that the settings allow."""
MIGRATION_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class WorkloadArgs:
    """What the API runs on, speaks with and is reached by."""

    cluster: pulumi.Resource
    """What is inside goes with it: a full destroy sends no delete for any of it."""
    cluster_name: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """What pods need: nodes and add-ons."""
    controller: pulumi.Resource
    """Fills the target groups; bindings are made after it and go before it."""
    region: str
    settings: AppSettings
    drain_seconds: int
    write_url: pulumi.Input[str]
    read_url: pulumi.Input[str]
    direct_url: pulumi.Input[str]
    """Past any proxy, which knows the app's user and not the migration's."""
    redis_url: pulumi.Input[str]
    master_secret_arn: pulumi.Input[str]
    """Read by the migration only; no master password is in the cluster or in the state."""
    master_secret_key_arn: pulumi.Input[str]
    target_group_arns: Mapping[str, pulumi.Input[str]]
    """By slot."""
    live_slot: str
    load_balancer_cidrs: Sequence[str]
    data_cidrs: Sequence[str]
    endpoint_cidrs: Sequence[str]
    """Where AWS's own endpoints answer: the VPC's, or everywhere if there are none in it."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where the part's resources are made."""

    name: str
    args: WorkloadArgs
    namespace: pulumi.Output[str]
    parent: pulumi.Resource

    def opts(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of an object inside the cluster."""
        return pulumi.ResourceOptions(
            parent=self.parent, deleted_with=self.args.cluster, depends_on=list(after)
        )


class Workload(pulumi.ComponentResource):
    """Both slots have their Service and binding for good; pods come and go with a release."""

    namespace: pulumi.Output[str]
    image: pulumi.Output[str]

    def __init__(
        self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:Workload", name, None, opts)
        self.namespace = _namespace(name, args, parent=self)
        place = _Place(name=name, args=args, namespace=self.namespace, parent=self)
        policies = _network_policies(place)
        database, cache = _secrets(place)
        migration = _migration(place, after=policies)
        bindings = [_binding(place, slot) for slot in sorted(args.target_group_arns)]
        pods = PodArgs(
            settings=args.settings,
            region=args.region,
            drain_seconds=args.drain_seconds,
            service_account=_name_of(_service_account(place, "api")),
            database_secret=database,
            cache_secret=cache,
            secrets_hash=_hash(args.write_url, args.read_url, args.redis_url),
        )
        # A pod gets its readiness gate when it is created, if its binding is there by then.
        _slot(place, pods, after=[*args.ready, *policies, *bindings, migration])

        self.image = pulumi.Output.from_input(args.settings.image)
        self.register_outputs({"namespace": self.namespace, "image": self.image})


def _namespace(name: str, args: WorkloadArgs, *, parent: pulumi.Resource) -> pulumi.Output[str]:
    security = {
        f"pod-security.kubernetes.io/{mode}{part}": value
        for mode in ("enforce", "audit", "warn")
        for part, value in (("", "restricted"), ("-version", POD_SECURITY_VERSION))
    }
    namespace = kubernetes.core.v1.Namespace(
        name,
        metadata={"name": NAMESPACE, "labels": {**GATE_LABEL, **security}},
        opts=pulumi.ResourceOptions(parent=parent, deleted_with=args.cluster),
    )
    return _name_of(namespace)


def _network_policies(place: _Place) -> list[kubernetes.networking.v1.NetworkPolicy]:
    args = place.args
    neighbours = Neighbours(
        load_balancer=args.load_balancer_cidrs,
        data=args.data_cidrs,
        endpoints=args.endpoint_cidrs,
    )
    specs = network_policies(neighbours, app_port=args.settings.port)
    return [
        kubernetes.networking.v1.NetworkPolicy(
            f"{place.name}-{last}",
            metadata={"namespace": place.namespace},
            spec=spec,
            opts=place.opts(),
        )
        for last, spec in specs.items()
    ]


def _secrets(place: _Place) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Names of the database's Secret and the cache's."""
    args = place.args
    database = kubernetes.core.v1.Secret(
        f"{place.name}-database",
        metadata={"name": DATABASE_SECRET, "namespace": place.namespace},
        string_data={
            "url": args.write_url,
            "writeUrl": args.write_url,
            "readReplicaUrl": args.read_url,
        },
        opts=place.opts(),
    )
    cache = kubernetes.core.v1.Secret(
        f"{place.name}-cache",
        metadata={"namespace": place.namespace},
        string_data={"url": args.redis_url},
        opts=place.opts(),
    )
    return _name_of(database), _name_of(cache)


def _service_account(place: _Place, last: str) -> kubernetes.core.v1.ServiceAccount:
    return kubernetes.core.v1.ServiceAccount(
        f"{place.name}-{last}",
        metadata={"namespace": place.namespace},
        automount_service_account_token=False,
        opts=place.opts(),
    )


def _migration(place: _Place, *, after: Sequence[pulumi.Resource]) -> kubernetes.batch.v1.Job:
    """Schema and the app's database user; it waits for the database, not for the API's parts.

    The Job has no time to live: one that removed itself would look like drift to a refresh.
    """
    args, hashed = place.args, _hash(place.args.direct_url)
    account_name = _name_of(_service_account(place, "migrate"))
    secret = kubernetes.core.v1.Secret(
        f"{place.name}-migrate",
        metadata={"namespace": place.namespace},
        string_data={"url": args.direct_url},
        opts=place.opts(),
    )
    role = pod_role(
        f"{place.name}-migrate",
        ServiceAccountId(args.cluster_name, place.namespace, account_name),
        policy=_reads_master_secret(args),
        parent=place.parent,
    )
    pods = PodArgs(
        settings=args.settings,
        region=args.region,
        drain_seconds=args.drain_seconds,
        service_account=account_name,
        database_secret=_name_of(secret),
        cache_secret="",
        secrets_hash=hashed,
    )
    digest = digest_of(args.settings.image).removeprefix("sha256:")[:12]
    return kubernetes.batch.v1.Job(
        f"{place.name}-migrate",
        metadata={
            # A new image or password is a new name, so the old Job is no obstacle to the new one.
            "name": hashed.apply(lambda text: f"migrate-{digest}-{text[:8]}"),
            "namespace": place.namespace,
        },
        spec={
            "backoff_limit": 4,
            "active_deadline_seconds": MIGRATION_SECONDS,
            "template": migration_pod(pods, master_secret_arn=args.master_secret_arn),
        },
        opts=place.opts(*args.ready, *after, *role.ready),
    )


def _reads_master_secret(args: WorkloadArgs) -> pulumi.Output[str]:
    via = {"kms:ViaService": f"secretsmanager.{args.region}.amazonaws.com"}
    return pulumi.Output.all(args.master_secret_arn, args.master_secret_key_arn).apply(
        lambda arns: allows(
            {"Action": "secretsmanager:GetSecretValue", "Resource": arns[0]},
            {"Action": "kms:Decrypt", "Resource": arns[1], "Condition": {"StringEquals": via}},
        )
    )


def _binding(place: _Place, slot: str) -> kubernetes.apiextensions.CustomResource:
    """A slot's Service and the binding of its pods to its target group."""
    port = place.args.settings.port
    service = kubernetes.core.v1.Service(
        f"{place.name}-{slot}",
        metadata={
            "namespace": place.namespace,
            # Else Pulumi waits for endpoints, and the idle slot has none.
            "annotations": {"pulumi.com/skipAwait": "true"},
        },
        spec={
            "selector": {**API_LABELS, SLOT_LABEL: slot},
            "ports": [{"name": PORT_NAME, "port": port, "target_port": PORT_NAME}],
        },
        opts=place.opts(),
    )
    return kubernetes.apiextensions.CustomResource(
        f"{place.name}-{slot}",
        api_version="elbv2.k8s.aws/v1beta1",
        kind="TargetGroupBinding",
        metadata={"namespace": place.namespace},
        # No `networking`: the rules of the security groups are Pulumi's.
        spec={
            "serviceRef": {"name": _name_of(service), "port": port},
            "targetGroupARN": place.args.target_group_arns[slot],
            "targetType": "ip",
        },
        opts=place.opts(place.args.controller),
    )


def _slot(place: _Place, pods: PodArgs, *, after: Sequence[pulumi.Resource]) -> None:
    """Pods of the live slot, how many, and how many may go at once."""
    slot = place.args.live_slot
    name, labels = f"{place.name}-{slot}", {**API_LABELS, SLOT_LABEL: slot}
    deployment = kubernetes.apps.v1.Deployment(
        name,
        metadata={"namespace": place.namespace, "labels": labels},
        spec=rollout(labels, api_pod(pods, slot=slot)),
        opts=place.opts(*after),
    )
    kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        metadata={"namespace": place.namespace},
        spec=scaling(place.args.settings, _name_of(deployment)),
        opts=place.opts(),
    )
    kubernetes.policy.v1.PodDisruptionBudget(
        name,
        metadata={"namespace": place.namespace},
        spec={"selector": {"match_labels": labels}, "max_unavailable": 1},
        opts=place.opts(),
    )


def _name_of(
    made: kubernetes.core.v1.Namespace
    | kubernetes.core.v1.Secret
    | kubernetes.core.v1.Service
    | kubernetes.core.v1.ServiceAccount
    | kubernetes.apps.v1.Deployment,
) -> pulumi.Output[str]:
    return made.metadata.apply(lambda metadata: metadata.name or "")


def _hash(*secrets: pulumi.Input[str]) -> pulumi.Output[str]:
    """Fingerprint of generated passwords; it tells nothing of them, so it is no secret."""
    fingerprint = pulumi.Output.all(*secrets).apply(
        lambda values: hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]
    )
    return pulumi.Output.unsecret(fingerprint)
