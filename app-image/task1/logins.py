"""As whom the app logs in to MySQL: by a password that may change, or by IAM."""

import asyncio
import math
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from task1.iam import database_token
from task1.log import log
from task1.secret import Credentials, SecretError, pod_credentials
from task1.urls import DatabaseUrl, database_url

TOKEN_SECONDS = 600.0
"""A token is taken for 15 minutes; one shared by many logins is not throttled (200 a second)."""
NEW_SECONDS = 5.0
"""A token so young is refused for what it says, not for its age."""


class Login(Protocol):
    """Where a pool's user and password come from."""

    async def current(self) -> DatabaseUrl:
        """The endpoint with the user and the password of now."""
        ...

    async def renewed(self, refused: DatabaseUrl) -> bool:
        """Whether there is another password than the one that was just refused."""
        ...


class PasswordLogin:
    """The user and password of a URL, read again from its file when they are refused."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url

    async def current(self) -> DatabaseUrl:
        """The URL as it was read last."""
        return self._url

    async def renewed(self, refused: DatabaseUrl) -> bool:
        """Whether the file, or another connection that read it, brought another login."""
        if self._url.file is not None:
            self._url = _with_login_of(self._url, self._url.file)
        return self._url != refused


class IamLogin:
    """The URL's user with a token instead of a password, signed for the pod's IAM role."""

    def __init__(self, url: DatabaseUrl, region: str) -> None:
        self._url = url
        self._region = region
        self._made = -math.inf
        self._one_at_a_time = asyncio.Lock()

    async def current(self) -> DatabaseUrl:
        """The URL with a token of the last ten minutes; raises `SecretError` without one."""
        async with self._one_at_a_time:
            if time.monotonic() - self._made > TOKEN_SECONDS:
                credentials = await asyncio.to_thread(_credentials, os.environ)
                token = database_token(self._url, self._region, credentials, datetime.now(UTC))
                self._url = msgspec.structs.replace(self._url, password=token)
                self._made = time.monotonic()
        return self._url

    async def renewed(self, refused: DatabaseUrl) -> bool:
        """Whether a new token may fare better: the role's credentials end before the token does."""
        if self._url == refused:
            if time.monotonic() - self._made < NEW_SECONDS:
                return False
            self._made = -math.inf
        return True


def _with_login_of(url: DatabaseUrl, file: Path) -> DatabaseUrl:
    try:
        read = database_url(file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        log("database-url-unreadable", file=str(file), error=str(error))
        return url
    return msgspec.structs.replace(url, user=read.user, password=read.password)


def _credentials(variables: Mapping[str, str]) -> Credentials:
    """The pod's, from where EKS Pod Identity's two variables say."""
    try:
        uri = variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        token_file = variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
    except KeyError as error:
        message = f"{error.args[0]} is not set; associate the service account with an IAM role"
        raise SecretError(message) from error
    return pod_credentials(uri, Path(token_file))
