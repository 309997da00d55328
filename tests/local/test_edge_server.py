"""The edge answers as CloudFront would, from S3 or from an HTTP origin; a real server."""

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from stackyard.local.edge_plan import Access, distribution
from tests.local.bodies import trust
from tests.local.distributions import described, items, planned
from tests.local.edge_yard import Yard, run

pytestmark = pytest.mark.local


def test_root_is_served_from_the_bucket_with_its_type_and_cache_header(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[aiohttp.ClientResponse, str, web.Request]:
        return (*(await made.ask("/")), made.origin.seen[0])

    answer, text, asked = run(tmp_path, story)

    assert (answer.status, text) == (200, "<h1>home</h1>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Cache"] == "Miss from cloudfront"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "x-amz-request-id" not in answer.headers
    assert asked.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=LOCAL")


def test_asset_is_cached_and_page_is_not(tmp_path: Path) -> None:
    async def story(made: Yard) -> list[tuple[str, str]]:
        paths = ["/assets/a%20b.js", "/assets/a%20b.js?x=1", "/", "/"]
        answers = [await made.ask(path) for path in paths]
        return [(answer.headers["X-Cache"].split()[0], text) for answer, text in answers]

    seen = run(tmp_path, story)

    assert seen == [
        ("Miss", "let a"),
        ("Hit", "let a"),
        ("Miss", "<h1>home</h1>"),
        ("Miss", "<h1>home</h1>"),
    ]


def test_invalidation_empties_the_cache(tmp_path: Path) -> None:
    async def story(made: Yard) -> list[str]:
        answers = [await made.ask("/assets/a%20b.js")]
        answers.append(await made.ask("/assets/a%20b.js"))
        same = planned(made.layout)
        made.edge.serve(same)
        answers.append(await made.ask("/assets/a%20b.js"))
        invalidated = distribution(
            described(made.layout),
            kept={},
            header_policies={},
            access={"site": Access(reads=True)},
            invalidations=1,
        )
        made.edge.serve(invalidated)
        answers.append(await made.ask("/assets/a%20b.js"))
        return [answer.headers["X-Cache"].split()[0] for answer, _ in answers]

    seen = run(tmp_path, story)

    assert seen == ["Miss", "Hit", "Hit", "Miss"]


@pytest.mark.parametrize(
    ("access", "status"),
    [
        (Access(reads=True, lists=True), 404),
        (Access(reads=True, lists=False), 403),
    ],
)
def test_missing_object_is_403_for_who_may_not_list(
    tmp_path: Path, access: Access, status: int
) -> None:
    async def story(made: Yard) -> tuple[int, str]:
        made.edge.serve(planned(made.layout, access))
        answer, _ = await made.ask("/nothing.html")
        return answer.status, answer.headers["X-Cache"]

    seen = run(tmp_path, story)

    assert seen == (status, "Error from cloudfront")


def test_bucket_that_does_not_let_the_distribution_read_gives_403(tmp_path: Path) -> None:
    async def story(made: Yard) -> int:
        made.edge.serve(planned(made.layout, Access(lists=True)))
        return (await made.ask("/"))[0].status

    status = run(tmp_path, story)

    assert status == 403


def test_error_page_stands_in_for_an_error(tmp_path: Path) -> None:
    page = {"ErrorCode": 403, "ResponsePagePath": "/404.html", "ResponseCode": "404"}

    async def story(made: Yard) -> tuple[int, str]:
        made.edge.serve(planned(made.layout, CustomErrorResponses=items(page)))
        answer, text = await made.ask("/nothing.html")
        return answer.status, text

    seen = run(tmp_path, story)

    assert seen == (404, "lost")


def test_request_to_the_api_arrives_whole(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[web.Request, bytes, int, str]:
        answer, text = await made.ask(
            "/api/po%2Fsts?a=1&b=%20",
            "POST",
            data=b"body",
            headers={"X-Forwarded-For": "203.0.113.9", "Cookie": "c=1", "X-Origin": "viewer"},
        )
        return made.origin.seen[0], made.origin.bodies[0], answer.status, text

    asked, body, status, text = run(tmp_path, story)

    assert (status, text) == (201, "from the origin")
    assert (asked.method, asked.raw_path, body) == ("POST", "/api/po%2Fsts?a=1&b=%20", b"body")
    assert asked.headers["X-Forwarded-For"].startswith("203.0.113.9, 127.")
    assert asked.headers["Cookie"] == "c=1"
    assert asked.headers["X-Origin"] == "edge"
    assert asked.headers["Host"].endswith(":8080")


def test_without_an_origin_request_policy_the_viewer_is_not_forwarded(tmp_path: Path) -> None:
    async def story(made: Yard) -> web.Request:
        await made.ask("/bare/a?x=1", headers={"Cookie": "c=1", "X-Own": "1"})
        return made.origin.seen[0]

    asked = run(tmp_path, story)

    assert asked.raw_path == "/bare/a"
    assert "Cookie" not in asked.headers
    assert "X-Own" not in asked.headers
    assert asked.headers["User-Agent"] == "Amazon CloudFront"


def test_headers_of_one_connection_stop_at_the_edge(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[aiohttp.ClientResponse, web.Request]:
        sent = {"Connection": "X-Mine", "X-Mine": "1", "TE": "trailers"}
        answer, _ = await made.ask("/api/posts", headers=sent)
        return answer, made.origin.seen[0]

    answer, asked = run(tmp_path, story)

    assert "X-Mine" not in asked.headers
    assert "TE" not in asked.headers
    assert "Keep-Alive" not in answer.headers
    assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]


def test_body_is_streamed_before_the_origin_has_sent_it_whole(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[bytes, bytes]:
        connector = aiohttp.TCPConnector(ssl=trust(made.layout))
        async with (
            aiohttp.ClientSession(connector=connector) as client,
            client.get(f"{made.url}/api/slow") as answer,
        ):
            first = await asyncio.wait_for(answer.content.readany(), 5)
            made.origin.go_on.set()
            return first, await answer.read()

    seen = run(tmp_path, story)

    assert seen == (b"first", b"second")


def test_method_that_the_behaviour_does_not_take_is_403(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[int, str, int]:
        answer, text = await made.ask("/index.html", "POST", data=b"x")
        return answer.status, text, len(made.origin.seen)

    seen = run(tmp_path, story)

    assert seen == (403, "403: /index.html takes GET, HEAD, OPTIONS, not POST\n", 0)


def test_origin_that_is_down_gives_502_in_one_line(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[int, str]:
        await made.origin.runner.cleanup()
        answer, text = await made.ask("/api/posts")
        return answer.status, text

    status, text = run(tmp_path, story)

    assert status == 502
    assert text.startswith("502: origin 127.")
    assert text.count("\n") == 1


def test_head_has_the_headers_and_no_body(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[str, str]:
        answer, text = await made.ask("/assets/a%20b.js", "HEAD")
        return answer.headers["Content-Length"], text

    seen = run(tmp_path, story)

    assert seen == ("5", "")


def test_plain_http_is_refused(tmp_path: Path) -> None:
    async def story(made: Yard) -> bytes:
        reader, writer = await asyncio.open_connection(made.layout.edge(1), 8443)
        writer.write(b"GET / HTTP/1.1\r\nHost: edge\r\n\r\n")
        try:
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()

    said = run(tmp_path, story)

    assert b"HTTP/" not in said


def test_stopped_server_no_longer_listens(tmp_path: Path) -> None:
    async def story(made: Yard) -> str:
        await made.edge.stop()
        return made.layout.edge(1)

    address = run(tmp_path, story)

    with socket.socket() as client:
        assert client.connect_ex((address, 8443)) != 0
