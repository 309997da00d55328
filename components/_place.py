"""Where an app's objects inside the cluster are made."""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes


@dataclass(frozen=True, kw_only=True)
class Place:
    """Name, namespace and parent of what is made, and the cluster it goes with."""

    name: str
    namespace: pulumi.Output[str]
    cluster: pulumi.Resource
    parent: pulumi.Resource

    def opts(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of an object inside the cluster."""
        return pulumi.ResourceOptions(
            parent=self.parent, deleted_with=self.cluster, depends_on=list(after)
        )


def name_of(
    made: kubernetes.core.v1.Namespace
    | kubernetes.core.v1.Secret
    | kubernetes.core.v1.Service
    | kubernetes.core.v1.ServiceAccount
    | kubernetes.apps.v1.Deployment,
) -> pulumi.Output[str]:
    """The name that Kubernetes knows it by."""
    return made.metadata.apply(lambda metadata: metadata.name or "")
