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
    """Secret."""
    secret_arn: pulumi.Output[str]
    """Known once there is a value in it, as RDS writes it: username and password in JSON."""


def make_app_user(name: str, *, key_arn: pulumi.Input[str], parent: pulumi.Resource) -> AppUser:
    """The user's password, which takes `protect` from its parent, and its secret."""
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    password = random.RandomPassword(
        name, length=32, special=False, opts=pulumi.ResourceOptions(parent=parent)
    )
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
        secret_string=pulumi.Output.json_dumps({"username": APP_USER, "password": password.result}),
        opts=free,
    )
    arn = pulumi.Output.all(secret.arn, version.id).apply(_first)
    return AppUser(password=password.result, secret_arn=arn)


def _first(values: Sequence[str]) -> str:
    return values[0]
