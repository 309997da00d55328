"""Parts with the smallest right arguments, to change one of at a time."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.auto_nodes import AutoNodes, AutoNodesArgs
from components.karpenter import Karpenter, KarpenterArgs
from components.load_balancer import LoadBalancer, LoadBalancerArgs, TrafficArgs
from components.load_balancer_controller import LoadBalancerController, LoadBalancerControllerArgs
from components.memory_recommender import MemoryRecommender, MemoryRecommenderArgs
from components.network import Network, NetworkArgs
from components.site import Site, SiteArgs
from components.workload import Balancing, SecretsArgs, SlotArgs, Workload, WorkloadArgs
from stacks.cluster_settings import ClusterSettings
from stacks.edge_settings import EdgeSettings
from stacks.iam import trusts
from stacks.network_settings import NetworkSettings
from stacks.settings import AppSettings
from stackyard.graph.recorder import Graph, record

DIGEST = "0123456789ab" + 52 * "c"
APP = AppSettings(image=f"registry.example.com/api@sha256:{DIGEST}")
WRITE_URL = "mysql://app:w%40rd@writer:3306/task1_db?connection_limit=20&pool_timeout=60"
READ_URL = "mysql://app:w%40rd@reader:3306/task1_db?connection_limit=20&pool_timeout=60"
GROUPS = {
    "blue": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/blue/1",
    "green": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/green/2",
}
MASTER_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!cluster"  # a name
SITE_FILES = {
    "index.html": Path("site/index.html"),
    "assets/app.1a2b.js": Path("site/assets/app.1a2b.js"),
    "robots.txt": Path("site/robots.txt"),
}
MASTER_KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


_made: dict[str, Graph] = {}


def _once(program: Callable[[], object], *, preview: bool, given: object) -> Graph:
    """The graph of a program, made once for the same arguments: a graph is only read."""
    key = f"{program.__qualname__} {preview} {given}"
    if key not in _made:
        _made[key] = record(program, preview=preview)
    return _made[key]


def network(*, preview: bool = False, **settings: Any) -> Graph:
    args = NetworkArgs(region="eu-west-1", settings=NetworkSettings(**settings), log_days=30)

    def program() -> None:
        Network("network", args)

    return _once(program, preview=preview, given=settings)


def routes(graph: Graph) -> dict[tuple[str, str], dict[str, Any]]:
    """Routes by the logical name of their table and their destination."""
    by_id = {table.id: table.name for table in graph.all("RouteTable")}
    return {
        (
            by_id[route.inputs["routeTableId"]],
            route.inputs.get("destinationCidrBlock") or route.inputs["destinationIpv6CidrBlock"],
        ): route.inputs
        for route in graph.all("Route")
    }


def load_balancer(*, preview: bool = False, **changed: Any) -> Graph:
    given: dict[str, Any] = {
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-a", "subnet-b"],
        "security_group_id": "sg-balancer",
        "app_security_group_id": "sg-app",
        "cloudfront_prefix_list_id": "pl-1",
        "app_port": 5000,
        "drain_seconds": 30,
        "public": False,
        "idle_timeout_seconds": 50,
        "domain": None,
        "zone_id": None,
        "access_logs": False,
        "log_days": 30,
        "protect": False,
    }
    args = LoadBalancerArgs(**{**given, **changed})

    def program() -> None:
        traffic = TrafficArgs(
            weights={"blue": 100, "green": 0},
            number=1,
            ledger_name="/stackyard/test/release",
            hooks=pulumi.ResourceHookBinding(),
            after=[aws.kms.Key("pods")],
        )
        LoadBalancer("balancer", args).send(traffic)

    return _once(program, preview=preview, given=changed)


def _secrets(**changed: str) -> SecretsArgs:
    """URLs and keys as other parts give them."""
    given = {
        "write_url": WRITE_URL,
        "read_url": READ_URL,
        "redis_url": "rediss://app:pw@cache:6379/0",
        **changed,
    }
    return SecretsArgs(
        **{name: pulumi.Output.secret(value) for name, value in given.items()},
        release_keys=pulumi.Output.secret(["blue-key", "green-key"]),
    )


def _cluster() -> aws.eks.Cluster:
    role = "arn:aws:iam::123456789012:role/eks"
    return aws.eks.Cluster("eks", role_arn=role, vpc_config={"subnet_ids": ["subnet-a"]})


def controller(*, preview: bool = False, **changed: Any) -> Graph:
    def program() -> None:
        cluster = _cluster()
        nodes = aws.kms.Key("nodes")
        args = LoadBalancerControllerArgs(
            cluster=cluster,
            cluster_name=cluster.name,
            ready=[nodes],
            vpc_id="vpc-1",
            region="us-east-1",
            target_group_arns=list(GROUPS.values()),
            **changed,
        )
        LoadBalancerController("controller", args)

    return _once(program, preview=preview, given=changed)


def _wearing() -> dict[str, Any]:
    """What nodes wear and where they stand."""
    return {
        "subnet_ids": ["subnet-a", "subnet-b"],
        "security_group_ids": ["sg-app", "sg-own"],
        "tags": {"owner": "platform"},
    }


def auto_nodes(*, preview: bool = False) -> Graph:
    def program() -> None:
        args = AutoNodesArgs(
            cluster=_cluster(),
            role_name="nodes",
            ready=[aws.kms.Key("nodes")],
            settings=ClusterSettings(compute="auto"),
            **_wearing(),
        )
        AutoNodes("pools", args)

    return _once(program, preview=preview, given=None)


def karpenter(*, preview: bool = False) -> Graph:
    def program() -> None:
        args = KarpenterArgs(
            cluster=_cluster(),
            ready=[aws.kms.Key("nodes")],
            region="us-east-1",
            role=aws.iam.Role("node-role", assume_role_policy=trusts("ec2")),
            settings=ClusterSettings(compute="karpenter"),
            **_wearing(),
        )
        Karpenter("karpenter", args)

    return _once(program, preview=preview, given=None)


def memory_recommender(*, preview: bool = False) -> Graph:
    def program() -> None:
        args = MemoryRecommenderArgs(cluster=_cluster(), ready=[aws.kms.Key("nodes")])
        MemoryRecommender("memory", args)

    return _once(program, preview=preview, given=None)


def workload(*, preview: bool = False, **changed: Any) -> Graph:
    def program() -> None:
        cluster = _cluster()
        given: dict[str, Any] = {
            "cluster": cluster,
            "cluster_name": cluster.name,
            "ready": [aws.kms.Key("nodes")],
            "balancing": Balancing(
                controller=kubernetes.helm.v3.Release("controller", chart="c", namespace="n")
            ),
            "recommender": None,
            "region": "us-east-1",
            "settings": APP,
            "drain_seconds": 30,
            "direct_url": pulumi.Output.secret(WRITE_URL),
            "master_secret_arn": MASTER_SECRET,
            "master_secret_key_arn": MASTER_KEY,
            "target_group_arns": GROUPS,
            "slots": [SlotArgs(slot="blue", image=APP.image, min_replicas=2, ready_seconds=300)],
            "migration_floor": None,
            "load_balancer_cidrs": ["10.20.0.0/19"],
            "data_cidrs": ["10.20.32.0/20"],
            "endpoint_cidrs": ["0.0.0.0/0"],
        }
        secrets = _secrets(**changed.get("secrets", {}))
        Workload("api", WorkloadArgs(**{**given, **changed, "secrets": secrets}))

    return _once(program, preview=preview, given=changed)


def site(*, preview: bool = False, files: Mapping[str, Path] = SITE_FILES, **changed: Any) -> Graph:
    given: dict[str, Any] = {
        "load_balancer_arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/1",
        "load_balancer_dns_name": "internal-1.elb.amazonaws.com",
        "origin_key": None,
        "domain": None,
        "zone_id": None,
        "settings": EdgeSettings(),
        "protect": False,
        "log_days": 30,
    }
    args = SiteArgs(**{**given, **changed})

    def program() -> None:
        Site("site", args).publish(files, after=[aws.kms.Key("rule")])

    return _once(program, preview=preview, given=(files, changed))


def behaviours(graph: Graph) -> dict[str, dict[str, Any]]:
    """Of the distribution, by path; the default one is `*`."""
    given = graph.one("Distribution").inputs
    ordered = {b["pathPattern"]: b for b in given["orderedCacheBehaviors"]}
    return {**ordered, "*": given["defaultCacheBehavior"]}


def origins(graph: Graph) -> dict[str, dict[str, Any]]:
    """Of the distribution, by id."""
    return {o["originId"]: o for o in graph.one("Distribution").inputs["origins"]}
