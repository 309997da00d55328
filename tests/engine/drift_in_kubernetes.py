"""The program of the tests of drift in Kubernetes: an autoscaled Deployment, a Secret, a Role."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

LABELS, CANARY = {"app": "api"}, "canary-8d1e-in-a-secret"


def main() -> None:
    """No replicas are declared: they are the autoscaler's."""
    provider = k8s.Provider("eks", kubeconfig=pulumi.Config().require("kubeconfig"))
    options = pulumi.ResourceOptions(provider=provider)
    namespace = k8s.core.v1.Namespace("shop", metadata={"name": "shop"}, opts=options)
    inside = pulumi.ResourceOptions(provider=provider, depends_on=[namespace])
    spec: Any = {
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {"containers": [{"name": "api", "image": "api:1"}]},
        },
    }
    named: Any = {"name": "api", "namespace": "shop"}
    url = {"url": pulumi.Output.secret(CANARY)}
    secret = k8s.core.v1.Secret(
        "db", metadata={"name": "db", "namespace": "shop"}, string_data=url, opts=inside
    )
    rules: Any = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    # After the Secret, so that two objects are refused one after the other.
    k8s.rbac.v1.Role(
        "reader",
        metadata={"name": "reader", "namespace": "shop"},
        rules=rules,
        opts=pulumi.ResourceOptions(provider=provider, depends_on=[secret]),
    )
    deployment = k8s.apps.v1.Deployment("api", metadata=named, spec=spec, opts=inside)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    scaling: Any = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}
    k8s.autoscaling.v2.HorizontalPodAutoscaler(
        "api",
        metadata=named,
        spec=scaling,
        opts=pulumi.ResourceOptions(provider=provider, depends_on=[deployment]),
    )


if __name__ == "__main__":
    main()
