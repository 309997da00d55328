"""How the database layer logs in: passwords that change while it runs, and tokens of IAM."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import botocore.session
import msgspec
import pytest
from botocore.credentials import Credentials as BotoCredentials

import task1.logins
import task1.pool
from aurora import Aurora
from daemons import ADDRESS, Certificates, SecretsManager
from replication import Store, in_loop, server_of, until
from task1.database import UnavailableError
from task1.iam import database_token
from task1.secret import Credentials
from task1.urls import DatabaseUrl, database_url

REGION = "eu-west-3"


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    """The URL of the primary, as a mounted secret holds it."""
    path = tmp_path / "url"
    path.write_text(store.url_text(store.primary) + "\n")
    return path


def rotate(store: Store, file: Path | None, password: str) -> None:
    store.primary.sql(f"ALTER USER {store.name}@'%' IDENTIFIED BY '{password}'")
    if file:
        file.write_text(store.url_text(store.primary, password=password) + "\n")


@pytest.mark.local
@pytest.mark.parametrize("password", ["rotated /+%@:?#word", "пароль 密码 é"])
def test_a_password_that_is_rotated_costs_no_request_an_error(
    store: Store, file: Path, password: str, capsys: pytest.CaptureFixture[str]
):
    async def main() -> list[int]:
        async with store.opened(writer=store.url(store.primary, file=file)) as database:
            await server_of(database)
            rotate(store, file, password)
            store.end_sessions()
            reads = await asyncio.gather(
                *(database.read("SELECT @@server_id, SLEEP(0.05)") for _ in range(20))
            )
            return [rows[0][0] for rows in reads]

    assert in_loop(main()) == [1] * 20
    assert '"database-login-renewed"' in capsys.readouterr().out


@pytest.mark.local
def test_both_pools_follow_a_rotation(store: Store, file: Path, tmp_path: Path):
    replicas = tmp_path / "replicas"
    replicas.write_text(store.url_text(store.replica))

    async def main() -> list[int]:
        writer, reader = (
            store.url(store.primary, file=file),
            store.url(store.replica, file=replicas),
        )
        async with store.opened(writer=writer, reader=reader) as database:
            rotate(store, file, "new")
            store.replica.catch_up()
            replicas.write_text(store.url_text(store.replica, password="new"))
            return [await server_of(database, fresh=True), await server_of(database)]

    assert in_loop(main()) == [1, 2]


@pytest.mark.local
def test_a_file_that_comes_later_than_the_new_password_ends_the_outage(store: Store, file: Path):
    async def main() -> None:
        async with store.opened(writer=store.url(store.primary, file=file)) as database:
            rotate(store, None, "new")
            with pytest.raises(UnavailableError, match="1045"):
                await server_of(database)
            rotate(store, file, "new")

            await until(lambda: not database.writer.away)
            assert await server_of(database) == 1

    in_loop(main())


@pytest.mark.local
@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_text("postgres://x")])
def test_a_file_that_cannot_be_read_again_is_told_and_the_database_is_away(
    store: Store, file: Path, spoil: object, capsys: pytest.CaptureFixture[str]
):
    async def main() -> None:
        async with store.opened(writer=store.url(store.primary, file=file)) as database:
            rotate(store, None, "new")
            spoil(file)  # type: ignore[operator]  # a parameter
            await server_of(database)

    with pytest.raises(UnavailableError, match="1045"):
        in_loop(main())
    assert '"database-url-unreadable"' in capsys.readouterr().out


def url_of(user: str, host: str = "db.cluster-x.eu-west-3.rds.amazonaws.com") -> DatabaseUrl:
    return msgspec.structs.replace(database_url(f"mysql://u:p@{host}/task1"), user=user)


def signed_at(token: str) -> datetime:
    moment = parse_qs(token)["X-Amz-Date"][0]
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@pytest.mark.parametrize("session_token", [None, 'IQoJb3JpZ2luX2VjE//+="&?'])
@pytest.mark.parametrize("user", ["app", "a b&c=d/é~*"])
def test_a_token_is_the_one_that_botocore_makes(user: str, session_token: str | None):
    url = url_of(user)
    session = botocore.session.get_session()
    session._credentials = BotoCredentials("AKIDEXAMPLE", "wJalr/XUtn+FEMI", session_token)
    client = session.create_client("rds", region_name=REGION)
    wanted = client.generate_db_auth_token(url.host, url.port, user, REGION)

    made = Credentials("AKIDEXAMPLE", "wJalr/XUtn+FEMI", session_token or "")

    assert database_token(url, REGION, made, signed_at(wanted)) == wanted


@pytest.fixture
def aurora(certificates: Certificates) -> Iterator[Aurora]:
    server = Aurora(certificates)
    yield server
    server.stop()


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: SecretsManager) -> SecretsManager:
    """EKS Pod Identity as a pod finds it."""
    token = tmp_path / "token"
    token.write_text("pod token\n")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{aws.url}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))
    return aws


class IamStore(Store):
    """The layer before a server that takes tokens only."""

    def __init__(self, aurora: Aurora, certificates: Certificates) -> None:
        self.tls = ssl.create_default_context(cafile=str(certificates.authority))
        self.writer = msgspec.structs.replace(url_of("app", ADDRESS), port=aurora.port)

    def read(self, times: int = 1) -> list[object]:
        """What so many reads at once answer."""

        async def main() -> list[object]:
            async with self.opened(writer=self.writer, region=REGION) as database:
                reads = (database.read("SELECT 1") for _ in range(times))
                return [rows[0][0] for rows in await asyncio.gather(*reads)]

        return in_loop(main())


@pytest.fixture
def iam_store(aurora: Aurora, certificates: Certificates) -> IamStore:
    return IamStore(aurora, certificates)


@pytest.mark.local
def test_iam_logs_in_with_a_token_of_the_pods_role(
    iam_store: IamStore, aurora: Aurora, pod: SecretsManager
):
    answers = iam_store.read()

    token = aurora.tokens[0]
    role = Credentials("AKID", "secret/key", "token")
    assert answers == [1]
    assert aurora.users == ["app"]
    assert token == database_token(iam_store.writer, REGION, role, signed_at(token))
    assert pod.requests[0][1]["authorization"] == "pod token"


@pytest.mark.local
def test_connections_share_one_token(iam_store: IamStore, aurora: Aurora, pod: SecretsManager):
    answers = iam_store.read(times=10)

    assert answers == [1] * 10
    assert len(set(aurora.tokens)) == 1
    assert len(pod.requests) == 1


@pytest.mark.local
def test_a_token_that_outlived_its_role_is_made_anew(
    iam_store: IamStore,
    aurora: Aurora,
    pod: SecretsManager,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(task1.logins, "NEW_SECONDS", 0.0)
    aurora.to_refuse = 1

    assert iam_store.read() == [1]
    assert len(pod.requests) == 2


@pytest.mark.local
def test_a_token_is_made_anew_after_ten_minutes(
    iam_store: IamStore,
    pod: SecretsManager,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(task1.logins, "TOKEN_SECONDS", 0.0)
    monkeypatch.setattr(task1.pool, "LIFE_SECONDS", 0.0)

    assert iam_store.read(times=2) == [1, 1]
    assert len(pod.requests) == 2


@pytest.mark.local
def test_a_new_token_that_is_refused_is_not_made_again(
    iam_store: IamStore, aurora: Aurora, pod: SecretsManager
):
    aurora.to_refuse = 100

    with pytest.raises(UnavailableError, match="1045"):
        iam_store.read()
    assert len(pod.requests) == 1


@pytest.mark.local
def test_no_token_goes_to_a_server_with_a_certificate_of_another_authority(
    iam_store: IamStore, aurora: Aurora, pod: SecretsManager, tmp_path: Path
):
    iam_store.tls = ssl.create_default_context(cafile=str(Certificates(tmp_path).authority))

    with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
        iam_store.read()
    assert aurora.tokens == []


@pytest.mark.local
def test_a_pod_without_a_role_is_told_what_is_missing(
    iam_store: IamStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", raising=False)

    with pytest.raises(UnavailableError, match="AWS_CONTAINER_CREDENTIALS_FULL_URI is not set"):
        iam_store.read()


@pytest.mark.local
def test_an_agent_that_refuses_is_an_outage_of_the_database(
    iam_store: IamStore, pod: SecretsManager
):
    pod.status = 500

    with pytest.raises(UnavailableError, match="status 500"):
        iam_store.read()
