"""What a stack gives back: `pulumi stack output`, the same keys in every stack and locally."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from stacks.section import Section

OUTPUTS_VERSION = 1
"""Raised when a key changes its meaning or goes."""


class Weights(Section):
    """Share of requests each slot's target group takes, as the production rule says."""

    blue: int
    """Percent that go to the slot blue."""
    green: int
    """Percent that go to the slot green."""


class SubnetIds(Section):
    """Subnet ids by tier, in the order of the zones."""

    public: list[str]
    """NAT gateways stand here."""
    app: list[str]
    """Nodes, pods and the load balancer."""
    data: list[str]
    """Database and cache; no route leads out."""


class NetworkOutputs(Section):
    """The VPC."""

    vpc_id: str
    """Id of the VPC."""
    zones: list[str]
    """Availability zones, in the order of the subnets."""
    subnet_ids: SubnetIds
    """Subnets by tier."""
    nat_ips: list[str]
    """Addresses the stack speaks from, for partners' allow lists."""
    s3_endpoint_id: str
    """Gateway endpoint to S3."""


class DatabaseOutputs(Section):
    """Aurora MySQL; no password stands here, only the ARNs of the secrets that hold them."""

    cluster_id: str
    """Identifier of the cluster."""
    writer_endpoint: str
    """Host that leads to the writer."""
    reader_endpoint: str
    """Host that leads to a reader, or to the writer where there is none."""
    proxy_writer_endpoint: str | None
    """The proxy's host for writes; null without a proxy."""
    proxy_reader_endpoint: str | None
    """The proxy's host for reads; null without a proxy or without readers."""
    port: int
    """TCP port of all of them."""
    name: str
    """The database in the cluster."""
    engine_version_configured: str
    """What database.engineVersion says."""
    engine_version_actual: str
    """Differs from the configured one after AWS's automatic minor upgrade."""
    support_ends: str
    """Day on which standard support of the major version ends; AWS upgrades it then."""
    master_secret_arn: str
    """Secret of the master user, which AWS rotates; read by the migration alone."""
    app_secret_arn: str
    """Secret of the app's own user."""
    app_auth: str
    """How the API logs in, as database.auth says: secret or iam."""
    deletion_protected: bool
    """Whether AWS refuses to delete the cluster."""
    backup_days: int
    """Days of point-in-time recovery."""


class CacheOutputs(Section):
    """Valkey."""

    primary_endpoint: str
    """Host for writes and reads."""
    reader_endpoint: str
    """Host for reads."""
    port: int
    """TCP port of both."""
    tls: bool
    """Whether connections are encrypted; always true."""
    engine_version: str
    """Version of Valkey that the stack names."""
    secret_arn: str
    """Secret of the app's user."""
    role: str
    """What the app keeps in it, as cache.role says."""
    eviction_policy: str
    """Which keys go when memory is full."""


class ClusterOutputs(Section):
    """EKS."""

    name: str
    """The cluster's name."""
    endpoint: str
    """Address of the Kubernetes API."""
    version: str
    """Kubernetes minor version."""
    support_ends: str | None
    """Day on which its standard support ends, and EKS upgrades it; null where AWS has not said."""
    update_kubeconfig_command: str
    """Run it to let kubectl reach the cluster; no kubeconfig is ever an output."""
    authentication_mode: str
    """Who is let in: API means access entries alone."""
    addons: dict[str, str]
    """Add-on name to its version."""
    node_security_group_id: str
    """Group of the nodes, which database and cache let in."""
    admin_role_arns: list[str]
    """IAM roles that administer the cluster, sorted."""


class AppOutputs(Section):
    """The API."""

    namespace: str
    """Namespace of the pods."""
    image: str
    """The image by digest."""
    replicas_min: int
    """Fewest pods the autoscaler keeps."""
    replicas_max: int
    """Most pods the autoscaler makes."""


class TargetGroups(Section):
    """ARNs of the two permanent target groups."""

    blue: str
    """Of the slot blue."""
    green: str
    """Of the slot green."""


class EdgeOutputs(Section):
    """The load balancer."""

    load_balancer_arn: str
    """ARN of the load balancer."""
    dns_name: str
    """Its name inside the VPC; in the embedded cloud its address and port."""
    production_rule_arn: str
    """The listener rule whose weights a release moves."""
    target_groups: TargetGroups
    """The slots' target groups."""
    weights: Weights
    """What the production rule sends to each slot."""
    web_acl_arn: str
    """The web ACL before the CDN."""
    origin_lock: str
    """How the load balancer is closed to all but CloudFront."""


class CdnOutputs(Section):
    """CloudFront and the site's bucket."""

    distribution_id: str
    """Id to invalidate by."""
    domain_name: str
    """CloudFront's own name; in the embedded cloud its address and port."""
    bucket: str
    """The bucket that holds the site's files."""


class StackOutputs(Section):
    """Every output of a stack: five addresses for people first, then one object a component."""

    site_url: str
    """The site, as users see it."""
    api_url: str
    """The API through the CDN: its list of posts."""
    health_url: str
    """Answers 200 while the API can take requests."""
    dashboard_url: str
    """CloudWatch's page of the stack's region."""
    runbook_url: str
    """What whoever is on call opens first, as observe.runbookUrl says; empty where it does not."""
    network: NetworkOutputs
    database: DatabaseOutputs
    cache: CacheOutputs
    cluster: ClusterOutputs
    app: AppOutputs
    edge: EdgeOutputs
    cdn: CdnOutputs
    readme: str
    """Pulumi.README.md, which Pulumi Cloud and `stackyard outputs --readme` fill in."""
    outputs_version: int
    """Raised when a key changes its meaning or goes."""


def outputs_schema() -> dict[str, Any]:
    """JSON Schema of `pulumi stack output --json`."""
    schema = StackOutputs.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}
