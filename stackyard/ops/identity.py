"""Who the credentials are and where the stack stands, compared with the settings beforehand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
)
from botocore.exceptions import (
    ConnectionError as UnreachableError,
)

from stackyard.errors import AccountFaultError

if TYPE_CHECKING:
    from stacks.settings import EnvSettings

_WAITS = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2})
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_PROVIDER, _REGION = "pulumi:providers:aws", "region"


def check_identity(env: "EnvSettings", file: str) -> None:
    """Ask AWS whose the credentials of this environment are, before the first resource.

    The provider's `allowed_account_ids` would refuse too, but after the program has begun.
    Raises `AccountFaultError` for another account, an unknown region, and no valid credentials.
    """
    try:
        session = botocore.session.get_session()
        _check_region_is_known(env.region, session.get_available_regions("ec2"), file)
        client: Any = session.create_client("sts", region_name=env.region, config=_WAITS)  # pyright: ignore[reportUnknownMemberType]  # the stubs leave sts out
        found = str(client.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as problem:
        raise AccountFaultError(_refusal(problem, env.region, file)) from problem
    if found != env.account_id:
        raise AccountFaultError(
            f"{file}: env.accountId: is {env.account_id}, the credentials are of account {found};"
            " nothing was touched. Take the credentials of the stack's account"
            " (AWS_PROFILE, aws sso login), or the stack file of this one."
        )


def check_region(env: "EnvSettings", file: str, deployment: Mapping[str, Any]) -> None:
    """Compare the region of what stands already: a stack does not move.

    Raises `AccountFaultError`; an update would replace all of the stack by an empty one.
    """
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    for each in resources:
        inputs: dict[str, Any] = each.get("inputs") or {}
        stands = inputs.get(_REGION)
        if each["type"] == _PROVIDER and isinstance(stands, str) and stands != env.region:
            raise AccountFaultError(
                f"{file}: env.region: is {env.region}, the stack stands in {stands}; nothing was"
                " touched. Set it back, or make a stack of its own for the other region."
            )


def _check_region_is_known(region: str, known: Sequence[str], file: str) -> None:
    if region not in known:
        raise AccountFaultError(
            f"{file}: env.region: is {region}, which AWS does not have; one of {', '.join(known)}"
        )


def _refusal(problem: BotoCoreError | ClientError, region: str, file: str) -> str:
    if isinstance(problem, NoCredentialsError):
        return "there are no AWS credentials here; set AWS_PROFILE, or run: aws sso login"
    if isinstance(problem, UnreachableError | HTTPClientError):
        return f"AWS does not answer, so nobody knows whose these credentials are: {problem}"
    if isinstance(problem, BotoCoreError):
        return f"the AWS credentials are not usable: {problem}"
    error: Mapping[str, Any] = problem.response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    if code in _EXPIRED:
        return "the AWS credentials have expired; take new ones: aws sso login"
    return (
        f"AWS does not take these credentials in {region}: {code}: {message}. A region that the"
        f" account has not enabled answers so too ({file}: env.region)."
    )
