"""`python -m task1.demo`: users and posts to look at, the same ones on every machine, and once."""

import argparse
import asyncio
import os
import random
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from task1.config import BAD_CONFIGURATION, Environment, InvalidEnvironmentError, existing_file
from task1.engine import engine_of
from task1.log import log
from task1.passwords import Passwords
from task1.urls import DatabaseUrl, database_url, whole_number

BATCH = 1_000
"""Rows sent at once; the driver makes one INSERT of them."""
VOCABULARY = (
    "account answer autumn basket bridge butter candle castle change circle cloud coffee corner "
    "cotton danger daughter desert dinner doctor dream early earth empty engine evening family "
    "farmer feather field finger flower forest friend future garden ghost glass golden green "
    "guitar hammer harbour harvest heart history honest horse house hunger island jacket journey "
    "kitchen ladder lantern laughter leather lemon letter library light little lonely market "
    "meadow memory middle minute mirror moment money morning mother mountain music narrow nature "
    "number ocean office orange orchard paper parcel pencil people pepper picture planet pocket "
    "potato promise purple question quiet rabbit railway reason river road rocket school second "
    "secret shadow silence silver simple sister soldier spring station stone storm story street "
    "strong summer sunday table thunder ticket tomorrow tower traveller treasure valley village "
    "violin voice water weather weekend whisper window winter wonder yellow"
)
CONTENT_WORDS = 56
"""About 390 characters."""
SEED = 1
FIRST, SPAN = datetime(2025, 1, 1), timedelta(days=365)  # noqa: DTZ001  # DATETIME knows no zone
"""All in the past, so that what is posted now comes before it."""

THERE = "SELECT id FROM users WHERE email LIKE %s ORDER BY id"
DEMO = "demo-%@example.com"
USER = "INSERT INTO users (email, name, passwordHash, createdAt) VALUES (%s, %s, %s, %s)"
POST = (
    "INSERT INTO posts (title, content, authorId, status, createdAt, updatedAt)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)

Values = tuple[str | int | datetime, ...]


def fill(url: DatabaseUrl, *, users: int, posts: int, password: str) -> None:
    """Make them in one transaction, so that there are all of them or none."""
    started = time.monotonic()
    kept = asyncio.run(Passwords().hash(password))
    chance = random.Random(SEED)  # noqa: S311  # no secret is drawn from it
    with engine_of(url, database=url.name).begin() as connection:
        there = len(connection.exec_driver_sql(THERE, (DEMO,)).all())
        if there:
            log("demo-there-already", users=there)
            return
        for batch in _batches(_users(users, kept)):
            connection.exec_driver_sql(USER, batch)
        authors = [row[0] for row in connection.exec_driver_sql(THERE, (DEMO,))]
        made = 0
        for batch in _batches(_posts(posts, authors, chance)):
            connection.exec_driver_sql(POST, batch)
            made += len(batch)
            seconds = round(time.monotonic() - started, 1)
            log("demo-progress", posts=made, of=posts, seconds=seconds)
    seconds = round(time.monotonic() - started, 1)
    log("demo-ready", users=users, posts=posts, seconds=seconds)


def _users(count: int, kept: str) -> Iterator[Values]:
    for number in range(1, count + 1):
        yield f"demo-{number}@example.com", f"Demo User {number}", kept, FIRST


def _posts(count: int, authors: Sequence[int], chance: random.Random) -> Iterator[Values]:
    words = VOCABULARY.split()
    for number in range(count):
        title = " ".join(chance.choices(words, k=chance.randint(3, 8))).capitalize()
        content = " ".join(chance.choices(words, k=CONTENT_WORDS))
        status = "draft" if number % 10 == 9 else "published"
        moment = FIRST + SPAN * number / count
        yield title, content, chance.choice(authors), status, moment, moment


def _batches(rows: Iterator[Values]) -> Iterator[list[Values]]:
    batch: list[Values] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _count(text: str) -> int:
    try:
        return whole_number(1, 100_000_000)(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _url() -> DatabaseUrl:
    environment = Environment(os.environ)
    url = environment.secret("DATABASE_URL", database_url)
    environment.read_or("SSL_CERT_FILE", existing_file, None)
    if url is None or environment.problems:
        raise InvalidEnvironmentError(environment.problems)
    return url


def main() -> int:
    """The exit code: 0 when they are there, 1 when the database failed, 78 for bad settings."""
    parser = argparse.ArgumentParser(prog="python -m task1.demo")
    parser.add_argument("--users", type=_count, default=20)
    parser.add_argument("--posts", type=_count, default=200)
    # One that nobody knows, so that no one signs in where it is not given.
    parser.add_argument("--password", default=secrets.token_urlsafe(), help="of all of them")
    options = parser.parse_args()
    try:
        url = _url()
    except InvalidEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_CONFIGURATION
    try:
        fill(url, users=options.users, posts=options.posts, password=options.password)
    except DBAPIError as error:
        log("demo-failed", error=f"{url!r}: the database says {error.orig}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
