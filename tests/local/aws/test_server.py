"""The embedded AWS as a process: who may call it, where it listens, what it says of bodies."""

import json
import socket
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from stackyard.local.aws.connection import error_code
from stackyard.local.aws.server import make_listener
from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.layout import EDGE_PORT, MOTO_PORT
from tests.local.aws.running_server import Server, running
from tests.local.aws.world import World


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("slot")) as started:
        yield started


@pytest.fixture
def world(server: Server) -> Iterator[World]:
    here = World(server.backend())
    yield here
    here.end_all()


@pytest.mark.parametrize("service", ["s3", "ec2", "eks", "secretsmanager"])
def test_another_access_key_is_refused(server: Server, service: str) -> None:
    calls = {
        "s3": "list_buckets",
        "ec2": "describe_vpcs",
        "eks": "list_clusters",
        "secretsmanager": "list_secrets",
    }

    with pytest.raises(ClientError, match="security token") as refusal:
        getattr(server.client(service, key="AKIAEXAMPLE"), calls[service])()

    assert error_code(refusal.value) in {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    }


def test_the_slots_own_client_is_served(server: Server) -> None:
    aws = embedded_aws(server.layout, server.secrets)
    topics = aws.call("sns", "list_topics")

    assert topics["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_an_unsigned_request_is_refused(server: Server) -> None:
    with socket.create_connection((server.layout.control, MOTO_PORT)) as line:
        line.sendall(b"GET /bucket/key HTTP/1.0\r\nHost: s3\r\n\r\n")
        answer = line.recv(200)

    assert answer.startswith(b"HTTP/1.1 403")


def test_motos_own_routes_are_closed(server: Server) -> None:
    with socket.create_connection((server.layout.control, MOTO_PORT)) as line:
        line.sendall(b"POST /moto-api/reset HTTP/1.0\r\nHost: x\r\n\r\n")
        answer = line.recv(200)

    assert answer.startswith(b"HTTP/1.1 403")


def test_it_listens_on_its_own_loopback_address_only(server: Server) -> None:
    with pytest.raises(ConnectionRefusedError, match="refused"):
        socket.create_connection((server.layout.address(0, 2), MOTO_PORT))


def test_a_listener_off_loopback_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.0\.0\.0 is no loopback address"):
        make_listener(lambda *_: [], "0.0.0.0", 0)  # noqa: S104  # what must not be


def test_internal_routes_want_the_slots_token(server: Server) -> None:
    status = server.status("GET", "changes", token="x" * 32)

    assert status == 403


def test_an_unknown_internal_route_is_no_call(server: Server) -> None:
    status = server.status("GET", "reset")

    assert status == 404


def test_a_change_counts_and_a_read_does_not(server: Server) -> None:
    sns = server.client("sns")
    before = server.changes()

    sns.create_topic(Name="counted")
    sns.list_topics()

    assert server.changes() == before + 1


def test_measurements_do_not_count(server: Server) -> None:
    before = server.changes()

    server.client("cloudwatch").put_metric_data(
        Namespace="AWS/ApplicationELB", MetricData=[{"MetricName": "RequestCount", "Value": 1}]
    )

    assert server.changes() == before


def test_bodies_have_addresses_of_the_slot(server: Server, world: World) -> None:
    layout = server.layout

    told = {
        "balancer": world.get("balancer")["dnsName"],
        "writer": world.get("database")["endpoint"],
        "reader": world.get("database")["readerEndpoint"],
        "primary": world.get("cache")["primaryEndpointAddress"],
        "replica": world.get("cache")["readerEndpointAddress"],
        "edge": world.get("distribution")["domainName"],
        "cluster": world.get("cluster")["endpoint"],
    }

    assert told == {
        "balancer": f"{layout.load_balancer(1)}:8080",
        "writer": layout.database(1),
        "reader": layout.database(2),
        "primary": layout.cache(1),
        "replica": layout.cache(2),
        "edge": f"{layout.edge(1)}:{EDGE_PORT}",
        "cluster": layout.kube_endpoint,
    }


def test_an_address_is_free_again_after_the_delete(server: Server, world: World) -> None:
    world.get("balancer")
    world.end("balancer")

    again = world.get("balancer")["dnsName"]

    assert again == f"{server.layout.load_balancer(1)}:8080"


def test_a_cluster_tells_the_local_authority(server: Server, world: World) -> None:
    server.layout.certificate_authority.write_text("PEM")

    authority = world.get("cluster")["certificateAuthority"]

    assert authority == {"data": "UEVN"}


def test_the_master_secret_holds_the_clusters_user(server: Server, world: World) -> None:
    arn = world.get("database")["masterUserSecrets"][0]["secretArn"]

    value = server.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]

    assert json.loads(value)["username"] == "root"


def test_two_master_passwords_differ(server: Server, world: World) -> None:
    world.get("database")
    inputs = world.made["database"][2] | {"clusterIdentifier": "second"}
    other = world.make("second", "rds/cluster:Cluster", **inputs)

    secrets = server.client("secretsmanager")
    values = {
        secrets.get_secret_value(SecretId=c["masterUserSecrets"][0]["secretArn"])["SecretString"]
        for c in (world.get("database"), other)
    }

    assert len(values) == 2


def test_reported_health_is_what_describe_tells(server: Server, world: World) -> None:
    elb, arn = server.client("elbv2"), world.id("blue")
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "127.99.16.1", "Port": 5000}])

    report = {arn: {"127.99.16.1": ["unhealthy", "Target.FailedHealthChecks"]}}
    server.internal("PUT", "target-health", json.dumps(report))

    (told,) = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert told["TargetHealth"]["State"] == "unhealthy"


def test_a_target_nobody_reported_yet_is_initial(server: Server, world: World) -> None:
    elb, arn = server.client("elbv2"), world.id("blue")
    server.internal("PUT", "target-health", json.dumps({arn: {}}))

    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "127.99.16.2", "Port": 5000}])

    (told,) = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert told["TargetHealth"]["State"] == "initial"


def test_a_health_that_no_balancer_knows_is_refused(server: Server) -> None:
    status = server.status("PUT", "target-health", json.dumps({"a": {"b": ["fine", ""]}}))

    assert status == 400


def test_a_wrong_request_has_awss_error(server: Server) -> None:
    with pytest.raises(ClientError, match="does not exist") as refusal:
        server.client("ec2").describe_vpcs(VpcIds=["vpc-0"])

    assert error_code(refusal.value) == "InvalidVpcID.NotFound"
