"""A local stack that is up: its outputs, and its tools as a shell has them."""

import json
import os
import shlex
import ssl
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.local import cloud
from stackyard.local.layout import SLOT_VARIABLE, Layout

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class RunningStack:
    """What `stackyard local up --json` answered, and where it stands."""

    layout: Layout
    outputs: Mapping[str, Any]

    @property
    def site(self) -> str:
        return str(self.outputs["siteUrl"]).rstrip("/")

    @property
    def load_balancer(self) -> str:
        return f"http://{self.outputs['edge']['dnsName']}"

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.layout.certificate_authority))

    @property
    def namespace(self) -> str:
        return str(self.outputs["app"]["namespace"])

    def stackyard(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a `stackyard` command on the stack's slot."""
        return stackyard(self.layout, *words)

    def shell(self, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a person does after `source .local/env`."""
        environment = shlex.quote(str(self.layout.environment_file))
        return subprocess.run(
            ["/bin/bash", "-c", f". {environment}; {command}"],
            cwd=ROOT,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def kubectl(self, words: str) -> Any:
        """What kubectl answers, as JSON."""
        done = self.shell(f"kubectl -n {self.namespace} {words} -o json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def pods(self) -> list[dict[str, Any]]:
        """The API's pods that are not being deleted."""
        pods = self.kubectl("get pods -l app.kubernetes.io/name=api")["items"]
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def events(self) -> str:
        """The events of the API's namespace, the latest last, for whoever reads a failure."""
        words = "get events --sort-by=.metadata.creationTimestamp"
        return self.shell(f"kubectl -n {self.namespace} {words}").stdout


def running(layout: Layout) -> RunningStack:
    """The stack that is up in a slot. Raises `LookupError` when none is."""
    if cloud.supervisor_pid(layout) is None:
        raise LookupError("the local stack is not up; run: make up")
    told = RunningStack(layout=layout, outputs={}).shell("pulumi stack output --json")
    if told.returncode:
        raise LookupError(f"the local stack tells no outputs; run: make up\n{told.stderr}")
    return RunningStack(layout=layout, outputs=json.loads(told.stdout))


def ready(pod: dict[str, Any]) -> bool:
    """Whether Kubernetes sends a pod requests."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def stackyard(layout: Layout, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a `stackyard` command on a slot."""
    return subprocess.run(
        [sys.executable, "-m", "stackyard", *words],
        cwd=layout.root,
        env={**os.environ, SLOT_VARIABLE: str(layout.slot)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
