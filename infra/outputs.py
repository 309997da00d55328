"""What the stack gives back, in the words of `stacks.outputs`."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.network import Network
from infra.layers import Data, Parts
from infra.readme import readme
from stacks.outputs import OUTPUTS_VERSION
from stacks.settings import Settings
from stacks.support import AURORA_MYSQL_SUPPORT_ENDS, CLUSTER_SUPPORT_ENDS

Outputs = Mapping[str, pulumi.Input[Any]]
"""By the name `pulumi stack output` shows."""


def stack_outputs(settings: Settings, parts: Parts) -> Outputs:
    """Five addresses for people first, then one object a part; never a secret."""
    region, site = settings.env.region, parts.site
    return {
        "siteUrl": site.url,
        "apiUrl": pulumi.Output.format("{0}/api/posts", site.url),
        "healthUrl": pulumi.Output.format("{0}/health", site.url),
        "dashboardUrl": f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}",
        # Never null: the engine leaves out an output that is.
        "runbookUrl": settings.observe.runbook_url or "",
        "network": _network(parts.network),
        "database": _database(settings, parts.data),
        "cache": _cache(settings, parts.data),
        "cluster": _cluster(settings, parts),
        "app": {
            "namespace": parts.workload.namespace,
            # Of the pods that the rule sends requests to: a release that fails has changed neither.
            "image": parts.rule.id.apply(lambda _: parts.release.plan.version.image),
            "replicasMin": settings.app.min_replicas,
            "replicasMax": settings.app.max_replicas,
        },
        "edge": _edge(settings, parts),
        "cdn": {
            "distributionId": site.distribution_id,
            "domainName": site.domain_name,
            "bucket": site.bucket,
        },
        "readme": readme(),
        "outputsVersion": OUTPUTS_VERSION,
    }


def _network(network: Network) -> Outputs:
    return {
        "vpcId": network.vpc_id,
        "zones": network.zones,
        "subnetIds": {
            "public": network.public_subnet_ids,
            "app": network.app_subnet_ids,
            "data": network.data_subnet_ids,
        },
        "natIps": network.nat_ips,
        "s3EndpointId": network.s3_endpoint_id,
    }


def _database(settings: Settings, data: Data) -> Outputs:
    database = data.database
    return {
        "clusterId": database.cluster_id,
        "writerEndpoint": database.writer_endpoint,
        "readerEndpoint": database.reader_endpoint,
        "proxyWriterEndpoint": database.proxy_writer_endpoint,
        "proxyReaderEndpoint": database.proxy_reader_endpoint,
        "port": database.port,
        "name": database.name,
        "engineVersionConfigured": settings.database.engine_version,
        "engineVersionActual": database.engine_version_actual,
        "supportEnds": AURORA_MYSQL_SUPPORT_ENDS,
        "masterSecretArn": database.master_secret_arn,
        "appSecretArn": database.app_secret_arn,
        "appAuth": settings.database.auth,
        "deletionProtected": settings.env.protect,
        "backupDays": settings.database.backup_days,
    }


def _cache(settings: Settings, data: Data) -> Outputs:
    cache = data.cache
    return {
        "primaryEndpoint": cache.primary_endpoint,
        "readerEndpoint": cache.reader_endpoint,
        "port": cache.port,
        "tls": True,
        "engineVersion": cache.engine_version,
        "secretArn": cache.secret_arn,
        "role": settings.cache.role,
        "evictionPolicy": cache.eviction_policy,
    }


def _cluster(settings: Settings, parts: Parts) -> Outputs:
    cluster, region = parts.platform.cluster, settings.env.region
    return {
        "name": cluster.cluster_name,
        "endpoint": cluster.endpoint,
        "version": cluster.version,
        "supportEnds": CLUSTER_SUPPORT_ENDS[settings.cluster.version],
        "updateKubeconfigCommand": pulumi.Output.format(
            "aws eks update-kubeconfig --region {0} --name {1}", region, cluster.cluster_name
        ),
        "authenticationMode": cluster.authentication_mode,
        "addons": cluster.addons,
        "nodeSecurityGroupId": parts.network.app_security_group_id,
        "adminRoleArns": sorted(settings.cluster.admin_role_arns),
    }


def _edge(settings: Settings, parts: Parts) -> Outputs:
    balancer = parts.platform.load_balancer
    return {
        "loadBalancerArn": balancer.arn,
        "dnsName": balancer.dns_name,
        "productionRuleArn": parts.rule.arn,
        "targetGroups": parts.platform.target_group_arns,
        "weights": parts.rule.id.apply(lambda _: parts.release.weights),
        "webAclArn": parts.site.web_acl_arn,
        "originLock": _origin_lock(settings),
    }


def _origin_lock(settings: Settings) -> str:
    if settings.edge.origin_lock == "header":
        return "prefix-list-header"
    return "vpc-origin-tls" if settings.env.domain else "vpc-origin-plain"
