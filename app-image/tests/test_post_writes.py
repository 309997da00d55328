"""Changing and deleting posts: by their authors, and seen at once."""

import json

import pytest

from api_process import AUTHOR, OTHER, Api
from daemons import MariaDb

pytestmark = pytest.mark.local


def change(api: Api, path: str, user: int | None = AUTHOR, **changed: object):
    return api.ask("PATCH", path, json.dumps(changed), user=user)


@pytest.fixture
def post(api: Api) -> str:
    """Where a post of the author's is."""
    return api.post("before", "text").headers["location"]


def test_what_is_not_given_stays(api: Api, post: str):
    changed = change(api, post, title="after")

    assert (changed.status, changed.json["title"], changed.json["content"]) == (
        200,
        "after",
        "text",
    )
    assert api.get(post).json == changed.json
    assert changed.json["updatedAt"] > changed.json["createdAt"]


def test_a_change_of_nothing_is_a_change(api: Api, post: str):
    assert change(api, post).status == 200


@pytest.mark.parametrize(("user", "status"), [(None, 401), (OTHER, 403), (AUTHOR, 200)])
def test_only_the_author_changes_a_post(api: Api, post: str, user: int | None, status: int):
    assert change(api, post, user, title="after").status == status
    assert (api.get(post).json["title"] == "after") == (status == 200)


@pytest.mark.parametrize(("user", "status"), [(None, 401), (OTHER, 403), (AUTHOR, 204)])
def test_only_the_author_deletes_a_post(api: Api, post: str, user: int | None, status: int):
    reply = api.ask("DELETE", post, user=user)

    assert reply.status == status
    assert api.get(post).status == (404 if status == 204 else 200)


def test_a_deleted_post_is_in_no_list(api: Api, post: str):
    api.get("/api/posts")
    api.ask("DELETE", post, user=AUTHOR)

    assert api.get("/api/posts").titles == []
    assert api.ask("DELETE", post, user=AUTHOR).status == 404


def test_a_post_that_is_withdrawn_is_a_draft(api: Api, post: str):
    change(api, post, status="draft")

    assert api.get(post).status == 404
    assert api.get(post, user=AUTHOR).json["status"] == "draft"


def test_a_draft_of_another_is_not_there(api: Api):
    draft = api.post("mine", status="draft").headers["location"]

    assert change(api, draft, OTHER, title="theirs").status == 404


@pytest.mark.parametrize(
    "changed", [{"title": ""}, {"content": None}, {"status": "gone"}, {"authorId": OTHER}]
)
def test_a_bad_change_is_refused(api: Api, post: str, changed: dict[str, object]):
    assert change(api, post, **changed).status == 422
    assert api.get(post).json["title"] == "before"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_nobody_changes_what_is_not_there(api: Api, method: str):
    body = "{}" if method == "PATCH" else None

    assert api.ask(method, "/api/posts/999", body, user=AUTHOR).status == 404


def test_who_may_not_write_empties_no_cache(api: Api, post: str):
    for _ in range(3):
        kept = api.get("/api/posts").headers["x-api-cache"]

    change(api, post, OTHER, title="theirs")

    assert (kept, api.get("/api/posts").headers["x-api-cache"]) == ("hit", "hit")


def test_a_title_with_a_statement_in_it_is_text(api: Api, post: str, mariadb: MariaDb):
    title = "'); DROP TABLE posts; -- %s"

    assert change(api, post, title=title).json["title"] == title
    assert api.get(post).json["title"] == title


def test_a_write_tells_when_it_was(api: Api, post: str):
    told = change(api, post, title="after").headers["x-read-after"]

    assert len(told) == 13
    assert "x-read-after" not in api.get(post).headers
