"""The parts of a stack, wired layer by layer: network, data, platform, release, edge."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.cache import Cache, CacheArgs
from components.cluster import Cluster, ClusterArgs
from components.database import Database, DatabaseArgs
from components.load_balancer import LoadBalancer, LoadBalancerArgs, TrafficArgs
from components.network import Network, NetworkArgs
from components.site import Site, SiteArgs
from components.workload import SecretsArgs, Workload, WorkloadArgs
from infra.answers import Answers
from infra.compute import Ground, Inside, dns_cidrs, inside_cluster, target_group_tags
from infra.providers import kubernetes_provider, stack_tags
from infra.release import Release, begin, hooks, release_of
from release.aws import Wiring
from release.ledger import ledger_name
from release.plan import Route
from stacks.cidr import zone_blocks
from stacks.settings import Settings

EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Data:
    """What holds the app's state."""

    database: Database
    cache: Cache


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What the app runs on and is reached by."""

    cluster: Cluster
    kubernetes: kubernetes.Provider
    load_balancer: LoadBalancer
    inside: Inside

    @property
    def target_group_arns(self) -> dict[str, pulumi.Output[str]]:
        """By slot."""
        return {
            "blue": self.load_balancer.blue_target_group_arn,
            "green": self.load_balancer.green_target_group_arn,
        }


@dataclass(frozen=True, kw_only=True)
class Parts:
    """All of a stack."""

    network: Network
    data: Data
    platform: Platform
    workload: Workload
    site: Site
    release: Release
    rule: aws.lb.ListenerRule
    """The production rule, whose weights a release moves."""


def make_parts(
    settings: Settings, answers: Answers, files: Mapping[str, Path], provider: aws.Provider
) -> Parts:
    """Network, data, platform, release, edge: each of what stands before it."""
    release = release_of(settings, answers)
    begin(release, answers.ledger, settings.env.region)
    network = _network(settings, provider)
    data = _data(settings, network, provider)
    platform = _platform(settings, network, provider, answers)
    workload = _workload(settings, release, data, platform, provider)
    site = _site(settings, platform.load_balancer, provider)
    rule = _send(settings, release, platform, workload, site)
    site.publish(files, after=[rule])
    return Parts(
        network=network,
        data=data,
        platform=platform,
        workload=workload,
        site=site,
        release=release,
        rule=rule,
    )


def _network(settings: Settings, provider: aws.Provider) -> Network:
    """First, and of nothing but settings."""
    args = NetworkArgs(
        region=settings.env.region,
        settings=settings.network,
        log_days=settings.observe.log_days,
    )
    return Network("network", args, pulumi.ResourceOptions(provider=provider))


def _data(settings: Settings, network: Network, provider: aws.Provider) -> Data:
    """Database and cache, guarded where the stack is."""
    guarded = pulumi.ResourceOptions(provider=provider, protect=settings.env.protect)
    clients = {"app": network.app_security_group_id}
    database = Database(
        "database",
        DatabaseArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.data_subnet_ids,
            clients=clients,
            zones=network.zones,
            settings=settings.database,
            log_days=settings.observe.log_days,
            protect=settings.env.protect,
            alarms=settings.observe.alarms,
            alarm_topic_arn=settings.observe.alarm_topic_arn,
        ),
        guarded,
    )
    cache = Cache(
        "cache",
        CacheArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.data_subnet_ids,
            clients=clients,
            settings=settings.cache,
            log_days=settings.observe.log_days,
            protect=settings.env.protect,
            alarms=settings.observe.alarms,
            alarm_topic_arn=settings.observe.alarm_topic_arn,
        ),
        guarded,
    )
    return Data(database=database, cache=cache)


def _platform(
    settings: Settings, network: Network, provider: aws.Provider, answers: Answers
) -> Platform:
    """Cluster and load balancer side by side; what fills the target groups joins them."""
    env, log_days = settings.env, settings.observe.log_days
    public = settings.edge.origin_lock == "header"
    cluster = Cluster(
        "cluster",
        ClusterArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.app_subnet_ids,
            app_security_group_id=network.app_security_group_id,
            region=env.region,
            settings=settings.cluster,
            log_days=log_days,
            protect=env.protect,
            # Instances and their disks are made by EKS, so the provider's tags do not reach them.
            node_tags=stack_tags(env),
        ),
        pulumi.ResourceOptions(provider=provider),
    )
    load_balancer = LoadBalancer(
        "balancer",
        LoadBalancerArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.public_subnet_ids if public else network.app_subnet_ids,
            public=public,
            security_group_id=network.load_balancer_security_group_id,
            app_security_group_id=network.app_security_group_id,
            cloudfront_prefix_list_id=answers.cloudfront_prefix_list_id,
            app_port=settings.app.port,
            drain_seconds=settings.release.drain_seconds,
            idle_timeout_seconds=settings.edge.idle_timeout_seconds,
            domain=env.domain,
            zone_id=env.zone_id,
            access_logs=settings.edge.access_logs,
            log_days=log_days,
            protect=env.protect,
            target_group_tags=target_group_tags(settings, cluster),
        ),
        pulumi.ResourceOptions(provider=provider),
    )
    inside = kubernetes_provider(cluster)
    ground = Ground(
        network=network,
        cluster=cluster,
        target_group_arns=[
            load_balancer.blue_target_group_arn,
            load_balancer.green_target_group_arn,
        ],
        aws=provider,
        kubernetes=inside,
    )
    return Platform(
        cluster=cluster,
        kubernetes=inside,
        load_balancer=load_balancer,
        inside=inside_cluster(settings, ground),
    )


def _workload(
    settings: Settings, release: Release, data: Data, platform: Platform, provider: aws.Provider
) -> Workload:
    """The API in its slots; AWS's endpoints, and a load balancer within, stand in the app tier."""
    network = settings.network
    zones = [zone_blocks(network.cidr, index) for index in range(len(network.zones))]
    app_cidrs = [zone.app for zone in zones]
    public = settings.edge.origin_lock == "header"
    endpoints_inside = "secretsmanager" in network.interface_endpoints
    args = WorkloadArgs(
        cluster=platform.cluster.eks,
        cluster_name=platform.cluster.cluster_name,
        ready=platform.inside.ready,
        balancing=platform.inside.balancing,
        recommender=platform.inside.recommender,
        region=settings.env.region,
        settings=settings.app,
        drain_seconds=settings.release.drain_seconds,
        secrets=SecretsArgs(
            write_url=data.database.write_url,
            read_url=data.database.read_url,
            redis_url=data.cache.url,
            release_keys=platform.load_balancer.test_values.apply(
                lambda values: sorted(values.values())
            ),
        ),
        database_by_iam=settings.database.auth == "iam",
        database_connect_arn=data.database.connect_arn,
        direct_url=data.database.direct_url,
        master_secret_arn=data.database.master_secret_arn,
        master_secret_key_arn=data.database.key_arn,
        target_group_arns=platform.target_group_arns,
        slots=release.slots,
        migration_floor=release.plan.floor,
        load_balancer_cidrs=[zone.public for zone in zones] if public else app_cidrs,
        data_cidrs=[zone.data for zone in zones],
        endpoint_cidrs=app_cidrs if endpoints_inside else [EVERYWHERE],
        dns_cidrs=dns_cidrs(settings),
    )
    return Workload("api", args, pulumi.ResourceOptions(providers=[provider, platform.kubernetes]))


def _send(
    settings: Settings, release: Release, platform: Platform, workload: Workload, site: Site
) -> aws.lb.ListenerRule:
    """Users' requests, once the pods are there and a release can ask them as users do."""
    balancer, stack = platform.load_balancer, pulumi.get_stack()
    wiring = pulumi.Output.all(
        listener=balancer.listener_arn,
        groups=platform.target_group_arns,
        domain_name=site.domain_name,
        test_values=balancer.test_values,
    ).apply(
        lambda known: Wiring(
            stack=stack,
            region=settings.env.region,
            route=Route(listener=known["listener"], groups=known["groups"]),
            alarms=settings.release.alarms,
            url=f"https://{known['domain_name']}",
            test_values=known["test_values"],
        )
    )
    args = TrafficArgs(
        weights=release.weights,
        number=release.plan.number,
        ledger_name=ledger_name(stack),
        hooks=hooks(release, settings, wiring),
        after=[*workload.pods, site.distribution],
    )
    return balancer.send(args)


def _site(settings: Settings, load_balancer: LoadBalancer, provider: aws.Provider) -> Site:
    """CloudFront before site and API."""
    args = SiteArgs(
        load_balancer_arn=load_balancer.arn,
        load_balancer_dns_name=load_balancer.dns_name,
        origin_key=load_balancer.origin_key,
        domain=settings.env.domain,
        zone_id=settings.env.zone_id,
        settings=settings.edge,
        protect=settings.env.protect,
        log_days=settings.observe.log_days,
    )
    return Site("site", args, pulumi.ResourceOptions(provider=provider))
