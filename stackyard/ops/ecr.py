"""The stack's image repository at AWS: found, and signed in to."""

from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stackyard.errors import StackyardError
from stackyard.ops.registry import Repository

if TYPE_CHECKING:
    from stacks.account_settings import AccountSettings

_WAITS = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 3})
_DENIED = {"AccessDenied", "AccessDeniedException", "UnrecognizedClientException"}


def repository_of(env: "AccountSettings", name: str) -> Repository:
    """The repository of that name in the stack's account and region, with a login for 12 hours.

    Raises `StackyardError` in a line where there is none, or no right to it.
    """
    try:
        client: Any = botocore.session.get_session().create_client(  # pyright: ignore[reportUnknownMemberType]  # the stubs leave ecr out
            "ecr", region_name=env.region, config=_WAITS
        )
        client.describe_repositories(registryId=env.account_id, repositoryNames=[name])
        (login,) = client.get_authorization_token()["authorizationData"]
    except (BotoCoreError, ClientError) as problem:
        raise StackyardError(_refusal(problem, env, name)) from problem
    return Repository(
        endpoint=str(login["proxyEndpoint"]),
        name=name,
        authorization=f"Basic {login['authorizationToken']}",
    )


def _refusal(problem: BotoCoreError | ClientError, env: "AccountSettings", name: str) -> str:
    if isinstance(problem, BotoCoreError):
        return f"ECR in {env.region} does not answer: {problem}"
    error: dict[str, Any] = dict(problem.response.get("Error", {}))
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    if code == "RepositoryNotFoundException":
        return (
            f"account {env.account_id} has no image repository {name} in {env.region}; make it:"
            " pulumi -C bootstrap up --stack account"
        )
    if code in _DENIED:
        return f"these credentials may not use ECR: {message}; the rights stand in docs/image.md"
    return f"ECR says of the repository {name}: {code}: {message}"
