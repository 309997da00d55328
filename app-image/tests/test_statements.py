"""How many statements each route costs the database, however many rows there are: no N+1."""

import json
from collections.abc import Callable, Iterator

import pytest

from api_process import AUTHOR, Api, Reply, a_client
from daemons import MariaDb, Redis

pytestmark = pytest.mark.local

ROWS = 100
Verbs = Callable[..., tuple[Reply, str]]


@pytest.fixture
def verbs_of(
    standing_api: Api, standing_redis: Redis, mariadb: MariaDb, standing_database: str
) -> Iterator[Verbs]:
    """Asks, and gives the answer and the first words of the statements that it took."""
    into = f"{standing_database}.posts (title, content, authorId, status, createdAt, updatedAt)"
    row = "('counted', 'counted', 1, '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))"
    rows = ", ".join([row.format("published"), row.format("draft")] * ROWS)
    mariadb.sql(f"INSERT INTO {into} VALUES {rows}; SET GLOBAL log_output = 'TABLE'")
    # What a new connection says first is no statement of a route.
    standing_api.post("the pools are filled")
    # Whose names are known is not asked for.
    standing_api.get("/api/posts")

    def ask(
        method: str, path: str, body: object = None, *, user: int | None = AUTHOR
    ) -> tuple[Reply, str]:
        sent = None if body is None else json.dumps(body)
        standing_redis.command("FLUSHALL")
        mariadb.sql("TRUNCATE mysql.general_log; SET GLOBAL general_log = 1")
        reply = standing_api.ask(method, path, sent, user=user, client=a_client())
        logged = mariadb.sql(
            "SET GLOBAL general_log = 0; SELECT argument FROM mysql.general_log"
            " WHERE user_host LIKE 'app[%' AND command_type = 'Query' ORDER BY event_time"
        )
        return reply, " ".join(statement.split()[0] for (statement,) in logged)

    yield ask
    mariadb.sql("SET GLOBAL general_log = 0, GLOBAL log_output = DEFAULT")


@pytest.mark.parametrize("limit", [1, ROWS])
@pytest.mark.parametrize(
    "path", ["/api/posts?", "/api/posts?authorId=1&", "/api/posts?status=draft&"]
)
def test_a_list_takes_one_statement_however_long_it_is(verbs_of: Verbs, path: str, limit: int):
    reply, verbs = verbs_of("GET", f"{path}limit={limit}")

    assert len(reply.titles) == limit
    assert verbs == "SELECT"


@pytest.mark.parametrize("path", ["/api/posts?", "/api/posts/search?q=counted&"])
def test_authors_not_met_before_take_one_statement_more_for_all_of_them(
    verbs_of: Verbs, mariadb: MariaDb, standing_database: str, path: str
):
    database = standing_database
    rows = ", ".join(["(UUID(), 'new', '', NOW())"] * 10)
    mariadb.sql(
        f"INSERT INTO {database}.users (email, name, passwordHash, createdAt) VALUES {rows};"
        f" SELECT MAX(id) INTO @last FROM {database}.users;"
        f" UPDATE {database}.posts SET authorId = @last - id % 10"
    )

    reply, verbs = verbs_of("GET", f"{path}limit=50")
    _, again = verbs_of("GET", f"{path}limit=49")

    assert {post["author"]["name"] for post in reply.json["posts"]} == {"new"}
    assert verbs == "SELECT SELECT"
    assert again == "SELECT"


@pytest.mark.parametrize("limit", [1, 50])
def test_a_search_takes_one_statement_however_much_it_finds(verbs_of: Verbs, limit: int):
    reply, verbs = verbs_of("GET", f"/api/posts/search?q=counted&limit={limit}")

    assert len(reply.titles) == limit
    assert verbs == "SELECT"


def test_the_next_page_takes_one_statement(verbs_of: Verbs):
    cursor = verbs_of("GET", "/api/posts?limit=50")[0].json["nextCursor"]

    reply, verbs = verbs_of("GET", f"/api/posts?limit=50&cursor={cursor}")

    assert len(reply.titles) == 50
    assert verbs == "SELECT"


@pytest.mark.parametrize(
    "path", ["/api/posts/1", "/api/posts/999999", "/api/users/1", "/api/users/999999"]
)
def test_one_thing_takes_one_statement_whether_it_is_there_or_not(verbs_of: Verbs, path: str):
    reply, verbs = verbs_of("GET", path, user=None if "posts" in path else AUTHOR)

    assert reply.status in (200, 404)
    assert verbs == "SELECT"


def test_a_draft_of_ones_own_takes_a_second_statement(verbs_of: Verbs):
    draft = verbs_of("GET", "/api/posts?status=draft&limit=1")[0].json["posts"][0]["id"]

    reply, verbs = verbs_of("GET", f"/api/posts/{draft}")

    assert reply.status == 200
    assert verbs == "SELECT SELECT"


@pytest.mark.parametrize("path", ["/health", "/livez", "/api/openapi.json", "/nowhere"])
def test_what_is_not_stored_takes_none(verbs_of: Verbs, path: str):
    assert verbs_of("GET", path)[1] == ""


def test_a_post_takes_its_row_in_and_reads_it_back(verbs_of: Verbs):
    reply, verbs = verbs_of("POST", "/api/posts", {"title": "t", "content": "c"})

    assert reply.status == 201
    assert verbs == "START INSERT SELECT COMMIT"


@pytest.mark.parametrize(
    ("method", "body", "verb"), [("PATCH", {"title": "new"}, "UPDATE"), ("DELETE", None, "DELETE")]
)
def test_a_change_reads_its_row_before_and_after(
    verbs_of: Verbs, method: str, body: object, verb: str
):
    path = verbs_of("POST", "/api/posts", {"title": "t", "content": "c"})[0].headers["location"]

    reply, verbs = verbs_of(method, path, body)

    assert reply.status < 300
    assert verbs == f"START SELECT {verb} SELECT COMMIT"


def test_sessions_take_a_bounded_number_of_statements(verbs_of: Verbs):
    who = {"email": f"{a_client()}@example.com", "password": "correct horse"}
    registered, register = verbs_of("POST", "/api/auth/register", {**who, "name": "Eva"}, user=None)
    _, login = verbs_of("POST", "/api/auth/login", who, user=None)
    token = {"refreshToken": registered.json["refreshToken"]}
    refreshed, refresh = verbs_of("POST", "/api/auth/refresh", token, user=None)
    out, logout = verbs_of("POST", "/api/auth/logout", token, user=None)

    assert (refreshed.status, out.status) == (200, 204)
    assert register == "START INSERT COMMIT START DELETE INSERT COMMIT"
    assert login == "SELECT START DELETE INSERT COMMIT"
    assert refresh == "START SELECT UPDATE INSERT COMMIT"
    assert logout == "START SELECT DELETE COMMIT"
