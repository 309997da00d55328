"""bootstrap/ on the real engine: made, read without drift, guarded, given up with what it holds."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from bootstrap.program import main
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.emptiness import Emptiness
from stackyard.local.provider import serve
from stackyard.ops.engine import Workspace, answer, operate
from stackyard.ops.oci_layout import MANIFEST
from tests.engine.cli_stack import variables
from tests.engine.moto_backends import moto
from tests.engine.rig import EngineError, Rig
from tests.graph.accounts import ACCOUNT, PROJECT, account_config
from tests.graph.stacks import ROOT

pytestmark = pytest.mark.engine

BUCKET = f"stackyard-state-{ACCOUNT}-us-east-1"
STATE_FILE = ".pulumi/stacks/stackyard/prod.json"
ROLES = f"arn:aws:iam::{ACCOUNT}:role/stackyard-bootstrap"
IMAGE = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": []})
SHARED = ("components", "infra", "release", "stacks", ".venv")
"""What the program takes from the folder above its own."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The project on an empty account."""

    rig: Rig
    emptiness: Emptiness

    def push(self) -> None:
        """An image, as the registry's own API takes it."""
        ecr: Any = boto3.client("ecr", "us-east-1")
        ecr.put_image(repositoryName="stackyard/api", imageManifest=IMAGE, imageTag="release-1")

    def keep_state(self) -> None:
        """A stack's state, written twice and deleted, as an engine with this backend does."""
        s3: Any = boto3.client("s3", "us-east-1")
        for serial in (b"1", b"2"):
            s3.put_object(Bucket=BUCKET, Key=STATE_FILE, Body=serial)
        s3.delete_object(Bucket=BUCKET, Key=STATE_FILE)

    def give_up(self) -> dict[str, int]:
        """Take the guard off."""
        self.rig.configure(account_config(env={"protect": False}))
        return self.rig.up()


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    emptiness = Emptiness()
    with moto(emptiness.observe):
        backends = {"aws": AwsBackend.in_process()}
        rig = Rig(tmp_path, main, backends, project=PROJECT, config=account_config())
        yield Account(rig=rig, emptiness=emptiness)
        rig.close()


def test_a_second_preview_with_refresh_has_nothing_to_do(account: Account) -> None:
    assert set(account.rig.up()) == {"create"}
    assert account.rig.preview(refresh=True) == {}


def test_stacks_and_pipelines_are_told_what_there_is(account: Account) -> None:
    account.rig.up()

    assert account.rig.outputs() == {
        "imageRepositoryUrl": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/stackyard/api",
        "stateBucketUrl": f"s3://{BUCKET}?region=us-east-1",
        "secretsProvider": "awskms://alias/stackyard-secrets?region=us-east-1",
        "previewRoleArn": f"{ROLES}/preview",
        "driftRoleArn": f"{ROLES}/drift",
        "deployRoleArn": f"{ROLES}/deploy",
        "permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/stackyard-bootstrap/boundary",
    }


def test_what_is_guarded_is_not_destroyed(account: Account) -> None:
    account.rig.up()
    account.push()
    account.keep_state()

    with pytest.raises(EngineError, match="protected"):
        account.rig.destroy()

    assert {"images", "state"} <= set(account.rig.resources())


def test_a_deleted_state_can_be_brought_back(account: Account) -> None:
    account.rig.up()
    account.keep_state()

    s3: Any = boto3.client("s3", "us-east-1")
    kept = s3.list_object_versions(Bucket=BUCKET)["Versions"]
    newest = s3.get_object(Bucket=BUCKET, Key=STATE_FILE, VersionId=kept[0]["VersionId"])

    assert newest["Body"].read() == b"2"


def test_another_repository_is_let_in_without_a_new_role(account: Account) -> None:
    account.rig.up()
    account.rig.configure(account_config(github={"repository": "octo-org/store"}))

    assert account.rig.up() == {"update": 3}


def test_an_account_that_is_given_up_loses_images_and_state_too(account: Account) -> None:
    account.rig.up()
    account.push()
    account.keep_state()

    account.give_up()
    account.rig.destroy()

    assert account.rig.resources() == {}
    assert sorted(account.emptiness.left()) == []


def test_the_folder_is_a_project_that_the_cli_runs(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "bootstrap", checkout / "bootstrap")
    for name in SHARED:
        (checkout / name).symlink_to(ROOT / name)
    (tmp_path / "state").mkdir()

    with moto(lambda _: None):
        server, port = serve(AwsBackend.in_process())
        workspace = Workspace(
            root=checkout / "bootstrap",
            stack="account",
            variables=variables(tmp_path, port),
            events=tmp_path / "events.jsonl",
            log=tmp_path / "pulumi.log",
        )
        answer(workspace, ["stack", "init", "account"])
        done = operate(workspace, ["up"], on_progress=lambda _: None)
        server.stop(None).wait()

    assert (done.exit_code, done.errors) == (0, ())
    assert done.changes == {"create": 25}
