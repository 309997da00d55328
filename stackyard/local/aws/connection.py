"""boto3 as one provider configuration uses it: its endpoint, its key, its region."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import boto3
import jmespath
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import StructureShape

from stackyard.local.aws.names import as_list
from stackyard.local.wire import JsonObject

ACCOUNT = "123456789012"
CONFIG = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=3,
    read_timeout=60,
    max_pool_connections=50,
    # The embedded cloud is reached over loopback: checksums only cost.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    # Else botocore puts its name together anew for every call, a fifteenth of the call's time.
    user_agent="stackyard",
)


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where the embedded AWS answers and with which key; no endpoint means moto in this process."""

    endpoint: str | None = None
    access_key_id: str = field(default="in-process", repr=False)
    secret_access_key: str = field(default="in-process", repr=False)


class Clients:
    """boto3 clients by service and region, made once; safe for the engine's parallel calls."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], BaseClient] = {}
        self._session = boto3.Session(
            aws_access_key_id=access.access_key_id,
            aws_secret_access_key=access.secret_access_key,
        )

    def get(self, service: str, region: str) -> BaseClient:
        """The client of a service in a region."""
        key = (service, region)
        if key not in self._made:
            with self._lock:
                if key not in self._made:
                    self._made[key] = self._make(service, region)
        return self._made[key]

    def _make(self, service: str, region: str) -> BaseClient:
        if self.access.endpoint is None:
            require_moto_in_process()
        make: Callable[..., BaseClient] = getattr(self._session, "client")  # noqa: B009  # the stubs list services by literal
        made = make(service, region_name=region, endpoint_url=self.access.endpoint, config=CONFIG)
        made.meta.events.register("after-call", _forget_retries)
        return made


def _forget_retries(parsed: JsonObject, **_event: Any) -> None:
    # Else every refusal says "(reached max retries: 0)", since there is one attempt only.
    parsed.get("ResponseMetadata", {}).pop("MaxAttemptsReached", None)


@cache
def in_process_clients() -> Clients:
    """The clients of moto in this process: one set, since making a client takes 20 ms."""
    return Clients(Access())


def require_moto_in_process() -> None:
    """Raise `RuntimeError` unless moto's mock is on: else a call would leave for the real AWS."""
    # Only graph tests come here; a provider process never imports moto.
    from moto.core.models import MockAWS  # noqa: PLC0415

    if not vars(MockAWS)["_mocks_active"]:  # moto has no public question for it
        raise RuntimeError(
            "no endpoint given and mock_aws() is off: nothing may reach the real AWS"
        )


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Calls by service and method name, all answers as plain dictionaries."""

    clients: Clients
    region: str
    default_tags: dict[str, str] = field(default_factory=dict[str, str])

    def at(self, region: str | None) -> "Connection":
        """The same connection in another region."""
        if region in (None, self.region):
            return self
        return Connection(clients=self.clients, region=region, default_tags=self.default_tags)

    def call(self, service: str, method: str, **arguments: Any) -> JsonObject:
        """One AWS call, `call("ec2", "describe_vpcs", VpcIds=[...])`. Raises `ClientError`."""
        return getattr(self.clients.get(service, self.region), method)(**arguments)

    def every(self, service: str, method: str, expression: str, **arguments: Any) -> list[Any]:
        """All items of a listing over its pages; `expression` is where they stand in an answer."""
        client = self.clients.get(service, self.region)
        if not client.can_paginate(method):
            return search(expression, self.call(service, method, **arguments)) or []
        pages = client.get_paginator(method).paginate(**arguments)
        return [item for page in pages for item in as_list(search(expression, page))]

    def input_shape(self, service: str, method: str) -> StructureShape:
        """The shape of what a method takes."""
        return _shapes(self.clients.get(service, self.region), method)[0]

    def output_shape(self, service: str, method: str) -> StructureShape | None:
        """The shape of what a method answers; None where it answers nothing."""
        return _shapes(self.clients.get(service, self.region), method)[1]


@cache
def _shapes(client: BaseClient, method: str) -> tuple[StructureShape, StructureShape | None]:
    meta = client.meta
    model = meta.service_model.operation_model(meta.method_to_api_mapping[method])
    return cast("StructureShape", model.input_shape), cast("StructureShape", model.output_shape)


@cache
def _compiled(expression: str) -> Callable[[Any], Any]:
    return jmespath.compile(expression).search


def search(expression: str, document: Any) -> Any:
    """A JMESPath search, compiled once an expression."""
    return _compiled(expression)(document)


def refusal(code: str, message: str, operation: str) -> ClientError:
    """The error that AWS itself would answer an operation with."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def error_code(error: ClientError) -> str:
    """AWS's own code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
