"""Which tokens of GitHub Actions may take a role: of one repository, by exact subject and workflow.

Claims and their forms: GitHub's "OpenID Connect reference". AWS compares `job_workflow_ref` since
January 2026 ("AWS STS now supports validation of select identity provider specific claims").
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stacks.account_settings import GithubSettings
from stacks.iam import allows

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
"""What aws-actions/configure-aws-credentials asks tokens for."""
_PULL_REQUESTS = "refs/pull/*/merge"
_REVIEW = "review"
"""Environment of the jobs of review stacks."""
_REVIEW_WORKFLOW, _REVIEWS_END = "pr-stack.yml", "pr-expired.yml"


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Trust policies for the workflows of one repository."""

    provider_arn: str
    repository: str
    settings: GithubSettings

    def preview(self) -> str:
        """Pull requests of branches of the repository: GitHub gives those of forks no token."""
        workflow = self._workflow(self.settings.preview_workflow, _PULL_REQUESTS)
        return self._policy(["pull_request"], [workflow], "StringLike")

    def drift(self) -> str:
        """Jobs of the branch outside of environments: on a schedule, by hand, after a push."""
        workflows = self._on_branch(*self.settings.drift_workflows)
        return self._policy([f"ref:refs/heads/{self.settings.branch}"], workflows)

    def deploy(self) -> str:
        """Jobs in an environment, which people may have to approve, of the branch's workflows."""
        contexts = [f"environment:{name}" for name in self.settings.environments]
        return self._policy(contexts, self._on_branch(*self.settings.deploy_workflows))

    def review(self) -> str:
        """Jobs in the environment `review`: a pull request's, open or merged, and the hourly end.

        Once merged, a pull request's workflow is the branch's: its `closed` has the branch's ref
        (GitHub, "Events that trigger workflows").
        """
        workflows = [
            self._workflow(_REVIEW_WORKFLOW, _PULL_REQUESTS),
            *self._on_branch(_REVIEW_WORKFLOW, _REVIEWS_END),
        ]
        return self._policy([f"environment:{_REVIEW}"], workflows, "StringLike")

    def _on_branch(self, *files: str) -> list[str]:
        return [self._workflow(file, f"refs/heads/{self.settings.branch}") for file in files]

    def _workflow(self, file: str, ref: str) -> str:
        return f"{self.repository}/.github/workflows/{file}@{ref}"

    def _policy(
        self,
        contexts: Sequence[str],
        workflows: Sequence[str],
        workflow_operator: str = "StringEquals",
    ) -> str:
        exact = {
            f"{ISSUER}:aud": AUDIENCE,
            f"{ISSUER}:sub": [f"repo:{self._subject()}:{context}" for context in contexts],
        }
        workflow = {f"{ISSUER}:job_workflow_ref": list(workflows)}
        by_operator: dict[str, dict[str, object]] = {"StringEquals": {**exact}}
        by_operator.setdefault(workflow_operator, {}).update(workflow)
        return allows(
            {
                "Principal": {"Federated": self.provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": by_operator,
            }
        )

    def _subject(self) -> str:
        """The repository in a subject, with numbers where its tokens have them.

        Repositories made or renamed since 15 July 2026 have them, others can (GitHub changelog
        2026-04-23, "Immutable subject claims for GitHub Actions OIDC tokens"): a name can be taken
        by another, a number cannot.
        """
        settings = self.settings
        if settings.owner_id is None:
            return self.repository
        owner, name = self.repository.split("/")
        return f"{owner}@{settings.owner_id}/{name}@{settings.repository_id}"
