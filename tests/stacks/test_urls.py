"""Connection URLs: whatever a password holds, a client reads it back."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.urls import mysql_url, redis_url

WORDS = st.text(min_size=1).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text))


@pytest.mark.ask(8)
@given(user=WORDS, password=WORDS)
def test_mysql_url_gives_back_user_and_password(user: str, password: str) -> None:
    url = urlsplit(mysql_url(user=user, password=password, host="db", port=3306, database="task1"))

    assert (unquote(url.username or ""), unquote(url.password or "")) == (user, password)
    assert (url.hostname, url.port, url.path) == ("db", 3306, "/task1")
    assert url.query == "connection_limit=20&pool_timeout=60"


@pytest.mark.ask(8)
@given(user=WORDS, password=WORDS)
def test_redis_url_gives_back_user_and_password(user: str, password: str) -> None:
    url = urlsplit(redis_url(user=user, password=password, host="cache", port=6379))

    assert (unquote(url.username or ""), unquote(url.password or "")) == (user, password)
    assert (url.scheme, url.hostname, url.port, url.path) == ("rediss", "cache", 6379, "/0")
