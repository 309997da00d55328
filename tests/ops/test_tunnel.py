"""A port of a laptop that leads to the private database: through which node, to which host."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.tunnel import (
    PLUGIN,
    Target,
    check_tools,
    node_of,
    session_words,
    target_of,
    tunnel,
)
from stackyard.progress import Progress
from tests.stacks.examples import PROD

REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
OUTPUTS: dict[str, Any] = {
    "database": {"writerEndpoint": "writer.rds", "readerEndpoint": "reader.rds", "port": 3306},
    "cache": {"primaryEndpoint": "primary.cache", "port": 6379},
}


def run_instance(cluster: str) -> str:
    ec2: Any = boto3.client("ec2", REGION)
    (image, *_) = ec2.describe_images()["Images"]
    tags = [{"Key": "eks:cluster-name", "Value": cluster}]
    made = ec2.run_instances(
        ImageId=image["ImageId"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    return made["Instances"][0]["InstanceId"]


@pytest.mark.row("N11", "cluster.tunnel")
@pytest.mark.parametrize(
    ("to", "target"),
    [
        ("writer", Target("writer.rds", 3306)),
        ("reader", Target("reader.rds", 3306)),
        ("cache", Target("primary.cache", 6379)),
    ],
)
def test_n11_the_port_leads_to_what_the_stacks_outputs_name(to: Any, target: Target) -> None:
    assert target_of(OUTPUTS, to) == target


@pytest.mark.row("N11", "cluster.tunnel")
def test_n11_the_session_goes_through_a_node_to_the_private_host() -> None:
    words = session_words("i-1", Target("writer.rds", 3306), 13306, REGION)

    assert words[:7] == ["aws", "ssm", "start-session", "--region", REGION, "--target", "i-1"]
    assert words[8] == "AWS-StartPortForwardingSessionToRemoteHost"
    assert json.loads(words[10]) == {
        "host": ["writer.rds"],
        "portNumber": ["3306"],
        "localPortNumber": ["13306"],
    }


@mock_aws
def test_a_running_node_of_the_stacks_own_cluster_is_taken() -> None:
    stopped, ours, _theirs = run_instance("ours"), run_instance("ours"), run_instance("theirs")
    ec2: Any = boto3.client("ec2", REGION)
    ec2.stop_instances(InstanceIds=[stopped])

    assert node_of(Aws(KEYS, REGION), "ours") == ours


@mock_aws
def test_a_cluster_without_a_running_node_is_named() -> None:
    with pytest.raises(StackyardError, match=r"^no node of ours runs; see: kubectl get nodes$"):
        node_of(Aws(KEYS, REGION), "ours")


def test_an_aws_that_does_not_answer_is_no_traceback() -> None:
    nowhere = {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}

    with pytest.raises(StackyardError, match="the nodes of ours cannot be listed: Could not conn"):
        node_of(Aws(nowhere, REGION), "ours")


def test_a_stack_that_is_not_up_is_named() -> None:
    with pytest.raises(StackyardError, match=r"no output database\.writerEndpoint; bring it up"):
        target_of({}, "writer")


@pytest.mark.parametrize("missing", ["aws", PLUGIN])
def test_a_missing_program_is_named_with_its_page(tmp_path: Path, missing: str) -> None:
    for name in {"aws", PLUGIN} - {missing}:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)

    with pytest.raises(StackyardError, match=f"^there is no {missing} on PATH; see https://docs"):
        check_tools({"PATH": str(tmp_path)})


@pytest.mark.row("N11", "cluster.tunnel")
def test_n11_a_stack_whose_nodes_take_no_sessions_says_which_setting_is_off(
    tmp_path: Path,
) -> None:
    config = {f"stackyard:{section}": keys for section, keys in PROD.items()}
    (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": config}))

    with pytest.raises(SettingsFaultError, match=r"cluster\.tunnel: is false, so nodes take no"):
        tunnel(tmp_path, "prod", "writer", None, Progress())
