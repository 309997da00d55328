"""The API in the cluster: migration first, then the slots' pods with their scaling and bindings."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components._app_secrets import APP_KEYS, SecretsArgs, app_secrets, fingerprint
from components._binding import Balancing, bind
from components._kubernetes import GATE_LABEL, ServiceAccountId, pod_role
from components._migration import REPLACED_IF_FAILED, UPKEEP, migration_job, upkeep_job
from components._network_policies import Neighbours, network_policies
from components._place import Place, name_of
from components._pod import (
    PodArgs,
    SecretFiles,
    api_pod,
    digest_of,
    migration_pod,
)
from components._slot import SlotArgs, recommend_memory, slot_pods
from stacks.cluster_settings import SUPPORTED_CLUSTER_VERSIONS
from stacks.iam import allows
from stacks.settings import AppSettings

NAMESPACE = "app"
"""Known by people and runbooks, as is `db-secret`; other names carry a random suffix."""
POD_SECURITY_VERSION = f"v{SUPPORTED_CLUSTER_VERSIONS[0]}"
"""Of the rules, not of the cluster: the oldest version that the settings allow."""


@dataclass(frozen=True, kw_only=True)
class WorkloadArgs:
    """What the API runs on, speaks with and is reached by."""

    cluster: pulumi.Resource
    """What is inside goes with it: a full destroy sends no delete for any of it."""
    cluster_name: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """What pods need: nodes and add-ons."""
    balancing: Balancing
    """Who fills the target groups."""
    recommender: pulumi.Resource | None
    """Brings the kind by which memory is recommended; none recommends none."""
    region: str
    settings: AppSettings
    drain_seconds: int
    secrets: SecretsArgs
    database_by_iam: bool = False
    """Pods log in to the database by their role; the URLs then hold no password."""
    database_connect_arn: pulumi.Input[str | None] = None
    """What that role may connect to."""
    direct_url: pulumi.Input[str]
    """Past any proxy, which knows the app's user and not the migration's."""
    master_secret_arn: pulumi.Input[str]
    """Read by the migration only; no master password is in the cluster or in the state."""
    master_secret_key_arn: pulumi.Input[str]
    target_group_arns: Mapping[str, pulumi.Input[str]]
    """By slot."""
    slots: Sequence[SlotArgs]
    """Those with pods; first the one whose version the migration is of."""
    migration_floor: int | None
    """Migration level of the version that may come back; none if there is no such version."""
    load_balancer_cidrs: Sequence[str]
    data_cidrs: Sequence[str]
    endpoint_cidrs: Sequence[str]
    """Where AWS's own endpoints answer: the VPC's, or everywhere if there are none in it."""
    dns_cidrs: Sequence[str] = ()
    """Where names are resolved, if not by the cluster's own pods."""


class Workload(pulumi.ComponentResource):
    """Both slots have their Service and binding for good; pods come and go with a release."""

    namespace: pulumi.Output[str]
    pods: Sequence[pulumi.Resource]
    """What stands when the first slot's pods do."""

    def __init__(
        self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:Workload", name, None, opts)
        self.namespace = _namespace(name, args, parent=self)
        place = Place(name=name, namespace=self.namespace, cluster=args.cluster, parent=self)
        policies = _network_policies(place, args)
        secrets = app_secrets(place, args.secrets)
        migration = _migration(place, args, after=policies)
        bindings = [
            bind(place, slot, group, args.balancing, port=args.settings.port)
            for slot, group in sorted(args.target_group_arns.items())
        ]
        account_name = name_of(_service_account(place, "api"))
        pods = PodArgs(
            settings=args.settings,
            region=args.region,
            drain_seconds=args.drain_seconds,
            service_account=account_name,
            database_by_iam=args.database_by_iam,
            secrets=secrets.files,
            secrets_hash=secrets.hash,
            migration_floor=args.migration_floor,
        )
        # A pod gets its readiness gate when it is created, if its binding is there by then.
        rights = _database_role(place, args, account_name) if args.database_by_iam else []
        after = [*args.ready, *policies, *bindings, *rights, migration]
        made = [slot_pods(place, slot, pods, after=after) for slot in args.slots]
        self.pods = made[:1]
        if args.recommender is not None:
            for slot, deployment in zip(args.slots, made, strict=True):
                recommend_memory(place, slot.slot, deployment, after=args.recommender)

        self.register_outputs({"namespace": self.namespace})


def version_of(settings: AppSettings, drain_seconds: int, *, database_by_iam: bool = False) -> str:
    """Hash of the API's pod template, without what only AWS knows: names and passwords.

    A new password rolls the pods of the slot that has them, in place; it is no other version.
    """
    plain = PodArgs(
        settings=settings,
        region="",
        drain_seconds=drain_seconds,
        service_account="",
        database_by_iam=database_by_iam,
        secrets=[SecretFiles("", keys) for keys in APP_KEYS],
        secrets_hash="",
        migration_floor=None,
    )
    template = json.dumps(api_pod(plain, slot=""), sort_keys=True)
    return hashlib.sha256(template.encode()).hexdigest()[:16]


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
    return name_of(namespace)


def _network_policies(
    place: Place, args: WorkloadArgs
) -> list[kubernetes.networking.v1.NetworkPolicy]:
    neighbours = Neighbours(
        load_balancer=args.load_balancer_cidrs,
        data=args.data_cidrs,
        endpoints=args.endpoint_cidrs,
        dns=args.dns_cidrs,
    )
    specs = network_policies(
        neighbours, app_port=args.settings.port, api_has_role=args.database_by_iam
    )
    return [
        kubernetes.networking.v1.NetworkPolicy(
            f"{place.name}-{last}",
            metadata={"namespace": place.namespace},
            spec=spec,
            opts=place.opts(),
        )
        for last, spec in specs.items()
    ]


def _service_account(place: Place, last: str) -> kubernetes.core.v1.ServiceAccount:
    return kubernetes.core.v1.ServiceAccount(
        f"{place.name}-{last}",
        metadata={"namespace": place.namespace},
        automount_service_account_token=False,
        opts=place.opts(),
    )


def _database_role(
    place: Place, args: WorkloadArgs, account_name: pulumi.Output[str]
) -> list[pulumi.Resource]:
    """The API's pods may log in to the database, and nothing else of AWS."""
    connect = pulumi.Output.from_input(args.database_connect_arn).apply(
        lambda arn: allows({"Action": "rds-db:connect", "Resource": arn})
    )
    account = ServiceAccountId(args.cluster_name, place.namespace, account_name)
    return pod_role(f"{place.name}-api", account, policy=connect, parent=place.parent).ready


def _migration(
    place: Place, args: WorkloadArgs, *, after: Sequence[pulumi.Resource]
) -> kubernetes.batch.v1.Job:
    """Schema and the app's database user; it waits for the database, not for the API's parts.

    The Job has no time to live: one that removed itself would look like drift to a refresh.
    """
    hashed = fingerprint(args.direct_url)
    account_name = name_of(_service_account(place, "migrate"))
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
    image = args.slots[0].image
    pods = PodArgs(
        settings=args.settings.model_copy(update={"image": image}),
        region=args.region,
        drain_seconds=args.drain_seconds,
        service_account=account_name,
        secrets=[SecretFiles(name_of(secret), {"DATABASE_URL": "url"})],
        secrets_hash=hashed,
        migration_floor=args.migration_floor,
    )
    _upkeep(place, args, pods, after=[*args.ready, *after, *role.ready])
    digest = digest_of(image).removeprefix("sha256:")[:12]
    opts = place.opts(*args.ready, *after, *role.ready)
    # A release that fails leaves what it replaced to be deleted, and the way back has its name.
    opts.delete_before_replace = True
    return kubernetes.batch.v1.Job(
        f"{place.name}-migrate",
        metadata={
            "name": hashed.apply(lambda text: f"migrate-{digest}-{text[:8]}"),
            "namespace": place.namespace,
            "annotations": REPLACED_IF_FAILED,
        },
        spec=migration_job(migration_pod(pods, master_secret_arn=args.master_secret_arn)),
        opts=opts,
    )


def _upkeep(
    place: Place, args: WorkloadArgs, pods: PodArgs, *, after: Sequence[pulumi.Resource]
) -> None:
    """Quarters ahead for a table of posts that is partitioned; with the migration's rights."""
    if not args.settings.partition_posts:
        return
    template = migration_pod(pods, master_secret_arn=args.master_secret_arn, command=UPKEEP)
    kubernetes.batch.v1.CronJob(
        f"{place.name}-partitions",
        metadata={"namespace": place.namespace},
        spec=upkeep_job(template),
        opts=place.opts(*after),
    )


def _reads_master_secret(args: WorkloadArgs) -> pulumi.Output[str]:
    via = {"kms:ViaService": f"secretsmanager.{args.region}.amazonaws.com"}
    return pulumi.Output.all(args.master_secret_arn, args.master_secret_key_arn).apply(
        lambda arns: allows(
            {"Action": "secretsmanager:GetSecretValue", "Resource": arns[0]},
            {"Action": "kms:Decrypt", "Resource": arns[1], "Condition": {"StringEquals": via}},
        )
    )
