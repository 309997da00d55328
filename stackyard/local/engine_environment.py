"""The engine's environment in a slot: it reaches the embedded cloud and nothing else."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from stackyard.local.layout import SLOT_VARIABLE, Layout
from stackyard.local.secrets import Secrets

STACK = "local"
REGION = "us-east-1"
FOREIGN_VARIABLE = "(AWS_|PULUMI_|KUBE)[A-Za-z0-9_]*|[A-Za-z]+_(proxy|PROXY)"
"""What of the caller's variables could lead to another cloud, backend or cluster, or to a proxy."""


def environment(layout: Layout, secrets: Secrets, tools: Sequence[Path]) -> dict[str, str]:
    """Variables with which pulumi, kubectl and boto3 reach the embedded cloud and nothing else.

    `tools` are the folders of the binaries, searched before the caller's PATH.
    """
    kept = {k: v for k, v in os.environ.items() if not re.fullmatch(FOREIGN_VARIABLE, k)}
    return {**kept, **variables(layout, secrets, tools)}


def variables(layout: Layout, secrets: Secrets, tools: Sequence[Path]) -> dict[str, str]:
    """What `.local/env` sets: dummy credentials, so that nothing of it can reach AWS."""
    path = [str(layout.folder / "bin"), *map(str, tools), os.environ.get("PATH", os.defpath)]
    authority = str(layout.certificate_authority)
    return {
        SLOT_VARIABLE: str(layout.slot),
        "PATH": os.pathsep.join(path),
        "AWS_ENDPOINT_URL": layout.aws_endpoint,
        "AWS_ACCESS_KEY_ID": secrets.access_key_id,
        "AWS_SECRET_ACCESS_KEY": secrets.secret_access_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "KUBECONFIG": str(layout.kubeconfig),
        "CURL_CA_BUNDLE": authority,
        "SSL_CERT_FILE": authority,
        "PULUMI_HOME": str(layout.folder / "pulumi"),
        # Without it each write has a second file: a kill between the two leaves neither readable.
        "PULUMI_BACKEND_URL": f"file://{layout.state}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": secrets.passphrase,
        "PULUMI_STACK": STACK,
        "PULUMI_OPTION_CONFIG_FILE": str(layout.stack_file),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    }
