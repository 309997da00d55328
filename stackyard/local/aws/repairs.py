"""What moto gets wrong or leaves out and the stack needs, put right in moto's own models."""

import copy
import json
from functools import cache
from typing import Any

from moto.cloudfront.models import CloudFrontBackend
from moto.core import responses
from moto.core.exceptions import ServiceException
from moto.core.utils import method_names_from_class
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.amis import AmiBackend
from moto.eks.models import Cluster, EKSBackend
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.kms import models as keys
from moto.kms.utils import AbstractPrivateKey, generate_private_key
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket, FakeDeleteMarker

from stackyard.local.aws.names import as_list, as_object
from stackyard.local.aws.patching import method, patch
from stackyard.local.aws.repairs_data import repair_data
from stackyard.local.aws.repairs_metrics import repair_metrics


class DistributionNotDisabled(ServiceException):  # AWS's own name
    """What CloudFront answers to the deletion of a distribution that still serves."""

    code = "DistributionNotDisabled"
    message = "The distribution you are trying to delete has not been disabled."
    status_code = 409


@cache
def repair_moto() -> None:
    """Patch moto's classes, once a process."""
    # moto lists the methods of a service's class anew for every call, a third of the call's time.
    setattr(responses, "method_names_from_class", cache(method_names_from_class))  # noqa: B010  # imported there
    _repair_managed_policies()
    _repair_images()
    _repair_symmetric_keys()
    _repair_vpc()
    _repair_kubernetes_cluster()
    _repair_distribution()
    _repair_bucket_policy()
    _repair_delete_marker()
    repair_data()
    repair_metrics()


@cache
def _managed_policies(account_id: str) -> list[AWSManagedPolicy]:
    known = json.loads(aws_managed_policies_data)
    return [AWSManagedPolicy.from_data(k, account_id, "aws", v) for k, v in known.items()]


def _repair_managed_policies() -> None:
    """Roles of EKS, its nodes and RDS monitoring attach policies that AWS itself keeps.

    moto leaves them out, or parses 4.7 MB of them for each of six partitions.
    """

    def policies(self: IAMBackend) -> list[AWSManagedPolicy]:
        if self.region_name != "aws":
            return []
        return [copy.copy(policy) for policy in _managed_policies(self.account_id)]

    patch(IAMBackend, "_init_aws_policies", policies)


def _repair_images() -> None:
    """Moto makes 1,300 machine images a region, which take 0.2 s and which nobody here starts."""
    patch(AmiBackend, "_load_amis", _no_images)


def _no_images(_self: AmiBackend) -> None:
    """Load nothing."""


def _repair_symmetric_keys() -> None:
    """Moto draws an RSA key for a symmetric one too, 0.1 s each, that nothing can sign with."""
    shared = cache(generate_private_key)

    def generate(key_spec: str) -> AbstractPrivateKey:
        return (shared if key_spec == "SYMMETRIC_DEFAULT" else generate_private_key)(key_spec)

    setattr(keys, "generate_private_key", generate)  # noqa: B010  # imported there


def _repair_vpc() -> None:
    """Moto leaves a VPC's default network ACL behind."""
    delete_without = method(EC2Backend, "delete_vpc")

    def delete(self: EC2Backend, vpc_id: str) -> Any:
        vpc = delete_without(self, vpc_id)
        for id_, acl in list(self.network_acls.items()):
            if acl.vpc_id == vpc_id:
                del self.network_acls[id_]
        return vpc

    patch(EC2Backend, "delete_vpc", delete)


def _repair_kubernetes_cluster() -> None:
    """EKS makes a security group for the cluster in its VPC and ends it with the cluster."""
    create_without = method(EKSBackend, "create_cluster")
    delete_without = method(EKSBackend, "delete_cluster")

    def create(self: EKSBackend, *args: Any, **kwargs: Any) -> Cluster:
        cluster = create_without(self, *args, **kwargs)
        # moto draws one issuer a process, at import.
        issuer = f"https://oidc.eks.{self.region_name}.amazonaws.com/id/"
        cluster.identity = {"oidc": {"issuer": issuer + mock_random.get_random_hex(32).upper()}}
        network = cluster.resources_vpc_config = dict(cluster.resources_vpc_config or {})
        ec2 = ec2_backends[self.account_id][self.region_name]
        subnets = as_list(network.get("subnetIds"))
        known = [s for s in ec2.describe_subnets() if s.id in subnets]
        if known:
            group = ec2.create_security_group(
                f"eks-cluster-sg-{cluster.name}-{mock_random.get_random_hex(8)}",
                "EKS created security group applied to ENI that is attached to EKS Control Plane"
                " master nodes, as well as any managed workloads.",
                known[0].vpc_id,
            )
            pair = [{"GroupId": group.id}]
            allow: Any = ec2.authorize_security_group_ingress
            allow(group.id, "-1", None, None, [], source_groups=pair)
            network["vpcId"] = known[0].vpc_id
            network["clusterSecurityGroupId"] = group.id
        return cluster

    def delete(self: EKSBackend, name: str) -> Cluster:
        cluster = delete_without(self, name)
        group = cluster.resources_vpc_config.get("clusterSecurityGroupId")
        ec2 = ec2_backends[self.account_id][self.region_name]
        if group and ec2.get_security_group_from_id(group):
            ec2.delete_security_group(group_id=group)
        return cluster

    patch(EKSBackend, "create_cluster", create)
    patch(EKSBackend, "delete_cluster", delete)


def _repair_distribution() -> None:
    delete_any = method(CloudFrontBackend, "delete_distribution")

    def delete(self: CloudFrontBackend, distribution_id: str, if_match: Any) -> None:
        found = self.distributions.get(distribution_id)
        if found is not None and vars(found.distribution_config)["Enabled"]:
            raise DistributionNotDisabled
        delete_any(self, distribution_id, if_match)

    patch(CloudFrontBackend, "delete_distribution", delete)


def _repair_bucket_policy() -> None:
    """Moto judges a Deny without its Condition: one that asks for TLS would close the bucket."""

    def permission(self: FakeBucket, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy)
        given = policy["Statement"]
        statements = [as_object(given)] if isinstance(given, dict) else as_list(given)
        policy["Statement"] = [
            one for one in statements if one["Effect"] != "Deny" or "Condition" not in one
        ]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    patch(FakeBucket, "get_permission", permission)


def _repair_delete_marker() -> None:
    """Moto ends a marker as it ends an object, whose file it closes; a marker has none."""
    patch(FakeDeleteMarker, "dispose", _close_nothing)


def _close_nothing(_marker: FakeDeleteMarker) -> None:
    """Close no file."""
