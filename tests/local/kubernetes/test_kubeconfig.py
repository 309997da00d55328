"""What a provider's kubeconfig says."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.errors import StackyardError
from stackyard.local.kubernetes.kubeconfig import connection_of
from stackyard.local.kubernetes.rest import KubeApi

AUTHORITY = "-----BEGIN CERTIFICATE-----"


def kubeconfig(**user: Any) -> dict[str, Any]:
    cluster = {
        "server": "https://127.10.0.1:6443",
        "certificate-authority-data": base64.b64encode(AUTHORITY.encode()).decode(),
    }
    return {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "eks", "user": "me"}}],
        "clusters": [{"name": "eks", "cluster": cluster}],
        "users": [{"name": "me", "user": user}],
    }


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
def test_the_current_context_is_read_from_json_and_yaml(write: Any) -> None:
    found = connection_of(write(kubeconfig(exec={"command": "aws"})))

    assert found.server == "https://127.10.0.1:6443"
    assert found.certificate_authority == AUTHORITY
    assert found.token is None


def test_a_path_of_a_file_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(json.dumps(kubeconfig(token="given")))

    assert connection_of(str(file)).token == "given"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"current-context": "there"}, "no 'there' among its contexts"),
        ({"clusters": []}, "no 'eks' among its clusters"),
        ({"users": []}, "no 'me' among its users"),
        ({"clusters": [{"name": "eks", "cluster": {}}]}, "lacks 'server'"),
    ],
)
def test_a_part_that_is_missing_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(StackyardError, match=said):
        connection_of(json.dumps({**kubeconfig(), **change}))


@pytest.mark.parametrize("server", ["https://192.0.2.1:443", "https://eks.example.com"])
def test_a_token_is_not_sent_outside_the_loopback(server: str) -> None:
    with pytest.raises(StackyardError, match="only sent to a loopback address"):
        KubeApi(server, "token", AUTHORITY)
