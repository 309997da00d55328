"""What a stack gives back: `pulumi stack output`, the same keys in every stack and locally."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from stacks.section import Section

OUTPUTS_VERSION = 1
"""Raised when a key changes its meaning or goes."""


class Weights(Section):
    """Share of requests each slot's target group takes, as the production rule says."""

    blue: int
    green: int


class SubnetIds(Section):
    """Subnet ids by tier, in the order of the zones."""

    public: list[str]
    app: list[str]
    data: list[str]


class NetworkOutputs(Section):
    """The VPC."""

    vpc_id: str
    zones: list[str]
    """Availability zones, in the order of the subnets."""
    subnet_ids: SubnetIds
    nat_ips: list[str]
    """Addresses the stack speaks from, for partners' allow lists."""
    s3_endpoint_id: str


class DatabaseOutputs(Section):
    """Aurora MySQL; no password stands here, only the ARNs of the secrets that hold them."""

    cluster_id: str
    writer_endpoint: str
    reader_endpoint: str
    proxy_writer_endpoint: str | None
    proxy_reader_endpoint: str | None
    port: int
    name: str
    engine_version_configured: str
    engine_version_actual: str
    """Differs from the configured one after AWS's automatic minor upgrade."""
    master_secret_arn: str
    app_secret_arn: str
    deletion_protected: bool
    backup_days: int


class CacheOutputs(Section):
    """Valkey."""

    primary_endpoint: str
    reader_endpoint: str
    port: int
    tls: bool
    engine_version: str
    secret_arn: str
    role: str
    eviction_policy: str


class ClusterOutputs(Section):
    """EKS."""

    name: str
    endpoint: str
    version: str
    update_kubeconfig_command: str
    """Run it to let kubectl reach the cluster; no kubeconfig is ever an output."""
    authentication_mode: str
    addons: dict[str, str]
    """Add-on name to its version."""
    node_security_group_id: str
    admin_role_arns: list[str]


class AppOutputs(Section):
    """The API."""

    namespace: str
    image: str
    replicas_min: int
    replicas_max: int


class TargetGroups(Section):
    """ARNs of the two permanent target groups."""

    blue: str
    green: str


class EdgeOutputs(Section):
    """The load balancer."""

    load_balancer_arn: str
    dns_name: str
    production_rule_arn: str
    target_groups: TargetGroups
    weights: Weights
    web_acl_arn: str
    origin_lock: str
    """How the load balancer is closed to all but CloudFront."""


class CdnOutputs(Section):
    """CloudFront and the site's bucket."""

    distribution_id: str
    domain_name: str
    bucket: str


class StackOutputs(Section):
    """Every output of a stack: five addresses for people first, then one object a component."""

    site_url: str
    """The site, as users see it."""
    api_url: str
    """The API through the CDN."""
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
    outputs_version: int


def outputs_schema() -> dict[str, Any]:
    """JSON Schema of `pulumi stack output --json`."""
    schema = StackOutputs.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}
