"""Whose a stack is and where it stands, said by stacks and bootstrap/ alike; bootstrap/'s own."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from stacks.checks import different
from stacks.section import Section

FEWEST_STATE_DAYS = 7
_REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9_.-]{1,100}$"
_WORKFLOW = r"^[A-Za-z0-9_.-]+\.ya?ml$"
_NUMBER = r"^[1-9]\d*$"


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    # No bound of the field's: pydantic counts right entries alone, and would call one wrong one
    # an empty list besides.
    if not value:
        raise ValueError("is empty; name one at least")
    return value


_Workflows = Annotated[
    tuple[Annotated[str, Field(pattern=_WORKFLOW)], ...],
    Field(strict=False),
    AfterValidator(different),
    AfterValidator(_some),
]


class AccountSettings(Section):
    """Account, region, owner."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    """AWS region of everything but CloudFront's certificate and web ACL (us-east-1)."""
    account_id: Annotated[str, Field(pattern=r"^\d{12}$")]
    """The only AWS account that the providers may touch."""
    owner: Annotated[str, Field(pattern=r"^[\w.@ -]{1,128}$")]
    """Tag `owner` of every resource."""
    cost_center: Annotated[str, Field(pattern=r"^[\w.@ -]{1,128}$")]
    """Tag `cost-center` of every resource."""
    protect: bool = True
    """Guard stateful resources: Pulumi's protect, deletion protection, final snapshots."""


class StateSettings(Section):
    """Where Pulumi keeps the state of stacks."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")] | None = None
    """Name of the bucket, which no other account may have; none: `stackyard-state-` with account
    and region."""
    old_version_days: Annotated[int, Field(ge=FEWEST_STATE_DAYS, le=3650)] = 90
    """Days that an overwritten or deleted state can be brought back."""


class GithubSettings(Section):
    """Which workflows of which repository the roles of pipelines trust."""

    repository: Annotated[str, Field(pattern=_REPOSITORY)] | None = None
    """Repository as `owner/name`, spelled as GitHub spells it; none makes no role."""
    owner_id: Annotated[str, Field(pattern=_NUMBER)] | None = None
    """Number of the repository's owner, `.owner.id` of `gh api repos/owner/name`; none where
    tokens name the repository without numbers."""
    repository_id: Annotated[str, Field(pattern=_NUMBER)] | None = None
    """Number of the repository, `.id` of `gh api repos/owner/name`; it goes with `ownerId`."""
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$")] = "main"
    """Branch whose workflows may deploy and look for drift."""
    environments: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")], ...],
        Field(strict=False),
        AfterValidator(different),
        AfterValidator(_some),
    ] = ("staging", "production")
    """Environments in whose jobs the deploy role may be taken."""
    preview_workflow: Annotated[str, Field(pattern=_WORKFLOW)] = "preview.yml"
    """Workflow of pull requests that takes the preview role."""
    drift_workflows: _Workflows = ("drift.yml", "deploy.yml")
    """Workflows that take the drift role, outside of environments; a deployment plans with it."""
    deploy_workflows: _Workflows = ("deploy.yml", "image.yml")
    """Workflows that take the deploy role; one that another calls is named itself."""
    review_stacks: bool = False
    """Make the review role, with which pull requests make stacks before anybody has read them: in
    an account of its own alone."""
    provider_exists: bool = False
    """The account has GitHub's OIDC provider already, of which it can have only one."""

    @model_validator(mode="after")
    def _both_numbers(self) -> Self:
        if (self.owner_id is None) != (self.repository_id is None):
            given, missing = ("ownerId", "repositoryId")
            if self.owner_id is None:
                given, missing = missing, given
            raise ValueError(
                f"{given} is given without {missing}; tokens carry both numbers or none:"
                f" give both, or leave {given} out"
            )
        return self


class BootstrapSettings(Section):
    """All sections of bootstrap/'s stack file."""

    env: AccountSettings
    state: StateSettings = StateSettings()
    github: GithubSettings = GithubSettings()

    @property
    def state_bucket(self) -> str:
        """The bucket's name, given or made of account and region."""
        env = self.env
        return self.state.bucket or f"stackyard-state-{env.account_id}-{env.region}"
