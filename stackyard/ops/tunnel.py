"""`stackyard tunnel`: a port of this machine that leads to the private database or cache.

By a session of Systems Manager through a node: nothing listens, no address is public, and who may
do so, and did, is IAM's and CloudTrail's to say.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from stacks.review import stack_file_name
from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.ops.command import checked
from stackyard.ops.engine import Workspace, answer
from stackyard.ops.lookup_aws import Aws
from stackyard.progress import Progress
from stackyard.stack_files import settings_of

DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
PLUGIN = "session-manager-plugin"
TOOLS = {
    "aws": "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    PLUGIN: "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html",
}
RUNNING = "Reservations[].Instances[].InstanceId"

To = Literal["writer", "reader", "cache"]
_HOSTS: Mapping[To, tuple[str, str]] = {
    "writer": ("database", "writerEndpoint"),
    "reader": ("database", "readerEndpoint"),
    "cache": ("cache", "primaryEndpoint"),
}
"""Where a stack's outputs have the host: object and key."""


class Target(NamedTuple):
    """What the port leads to."""

    host: str
    port: int


def tunnel(root: Path, stack: str, to: To, port: int | None, progress: Progress) -> int:
    """Hold the port open until the session ends; the exit code is the AWS CLI's.

    Raises `SettingsFaultError` where nodes take no sessions, `StackyardError` where a tool, the
    stack or a node is missing.
    """
    file = root / stack_file_name(stack)
    settings = settings_of(file)
    if not settings.cluster.tunnel:
        raise SettingsFaultError(
            f"{file.name}: cluster.tunnel: is false, so nodes take no sessions; set it to true and"
            f" run: stackyard up {stack}"
        )
    workspace = checked(root, stack, progress)
    check_tools(workspace.variables)
    outputs = _outputs(workspace)
    aws = Aws(workspace.variables, settings.env.region)
    target, node = target_of(outputs, to), node_of(aws, str(outputs["cluster"]["name"]))
    words = session_words(node, target, port or target.port, settings.env.region)
    progress.line(f"127.0.0.1:{port or target.port} leads to {target.host}; Ctrl-C ends it")
    return subprocess.run(words, env=dict(workspace.variables), check=False).returncode


def check_tools(variables: Mapping[str, str]) -> None:
    """Raise `StackyardError` for the first program that is not on PATH, with where to get it."""
    for name, page in TOOLS.items():
        if shutil.which(name, path=variables.get("PATH")) is None:
            raise StackyardError(f"there is no {name} on PATH; see {page}")


def target_of(outputs: Mapping[str, Any], to: To) -> Target:
    """Host and port from a stack's outputs; raises `StackyardError` for a stack without any."""
    part, key = _HOSTS[to]
    try:
        return Target(str(outputs[part][key]), int(outputs[part]["port"]))
    except KeyError as problem:
        raise StackyardError(
            f"the stack has no output {part}.{key}; bring it up first: stackyard up"
        ) from problem


def node_of(aws: Aws, cluster: str) -> str:
    """Id of a running node of the cluster. Raises `StackyardError` if there is none."""
    filters = [
        {"Name": "tag:eks:cluster-name", "Values": [cluster]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    try:
        found = aws.every("ec2", "describe_instances", RUNNING, Filters=filters)
    except (BotoCoreError, ClientError) as problem:
        raise StackyardError(f"the nodes of {cluster} cannot be listed: {problem}") from problem
    if not found:
        raise StackyardError(f"no node of {cluster} runs; see: kubectl get nodes")
    return str(min(found))


def session_words(node: str, target: Target, port: int, region: str) -> Sequence[str]:
    """The AWS CLI's command that holds the port open."""
    parameters = {
        "host": [target.host],
        "portNumber": [str(target.port)],
        "localPortNumber": [str(port)],
    }
    return [
        *("aws", "ssm", "start-session", "--region", region, "--target", node),
        *("--document-name", DOCUMENT, "--parameters", json.dumps(parameters)),
    ]


def _outputs(workspace: Workspace) -> dict[str, Any]:
    try:
        return json.loads(answer(workspace, ["stack", "output", "--json"]))
    except subprocess.CalledProcessError as problem:
        raise StackyardError(f"the stack's outputs cannot be read: {problem.stderr.strip()}") from (
            problem
        )
