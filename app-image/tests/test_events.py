"""`GET /api/events`: what a listener hears, and when the stream ends."""

import contextlib
import http.client
import json
import signal
from collections.abc import Iterator

import pytest

from api_process import AUTHOR, Api, a_client
from conftest import StartApi
from daemons import ADDRESS, Redis, eventually

pytestmark = pytest.mark.local


ATTENTIVE = "import task1.events; task1.events.SILENCE_SECONDS = 0.3"


@contextlib.contextmanager
def listening(api: Api) -> Iterator[http.client.HTTPResponse]:
    """A stream that has begun, on an API that hears of writes."""
    eventually(lambda: api.get("/health").json["cache"] == "up")
    connection = http.client.HTTPConnection(ADDRESS, api.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/api/events", headers={"X-Forwarded-For": a_client()})
        stream = connection.getresponse()
        assert stream.readline() == b"retry: 2000\n"
        yield stream


def subscribed(redis: Redis) -> bool:
    return redis.command("PUBSUB", "NUMSUB", "events").split()[-1] == "1"


def next_event(stream: http.client.HTTPResponse) -> tuple[str, object]:
    name = ""
    for line in iter(stream.readline, b""):
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        if field == "data":
            return name, json.loads(value)
    raise EOFError("the stream ended")


def test_a_listener_hears_of_posts_that_are_made_changed_and_deleted(own_api: Api, redis: Redis):
    eventually(lambda: subscribed(redis))
    with listening(own_api) as stream:
        post = own_api.post("heard").headers["location"]
        own_api.ask("PATCH", post, '{"title": "again"}', user=AUTHOR)
        own_api.ask("DELETE", post, user=AUTHOR)
        heard = [next_event(stream) for _ in range(3)]

    assert [event["change"] for _, event in heard] == ["created", "updated", "deleted"]
    assert {(name, event["type"], event["id"]) for name, event in heard} == {
        ("change", "post", int(post.split("/")[-1]))
    }


def test_nobody_hears_of_drafts(own_api: Api, redis: Redis):
    eventually(lambda: subscribed(redis))
    with listening(own_api) as stream:
        draft = own_api.post("draft", status="draft").headers["location"]
        own_api.ask("PATCH", draft, '{"title": "still a draft"}', user=AUTHOR)
        own_api.ask("PATCH", draft, '{"status": "published"}', user=AUTHOR)
        _, first = next_event(stream)

    assert first == {"type": "post", "change": "created", "id": int(draft.split("/")[-1])}


def test_what_is_written_through_another_pod_is_heard(start_api: StartApi, redis: Redis):
    one, other = start_api(), start_api()
    eventually(lambda: redis.command("PUBSUB", "NUMSUB", "events").split()[-1] == "2")
    with listening(one) as stream:
        eventually(lambda: other.get("/health").json["cache"] == "up")
        other.post("heard elsewhere")

        assert next_event(stream)[0] == "change"


def test_after_redis_was_away_listeners_are_told_to_read_anew(own_api: Api, redis: Redis):
    eventually(lambda: subscribed(redis))
    with listening(own_api) as stream:
        redis.kill()
        redis.start()

        assert next_event(stream) == ("resync", {})


def test_a_redis_that_vanished_without_a_word_is_missed(start_api: StartApi, redis: Redis):
    api = start_api(change=ATTENTIVE)
    eventually(lambda: subscribed(redis))
    with listening(api) as stream:
        redis.signal(signal.SIGSTOP)
        eventually(lambda: [event for event in api.events() if event["event"] == "events-away"])
        redis.signal(signal.SIGCONT)

        assert next_event(stream) == ("resync", {})


def test_a_redis_that_has_nothing_to_tell_is_kept(start_api: StartApi, redis: Redis):
    api = start_api(change=ATTENTIVE)
    eventually(lambda: subscribed(redis))

    first = eventually(lambda: pings(redis))
    eventually(lambda: pings(redis) > first + 2)

    assert not [event for event in api.events() if event["event"] == "events-away"]


def pings(redis: Redis) -> int:
    """How often Redis was asked for a sign of life."""
    told = redis.command("INFO", "commandstats")
    return int(told.split("cmdstat_ping:calls=")[1].split(",")[0]) if "_ping:" in told else 0


def test_a_stream_ends_when_the_process_drains(start_api: StartApi):
    api = start_api(DRAIN_SECONDS="60")
    with listening(api) as stream:
        api.signal(signal.SIGTERM)
        rest = stream.read()

    assert rest.endswith(b"\n")
    assert api.wait() == 0


def test_a_listener_who_leaves_is_forgotten(api: Api):
    def open_streams() -> str:
        metrics = api.raw("GET", "/metrics", None, {}).body.decode()
        return next(line for line in metrics.splitlines() if line.startswith("event_streams "))

    with listening(api):
        eventually(lambda: open_streams() == "event_streams 1.0")

    assert eventually(lambda: open_streams() == "event_streams 0.0")


def test_a_stream_is_not_kept_by_anybody_in_between(api: Api):
    with listening(api) as stream:
        assert stream.getheader("content-type") == "text/event-stream"
        assert stream.getheader("cache-control") == "no-store"
        assert stream.getheader("content-length") is None


def test_head_of_a_stream_ends_at_once(api: Api):
    reply = api.ask("HEAD", "/api/events")

    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream")
