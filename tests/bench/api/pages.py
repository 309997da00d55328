"""The pages that are asked for, and that every server answers them alike."""

import gzip
import http.client
import itertools
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackyard.errors import StackyardError
from tests.end_to_end.http_connection import request_to

PATH = "/api/posts"
HOT_PAGE = f"{PATH}?limit=20"
WALKED = 100
"""Posts of a page while all of them are read, the most that a page may have."""
LIMITS = range(5, 36)
"""Posts of a page that misses, 20 on average: each size at each cursor is a page of its own."""
CLIENTS = 62_500
SHUFFLED_BY = 20
LIMIT = 100
"""Requests of one client in 15 minutes."""
TOO_MANY = {"success": False, "error": "Too many requests, please try again later."}


class UnlikeError(StackyardError):
    """A server does not answer as it has to, so its speed means nothing."""


@dataclass(frozen=True)
class Walk:
    """All posts as one server lists them, and the cursors between its pages."""

    posts: Sequence[Mapping[str, Any]]
    cursors: Sequence[str]


class Client:
    """One connection to a server, each request of it from another client's address."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._turns = itertools.count()

    def get(self, path: str, address: str | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer, which has to be compressed if it is 200."""
        forwarded = address or client_address(next(self._turns))
        headers = {"Accept-Encoding": "gzip", "X-Forwarded-For": forwarded}
        self._connection.request("GET", path, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        compressed = response.getheader("Content-Encoding") == "gzip"
        if response.status == 200 and not compressed:
            raise UnlikeError(f"{path}: the answer is not compressed")
        return response.status, json.loads(gzip.decompress(body) if compressed else body)

    def text(self, path: str) -> str:
        """A text answered to who comes from no proxy."""
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        body = response.read().decode()
        if response.status != 200:
            raise UnlikeError(f"{path}: status {response.status}: {body}")
        return body

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def client_address(turn: int) -> str:
    """One of `CLIENTS` addresses of RFC 2544's range for benchmarks."""
    third, fourth = divmod(turn % CLIENTS, 250)
    return f"198.18.{third}.{fourth}"


def walk(client: Client) -> Walk:
    """Read every post, page by page. Raises `UnlikeError`."""
    posts: list[Mapping[str, Any]] = []
    cursors: list[str] = []
    path = f"{PATH}?limit={WALKED}"
    while True:
        status, page = client.get(path)
        if status != 200:
            raise UnlikeError(f"{path}: status {status}: {page}")
        posts += map(alike, page["posts"])
        if not page["hasMore"]:
            return Walk(posts, cursors)
        cursors.append(page["nextCursor"])
        path = f"{PATH}?limit={WALKED}&cursor={cursors[-1]}"


def alike(post: Mapping[str, Any]) -> Mapping[str, Any]:
    """The post with its times as times, which each server writes in its own way."""
    times = {name: datetime.fromisoformat(post[name]) for name in ("createdAt", "updatedAt")}
    return {**post, **times}


def check_same(peer: str, ours: Walk, theirs: Walk) -> None:
    """Raises `UnlikeError` with the first post in which the two differ."""
    for number, (here, there) in enumerate(zip(ours.posts, theirs.posts, strict=False)):
        if here != there:
            raise UnlikeError(f"{peer}: post {number} of the list is {there}, ours is {here}")
    if len(ours.posts) != len(theirs.posts):
        raise UnlikeError(f"{peer} lists {len(theirs.posts)} posts, we {len(ours.posts)}")


def check_limit(peer: str, client: Client) -> None:
    """Raises `UnlikeError` unless one client's request after the hundredth is refused."""
    answers = [client.get(HOT_PAGE, "203.0.113.7") for _ in range(LIMIT + 1)]
    statuses = [status for status, _ in answers]
    if statuses != [200] * LIMIT + [429] or answers[-1][1] != TOO_MANY:
        raise UnlikeError(
            f"{peer}: after {LIMIT} requests of a client comes status 429 with {TOO_MANY},"
            f" not {statuses.index(429) if 429 in statuses else 'none'} and {answers[-1][1]}"
        )


def cold_pages(cursors: Sequence[str]) -> list[str]:
    """Pages of which nobody has asked yet, in an order without order but always the same."""
    pages = [f"{PATH}?limit={limit}&cursor={cursor}" for cursor in cursors for limit in LIMITS]
    random.Random(SHUFFLED_BY).shuffle(pages)  # noqa: S311  # no secret
    return pages


def requests_for(url: str, pages: Iterable[str]) -> Iterator[bytes]:
    """GETs of the pages in turn, each from another client's address."""
    for turn, page in enumerate(pages):
        address = client_address(turn)
        yield request_to(f"{url}{page}", Accept_Encoding="gzip", X_Forwarded_For=address)
