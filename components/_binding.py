"""What joins a slot's pods to its target group: a Service and a TargetGroupBinding."""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components._kubernetes import API_LABELS, SLOT_LABEL
from components._place import Place, name_of
from components._pod import PORT_NAME


@dataclass(frozen=True, kw_only=True)
class Balancing:
    """What a TargetGroupBinding is of, and who answers it."""

    controller: pulumi.Resource
    """Bindings are made after it and go before it."""
    api_version: str = "elbv2.k8s.aws/v1beta1"
    """AWS Load Balancer Controller's; Auto Mode has its own."""


def bind(
    place: Place,
    slot: str,
    target_group_arn: pulumi.Input[str],
    balancing: Balancing,
    *,
    port: int,
) -> kubernetes.apiextensions.CustomResource:
    """A slot's Service and the binding of its pods to its target group."""
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
        api_version=balancing.api_version,
        kind="TargetGroupBinding",
        metadata={"namespace": place.namespace},
        # No `networking`: the rules of the security groups are Pulumi's.
        spec={
            "serviceRef": {"name": name_of(service), "port": port},
            "targetGroupARN": target_group_arn,
            "targetType": "ip",
        },
        opts=place.opts(balancing.controller),
    )
