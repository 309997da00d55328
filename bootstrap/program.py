"""What an account needs before its first stack: the repository that images are pushed to."""

import pulumi
from pydantic import ValidationError

from components.image_repository import ImageRepository, ImageRepositoryArgs
from infra.providers import account_provider, owner_tags
from infra.settings import given_sections
from stacks.account_settings import BootstrapSettings
from stacks.sentences import sentence


def main() -> None:
    """Do what `pulumi up` asks for in this folder."""
    env = read_settings().env
    provider = account_provider(env, owner_tags(env))
    images = ImageRepository(
        "images",
        ImageRepositoryArgs(protect=env.protect),
        pulumi.ResourceOptions(provider=provider, protect=env.protect),
    )
    pulumi.export("imageRepositoryUrl", images.url)


def read_settings() -> BootstrapSettings:
    """All that this project's stack file says.

    Raises `pulumi.RunError`, which the engine shows without a traceback, with every problem.
    """
    given = given_sections(pulumi.get_project())
    try:
        return BootstrapSettings.model_validate(given, by_name=False, by_alias=True)
    except ValidationError as problem:
        file = f"bootstrap/Pulumi.{pulumi.get_stack()}.yaml"
        faults = problem.errors(include_url=False)
        lines = [f"{file}: {sentence(fault, BootstrapSettings)}" for fault in faults]
        raise pulumi.RunError("\n".join(lines)) from problem
