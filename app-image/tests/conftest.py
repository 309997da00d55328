"""Makes the image's packages importable, and the daemons that several tests share."""

import itertools
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from packages import APP_IMAGE, packages

sys.path.append(str(APP_IMAGE))
sys.path.append(str(packages()))

from api_process import OTHER, PATIENT, UNLIMITED, Api, migrated
from daemons import (
    MASTER_PASSWORD,
    Certificates,
    Daemon,
    MariaDb,
    Redis,
    SecretsManager,
    eventually,
)
from replication import Pair, Primary, Replica, Store

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def mariadb(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[MariaDb]:
    daemon = MariaDb(tmp_path_factory.mktemp("db"), certificates)
    daemon.start()
    daemon.make_master()
    yield daemon
    daemon.kill()


@pytest.fixture
def database(mariadb: MariaDb, certificates: Certificates) -> str:
    """Name of a database with the schema in it, used by one test only."""
    name = f"task1_db_{next(_numbers)}"
    migrated(mariadb, name, certificates)
    return name


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Pair]:
    """A primary and its replica, for tests of the database layer alone."""
    primary = Primary(tmp_path_factory.mktemp("primary"), certificates)
    primary.start()
    replica = Replica(tmp_path_factory.mktemp("replica"), certificates, primary)
    replica.start()
    replica.follow()
    yield Pair(primary, replica)
    replica.kill()
    primary.kill()


@pytest.fixture
def store(pair: Pair, certificates: Certificates) -> Iterator[Store]:
    """A database of the test's own in the pair, which is sound again after the test."""
    yield Store(pair, certificates, f"store_{next(_numbers)}")
    pair.mend()


@pytest.fixture
def pair_database(pair: Pair, certificates: Certificates) -> Iterator[str]:
    """Name of a database with the schema in it in the pair, which is sound again after the test."""
    name = f"task1_pair_{next(_numbers)}"
    pair.primary.make_master()
    migrated(pair.primary, name, certificates)
    pair.replica.catch_up()
    yield name
    pair.mend()


@pytest.fixture
def redis(tmp_path: Path, certificates: Certificates) -> Iterator[Redis]:
    daemon = Redis(tmp_path, certificates)
    daemon.start()
    yield daemon
    daemon.kill()


StartApi = Callable[..., Api]


@pytest.fixture
def start_api(
    tmp_path: Path, certificates: Certificates, mariadb: MariaDb, database: str, redis: Redis
) -> Iterator[StartApi]:
    """Starts an API; keyword arguments are variables that differ from a sound environment."""
    started: list[Api] = []

    def start(
        *, ready: bool = True, patient: bool = False, change: str = "", **variables: str
    ) -> Api:
        sound = {"DATABASE_URL": mariadb.url(database), "REDIS_URL": redis.url}
        changes = "\n".join([*([PATIENT] if patient else []), change])
        api = Api(tmp_path, certificates, change=changes.strip(), **{**sound, **variables})
        started.append(api)
        if ready:
            api.start_ready()
        else:
            api.start()
        return api

    yield start
    for api in started:
        api.kill()


@pytest.fixture
def own_api(start_api: StartApi) -> Api:
    return start_api()


@pytest.fixture
def patient_api(start_api: StartApi) -> Api:
    """For tests of what is kept; how long Redis may take is no matter of theirs."""
    return start_api(patient=True)


@pytest.fixture(scope="session")
def standing_redis(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Redis]:
    daemon = Redis(tmp_path_factory.mktemp("standing-redis"), certificates)
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture(scope="session")
def standing_database(mariadb: MariaDb, certificates: Certificates) -> str:
    migrated(mariadb, "task1_standing", certificates)
    return "task1_standing"


@pytest.fixture(scope="session")
def standing_api(
    tmp_path_factory: pytest.TempPathFactory,
    certificates: Certificates,
    mariadb: MariaDb,
    standing_database: str,
    standing_redis: Redis,
) -> Iterator[Api]:
    """For tests that leave it sound and mind nothing that others stored; it limits nobody."""
    api = Api(
        tmp_path_factory.mktemp("standing-api"),
        certificates,
        change=f"{PATIENT}\n{UNLIMITED}",
        DATABASE_URL=mariadb.url(standing_database),
        REDIS_URL=standing_redis.url,
    )
    api.start_ready()
    eventually(lambda: api.get("/health").json["cache"] == "up")
    yield api
    api.kill()


@pytest.fixture
def api(standing_api: Api, mariadb: MariaDb, standing_database: str, standing_redis: Redis) -> Api:
    """The one that stands, with its two users, nothing else stored and nothing kept."""
    mariadb.sql(f"USE {standing_database}; DELETE FROM posts; DELETE FROM users WHERE id > {OTHER}")
    standing_redis.command("FLUSHALL")
    return standing_api


@pytest.fixture
def aws() -> Iterator[SecretsManager]:
    stub = SecretsManager(json.dumps({"username": "master", "password": MASTER_PASSWORD}))
    yield stub
    stub.stop()


@pytest.fixture
def environment(tmp_path: Path, certificates: Certificates, aws: SecretsManager) -> dict[str, str]:
    """The Job's variables, but for the database."""
    token = tmp_path / "token"
    token.write_text("pod token\n")
    return {
        "PYTHONPATH": f"{packages()}:{APP_IMAGE}",
        "SSL_CERT_FILE": str(certificates.authority),
        "MASTER_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{aws.url}/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
    }


StartJob = Callable[..., Daemon]


@pytest.fixture
def job(tmp_path: Path, environment: dict[str, str]) -> Iterator[StartJob]:
    """Starts `python -m task1.migrate` as the Job does, or another command beside it."""
    started: list[Daemon] = []

    def start(*, run: Sequence[str] = ("-m", "task1.migrate"), **variables: str) -> Daemon:
        log = tmp_path / f"job-{len(started)}.log"
        daemon = Daemon([sys.executable, *run], log, **{**environment, **variables})
        started.append(daemon)
        daemon.start()
        return daemon

    yield start
    for daemon in started:
        daemon.kill()


REVISION = '''from alembic import op
revision = "{name}"
down_revision = "{before}"
phase = "{phase}"
needs = {needs}
def upgrade():
    op.execute("""{statement}""")
'''
"""Its statement begins in line 7."""

BuildImage = Callable[..., str]


@pytest.fixture
def image(tmp_path: Path) -> BuildImage:
    """The PYTHONPATH of an image with more migrations: statement and need, by the file's stem."""

    def make(**more: tuple[str, int | None]) -> str:
        source = tmp_path / f"image-{len(list(tmp_path.glob('image-*')))}"
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(APP_IMAGE / "task1", source / "task1", ignore=left_out)
        versions = source / "task1" / "migrations" / "versions"
        for name, (statement, needs) in more.items():
            before = max(versions.glob("*.py")).stem
            phase = "expand" if needs is None else "contract"
            said = {"before": before, "phase": phase, "needs": needs, "statement": statement}
            (versions / f"{name}.py").write_text(REVISION.format(name=name, **said))
        return f"{packages()}:{source}"

    return make


@pytest.fixture
def posts(database: str, mariadb: MariaDb) -> str:
    """A database of level 3 with a post in it."""
    mariadb.sql(
        f"INSERT INTO {database}.posts (title, content, createdAt, updatedAt)"
        " VALUES ('kept', 'c', NOW(3), NOW(3))"
    )
    return database
