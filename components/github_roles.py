"""GitHub roles: what pipelines may be in the account, without a key that anyone keeps."""

from collections.abc import Callable
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._deploying_rights import Guarded, deploy_rights
from components._github_trust import AUDIENCE, ISSUER, Trust
from components._reading_rights import State, drift_rights, preview_rights
from stacks.account_settings import GithubSettings
from stacks.iam import BOOTSTRAP_PATH, BOUNDARY

DEPLOY_SECONDS = 2 * 3600
"""The longest a workflow may ask for: a first deployment and its release stay within it."""


@dataclass(frozen=True, kw_only=True)
class GithubRolesArgs:
    """Wiring comes as `Input`s, what an account chooses as `settings`."""

    account_id: str
    region: str
    repository: str
    """As `owner/name`."""
    settings: GithubSettings
    state_bucket_arn: pulumi.Input[str]
    state_key_arn: pulumi.Input[str]
    state_alias_arn: pulumi.Input[str]
    image_repository_arn: pulumi.Input[str]
    image_key_arn: pulumi.Input[str]


class GithubRoles(pulumi.ComponentResource):
    """Roles: previews and drift read, deployments change what is not bootstrap's own.

    A fourth, of review stacks, where the settings ask for it, may what deployments may.
    """

    preview_role_arn: pulumi.Output[str]
    drift_role_arn: pulumi.Output[str]
    deploy_role_arn: pulumi.Output[str]
    review_role_arn: pulumi.Output[str] | None
    """None without review stacks."""
    boundary_arn: pulumi.Output[str]
    """Of the deploy and review roles and every role that they make."""

    def __init__(
        self, name: str, args: GithubRolesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:GithubRoles", name, None, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        provider_arn = self._oidc_provider(name, args)
        preview = self._role(name, "preview", self._trust(args, provider_arn, Trust.preview))
        drift = self._role(name, "drift", self._trust(args, provider_arn, Trust.drift))
        state = pulumi.Output.all(args.state_bucket_arn, args.state_key_arn)
        for kind, role, rights in (
            ("preview", preview, preview_rights),
            ("drift", drift, drift_rights),
        ):
            aws.iam.RolePolicy(
                f"{name}-{kind}",
                role=role.name,
                policy=state.apply(_reading(args, rights)),
                opts=self._inside,
            )
        boundary = self._boundary(name, args)
        trust = self._trust(args, provider_arn, Trust.deploy)
        self.deploy_role_arn = self._deploying(name, "deploy", trust, boundary.arn)
        self.review_role_arn = None
        if args.settings.review_stacks:
            trust = self._trust(args, provider_arn, Trust.review)
            self.review_role_arn = self._deploying(name, "review", trust, boundary.arn)
        self.preview_role_arn, self.drift_role_arn = preview.arn, drift.arn
        self.boundary_arn = boundary.arn
        self.register_outputs(
            {
                "previewRoleArn": self.preview_role_arn,
                "driftRoleArn": self.drift_role_arn,
                "deployRoleArn": self.deploy_role_arn,
                "reviewRoleArn": self.review_role_arn,
                "boundaryArn": self.boundary_arn,
            }
        )

    def _oidc_provider(self, name: str, args: GithubRolesArgs) -> pulumi.Input[str]:
        if args.settings.provider_exists:
            return f"arn:aws:iam::{args.account_id}:oidc-provider/{ISSUER}"
        # Without thumbprints: AWS trusts GitHub's certificates by its own list of authorities.
        provider = aws.iam.OpenIdConnectProvider(
            name, url=f"https://{ISSUER}", client_id_lists=[AUDIENCE], opts=self._inside
        )
        return provider.arn

    def _trust(
        self,
        args: GithubRolesArgs,
        provider_arn: pulumi.Input[str],
        of_role: Callable[[Trust], str],
    ) -> pulumi.Output[str]:
        return pulumi.Output.from_input(provider_arn).apply(
            lambda arn: of_role(
                Trust(provider_arn=arn, repository=args.repository, settings=args.settings)
            )
        )

    def _role(
        self,
        name: str,
        kind: str,
        trust: pulumi.Input[str],
        *,
        boundary: pulumi.Input[str] | None = None,
        seconds: int | None = None,
    ) -> aws.iam.Role:
        return aws.iam.Role(
            f"{name}-{kind}",
            # A fixed name: stack files let it into the cluster before anything has outputs.
            name=kind,
            path=BOOTSTRAP_PATH,
            assume_role_policy=trust,
            permissions_boundary=boundary,
            max_session_duration=seconds,
            opts=self._inside,
        )

    def _deploying(
        self, name: str, kind: str, trust: pulumi.Input[str], policy_arn: pulumi.Input[str]
    ) -> pulumi.Output[str]:
        """A role that makes stacks: the policy is what it may, and what it may at most."""
        role = self._role(name, kind, trust, boundary=policy_arn, seconds=DEPLOY_SECONDS)
        aws.iam.RolePolicyAttachment(
            f"{name}-{kind}", role=role.name, policy_arn=policy_arn, opts=self._inside
        )
        return role.arn

    def _boundary(self, name: str, args: GithubRolesArgs) -> aws.iam.Policy:
        guarded = pulumi.Output.all(
            args.state_bucket_arn,
            args.state_key_arn,
            args.state_alias_arn,
            args.image_repository_arn,
            args.image_key_arn,
        )
        return aws.iam.Policy(
            f"{name}-{BOUNDARY}",
            # A fixed name: the policy names itself.
            name=BOUNDARY,
            path=BOOTSTRAP_PATH,
            policy=guarded.apply(lambda arns: deploy_rights(Guarded(args.account_id, *arns))),
            opts=self._inside,
        )


def _reading(args: GithubRolesArgs, rights: Callable[[State], str]) -> Callable[[list[str]], str]:
    return lambda arns: rights(State(args.account_id, args.region, *arns))
