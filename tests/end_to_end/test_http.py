"""HTTP through the CDN's address and the load balancer's."""

import itertools
import json
import os
import subprocess
import urllib.error
import urllib.request
from base64 import b64decode
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest

from tests.end_to_end.running_stack import RunningStack
from tests.end_to_end.waiting import until

pytestmark = pytest.mark.end_to_end

UNREAD_LIMITS = itertools.count(30)
"""Pages that nobody has asked for: what is kept is kept by `limit`, 1 to 100, 20 by default."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(stack: RunningStack, url: str, body: dict[str, Any] | None = None) -> Answer:
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    context = stack.tls if url.startswith("https:") else None
    with urllib.request.urlopen(request, timeout=10, context=context) as response:
        return Answer(response.status, response.headers, response.read())


def titles(answer: Answer) -> list[str]:
    return [post["title"] for post in answer.json()["posts"]]


def replica_titles(stack: RunningStack) -> list[str]:
    """Titles as the replica's own daemon holds them, asked with the app's credentials."""
    secret = stack.kubectl("get secret db-secret")["data"]["readReplicaUrl"]
    url = urlsplit(b64decode(secret).decode())
    assert url.hostname == stack.outputs["database"]["readerEndpoint"]
    done = subprocess.run(
        [
            "mariadb",
            "--no-defaults",
            f"--host={url.hostname}",
            f"--port={url.port}",
            f"--user={url.username}",
            f"--ssl-ca={stack.layout.certificate_authority}",
            "--ssl-verify-server-cert",
            "--batch",
            "--skip-column-names",
            "--execute=SELECT title FROM posts",
            url.path[1:],
        ],
        env={**os.environ, "MYSQL_PWD": unquote(url.password or "")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_the_site_is_served_by_the_cdn(stack: RunningStack) -> None:
    answer = send(stack, f"{stack.site}/")

    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"<title>" in answer.body


def test_health_answers_through_the_cdn(stack: RunningStack) -> None:
    answer = send(stack, str(stack.outputs["healthUrl"]))

    assert (answer.status, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("through", ["site", "load_balancer"])
def test_a_post_is_read_back(stack: RunningStack, through: str) -> None:
    posts = f"{getattr(stack, through)}/api/posts"
    title = f"first light {uuid4()}"

    made = send(stack, posts, {"title": title, "content": "hello"})
    read = until(lambda: titles(send(stack, posts)), lambda seen: title in seen, seconds=10)

    assert made.status == 201
    assert title in read


@pytest.mark.parametrize("through", ["site", "load_balancer"])
def test_the_second_read_is_a_cache_hit(stack: RunningStack, through: str) -> None:
    posts = f"{getattr(stack, through)}/api/posts"
    health = str(stack.outputs["healthUrl"])

    def read_twice() -> list[str | None]:
        unread = f"{posts}?limit={next(UNREAD_LIMITS)}"
        return [send(stack, unread).headers["X-Api-Cache"] for _ in range(2)]

    until(lambda: send(stack, health).json()["cache"], lambda seen: seen == "up", seconds=30)
    # Again, since an answer of Redis that takes longer than 100 ms counts as none.
    seen = until(read_twice, lambda seen: seen == ["miss", "hit"], seconds=10)

    assert seen == ["miss", "hit"]


def test_the_post_stands_in_the_replica_of_the_database(stack: RunningStack) -> None:
    title = f"replicated {uuid4()}"
    send(stack, f"{stack.load_balancer}/api/posts", {"title": title, "content": "hello"})

    rows = until(lambda: replica_titles(stack), lambda seen: title in seen, seconds=10)

    assert title in rows


def test_every_answer_names_the_release(stack: RunningStack) -> None:
    answer = send(stack, str(stack.outputs["healthUrl"]))

    assert answer.headers["X-Release"] == str(stack.outputs["app"]["image"]).split("@")[1]


def test_an_unknown_path_of_the_api_stays_an_error_of_the_api(stack: RunningStack) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        send(stack, f"{stack.site}/api/nothing")

    with caught.value as answer:
        assert answer.headers["Content-Type"].startswith("application/json")
