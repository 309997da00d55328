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
from ipaddress import IPv4Address
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest

from tests.end_to_end.running_stack import RunningStack
from tests.end_to_end.waiting import until

pytestmark = pytest.mark.end_to_end

UNREAD_LIMITS = itertools.count(30)
"""Pages that nobody has asked for: what is kept is kept by `limit`, 1 to 100, 20 by default."""

ADDRESSES = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(
    stack: RunningStack, url: str, body: dict[str, Any] | None = None, **headers: str
) -> Answer:
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **headers},
    )
    context = stack.tls if url.startswith("https:") else None
    with urllib.request.urlopen(request, timeout=10, context=context) as response:
        return Answer(response.status, response.headers, response.read())


def new_user(stack: RunningStack) -> Any:
    """A user of its own, from an address of its own: the API lets five a quarter of an hour in."""
    client = str(IPv4Address("198.19.0.0") + next(ADDRESSES))
    account = {"email": f"{uuid4()}@example.com", "name": "Ada", "password": f"{uuid4()}"}
    register = f"{stack.load_balancer}/api/auth/register"
    made = send(stack, register, account, **{"X-Forwarded-For": client})
    assert made.status == 201
    return made.json()


def write(stack: RunningStack, posts: str, title: str) -> Answer:
    """POST as a new user."""
    token = new_user(stack)["accessToken"]
    post = {"title": title, "content": "hello"}
    return send(stack, posts, post, Authorization=f"Bearer {token}")


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

    made = write(stack, posts, title)
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
    write(stack, f"{stack.load_balancer}/api/posts", title)

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


def test_who_signs_in_through_the_cdn_stays_so_by_a_cookie(stack: RunningStack) -> None:
    auth = f"{stack.site}/api/auth"
    given = new_user(stack)

    again = send(stack, f"{auth}/refresh", {}, Cookie=f"__Host-rt={given['refreshToken']}")

    assert again.json()["accessToken"] != given["accessToken"]
    assert "__Host-rt=" in again.headers["Set-Cookie"]
    assert "HttpOnly; Secure; SameSite=Strict" in again.headers["Set-Cookie"]


def test_one_client_gets_a_hundred_requests_in_a_quarter_of_an_hour(stack: RunningStack) -> None:
    url = f"{stack.load_balancer}/api/posts?limit=1"
    client = {"X-Forwarded-For": "203.0.113.77"}
    within = [send(stack, url, None, **client).headers["RateLimit-Remaining"] for _ in range(100)]

    with pytest.raises(urllib.error.HTTPError, match="429") as caught:
        send(stack, url, None, **client)

    assert within[-1] == "0"
    with caught.value as answer:
        assert json.loads(answer.read())["error"] == "Too many requests, please try again later."


def test_metrics_are_not_for_who_comes_through_the_load_balancer(stack: RunningStack) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        send(stack, f"{stack.load_balancer}/metrics")

    caught.value.close()


def test_who_listens_hears_of_a_new_post_through_the_cdn(stack: RunningStack) -> None:
    request = urllib.request.Request(f"{stack.site}/api/events")
    with urllib.request.urlopen(request, timeout=20, context=stack.tls) as events:
        first = events.readline()
        made = write(stack, f"{stack.load_balancer}/api/posts", "to be heard of").json()
        lines = iter(events.readline, b"")
        told = next(line for line in lines if line.startswith(b"data: ") and b"post" in line)

    assert first == b"retry: 2000\n"
    assert json.loads(told[6:]) == {"type": "post", "change": "created", "id": made["id"]}
