"""What boto3 makes in the embedded AWS gets its body: databases, caches, distributions."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from stackyard.local.aws.connection import Connection
from stackyard.local.aws.store import Store
from stackyard.local.caches import GROUP, PARAMETER_GROUP, USER, USER_GROUP, CacheReconciler
from stackyard.local.databases import DatabaseReconciler
from stackyard.local.edge import EdgeReconciler
from stackyard.local.edge_plan import CACHING_DISABLED
from stackyard.local.layout import Layout
from stackyard.local.mariadb import data_root
from stackyard.local.secrets import Secrets
from tests.local.background import Background, background
from tests.local.bodies import (
    own_slot,
    port_answers,
    query,
    reconciling,
    running_aws,
    trust,
    until,
)
from tests.local.rds import end_cluster, make_cluster, make_instance, master

pytestmark = pytest.mark.local

T = TypeVar("T")


@dataclass(frozen=True)
class Cloud:
    """The embedded AWS of one slot, shared by these tests; each leaves it empty."""

    layout: Layout
    secrets: Secrets
    aws: Connection
    loop: Background

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(story)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with own_slot(tmp_path_factory.mktemp("cloud")) as (layout, secrets), background() as loop:
        serving = running_aws(layout, secrets)
        aws = loop.run(serving.__aenter__())
        try:
            yield Cloud(layout, secrets, aws, loop)
        finally:
            loop.run(serving.__aexit__(None, None, None))


@asynccontextmanager
async def database(cloud: Cloud) -> AsyncIterator["Database"]:
    """A cluster with a writer and a reader, its table `t` holding 7; gone after the block."""
    async with reconciling(DatabaseReconciler(cloud.layout, cloud.secrets)):
        make_cluster(cloud.aws)
        try:
            made = Database(cloud)
            await until(lambda: made.says("CREATE TABLE t AS SELECT 7 AS i", ""), what="a writer")
            yield made
        finally:
            end_cluster(cloud.aws)

            async def removed() -> bool:
                return is_empty(data_root(cloud.layout))

            await until(removed, what="removal of the data")


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


class Database:
    """The cluster as an app sees it; endpoints and login as AWS tells them now."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def ask(self, sql: str, endpoint: str = "Endpoint") -> str:
        cluster = self.cloud.aws.call("rds", "describe_db_clusters")["DBClusters"][0]
        login = master(self.cloud.aws)
        done = query(self.cloud.layout, cluster[endpoint], f"USE task1_db; {sql}", **login)
        return done.stdout.strip() if done.returncode == 0 else done.stderr.strip()

    async def says(self, sql: str, expected: str, endpoint: str = "Endpoint") -> bool:
        said = self.ask(sql, endpoint)
        return said == expected if not expected or expected.isdecimal() else expected in said


def test_cluster_answers_at_both_endpoints_to_its_master_secret(cloud: Cloud) -> None:
    async def story() -> list[str]:
        async with database(cloud) as made:
            await until(
                lambda: made.says("SELECT i FROM t", "7", "ReaderEndpoint"), what="the replica"
            )
            return [made.ask("SELECT @@read_only", end) for end in ("Endpoint", "ReaderEndpoint")]

    read_only = cloud.run(story())

    assert read_only == ["0", "1"]


def test_writer_made_anew_finds_the_clusters_data(cloud: Cloud) -> None:
    async def story() -> str:
        async with database(cloud) as made:
            for name in ("reader-a", "writer"):
                cloud.aws.call("rds", "delete_db_instance", DBInstanceIdentifier=name)
            await until(lambda: made.says("SELECT 1", "ERROR"), what="the end of the writer")
            make_instance(cloud.aws, "writer")
            await until(lambda: made.says("SELECT 1", "1"), what="the new writer")
            return made.ask("SELECT i FROM t")

    seen = cloud.run(story())

    assert seen == "7"


def test_cluster_made_anew_under_its_old_name_starts_empty(cloud: Cloud) -> None:
    async def story() -> str:
        async with database(cloud) as made:
            end_cluster(cloud.aws)
            make_cluster(cloud.aws)
            await until(lambda: made.says("SELECT i FROM t", "doesn't exist"), what="a new writer")
            return made.ask("SHOW TABLES")

    tables = cloud.run(story())

    assert tables == ""


def test_instance_deleted_ends_its_listener(cloud: Cloud) -> None:
    async def story() -> bool:
        async with database(cloud) as made:
            reader = cloud.aws.call(
                "rds", "describe_db_instances", DBInstanceIdentifier="reader-a"
            )["DBInstances"][0]["Endpoint"]["Address"]
            await until(lambda: port_answers(reader, 3306), what="a reader")
            cloud.aws.call("rds", "delete_db_instance", DBInstanceIdentifier="reader-a")
            # The reader endpoint goes back to the writer, which restarts for it.
            await until(
                lambda: made.says("SELECT @@read_only", "0", "ReaderEndpoint"), what="the endpoint"
            )
            return await port_answers(reader, 3306)

    answers = cloud.run(story())

    assert not answers


def test_replication_group_takes_its_users_and_policy_from_the_store(cloud: Cloud) -> None:
    layout, aws = cloud.layout, cloud.aws

    async def story() -> str:
        store = Store.of(aws)
        mode = {"type": "password", "passwords": ["sixteen-letters-and-more"]}
        user = {"userId": "u", "userName": "app", "accessString": "on ~* +@all"}
        store.put(USER, "u", {**user, "authenticationMode": mode})
        store.put(USER_GROUP, "g", {"userGroupId": "g", "userIds": ["u"]})
        policy = {"name": "maxmemory-policy", "value": "allkeys-lru"}
        store.put(PARAMETER_GROUP, "p", {"name": "p", "parameters": [policy]})
        store.put(GROUP, "sessions", {"parameterGroupName": "p", "userGroupIds": ["g"]})
        async with reconciling(CacheReconciler(layout, cloud.secrets)):
            aws.call(
                "elasticache",
                "create_replication_group",
                ReplicationGroupId="sessions",
                ReplicationGroupDescription="sessions",
                UserGroupIds=["g"],
            )
            await until(lambda: port_answers(layout.cache(2), 6379), what="the reader endpoint")
            asked = await asyncio.create_subprocess_exec(
                *("redis-cli", "-h", layout.cache(1), "--tls"),
                *("--cacert", str(layout.certificate_authority)),
                *("--user", "app", "-a", "sixteen-letters-and-more", "--no-auth-warning"),
                *("CONFIG", "GET", "maxmemory-policy"),
                stdout=asyncio.subprocess.PIPE,
            )
            return (await asked.communicate())[0].decode().splitlines()[-1]

    policy = cloud.run(story())

    assert policy == "allkeys-lru"


def test_distribution_serves_its_bucket_once_the_policy_lets_it(cloud: Cloud) -> None:
    layout, aws = cloud.layout, cloud.aws

    async def story() -> list[tuple[int, str]]:
        aws.call("s3", "create_bucket", Bucket="site")
        aws.call(
            "s3",
            "put_object",
            Bucket="site",
            Key="index.html",
            Body=b"home",
            ContentType="text/html",
        )
        made = aws.call("cloudfront", "create_distribution", DistributionConfig=config())
        url = f"https://{made['Distribution']['DomainName']}/"
        connector = aiohttp.TCPConnector(ssl=trust(layout))
        async with (
            reconciling(EdgeReconciler(layout, cloud.secrets)),
            aiohttp.ClientSession(connector=connector) as client,
        ):

            async def answer() -> tuple[int, str]:
                try:
                    async with client.get(url) as got:
                        return got.status, await got.text()
                except aiohttp.ClientError:
                    return 0, ""

            async def status_is(status: int) -> bool:
                return (await answer())[0] == status

            await until(lambda: status_is(403), what="a closed bucket")
            closed = await answer()
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::site/*",
                "Condition": {"StringEquals": {"AWS:SourceArn": made["Distribution"]["ARN"]}},
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            aws.call("s3", "put_bucket_policy", Bucket="site", Policy=policy)
            await until(lambda: status_is(200), what="an open bucket")
            return [(closed[0], ""), await answer()]

    seen = cloud.run(story())

    assert seen == [(403, ""), (200, "home")]


def config() -> dict[str, Any]:
    return {
        "CallerReference": "1",
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "site",
                    "DomainName": "site.s3.us-east-1.amazonaws.com",
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "site",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHING_DISABLED,
        },
    }
