"""What an account needs before its first stack: state, images, and roles for pipelines."""

import pulumi
import pulumi_aws as aws
from pydantic import ValidationError

from components.github_roles import GithubRoles, GithubRolesArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.state_store import StateStore, StateStoreArgs
from infra.providers import account_provider, owner_tags
from infra.settings import given_sections
from stacks.account_settings import BootstrapSettings
from stacks.sentences import sentence


def main() -> None:
    """Do what `pulumi up` asks for in this folder."""
    settings = read_settings()
    env = settings.env
    provider = account_provider(env, owner_tags(env))
    guarded = pulumi.ResourceOptions(provider=provider, protect=env.protect)
    images = ImageRepository("images", ImageRepositoryArgs(protect=env.protect), guarded)
    state = StateStore(
        "state",
        StateStoreArgs(
            bucket=settings.state_bucket,
            region=env.region,
            old_version_days=settings.state.old_version_days,
            protect=env.protect,
        ),
        guarded,
    )
    pulumi.export("imageRepositoryUrl", images.url)
    pulumi.export("stateBucketUrl", state.url)
    pulumi.export("secretsProvider", state.secrets_provider)
    _let_pipelines_in(settings, images, state, provider)


def _let_pipelines_in(
    settings: BootstrapSettings, images: ImageRepository, state: StateStore, provider: aws.Provider
) -> None:
    if settings.github.repository is None:
        return
    roles = GithubRoles(
        "github",
        GithubRolesArgs(
            account_id=settings.env.account_id,
            region=settings.env.region,
            repository=settings.github.repository,
            settings=settings.github,
            state_bucket_arn=state.bucket_arn,
            state_key_arn=state.key_arn,
            state_alias_arn=state.alias_arn,
            image_repository_arn=images.arn,
            image_key_arn=images.key_arn,
        ),
        pulumi.ResourceOptions(provider=provider),
    )
    pulumi.export("previewRoleArn", roles.preview_role_arn)
    pulumi.export("driftRoleArn", roles.drift_role_arn)
    pulumi.export("deployRoleArn", roles.deploy_role_arn)
    if roles.review_role_arn is not None:
        pulumi.export("reviewRoleArn", roles.review_role_arn)
    pulumi.export("permissionsBoundary", roles.boundary_arn)


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
