"""Posts: lists by keyset, one, search; written by their authors."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from task1.authors import Authors
from task1.cache import Cache
from task1.database import Connection, Database, Parameters, Row, insert, run
from task1.http import Answer, RefusedError, Request, encode
from task1.mysql import SELECT, moment
from task1.post_shapes import (
    Found,
    ListQuery,
    NewPost,
    Page,
    Post,
    PostChange,
    PostEvent,
    SearchQuery,
    after_of,
    cursor_of,
    fitting,
    post_of,
    posts_of,
)
from task1.routes import Route, Wanted, id_of
from task1.search import search_terms
from task1.tokens import unauthorized

PATH, NAMESPACE = "/api/posts", "posts"
_SELECT = (
    f"{SELECT} p.id, p.title, p.content, p.status,"
    f" {moment('p.createdAt')}, {moment('p.updatedAt')},"
)
_MANY = f"{_SELECT} p.authorId FROM posts p "
_ONE = f"{_SELECT} u.id, u.name FROM posts p LEFT JOIN users u ON u.id = p.authorId WHERE p.id = %s"
_NEWEST = " ORDER BY p.createdAt DESC, p.id DESC LIMIT %s"
_AFTER = " AND p.createdAt <= %s AND IF(p.createdAt = %s, p.id < %s, TRUE)"
"""Keyset, expanded: 0.5 ms at 100 000 posts; as a row constructor 54 ms, by OFFSET 183 ms. With OR,
MariaDB's optimizer looks at the primary key too, which takes it 7 % more."""
_PAGES = {
    (of_author, further): (
        # Named, since MariaDB takes an index on status alone, and a sort, when the table is
        # partitioned.
        f"{_MANY}FORCE INDEX ({'posts_of_author' if of_author else 'posts_newest'}) WHERE"
        f" p.status = %s{' AND p.authorId = %s' if of_author else ''}"
        f"{_AFTER if further else ''}{_NEWEST}"
    )
    for of_author in (False, True)
    for further in (False, True)
}
"""By whether they are of one author, and come after another page."""
_MATCH = "MATCH (p.title, p.content) AGAINST (%s IN BOOLEAN MODE)"
_SEARCH = f"{_MANY}WHERE {_MATCH} AND p.status = 'published' ORDER BY {_MATCH} DESC LIMIT %s"
_INSERT = (
    "INSERT INTO posts (title, content, authorId, status, createdAt, updatedAt)"
    " SELECT %s, %s, id, %s, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM users WHERE id = %s"
)
"""Nothing for an author who is no more; a partitioned table has no foreign key to tell of it."""
MISSING = "no such post"
READY = "SELECT id FROM posts LIMIT 1"
"""Answered once the database is there, the user may read and the schema is made."""
Written = TypeVar("Written")


class Posts:
    """Handlers under `/api/posts`."""

    def __init__(self, database: Database, cache: Cache, *, partitioned: bool) -> None:
        self._database = database
        self._authors = Authors(database)
        self._cache = cache
        self._partitioned = partitioned
        self._new = msgspec.json.Decoder(NewPost)
        self._change = msgspec.json.Decoder(PostChange)

    def routes(self) -> Sequence[Route]:
        """All that is answered here."""
        one = f"{PATH}/{{id}}"
        return (
            Route(
                method="GET",
                path=PATH,
                summary="Posts, the newest first",
                wanted=self.page,
                query=ListQuery,
                answers={200: Page},
                refusals=(403,),
            ),
            Route(
                method="POST",
                path=PATH,
                summary="Write a post",
                handler=self.create,
                signed_in=True,
                body=NewPost,
                answers={201: Post},
            ),
            Route(
                method="GET",
                path=f"{PATH}/search",
                summary="Posts by their words",
                wanted=self.search,
                query=SearchQuery,
                answers={200: Found},
                refusals=(501,),
            ),
            Route(
                method="GET",
                path=one,
                summary="One post",
                wanted=self.one,
                answers={200: Post},
                refusals=(404,),
            ),
            Route(
                method="PATCH",
                path=one,
                summary="Change a post of your own",
                handler=self.change,
                signed_in=True,
                body=PostChange,
                answers={200: Post},
                refusals=(403, 404),
            ),
            Route(
                method="DELETE",
                path=one,
                summary="Delete a post of your own",
                handler=self.delete,
                signed_in=True,
                answers={204: None},
                refusals=(403, 404),
            ),
        )

    def page(self, request: Request) -> Wanted:
        """GET /api/posts?status&authorId&limit&cursor: the newest first."""
        query = request.query(ListQuery)
        author = query.author_id
        if query.status == "draft":
            if request.user_id is None:
                raise unauthorized("sign in to read your drafts")
            if author not in (None, request.user_id):
                raise RefusedError(403, "drafts of others are not for you")
            author = request.user_id
        after = None if query.cursor is None else after_of(query.cursor)

        async def load(fresh: bool) -> bytes:  # noqa: FBT001  # the shape of a Load
            statement, parameters = _page(query, author, after)
            rows = await self._database.read(statement, parameters, fresh=fresh)
            kept = fitting(rows, query.limit)
            authors = await self._authors.of(kept, fresh=fresh)
            more = len(rows) > len(kept)
            cursor = cursor_of(kept[-1]) if more else None
            return encode(Page(posts_of(kept, authors), more, cursor))

        field = f"list:{query.status}:{author}:{query.limit}:{query.cursor or ''}"
        return Wanted(NAMESPACE, field, load)

    def search(self, request: Request) -> Wanted:
        """GET /api/posts/search?q: published posts with all of the words, the best first."""
        query = request.query(SearchQuery)
        if self._partitioned:
            raise RefusedError(501, "posts are partitioned here, and such a table has no FULLTEXT")
        terms = search_terms(query.q)

        async def load(fresh: bool) -> bytes:  # noqa: FBT001  # the shape of a Load
            parameters = (terms, terms, query.limit)
            rows = await self._database.read(_SEARCH, parameters, fresh=fresh)
            kept = fitting(rows, query.limit)
            return encode(Found(posts_of(kept, await self._authors.of(kept, fresh=fresh))))

        return Wanted(NAMESPACE, f"search:{query.limit}:{terms}", load)

    def one(self, request: Request) -> Wanted:
        """GET /api/posts/{id}: a published one, or a draft of one's own."""
        post_id = id_of(request, MISSING)

        async def load(fresh: bool) -> bytes:  # noqa: FBT001  # the shape of a Load
            rows = await self._database.read(_ONE, (post_id,), fresh=fresh)
            if not rows or rows[0][3] != "published":
                raise RefusedError(404, MISSING)
            return encode(post_of(rows[0]))

        otherwise = self._draft if request.user_id is not None else None
        return Wanted(NAMESPACE, f"one:{post_id}", load, otherwise)

    async def create(self, request: Request) -> Answer:
        """POST /api/posts: 201 once the post is stored and no kept list lacks it."""
        new = await request.body(self._new)

        async def write(connection: Connection) -> Row:
            values = (new.title, new.content, new.status, request.user_id)
            post_id = await insert(connection, _INSERT, values)
            if not post_id:
                raise unauthorized("the account is gone; register")
            return (await run(connection, _ONE, (post_id,)))[0]

        row = await self._stored(write, lambda row: _told(None, row))
        location = f"{PATH}/{row[0]}".encode()
        return Answer(201, encode(post_of(row)), ((b"location", location),))

    async def change(self, request: Request) -> Answer:
        """PATCH /api/posts/{id}: by its author; what is not given stays as it is."""
        post_id = id_of(request, MISSING)
        change = await request.body(self._change)
        given = {
            name: value
            for name in ("title", "content", "status")
            if (value := getattr(change, name)) is not msgspec.UNSET
        }
        columns = ", ".join([*(f"{name} = %s" for name in given), "updatedAt = UTC_TIMESTAMP(3)"])
        statement = f"UPDATE posts SET {columns} WHERE id = %s AND authorId = %s"  # noqa: S608  # names of this file
        row = await self._write(request, post_id, statement, tuple(given.values()))
        return Answer(200, encode(post_of(row)))

    async def delete(self, request: Request) -> Answer:
        """DELETE /api/posts/{id}: by its author."""
        post_id = id_of(request, MISSING)
        await self._write(request, post_id, "DELETE FROM posts WHERE id = %s AND authorId = %s", ())
        return Answer(204)

    async def _write(
        self, request: Request, post_id: int, statement: str, values: Parameters
    ) -> Row:
        """The row as it then is, or as it was last. Raises `RefusedError` 403, 404."""

        async def write(connection: Connection) -> tuple[Row, Row | None]:
            before = await run(connection, _ONE, (post_id,))
            own = bool(before) and before[0][6] == request.user_id
            # A draft of somebody else is not even known to be there.
            if not before or (not own and before[0][3] != "published"):
                raise RefusedError(404, MISSING)
            if not own:
                raise RefusedError(403, "the post is not yours")
            await run(connection, statement, (*values, post_id, request.user_id))
            after = await run(connection, _ONE, (post_id,))
            return before[0], after[0] if after else None

        before, after = await self._stored(write, lambda rows: _told(*rows))
        return after or before

    async def _stored(
        self,
        write: Callable[[Connection], Awaitable[Written]],
        told: Callable[[Written], PostEvent | None],
    ) -> Written:
        """What `write` gives, once it is stored and no kept list lacks it."""
        commits = False

        async def block(connection: Connection) -> Written:
            nonlocal commits
            result = await write(connection)
            commits = True
            return result

        try:
            written = await self._database.write(block)
        except BaseException:
            # It may be stored though its answer was lost. Before that nothing is: whoever may not
            # write, or cannot while the database is away, must not empty the cache.
            if commits:
                await self._cache.forget()
            raise
        await self._cache.forget(told(written))
        return written

    async def _draft(self, request: Request) -> Answer:
        rows = await self._database.read(_ONE, (id_of(request, MISSING),), fresh=True)
        if not rows or rows[0][6] != request.user_id:
            raise RefusedError(404, MISSING)
        return Answer(200, encode(post_of(rows[0])))


def _page(
    query: ListQuery, author: int | None, after: tuple[str, str, int] | None
) -> tuple[str, Parameters]:
    """The statement of a page, and one row more than asked for: it tells whether there are more."""
    values = (query.status, *(() if author is None else (author,)), *(after or ()))
    return _PAGES[author is not None, after is not None], (*values, query.limit + 1)


def _told(before: Row | None, after: Row | None) -> PostEvent | None:
    """What others see of the change; nothing if it was, and is, a draft."""
    was, now = (row is not None and row[3] == "published" for row in (before, after))
    post_id = (after or before or (0,))[0]
    match was, now:
        case True, True:
            return PostEvent("updated", post_id)
        case True, False:
            return PostEvent("deleted", post_id)
        case False, True:
            return PostEvent("created", post_id)
        case _:
            return None
