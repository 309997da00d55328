"""The way from app to database: URLs, with a proxy between and without."""

import json
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.test_database import database

PASSWORD = "canary-4f1d-database-app-p%40ss%2Fw%23rd"  # the recorder's, percent-encoded
WRITER, READER = "database-1a2b3c4-endpoint", "database-1a2b3c4-readerEndpoint"
PROXY, PROXY_READER = "database-proxy-1a2b3c4-endpoint", "database-proxy-read-1a2b3c4-endpoint"


def outputs(graph: Graph) -> dict[str, Any]:
    return graph.component_outputs[graph.one("stackyard:index:Database").urn]


def url(host: str) -> str:
    pool = "connection_limit=20&pool_timeout=60"
    return f"mysql://app:{PASSWORD}@{host}:3306/task1_db?{pool}"


@pytest.mark.row("A6", "database.proxy")
@pytest.mark.ask(10)
@pytest.mark.parametrize(
    ("settings", "write", "read"),
    [
        ({"readers": 1}, WRITER, READER),
        ({"readers": 1, "proxy": True}, PROXY, PROXY_READER),
        ({"readers": 0, "proxy": True}, PROXY, PROXY),
    ],
)
def test_a6_urls_go_through_the_proxy_where_it_leads_on(
    settings: dict[str, Any], write: str, read: str
) -> None:
    given = outputs(database(**settings))

    assert (given["writeUrl"], given["readUrl"]) == (url(write), url(read))


def test_direct_url_passes_by_the_proxy() -> None:
    assert outputs(database(proxy=True))["directUrl"] == url(WRITER)


def test_urls_are_secret() -> None:
    graph = database(proxy=True)

    secret = graph.secret_outputs[graph.one("stackyard:index:Database").urn]
    assert secret == {"writeUrl", "readUrl", "directUrl"}


@pytest.mark.row("A6", "database.proxy")
def test_a6_with_a_proxy_its_endpoints_are_handed_back() -> None:
    given = outputs(database(proxy=True, readers=1))

    assert given["proxyWriterEndpoint"] == PROXY
    assert given["proxyReaderEndpoint"] == PROXY_READER


def test_without_a_proxy_its_endpoints_are_none() -> None:
    assert not {"proxyWriterEndpoint", "proxyReaderEndpoint"} & {*outputs(database())}


def test_proxy_knows_the_apps_secret_only() -> None:
    graph = database(proxy=True)

    secret = graph.one("Secret").outputs["arn"]
    (auth,) = graph.one("Proxy").inputs["auths"]
    policy = json.loads(graph.named("RolePolicy", "database-proxy").inputs["policy"])
    read, decrypt = policy["Statement"]
    assert auth["secretArn"] == secret
    assert (read["Action"], read["Resource"]) == (["secretsmanager:GetSecretValue"], [secret])
    assert (decrypt["Action"], decrypt["Resource"]) == (
        ["kms:Decrypt"],
        [graph.one("aws:kms/key:Key").outputs["arn"]],
    )


@pytest.mark.row("A5", "database.proxy")
def test_a5_proxy_takes_tls_only() -> None:
    assert database(proxy=True).one("Proxy").inputs["requireTls"] is True


def test_proxy_waits_for_its_rights_and_not_for_the_instances() -> None:
    graph = database(proxy=True)

    depends = graph.one("Proxy").depends
    assert graph.named("RolePolicy", "database-proxy").urn in depends
    assert graph.one("database-writer").urn not in depends


def test_proxys_target_waits_for_the_writer_and_not_for_readers() -> None:
    graph = database(proxy=True, readers=1)

    depends = graph.one("ProxyTarget").depends
    assert graph.one("database-writer").urn in depends
    assert graph.one("database-reader-a").urn not in depends


def test_new_subnets_give_the_proxy_a_new_name() -> None:
    graph = database(proxy=True)

    suffix = graph.named("RandomId", "database-proxy")
    assert suffix.inputs["keepers"] == {"subnetIds": "subnet-a,subnet-b"}
    assert graph.one("Proxy").inputs["name"] == f"database-proxy-{suffix.outputs['hex']}"


def test_proxys_log_group_is_there_first() -> None:
    graph = database(proxy=True)

    group, proxy = graph.named("LogGroup", "database-proxy"), graph.one("Proxy")
    assert group.inputs["name"] == f"/aws/rds/proxy/{proxy.inputs['name']}"
    assert group.urn in proxy.depends


def test_ways_lead_from_client_to_proxy_to_database_both_halves() -> None:
    graph = database(proxy=True)

    groups = {r.id: r.name for r in graph.all("SecurityGroup")} | {"sg-app": "app"}

    def ways(type_: str, start: str, end: str) -> set[tuple[str, str]]:
        return {(groups[r.inputs[start]], groups[r.inputs[end]]) for r in graph.all(type_)}

    wanted = {
        ("app", "database-access"),
        ("app", "database-proxy"),
        ("database-proxy", "database-access"),
    }
    server, client = "referencedSecurityGroupId", "securityGroupId"
    assert ways("SecurityGroupEgressRule", client, server) == wanted
    assert ways("SecurityGroupIngressRule", server, client) == wanted
    proxy = graph.named("SecurityGroup", "database-proxy")
    assert graph.one("Proxy").inputs["vpcSecurityGroupIds"] == [proxy.id]
