"""AWS as whoever runs the command reaches it: the credentials and endpoint of an environment."""

from collections.abc import Callable, Mapping
from typing import Any

import boto3
import jmespath
from botocore.client import BaseClient

from stackyard.ops.repair_state import JsonObject, as_list


class Aws:
    """Calls in one region, with the credentials that boto3 finds where none are given."""

    def __init__(self, environment: Mapping[str, str], region: str) -> None:
        self._region = region or environment.get("AWS_REGION")
        self._endpoint = environment.get("AWS_ENDPOINT_URL")
        self._session = boto3.Session(
            aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        )

    def call(self, service: str, method: str, **arguments: Any) -> JsonObject:
        """One answer. Raises `ClientError`, or `BotoCoreError` where AWS is not reached."""
        return getattr(self._client(service), method)(**arguments)

    def every(self, service: str, method: str, expression: str, **arguments: Any) -> list[Any]:
        """All items of a listing over its pages."""
        client = self._client(service)
        if not client.can_paginate(method):
            return as_list(jmespath.search(expression, self.call(service, method, **arguments)))
        pages = client.get_paginator(method).paginate(**arguments)
        return [item for page in pages for item in as_list(jmespath.search(expression, page))]

    def _client(self, service: str) -> BaseClient:
        make: Callable[..., BaseClient] = getattr(self._session, "client")  # noqa: B009  # the stubs list services by literal
        return make(service, region_name=self._region, endpoint_url=self._endpoint)
