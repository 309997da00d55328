"""Lists of posts: pages by keyset, by author and status, and search by words."""

from typing import Any

import pytest

from api_process import AUTHOR, OTHER, Api
from daemons import MariaDb

pytestmark = pytest.mark.local


def every_page(api: Api, query: str, limit: int) -> list[str]:
    """Titles of all pages, one after the other."""
    titles: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/api/posts?{query}&limit={limit}{cursor}").json
        titles += [post["title"] for post in page["posts"]]
        assert page["hasMore"] == (page["nextCursor"] is not None)
        if not page["hasMore"]:
            return titles
        cursor = f"&cursor={page['nextCursor']}"


def fill(mariadb: MariaDb, database: str, count: int, *, same_time: bool = False) -> None:
    """Posts by turns of both users, named by their number; the newest has the highest."""
    moment = "'2026-01-01 00:00:00.123'" if same_time else "'2026-01-01' + INTERVAL {n} SECOND"
    rows = ", ".join(
        f"('{n}', 'c', {1 + n % 2}, {moment.format(n=n)}, NOW(3))" for n in range(count)
    )
    columns = "(title, content, authorId, createdAt, updatedAt)"
    mariadb.sql(f"INSERT INTO {database}.posts {columns} VALUES {rows}")


@pytest.mark.parametrize("same_time", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 7, 20])
def test_pages_hold_every_post_once_in_order(
    api: Api, mariadb: MariaDb, standing_database: str, limit: int, same_time: bool
):
    fill(mariadb, standing_database, 20, same_time=same_time)

    assert every_page(api, "status=published", limit) == [str(n) for n in reversed(range(20))]


def test_a_post_written_meanwhile_shifts_no_page(
    api: Api, mariadb: MariaDb, standing_database: str
):
    fill(mariadb, standing_database, 6)
    first = api.get("/api/posts?limit=3").json
    api.post("newest")

    second = api.get(f"/api/posts?limit=3&cursor={first['nextCursor']}").titles

    assert second == ["2", "1", "0"]


def test_a_page_of_long_posts_ends_early_and_the_next_goes_on(api: Api):
    for number in range(25):
        api.post(f"{number}", "😀" * 10_000)

    page = api.get("/api/posts?limit=25").json

    assert len(page["posts"]) == 10
    assert every_page(api, "status=published", 25) == [str(n) for n in reversed(range(25))]


def test_a_search_for_long_posts_finds_the_best_of_them(api: Api):
    for _ in range(15):
        api.post("long", "replica " * 1250)

    assert len(api.get("/api/posts/search?q=replica&limit=15").titles) == 10


def test_a_list_by_author_holds_only_theirs(api: Api, mariadb: MariaDb, standing_database: str):
    fill(mariadb, standing_database, 10)

    assert every_page(api, f"authorId={OTHER}", 2) == ["9", "7", "5", "3", "1"]


def test_a_list_names_the_authors_and_no_address(api: Api):
    api.post("signed", user=OTHER)

    (post,) = api.get("/api/posts").json["posts"]

    assert post["author"] == {"id": OTHER, "name": "Bob"}
    assert "example.com" not in api.get("/api/posts").body.decode()


def test_drafts_are_listed_for_their_author_alone(api: Api):
    api.post("mine", status="draft")
    api.post("theirs", status="draft", user=OTHER)

    own = api.get("/api/posts?status=draft", user=AUTHOR)
    public = api.get("/api/posts")

    assert own.titles == ["mine"]
    assert public.titles == []
    assert api.get("/api/posts?status=draft").status == 401
    assert api.get(f"/api/posts?status=draft&authorId={OTHER}", user=AUTHOR).status == 403


def test_a_draft_is_read_by_its_author_alone(api: Api):
    draft = api.post("mine", status="draft").headers["location"]

    seen = [api.get(draft, user=user).status for user in (None, OTHER, AUTHOR)]

    assert seen == [404, 404, 200]


@pytest.mark.parametrize(
    "cursor", ["x", "", "A" * 21, "A" * 23, "*" * 22, "_" * 22, "AAAAAAAAAAAAAAAAAAAAA%ff"]
)
def test_a_cursor_that_no_page_gave_is_refused(api: Api, cursor: str):
    assert api.get(f"/api/posts?cursor={cursor}").status == 400


@pytest.mark.parametrize("value", ["' OR 1=1 --", "deleted", "1", ""])
def test_a_status_is_one_of_two(api: Api, value: str):
    assert api.get(f"/api/posts?status={value.replace(' ', '%20')}").status == 400


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("replica", ["read replicas lag", "a replica"]),
        ("read%20lag", ["read replicas lag"]),
        ("nowhere", []),
        ("REPLICA", ["read replicas lag", "a replica"]),
        ("%2B-replica*", ["read replicas lag", "a replica"]),
    ],
)
def test_a_search_finds_posts_with_every_word(api: Api, query: str, titles: list[str]):
    api.post("a replica", "of the database")
    api.post("read replicas lag", "the replica is behind")
    api.post("a replica nobody sees", status="draft")

    assert set(api.get(f"/api/posts/search?q={query}").titles) == set(titles)


def test_a_search_gives_no_more_than_asked(api: Api):
    for number in range(3):
        api.post(f"scaling {number}")

    assert len(api.get("/api/posts/search?q=scaling&limit=2").titles) == 2


@pytest.mark.parametrize("query", ["", "q=", "q=a", "q=the", f"q={'x' * 101}", "q=abc&x=1"])
def test_a_search_for_nothing_is_refused(api: Api, query: str):
    assert api.get(f"/api/posts/search?{query}").status == 400


def explain(mariadb: MariaDb, statement: str) -> str:
    return " ".join(" ".join(row) for row in mariadb.sql(f"EXPLAIN {statement}"))


@pytest.mark.parametrize(
    ("index", "where"),
    [
        ("posts_newest", "status = 'published'"),
        ("posts_of_author", "status = 'published' AND authorId = 2"),
    ],
)
def test_a_page_is_read_in_index_order(
    api: Api, mariadb: MariaDb, standing_database: str, index: str, where: Any
):
    fill(mariadb, standing_database, 500)
    moment = "'2026-01-01 00:05:00'"
    after = f"createdAt <= {moment} AND IF(createdAt = {moment}, id < 300, TRUE)"
    select = (
        f"SELECT id FROM {standing_database}.posts FORCE INDEX ({index}) WHERE {where} AND {after}"
    )

    plan = explain(mariadb, f"{select} ORDER BY createdAt DESC, id DESC LIMIT 21")

    assert index in plan
    assert "filesort" not in plan
