"""The explicit providers: one account, one set of tags, one cluster."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.cluster import Cluster
from stacks.account_settings import AccountSettings
from stacks.settings import EnvSettings


def owner_tags(env: AccountSettings) -> dict[str, str]:
    """On everything AWS lets be tagged: whose it is, and what made it."""
    return {
        "project": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        "managed-by": "pulumi",
        "owner": env.owner,
        "cost-center": env.cost_center,
    }


def stack_tags(env: EnvSettings) -> dict[str, str]:
    """The same, and how long the stack is meant to be.

    Hours and no date: an update that changes nothing else would change every tag.
    """
    life = {} if env.ttl_hours is None else {"ttl-hours": str(env.ttl_hours)}
    return {**owner_tags(env), **life}


def aws_provider(env: EnvSettings) -> aws.Provider:
    """AWS, in the stack's region; refuses to work in any account but the stack's."""
    return account_provider(env, stack_tags(env))


def account_provider(env: AccountSettings, tags: dict[str, str]) -> aws.Provider:
    """The same with other tags."""
    return aws.Provider(
        "aws",
        region=env.region,
        allowed_account_ids=[env.account_id],
        default_tags={"tags": tags},
    )


def kubernetes_provider(cluster: Cluster) -> kubernetes.Provider:
    """The stack's cluster; one provider, since each asks the cluster for its schema at start."""
    return kubernetes.Provider(
        "kubernetes",
        kubeconfig=cluster.kubeconfig,
        # A password changes in place: `db-secret` has a fixed name, so a replacement would take
        # it away before it is there again. Pods are rolled by its hash.
        enable_secret_mutable=True,
        # Before them, the cluster refuses whoever runs this.
        opts=pulumi.ResourceOptions(depends_on=cluster.admins),
    )
