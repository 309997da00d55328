"""Who may speak with the pods of a namespace: nobody, but for what is listed here."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_kubernetes as kubernetes

from components._kubernetes import API_LABELS, MIGRATION_LABELS

MYSQL_PORT, REDIS_PORT, HTTPS_PORT, DNS_PORT = 3306, 6379, 443, 53
IDENTITY_AGENT, IDENTITY_PORT = "169.254.170.23/32", 80
"""EKS Pod Identity's agent on every node (EKS user guide, "Pod Identity agent")."""

Spec = kubernetes.networking.v1.NetworkPolicySpecArgsDict
Egress = kubernetes.networking.v1.NetworkPolicyEgressRuleArgsDict
Peer = kubernetes.networking.v1.NetworkPolicyPeerArgsDict


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Networks the pods speak with, as CIDR blocks."""

    load_balancer: Sequence[str]
    data: Sequence[str]
    endpoints: Sequence[str]
    """Where AWS's own endpoints answer: the VPC's, or everywhere if there are none in it."""
    dns: Sequence[str]
    """Where names are resolved; if nothing is given, by CoreDNS's pods."""


def network_policies(
    neighbours: Neighbours, *, app_port: int, api_has_role: bool
) -> dict[str, Spec]:
    """Specs by the last word of their name."""
    identity = _tcp([_block(IDENTITY_AGENT)], IDENTITY_PORT)
    data = [_block(cidr) for cidr in neighbours.data]
    return {
        "deny": {"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
        "dns": {"pod_selector": {}, "policy_types": ["Egress"], "egress": [_dns(neighbours.dns)]},
        "api": {
            "pod_selector": {"match_labels": API_LABELS},
            "policy_types": ["Ingress", "Egress"],
            "ingress": [
                {
                    "from_": [_block(cidr) for cidr in neighbours.load_balancer],
                    "ports": [{"protocol": "TCP", "port": app_port}],
                }
            ],
            "egress": [
                _tcp(data, MYSQL_PORT),
                _tcp(data, REDIS_PORT),
                *([identity] if api_has_role else []),
            ],
        },
        "migrate": {
            "pod_selector": {"match_labels": MIGRATION_LABELS},
            "policy_types": ["Egress"],
            "egress": [
                _tcp(data, MYSQL_PORT),
                identity,
                _tcp([_block(cidr) for cidr in neighbours.endpoints], HTTPS_PORT),
            ],
        },
    }


def _block(cidr: str) -> Peer:
    return {"ip_block": {"cidr": cidr}}


def _tcp(peers: Sequence[Peer], port: int) -> Egress:
    return {"to": list(peers), "ports": [{"protocol": "TCP", "port": port}]}


def _dns(cidrs: Sequence[str]) -> Egress:
    resolver: Peer = {
        "namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": "kube-system"}},
        "pod_selector": {"match_labels": {"k8s-app": "kube-dns"}},
    }
    return {
        "to": [_block(cidr) for cidr in cidrs] or [resolver],
        "ports": [{"protocol": kind, "port": DNS_PORT} for kind in ("UDP", "TCP")],
    }
