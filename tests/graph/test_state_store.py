"""The bucket of Pulumi's state and the key of its secrets: what is asked of AWS."""

import json

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.accounts import account_graph

NAME = "stackyard-state-123456789012-us-east-1"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return account_graph()


def test_a_state_that_was_overwritten_can_be_brought_back(graph: Graph) -> None:
    versioning = graph.one("BucketVersioning").inputs

    assert versioning["bucket"] == NAME
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}


def test_nothing_makes_the_bucket_public(graph: Graph) -> None:
    closed = graph.one("BucketPublicAccessBlock").inputs

    assert {name: value for name, value in closed.items() if name != "bucket"} == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }


def test_whoever_writes_an_object_owns_none(graph: Graph) -> None:
    owned = graph.one("BucketOwnershipControls").inputs

    assert owned["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_objects_and_secrets_are_under_one_key_that_rotates(graph: Graph) -> None:
    key = graph.named("aws:kms/key:Key", "state-key")
    (rule,) = graph.one("BucketServerSideEncryptionConfiguration").inputs["rules"]

    assert key.inputs["enableKeyRotation"] is True
    assert graph.one("aws:kms/alias:Alias").inputs["targetKeyId"] == key.outputs["keyId"]
    assert rule == {
        "applyServerSideEncryptionByDefault": {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": key.outputs["arn"],
        },
        "bucketKeyEnabled": True,
    }


def test_the_bucket_is_spoken_to_over_tls_alone(graph: Graph) -> None:
    policy = graph.one("aws:s3/bucketPolicy:BucketPolicy")
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]

    assert statement == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert graph.one("BucketPublicAccessBlock").urn in policy.depends


@pytest.mark.parametrize(("given", "days"), [({}, 90), ({"oldVersionDays": 7}, 7)])
def test_only_what_is_old_goes_by_age(given: dict[str, int], days: int) -> None:
    (rule,) = account_graph(state=given).one("BucketLifecycleConfiguration").inputs["rules"]

    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": days}
    assert rule["expiration"] == {"expiredObjectDeleteMarker": True}
    assert rule["filter"] == {"prefix": ""}


def test_the_outputs_are_what_the_cli_takes(graph: Graph) -> None:
    stack = next(outputs for urn, outputs in graph.component_outputs.items() if "Stack" in urn)

    assert stack["stateBucketUrl"] == f"s3://{NAME}?region=us-east-1"
    assert stack["secretsProvider"] == "awskms://alias/stackyard-secrets?region=us-east-1"
