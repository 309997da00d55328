"""Posts: list, read and write."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from task1.cache import Cache
from task1.config import whole_number
from task1.database import Database, Row, insert, run
from task1.http import Answer, Header, RefusedError, Request, encode

PATH = "/api/posts"
COLUMNS = "id, title, content, authorId, status, createdAt, updatedAt"
LIST = (
    f"SELECT {COLUMNS} FROM posts WHERE status = 'published'"  # noqa: S608  # constants only
    " ORDER BY createdAt DESC, id DESC LIMIT %s"
)
ONE = f"SELECT {COLUMNS} FROM posts WHERE id = %s"  # noqa: S608  # constants only
INSERT = (
    "INSERT INTO posts (title, content, status, createdAt, updatedAt)"
    " VALUES (%s, %s, 'published', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))"
)
READY = "SELECT id FROM posts LIMIT 1"
"""Answered once the database is there, the user may read and the schema is made."""

_limit = whole_number(1, 100)
_post_id = whole_number(1, 999_999_999)


class NewPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may say of a post."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    content: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]


class Post(msgspec.Struct, frozen=True, rename="camel"):
    """A post as clients read it."""

    id: int
    title: str
    content: str
    author_id: int | None
    status: str
    created_at: datetime
    updated_at: datetime


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """The newest posts."""

    posts: list[Post]
    has_more: bool


class Posts:
    """Handlers under `/api/posts`."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache
        self._decoder = msgspec.json.Decoder(NewPost)

    async def newest(self, request: Request) -> Answer:
        """GET /api/posts?limit=20: the newest first."""
        given = request.query("limit").get("limit", "20")
        try:
            limit = _limit(given)
        except ValueError as error:
            raise RefusedError(400, f"limit: {error}") from error

        async def load(fresh: bool) -> bytes:  # noqa: FBT001  # the shape of a Load
            # One row more than asked for tells whether there are more.
            rows = await self._database.read(LIST, (limit + 1,), fresh=fresh)
            page = Page(posts=[_post(row) for row in rows[:limit]], has_more=len(rows) > limit)
            return encode(page)

        body, hit = await self._cache.get(f"newest:{limit}", load)
        return Answer(200, body, (_cache_header(hit=hit),))

    async def one(self, request: Request) -> Answer:
        """GET /api/posts/{id}."""
        request.query()
        try:
            post_id = _post_id(request.path.removeprefix(f"{PATH}/"))
        except ValueError as error:
            raise RefusedError(404, "no such post") from error

        async def load(fresh: bool) -> bytes:  # noqa: FBT001  # the shape of a Load
            rows = await self._database.read(ONE, (post_id,), fresh=fresh)
            if not rows:
                raise RefusedError(404, "no such post")
            return encode(_post(rows[0]))

        body, hit = await self._cache.get(f"one:{post_id}", load)
        return Answer(200, body, (_cache_header(hit=hit),))

    async def create(self, request: Request) -> Answer:
        """POST /api/posts: 201 once the post is stored and no kept list lacks it.

        `Cache.forget` tells when a later list may lack it all the same.
        """
        request.query()
        body = await request.body()
        try:
            new = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise RefusedError(422, str(error)) from error
        except (msgspec.DecodeError, UnicodeError) as error:
            raise RefusedError(400, "the body is no JSON in UTF-8") from error
        try:
            async with self._database.writer.connection() as connection:
                post_id = await insert(connection, INSERT, (new.title, new.content))
                rows = await run(connection, ONE, (post_id,))
        finally:
            # Even after an error: the row may be stored though its answer was lost.
            await self._cache.forget()
        location = f"{PATH}/{post_id}".encode()
        return Answer(201, encode(_post(rows[0])), ((b"location", location),))


def _post(row: Row) -> Post:
    post_id, title, content, author_id, status, created_at, updated_at = row
    return Post(
        id=post_id,
        title=title,
        content=content,
        author_id=author_id,
        status=status,
        created_at=_utc(created_at),
        updated_at=_utc(updated_at),
    )


def _utc(moment: datetime) -> datetime:
    # MySQL's DATETIME knows no zone; every statement here writes UTC.
    return moment.replace(tzinfo=UTC)


def _cache_header(*, hit: bool) -> Header:
    # X-Cache itself is the CDN's: it would write over ours.
    return (b"x-api-cache", b"hit" if hit else b"miss")
