"""Posts over HTTP, stored in a real database."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from api_process import AUTHOR, Api
from conftest import StartApi
from daemons import ADDRESS, MariaDb, eventually, free_port

pytestmark = pytest.mark.local


def test_a_posted_post_is_in_the_list(api: Api):
    created = api.post("first", "its text")

    listed = api.get("/api/posts").json["posts"]

    assert created.status == 201
    assert listed == [created.json]
    assert created.json["content"] == "its text"
    assert created.json["status"] == "published"


def test_times_are_utc(api: Api, mariadb: MariaDb):
    before = _utc_now(mariadb)
    created = api.post("now").json["createdAt"]
    after = _utc_now(mariadb)

    assert before <= datetime.fromisoformat(created) <= after
    assert created.endswith("Z")


def _utc_now(mariadb: MariaDb) -> datetime:
    return datetime.fromisoformat(mariadb.sql("SELECT UTC_TIMESTAMP(3)")[0][0] + "Z")


def test_the_newest_come_first_and_no_more_than_asked(api: Api):
    for title in ("one", "two", "three"):
        api.post(title)

    page = api.get("/api/posts?limit=2")

    assert page.titles == ["three", "two"]
    assert page.json["hasMore"] is True


def test_the_list_ends(api: Api):
    api.post("only")

    page = api.get("/api/posts?limit=1")

    assert page.json["hasMore"] is False


def test_the_list_is_read_in_index_order(api: Api, mariadb: MariaDb, standing_database: str):
    many = ", ".join("('t', 'c', NULL, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))" for _ in range(500))
    values = (
        f"INSERT INTO {standing_database}.posts (title, content, authorId, createdAt, updatedAt)"
    )
    mariadb.sql(f"{values} VALUES {many}; ANALYZE TABLE {standing_database}.posts")

    select = f"SELECT id FROM {standing_database}.posts WHERE status = 'published'"
    plan = mariadb.sql(f"EXPLAIN {select} ORDER BY createdAt DESC, id DESC LIMIT 21")[0]

    assert "posts_newest" in plan
    assert "filesort" not in " ".join(plan)


def test_one_post_is_found_by_its_location(api: Api):
    created = api.post("here")

    found = api.get(created.headers["location"])

    assert found.json == created.json


@pytest.mark.parametrize("post_id", ["99", "0", "-1", "x", "1/2", "", "99999999999999999999"])
def test_a_post_that_is_not_there_is_404(api: Api, post_id: str):
    reply = api.get(f"/api/posts/{post_id}")

    assert reply.status == 404
    assert "error" in reply.json


@pytest.mark.parametrize(
    "text",
    [
        "' OR 1=1 --",
        "'); DROP TABLE posts; --",
        "\\'; DELETE FROM posts; -- \\",
        "%s %d {} %(x)s %%",
        "nul \x00 and sub \x1a",
        "ʼ＇′ Unicode quotes, 😀, العربية",
        '"double" `back`',
        " \t\r\n leading and trailing \n",
    ],
)
def test_text_is_stored_byte_for_byte(
    api: Api, mariadb: MariaDb, standing_database: str, text: str
):
    api.post(text, text)

    stored = mariadb.sql(f"SELECT HEX(title), HEX(content) FROM {standing_database}.posts")

    assert stored == [[text.encode().hex().upper()] * 2]
    assert api.get("/api/posts").titles == [text]


@pytest.mark.parametrize(("title", "content"), [(1, 1), (200, 10_000)])
def test_lengths_at_the_bounds_are_taken(api: Api, title: int, content: int):
    created = api.post("😀" * title, "😀" * content)

    assert created.status == 201
    assert created.json["content"] == "😀" * content


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"title": "\xff", "content": "c"}', 400),
        (b'{"title": "\\ud800", "content": "c"}', 400),
        (b"[]", 422),
        (b'{"title": "t"}', 422),
        (b'{"title": "", "content": "c"}', 422),
        (b'{"title": 1, "content": "c"}', 422),
        (b'{"title": "t", "content": "c", "id": 7}', 422),
        (json.dumps({"title": "t" * 201, "content": "c"}).encode(), 422),
        (json.dumps({"title": "t", "content": "c" * 10_001}).encode(), 422),
    ],
)
def test_a_bad_body_is_refused(api: Api, body: bytes, status: int):
    reply = api.ask("POST", "/api/posts", body, user=AUTHOR)

    assert reply.status == status
    assert list(reply.json) == ["error"]
    assert api.get("/api/posts").json["posts"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=1e9",
        "limit=1;x",
        "limit=",
        "limit=1&limit=2",
        "x=1",
        "limit=%ff",
    ],
)
def test_a_bad_query_is_refused(api: Api, query: str):
    reply = api.get(f"/api/posts?{query}")

    assert reply.status == 400
    assert "error" in reply.json


def test_reads_go_to_the_writer_while_the_reader_is_away(start_api: StartApi, mariadb: MariaDb):
    away = mariadb.url("task1_db").replace(str(mariadb.port), str(free_port()))
    api = start_api(DATABASE_READ_REPLICA_URL=away)

    listed = api.get("/api/posts")

    assert listed.status == 200


def test_clients_that_leave_early_shift_no_rows(api: Api):
    for number in range(8):
        api.post(f"post {number}")

    for _ in range(30):
        _leave_early(api)
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda n: (n, api.get(f"/api/posts?limit={n}")), range(1, 9)))

    assert [len(page.titles) for _, page in pages] == [number for number, _ in pages]


def _leave_early(api: Api) -> None:
    with socket.create_connection((ADDRESS, api.port)) as client:
        client.sendall(b"GET /api/posts?limit=3 HTTP/1.1\r\nhost: x\r\n\r\n")


def test_a_locked_database_gives_504_and_the_pool_recovers(
    api: Api, mariadb: MariaDb, standing_database: str
):
    with mariadb.locked(f"{standing_database}.posts"):
        blocked = api.post("too slow")
        health = api.get("/health")

    after = api.post("fine")

    assert (blocked.status, health.status, after.status) == (504, 200, 201)


def test_connections_that_died_idle_fail_nobody(api: Api, mariadb: MariaDb):
    api.post("one")
    connections = "SELECT id FROM information_schema.processlist WHERE user = 'app'"
    idle = mariadb.sql(connections)
    mariadb.sql("".join(f"KILL {row[0]};" for row in idle))
    # A connection that dies during a statement is another matter.
    eventually(lambda: not mariadb.sql(connections))
    api.get("/livez")

    posted = api.post("two")
    listed = api.get("/api/posts")

    assert idle
    assert (posted.status, listed.status) == (201, 200)
