"""Pod templates of the API and its migration; plain shapes, nothing is registered here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pulumi
import pulumi_kubernetes as kubernetes

from components._kubernetes import API_LABELS, GATE_LABEL, MIGRATION_LABELS, SLOT_LABEL
from stacks.settings import AppSettings

PORT_NAME = "http"
USER = 65532  # "nonroot" of the distroless images; the API's image is built for it
HASH_ANNOTATION = "stackyard/secrets"
MIGRATE = ["python", "-m", "task1.migrate"]
MIGRATION_CONTAINER = "migrate"
PROBE_TIMEOUT_SECONDS = 2
SECRETS_FOLDER = "/etc/task1"
"""Secrets are files here, not variables, which every child process and crash report would show."""
OWNER_AND_GROUP_READ = 0o440

Env = kubernetes.core.v1.EnvVarArgsDict
Spec = kubernetes.core.v1.PodSpecArgsDict
Template = kubernetes.core.v1.PodTemplateSpecArgsDict


class SecretFiles(NamedTuple):
    """A Secret whose values the pod reads from files."""

    name: pulumi.Input[str]
    keys: Mapping[str, str]
    """Its keys by the variable that each is the value of."""


@dataclass(frozen=True, kw_only=True)
class PodArgs:
    """What both pods are made from."""

    settings: AppSettings
    region: str
    drain_seconds: int
    service_account: pulumi.Input[str]
    secrets: Sequence[SecretFiles]
    secrets_hash: pulumi.Input[str]
    """Changes with any secret, so that pods are replaced by ones that read the new value."""
    migration_floor: int | None
    """Migration level of the version that may come back; none if there is no such version."""
    database_by_iam: bool = False
    """The API asks for the database by its role's tokens, not by a password."""


def digest_of(image: str) -> str:
    """`sha256:...` of an image by digest."""
    return image.partition("@")[2]


def api_pod(args: PodArgs, *, slot: str) -> Template:
    """The API's pod.

    It drains as long as the load balancer needs to forget it, then as long as its last requests
    may take: preStop, deregistration delay and grace come from one number.
    """
    settings, drain = args.settings, args.drain_seconds
    labels = {**API_LABELS, SLOT_LABEL: slot}
    spec: Spec = {
        **_spec(args),
        "restart_policy": "Always",
        "termination_grace_period_seconds": 2 * drain + 15,
        "topology_spread_constraints": [
            _spread("topology.kubernetes.io/zone", labels),
            _spread("kubernetes.io/hostname", labels),
        ],
        "containers": [
            {
                **_container(args, "api"),
                "ports": [{"name": PORT_NAME, "container_port": settings.port}],
                "env": _api_env(args),
                "startup_probe": _probe("/livez", period=2, failures=30),
                "liveness_probe": _probe("/livez", period=10, failures=3),
                "readiness_probe": _probe("/health", period=5, failures=2),
                "lifecycle": {"pre_stop": {"sleep": {"seconds": drain}}},
            }
        ],
    }
    return {"metadata": _metadata(args, {**labels, **GATE_LABEL}), "spec": spec}


def migration_pod(
    args: PodArgs, *, master_secret_arn: pulumi.Input[str], command: Sequence[str] = MIGRATE
) -> Template:
    """The migration's pod: the same image, as the master user, whose password it reads itself."""
    floor = args.migration_floor
    spec: Spec = {
        **_spec(args),
        "restart_policy": "Never",
        "containers": [
            {
                **_container(args, MIGRATION_CONTAINER),
                "command": list(command),
                "env": [
                    *_files(args),
                    _plain("MASTER_SECRET_ARN", master_secret_arn),
                    _plain("AWS_REGION", args.region),
                    _plain("RELEASE_DIGEST", digest_of(args.settings.image)),
                    *([] if floor is None else [_plain("MIGRATION_FLOOR", str(floor))]),
                ],
            }
        ],
    }
    return {"metadata": _metadata(args, MIGRATION_LABELS), "spec": spec}


def _metadata(args: PodArgs, labels: Mapping[str, str]) -> kubernetes.meta.v1.ObjectMetaArgsDict:
    return {"labels": dict(labels), "annotations": {HASH_ANNOTATION: args.secrets_hash}}


def _spec(args: PodArgs) -> Spec:
    """What Pod Security's `restricted` asks of every pod, and a little more."""
    return {
        "service_account_name": args.service_account,
        "automount_service_account_token": False,
        "enable_service_links": False,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": USER,
            "run_as_group": USER,
            "fs_group": USER,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [],
        "volumes": [
            {"name": "tmp", "empty_dir": {"size_limit": "64Mi"}},
            _secrets_volume(args),
        ],
    }


def _container(args: PodArgs, name: str) -> kubernetes.core.v1.ContainerArgsDict:
    settings = args.settings
    return {
        "name": name,
        "image": settings.image,
        "image_pull_policy": "IfNotPresent",
        "resources": {
            "requests": {"cpu": settings.cpu_request, "memory": settings.memory_request},
            "limits": {"cpu": settings.cpu_limit, "memory": settings.memory_limit},
        },
        "security_context": {
            "allow_privilege_escalation": False,
            "read_only_root_filesystem": True,
            "run_as_non_root": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volume_mounts": [
            {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108  # in the pod, empty
            {"name": "secrets", "mount_path": SECRETS_FOLDER, "read_only": True},
        ],
    }


def _api_env(args: PodArgs) -> list[Env]:
    own = {
        "PORT": str(args.settings.port),
        "RELEASE_DIGEST": digest_of(args.settings.image),
        "DRAIN_SECONDS": str(args.drain_seconds),
    }
    if args.database_by_iam:
        own |= {"DATABASE_AUTH": "iam", "AWS_REGION": args.region}
    if args.settings.partition_posts:
        own["POSTS_PARTITIONED"] = "true"
    return [
        {"name": "HOST", "value_from": {"field_ref": {"field_path": "status.podIP"}}},
        *_files(args),
        *(_plain(name, value) for name, value in own.items()),
        # Sorted and last: the order of a stack file is no reason to replace a pod.
        *(_plain(name, args.settings.env[name]) for name in sorted(args.settings.env)),
    ]


def _plain(name: str, value: pulumi.Input[str]) -> Env:
    return {"name": name, "value": value}


def _files(args: PodArgs) -> list[Env]:
    """Where each secret's file is."""
    variables = [variable for secret in args.secrets for variable in secret.keys]
    return [_plain(f"{name}_FILE", f"{SECRETS_FOLDER}/{name}") for name in variables]


def _secrets_volume(args: PodArgs) -> kubernetes.core.v1.VolumeArgsDict:
    return {
        "name": "secrets",
        "projected": {
            "default_mode": OWNER_AND_GROUP_READ,
            "sources": [
                {
                    "secret": {
                        "name": secret.name,
                        "items": [
                            {"key": key, "path": variable} for variable, key in secret.keys.items()
                        ],
                    }
                }
                for secret in args.secrets
            ],
        },
    }


def _probe(path: str, *, period: int, failures: int) -> kubernetes.core.v1.ProbeArgsDict:
    return {
        "http_get": {"path": path, "port": PORT_NAME},
        "period_seconds": period,
        "timeout_seconds": PROBE_TIMEOUT_SECONDS,
        "failure_threshold": failures,
    }


def _spread(
    key: str, labels: Mapping[str, str]
) -> kubernetes.core.v1.TopologySpreadConstraintArgsDict:
    return {
        "topology_key": key,
        "max_skew": 1,
        # A wish, not a demand: where a zone has no room left, a pod elsewhere beats none.
        "when_unsatisfiable": "ScheduleAnyway",
        "label_selector": {"match_labels": dict(labels)},
        # Each version is spread by itself, else a rollout counts the pods it replaces.
        "match_label_keys": ["pod-template-hash"],
    }
