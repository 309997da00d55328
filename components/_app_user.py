"""The one user the app has in a data store: a random password, kept in a secret of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._key import DELETION_DAYS

APP_USER = "app"


@dataclass(frozen=True, kw_only=True)
class AppUser:
    """How the app gets in."""

    password: pulumi.Output[str]
    """Secret; the one in use."""
    passwords: Sequence[pulumi.Output[str]]
    """Secret; all that are taken, two while one takes the other's place."""
    secret_arn: pulumi.Output[str]
    """Known once there is a value in it, as RDS writes it: username and password in JSON."""


def make_app_user(
    name: str,
    *,
    key_arn: pulumi.Input[str],
    parent: pulumi.Resource,
    numbers: Sequence[int] = (1,),
) -> AppUser:
    """The user's passwords, which take `protect` from its parent, and a secret with the last."""
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    passwords = [
        random.RandomPassword(
            name if number == 1 else f"{name}-{number}",
            length=32,
            special=False,
            opts=pulumi.ResourceOptions(parent=parent),
        ).result
        for number in numbers
    ]
    password = passwords[-1]
    secret = aws.secretsmanager.Secret(
        name,
        description=f"{name}: user and password",
        kms_key_id=key_arn,
        recovery_window_in_days=DELETION_DAYS,
        opts=free,
    )
    version = aws.secretsmanager.SecretVersion(
        name,
        secret_id=secret.id,
        secret_string=pulumi.Output.json_dumps({"username": APP_USER, "password": password}),
        opts=free,
    )
    arn = pulumi.Output.all(secret.arn, version.id).apply(_first)
    return AppUser(password=password, passwords=passwords, secret_arn=arn)


def _first(values: Sequence[str]) -> str:
    return values[0]
