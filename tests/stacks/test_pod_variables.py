"""Names that `app.env` may not take: those that the API's pod sets."""

from typing import Any

from components._app_secrets import APP_KEYS
from components._pod import PodArgs, SecretFiles, api_pod
from stacks.checks import POD_VARIABLES
from stacks.settings import AppSettings
from tests.stacks.examples import DIGEST


def test_the_reserved_names_are_those_that_the_pod_sets() -> None:
    args = PodArgs(
        settings=AppSettings(image=f"registry.example.com/api@{DIGEST}", partition_posts=True),
        region="us-east-1",
        drain_seconds=5,
        service_account="api",
        secrets=[SecretFiles("secret", keys) for keys in APP_KEYS],
        secrets_hash="0",
        migration_floor=None,
        database_by_iam=True,
    )

    pod: Any = api_pod(args, slot="blue")
    (container,) = pod["spec"]["containers"]

    names = {variable["name"] for variable in container["env"]}
    # The image takes a secret by its file or by itself, and refuses both at once.
    assert names | {name.removesuffix("_FILE") for name in names} == POD_VARIABLES
