"""Options of network and edge made in moto, as boto3 reads them back.

Proves that what we ask of AWS is well formed and lands where it should; not that AWS accepts it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from components.network import Network, NetworkArgs
from components.site import Site, SiteArgs
from stacks.edge_settings import EdgeSettings
from stacks.network_settings import NetworkSettings
from stackyard.graph.recorder import Graph, record
from stackyard.local.aws.backend import AwsBackend
from tests.graph.setting_changes import PUBLIC_KEY
from tests.graph.stacks import ROOT
from tests.release.moto_cloud import REGION, client

SPARE_REGION = "eu-west-1"
XSS = "CrossSiteScripting_BODY"
FILES = {name: ROOT / "site" / name for name in ("index.html", "robots.txt")}


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, AwsBackend]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield {"aws": AwsBackend.in_process()}


def network(backends: dict[str, AwsBackend], **settings: Any) -> Graph:
    args = NetworkArgs(region=REGION, settings=NetworkSettings(**settings), log_days=30)
    return record(lambda: Network("network", args), backends=backends)


def routes(graph: Graph, table: str) -> dict[str, dict[str, Any]]:
    """A table's routes in moto, by destination."""
    ids = [graph.named("RouteTable", table).id]
    (found,) = client("ec2").describe_route_tables(RouteTableIds=ids)["RouteTables"]
    keys = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    return {next(r[key] for key in keys if key in r): r for r in found["Routes"]}


@pytest.mark.row("N7", "network.ipv6")
def test_n7_the_vpc_has_both_blocks_and_every_subnet_its_own(
    backends: dict[str, AwsBackend],
) -> None:
    graph = network(backends, ipv6=True)

    here = [{"Name": "vpc-id", "Values": [graph.one("Vpc").id]}]
    subnets = client("ec2").describe_subnets(Filters=here)["Subnets"]
    blocks = [s["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"] for s in subnets]
    assert len({*blocks}) == len(blocks) == 6
    assert graph.one("Vpc").outputs["ipv6CidrBlock"].endswith("::/56")
    outward = graph.one("EgressOnlyInternetGateway").id
    assert routes(graph, "network-app-a")["::/0"]["EgressOnlyInternetGatewayId"] == outward
    assert "::/0" not in routes(graph, "network-data")


@pytest.mark.row("N4", "network.nat")
def test_n4_routes_lead_to_the_instances_interface_which_has_the_address(
    backends: dict[str, AwsBackend],
) -> None:
    graph = network(backends, nat="instance")

    interface = graph.one("NetworkInterface").id
    ec2 = client("ec2")
    (address,) = ec2.describe_addresses()["Addresses"]
    (found,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    assert routes(graph, "network-app-b")["0.0.0.0/0"]["NetworkInterfaceId"] == interface
    assert address["NetworkInterfaceId"] == interface
    assert found["SourceDestCheck"] is False


@pytest.fixture
def site(backends: dict[str, AwsBackend]) -> Graph:
    """A site with all that its settings can add."""
    args = SiteArgs(
        load_balancer_arn="arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/1",
        load_balancer_dns_name="public-1.elb.amazonaws.com",
        origin_key="a-secret",
        domain=None,
        zone_id=None,
        settings=EdgeSettings(
            waf="block",
            waf_exceptions={XSS: ("/api/posts",)},
            failover_region=SPARE_REGION,
            signed_paths={"/members/*": (PUBLIC_KEY,)},
        ),
        protect=False,
        log_days=30,
    )
    return record(lambda: Site("site", args).publish(FILES, after=[]), backends=backends)


@pytest.mark.row("E3", "edge.wafExceptions")
def test_e3_the_web_acl_blocks_by_label_but_on_the_excepted_path(site: Graph) -> None:
    acl = site.one("WebAcl")
    found = client("wafv2").get_web_acl(Name=acl.outputs["name"], Scope="CLOUDFRONT", Id=acl.id)
    *_, but = found["WebACL"]["Rules"]

    label, elsewhere = but["Statement"]["AndStatement"]["Statements"]
    match = elsewhere["NotStatement"]["Statement"]["ByteMatchStatement"]
    assert (but["Name"], but["Action"]) == (f"but-{XSS}", {"Block": {}})
    assert label["LabelMatchStatement"]["Key"].endswith(":CrossSiteScripting_Body")
    assert (match["SearchString"], match["PositionalConstraint"]) == (b"/api/posts", "STARTS_WITH")


@pytest.mark.row("C8", "edge.signedPaths")
def test_c8_the_distribution_trusts_the_key_group_on_the_signed_path_alone(site: Graph) -> None:
    id_ = site.one("Distribution").id
    config = client("cloudfront").get_distribution(Id=id_)["Distribution"]["DistributionConfig"]

    assert {
        b["PathPattern"]: b["TrustedKeyGroups"]["Enabled"]
        for b in config["CacheBehaviors"]["Items"]
    } == {"/api/*": False, "/health": False, "/members/*": True, "/assets/*": False}


@pytest.mark.row("C8", "edge.failoverRegion")
def test_c8_both_buckets_hold_the_files_each_in_its_region(site: Graph) -> None:
    first, spare = (site.named("Bucket", name).id for name in ("site", "site-spare"))
    s3 = client("s3", SPARE_REGION)

    keys = {
        bucket: {o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]}
        for bucket in (first, spare)
    }
    assert keys[first] == keys[spare] == {*FILES}
    assert s3.get_bucket_location(Bucket=spare)["LocationConstraint"] == SPARE_REGION
