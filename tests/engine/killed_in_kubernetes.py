"""The program of the test that kills the engine in a cluster: a namespace, what is in it."""

import os

import pulumi
import pulumi_kubernetes as k8s

NAME = "shop"


def main() -> None:
    """A namespace with three objects; the kubeconfig comes from the environment."""
    provider = k8s.Provider("eks", kubeconfig=os.environ["TEST_KUBECONFIG"])
    opts = pulumi.ResourceOptions(provider=provider)
    namespace = k8s.core.v1.Namespace(NAME, metadata={"name": NAME}, opts=opts)
    inside = pulumi.ResourceOptions(provider=provider, depends_on=[namespace])
    k8s.core.v1.ConfigMap(
        "settings", metadata={"namespace": NAME}, data={"level": "info"}, opts=inside
    )
    k8s.core.v1.Secret(
        "db",
        metadata={"name": "db-secret", "namespace": NAME},
        string_data=pulumi.Output.secret({"url": "mysql://app"}),
        opts=inside,
    )
    k8s.core.v1.ServiceAccount("api", metadata={"namespace": NAME}, opts=inside)


if __name__ == "__main__":
    main()
