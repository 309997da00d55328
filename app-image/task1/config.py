"""The environment as values: every variable read once, every problem in one message.

A variable that holds a secret is given by itself, or as the path of a file in NAME_FILE.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from task1.urls import DatabaseUrl, RedisUrl, database_url, redis_url, whole_number

BAD_CONFIGURATION = 78
"""Exit code EX_CONFIG of sysexits.h."""
KEY_FORM = "id:key, several parted by commas; the first signs, all of them verify"
KEY_CHARACTERS = 32
"""HS256's hash is 32 bytes; a shorter secret is easier to guess than the signature (RFC 7518)."""

DatabaseAuth = Literal["password", "iam"]
Value = TypeVar("Value")


class InvalidEnvironmentError(ValueError):
    """What is wrong with the environment, one line a variable."""

    def __init__(self, problems: list[str]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"bad environment, {len(problems)} to correct:\n{lines}")


class JwtKey(msgspec.Struct, frozen=True):
    """A key for tokens and the name under which tokens tell of it."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"{self.id}:***"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All that `python -m task1` takes from outside."""

    host: str
    port: int
    writer: DatabaseUrl
    reader: DatabaseUrl
    database_auth: DatabaseAuth
    region: str | None
    """Of the database; known when it is asked for by IAM."""
    redis: RedisUrl
    jwt_keys: tuple[JwtKey, ...]
    release_keys: frozenset[bytes]
    """Values of the header by which a release's own requests are known; those are not limited."""
    trusted_hops: int
    """Proxies in front, each of which adds one address to X-Forwarded-For."""
    expected_pods: int
    """Among so many the limit is shared while Redis, which counts for all, is away."""
    partitioned: bool
    """Whether `posts` is partitioned, and so cannot be searched (docs/migrations.md)."""
    sentry_dsn: str | None
    environment: str
    """What Sentry files errors under, as NODE_ENV in the scaling guide."""
    release: str
    """Digest of the running image, told in every answer."""
    pod: str
    """Its name, by which a release tells pods apart."""
    drain_seconds: int
    """Longest time from SIGTERM to the end of the process."""


class Environment:
    """Reads variables and keeps what is wrong with them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def read(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        """The parsed variable; none after noting why there is no value."""
        if not self._variables.get(name):
            self.problems.append(f"{name}: not set")
            return None
        return self.read_or(name, parse, None)

    def read_or(
        self, name: str, parse: Callable[[str], Value], otherwise: Value | None
    ) -> Value | None:
        """The parsed variable, or `otherwise` when it is not set or empty."""
        text = self._variables.get(name)
        return self._parsed(name, text, parse) if text else otherwise

    def secret(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        """As `read`, from the variable or from the file that NAME_FILE names."""
        if not self._is_set(name):
            self.problems.append(f"{name}: not set, nor is {name}_FILE")
            return None
        return self.secret_or(name, parse, None)

    def secret_or(
        self, name: str, parse: Callable[[str], Value], otherwise: Value | None
    ) -> Value | None:
        """As `read_or`, from the variable or from the file that NAME_FILE names."""
        if not self._is_set(name):
            return otherwise
        file = self.file_of(name)
        if file is None:
            return self.read_or(name, parse, otherwise)
        if self._variables.get(name):
            self.problems.append(f"{name}: set, and {name}_FILE is too; set one of them")
            return None
        try:
            text = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            self.problems.append(f"{name}_FILE: {str(file)!r} cannot be read: {error}")
            return None
        if not text:
            self.problems.append(f"{name}_FILE: {str(file)!r} is empty")
            return None
        return self._parsed(f"{name}_FILE", text, parse)

    def file_of(self, name: str) -> Path | None:
        """The file that holds this secret, if it is given by a file."""
        path = self._variables.get(f"{name}_FILE")
        return Path(path) if path else None

    def _is_set(self, name: str) -> bool:
        return bool(self._variables.get(name) or self._variables.get(f"{name}_FILE"))

    def _parsed(self, name: str, text: str, parse: Callable[[str], Value]) -> Value | None:
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return None


def read_config(variables: Mapping[str, str]) -> Config:
    """The server's configuration; raises `InvalidEnvironmentError` that names every problem."""
    environment = Environment(variables)
    host = environment.read("HOST", str)
    port = environment.read("PORT", whole_number(1, 65535))
    primary = _database(environment, "DATABASE_URL")
    writer = _database(environment, "DATABASE_WRITE_URL", primary)
    reader = _database(environment, "DATABASE_READ_REPLICA_URL", primary)
    auth: DatabaseAuth | None = environment.read_or("DATABASE_AUTH", _auth, "password")
    region = _region_for_iam(environment) if auth == "iam" else None
    redis = environment.secret("REDIS_URL", redis_url)
    jwt_keys = environment.secret("JWT_KEYS", parse_jwt_keys)
    release_keys = environment.secret_or("RELEASE_KEYS", _words, frozenset[bytes]())
    hops = environment.read_or("TRUSTED_HOPS", whole_number(0, 5), 2)
    pods = environment.read_or("EXPECTED_PODS", whole_number(1, 1000), 3)
    partitioned = environment.read_or("POSTS_PARTITIONED", _yes_or_no, otherwise=False)
    sentry_dsn = environment.secret_or("SENTRY_DSN", _dsn, None)
    release = environment.read("RELEASE_DIGEST", image_digest)
    drain_seconds = environment.read("DRAIN_SECONDS", whole_number(1, 300))
    environment.read_or("SSL_CERT_FILE", existing_file, None)
    if (
        environment.problems
        or host is None
        or port is None
        or writer is None
        or reader is None
        or auth is None
        or redis is None
        or jwt_keys is None
        or release_keys is None
        or hops is None
        or pods is None
        or partitioned is None
        or release is None
        or drain_seconds is None
    ):
        raise InvalidEnvironmentError(environment.problems)
    return Config(
        host=host,
        port=port,
        writer=writer,
        reader=reader,
        database_auth=auth,
        region=region,
        redis=redis,
        jwt_keys=jwt_keys,
        release_keys=release_keys,
        trusted_hops=hops,
        expected_pods=pods,
        partitioned=partitioned,
        sentry_dsn=sentry_dsn,
        environment=variables.get("ENVIRONMENT") or "production",
        release=release,
        pod=variables.get("HOSTNAME") or host,
        drain_seconds=drain_seconds,
    )


def parse_jwt_keys(text: str) -> tuple[JwtKey, ...]:
    """Keys as `KEY_FORM` says. No message repeats a secret."""
    keys: list[JwtKey] = []
    for number, part in enumerate(text.split(","), start=1):
        name, colon, secret = part.strip().partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name):
            raise ValueError(f"key {number} is not of the form {KEY_FORM}")
        if len(secret) < KEY_CHARACTERS:
            raise ValueError(f"key {name}: has fewer than {KEY_CHARACTERS} characters")
        keys.append(JwtKey(name, secret))
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("two keys of one id")
    return tuple(keys)


def image_digest(text: str) -> str:
    """An image's digest as a registry writes it."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise ValueError(f"{text!r} is no digest; write sha256: and 64 hexadecimal digits")
    return text


def existing_file(text: str) -> Path:
    """A file that is there: OpenSSL, for one, would silently trust nobody without it."""
    if not Path(text).is_file():
        raise ValueError(f"no file at {text!r}")
    return Path(text)


def _database(
    environment: Environment, name: str, otherwise: DatabaseUrl | None = None
) -> DatabaseUrl | None:
    """The URL and where it can be read again; needed unless there is another."""
    if otherwise is None and name == "DATABASE_URL":
        url = environment.secret(name, database_url)
    else:
        url = environment.secret_or(name, database_url, None)
        if url is None:
            return otherwise
    return url and msgspec.structs.replace(url, file=environment.file_of(name))


def _region_for_iam(environment: Environment) -> str | None:
    """The region; what signs the tokens is only looked at, since the kubelet renews it."""
    environment.read("AWS_CONTAINER_CREDENTIALS_FULL_URI", str)
    environment.read("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", existing_file)
    return environment.read("AWS_REGION", str)


def _auth(text: str) -> DatabaseAuth:
    if text not in ("password", "iam"):
        raise ValueError(f"{text!r} is neither password nor iam")
    return text


def _yes_or_no(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _words(text: str) -> frozenset[bytes]:
    return frozenset(word.strip().encode() for word in text.split(",") if word.strip())


def _dsn(text: str) -> str:
    if not re.fullmatch(r"https?://[^@/\s]+@[^/\s]+/.*\d", text):
        raise ValueError("no DSN of the form https://key@host/project")
    return text
