"""Small programs in the namespace `shop`: a Deployment, a Job, a controller with a binding."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from tests.engine.conftest import Cluster
from tests.engine.rig import Program

Part = Callable[[pulumi.ResourceOptions], Any]

LABELS = {"app": "api"}
MERGE = {"Content-Type": "application/merge-patch+json"}
DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/api"


def shop(cluster: Cluster, *parts: Part) -> Program:
    """A program with a provider, the namespace `shop` and what `parts` make in it."""

    def program() -> None:
        provider = k8s.Provider("eks", kubeconfig=cluster.kubeconfig)
        options = pulumi.ResourceOptions(provider=provider)
        namespace = k8s.core.v1.Namespace("shop", metadata={"name": "shop"}, opts=options)
        inside = pulumi.ResourceOptions(provider=provider, depends_on=[namespace])
        for part in parts:
            part(inside)

    return program


def deployment(
    *, image: str = "api:1", labels: dict[str, str] = LABELS, replicas: int = 2, **container: Any
) -> Part:
    spec: Any = {
        "selector": {"matchLabels": labels},
        "replicas": replicas,
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "api", "image": image, **container}]},
        },
    }
    return lambda opts: k8s.apps.v1.Deployment(
        "api", metadata={"name": "api", "namespace": "shop"}, spec=spec, opts=opts
    )


def job(image: str) -> Part:
    spec: Any = {
        "backoffLimit": 0,
        "template": {
            "spec": {"restartPolicy": "Never", "containers": [{"name": "migrate", "image": image}]}
        },
    }
    return lambda opts: k8s.batch.v1.Job(
        "migrate", metadata={"name": "migrate", "namespace": "shop"}, spec=spec, opts=opts
    )


def controller_and_binding(**more: Any) -> Part:
    def part(opts: pulumi.ResourceOptions) -> None:
        release = k8s.helm.v3.Release(
            "lbc",
            chart="aws-load-balancer-controller",
            namespace="kube-system",
            version="1.14.0",
            repository_opts={"repo": "https://aws.github.io/eks-charts"},
            values={"clusterName": "shop"},
            opts=opts,
        )
        # A deletion in the foreground waits until the garbage collector knows a new kind: 30 s.
        background = {"pulumi.com/deletionPropagationPolicy": "background"}
        after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[release]))
        k8s.apiextensions.CustomResource(
            "binding",
            api_version="elbv2.k8s.aws/v1beta1",
            kind="TargetGroupBinding",
            metadata={"name": "api", "namespace": "shop", "annotations": background},
            spec={"serviceRef": {"name": "api", "port": 80}, "targetGroupARN": "arn:aws:x", **more},
            opts=after,
        )

    return part
