"""Makes the image's packages importable, and the daemons that several tests share."""

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from packages import APP_IMAGE, packages

sys.path.append(str(APP_IMAGE))
sys.path.append(str(packages()))

from api_process import Api, migrated
from daemons import Certificates, MariaDb, Redis

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

    def start(*, ready: bool = True, patient: bool = False, **variables: str) -> Api:
        sound = {"DATABASE_URL": mariadb.url(database), "REDIS_URL": redis.url}
        api = Api(tmp_path, certificates, patient=patient, **{**sound, **variables})
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
def api(start_api: StartApi) -> Api:
    return start_api()


@pytest.fixture
def patient_api(start_api: StartApi) -> Api:
    """For tests of what is kept; how long Redis may take is no matter of theirs."""
    return start_api(patient=True)
