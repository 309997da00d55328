"""bootstrap/: the repository of images, in which nothing deployed expires; account and settings."""

import json
import re

import pytest
import yaml
from moto import mock_aws

from bootstrap.program import main
from components.image_repository import REVIEW_DAYS, UNTAGGED_DAYS, lifecycle_policy
from stacks.images import REPOSITORY, tag_of
from stacks.load import load
from stackyard.graph.recorder import Graph, record
from stackyard.graph.registration import is_custom
from stackyard.local.aws.backend import AwsBackend
from tests.graph.accounts import PROJECT, account_config, account_graph
from tests.graph.lifecycle import Image, expired
from tests.graph.stacks import ROOT
from tests.release.moto_cloud import client

DIGEST = "sha256:" + 64 * "a"
CENTURY = 36_500


@pytest.fixture(scope="module")
def graph() -> Graph:
    return account_graph(github={"reviewStacks": True})


def image(*tags: str, age_days: int, digest: str = DIGEST, index: str = "") -> Image:
    return Image(digest=digest, tags=tags, age_days=age_days, index=index)


def test_a_tag_stays_what_it_is_and_every_push_is_scanned(graph: Graph) -> None:
    repository = graph.one("aws:ecr/repository:Repository").inputs

    assert repository["name"] == REPOSITORY
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}


def test_layers_are_encrypted_with_a_key_of_the_repositorys_own(graph: Graph) -> None:
    key = graph.named("aws:kms/key:Key", "images-key")

    assert graph.one("aws:ecr/repository:Repository").inputs["encryptionConfigurations"] == [
        {"encryptionType": "KMS", "kmsKey": key.outputs["arn"]}
    ]
    assert key.inputs["enableKeyRotation"] is True


def test_images_state_and_their_keys_are_guarded(graph: Graph) -> None:
    guarded = {
        f"{r.type.split(':')[-1]} {r.name}"
        for r in graph.values()
        if is_custom(r) and r.opts.get("protect")
    }

    assert guarded == {
        "Alias state-key",
        "Bucket state",
        "BucketVersioning state",
        "Key images-key",
        "Key state-key",
        "Repository images",
    }
    assert graph.one("aws:ecr/repository:Repository").inputs["forceDelete"] is False


def test_an_account_that_is_thrown_away_gives_images_and_state_up() -> None:
    graph = account_graph(env={"protect": False})

    assert [r.urn for r in graph.values() if r.opts.get("protect")] == []
    assert graph.one("aws:ecr/repository:Repository").inputs["forceDelete"] is True
    assert graph.one("aws:s3/bucket:Bucket").inputs["forceDestroy"] is True


def test_one_account_and_the_tags_of_every_stack(graph: Graph) -> None:
    provider = graph.one("pulumi:providers:aws").inputs

    assert provider["allowedAccountIds"] == '["123456789012"]'
    assert json.loads(provider["defaultTags"])["tags"] == {
        "project": "stackyard-bootstrap",
        "stack": "account",
        "managed-by": "pulumi",
        "owner": "platform",
        "cost-center": "web",
    }


@pytest.mark.parametrize("stack", ["prod", "staging", "preview", "pr-", "pr-a", "pr-012"])
def test_what_a_stack_runs_stays_for_a_century(stack: str) -> None:
    deployed = image(tag_of(stack, DIGEST), age_days=CENTURY)

    assert expired(lifecycle_policy(), [deployed]) == []


def test_what_is_deployed_stays_whatever_else_is_pushed() -> None:
    later = [
        image(f"release-{number}", age_days=0, digest=f"sha256:{number:064x}")
        for number in range(20_000)
    ]
    deployed = image(tag_of("prod", DIGEST), age_days=CENTURY)

    assert expired(lifecycle_policy(), [deployed, *later]) == []


def test_what_was_reviewed_first_stays_once_it_is_deployed() -> None:
    both = image(tag_of("pr", DIGEST), tag_of("prod", DIGEST), age_days=CENTURY)

    assert expired(lifecycle_policy(), [both]) == []


def test_images_of_review_stacks_go_after_their_days() -> None:
    kept, gone = (image(tag_of("pr-12", DIGEST), age_days=REVIEW_DAYS + d) for d in (0, 1))

    assert expired(lifecycle_policy(), [kept]) == []
    assert expired(lifecycle_policy(), [gone]) == [gone]


def test_what_nobody_tagged_goes_after_its_days() -> None:
    kept, gone = (image(age_days=UNTAGGED_DAYS + d) for d in (0, 1))

    assert expired(lifecycle_policy(), [kept, gone]) == [gone]


def test_the_images_of_an_index_stay_with_it() -> None:
    child = image(age_days=CENTURY, digest="sha256:" + 64 * "b", index=DIGEST)
    index = image(tag_of("prod", DIGEST), age_days=CENTURY)

    assert expired(lifecycle_policy(), [index, child]) == []


def test_the_page_names_roles_and_boundary_as_they_are(graph: Graph) -> None:
    page = (ROOT / "docs" / "install-on-aws.md").read_text(encoding="utf-8")
    made = [*graph.all("aws:iam/role:Role"), *graph.all("aws:iam/policy:Policy")]
    names = [f"{reg.inputs['path'].strip('/')}/{reg.inputs['name']}" for reg in made]

    assert len(names) == 5
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize("stack", ["staging", "prod", "pr"])
def test_stack_files_name_roles_and_boundary_as_they_are(graph: Graph, stack: str) -> None:
    made = [*graph.all("aws:iam/role:Role"), *graph.all("aws:iam/policy:Policy")]
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    # With the lines that stand as comments.
    whole = re.sub(r"(?m)^( +)# (?=permissionsBoundary:|viewerRoleArns:|  - arn:)", r"\1", text)
    config = yaml.safe_load(whole)["config"]
    file = {name.removeprefix("stackyard:"): keys for name, keys in config.items()}
    cluster = load(f"Pulumi.{stack}.yaml", file).cluster
    named = [*cluster.admin_role_arns, *cluster.viewer_role_arns]

    kinds = ["review"] if stack == "pr" else ["deploy", "preview", "drift"]
    assert [arn.rpartition("/")[2] for arn in named] == kinds
    assert {*named, file["env"]["permissionsBoundary"]} <= {reg.outputs["arn"] for reg in made}


def test_the_page_names_every_output(graph: Graph) -> None:
    page = (ROOT / "docs" / "install-on-aws.md").read_text(encoding="utf-8")
    outputs = next(found for urn, found in graph.component_outputs.items() if "Stack" in urn)

    assert [name for name in outputs if f"`{name}`" not in page] == []


def test_moto_takes_repository_and_policy() -> None:
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        backends = {"aws": AwsBackend.in_process()}
        record(main, project=PROJECT, config=account_config(), backends=backends)
        ecr = client("ecr")
        (found,) = ecr.describe_repositories(repositoryNames=[REPOSITORY])["repositories"]
        kept = ecr.get_lifecycle_policy(repositoryName=REPOSITORY)["lifecyclePolicyText"]

    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["encryptionConfiguration"]["encryptionType"] == "KMS"
    assert json.loads(kept) == json.loads(lifecycle_policy())
