"""bootstrap/ as its own stack file describes it, and as other files would."""

from typing import Any

import yaml

from bootstrap.program import main
from components.github_roles import GithubRoles, GithubRolesArgs
from components.state_store import StateStore, StateStoreArgs
from stacks.account_settings import GithubSettings
from stackyard.graph.recorder import Graph, record
from tests.graph.stacks import ROOT

PROJECT = "stackyard-bootstrap"
FILE = ROOT / "bootstrap" / "Pulumi.account.yaml"
ACCOUNT = "123456789012"


def account_config(**changed: dict[str, Any]) -> dict[str, Any]:
    """The file's configuration with some keys of some sections set anew; one that is None goes."""
    config: dict[str, Any] = yaml.safe_load(FILE.read_text())["config"]
    for section, keys in changed.items():
        name = f"{PROJECT}:{section}"
        laid = {**config.get(name, {}), **keys}
        config[name] = {key: value for key, value in laid.items() if value is not None}
    return config


def account_graph(**changed: dict[str, Any]) -> Graph:
    return record(main, project=PROJECT, stack="account", config=account_config(**changed))


def state_store(*, preview: bool) -> Graph:
    """The part alone."""
    args = StateStoreArgs(bucket="state", region="us-east-1", old_version_days=90, protect=False)
    return record(lambda: StateStore("x", args), preview=preview)


def github_roles(*, preview: bool) -> Graph:
    """The part alone."""
    here = f"us-east-1:{ACCOUNT}"
    args = GithubRolesArgs(
        account_id=ACCOUNT,
        region="us-east-1",
        repository="octo-org/shop",
        settings=GithubSettings(review_stacks=True),
        state_bucket_arn="arn:aws:s3:::state",
        state_key_arn=f"arn:aws:kms:{here}:key/1",
        state_alias_arn=f"arn:aws:kms:{here}:alias/stackyard-secrets",
        image_repository_arn=f"arn:aws:ecr:{here}:repository/stackyard/api",
        image_key_arn=f"arn:aws:kms:{here}:key/2",
    )
    return record(lambda: GithubRoles("x", args), preview=preview)
