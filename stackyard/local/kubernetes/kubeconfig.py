"""The server and certificate authority that a kubeconfig names; its token, if it has one."""

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from stackyard.errors import StackyardError
from stackyard.local.kube_json import child, children
from stackyard.local.properties import is_object
from stackyard.local.wire import JsonObject


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What a kubeconfig's current context says."""

    server: str
    certificate_authority: str
    """PEM."""
    token: str | None = field(repr=False)
    """None where the user has an exec plugin, as EKS' kubeconfig has."""


def connection_of(text: str) -> Connection:
    """Read a kubeconfig, YAML or JSON, or a file that holds one. Raises `StackyardError`."""
    try:
        config = yaml.safe_load(text if "\n" in text or "{" in text else Path(text).read_text())
    except (yaml.YAMLError, OSError) as error:
        raise StackyardError(f"the provider's kubeconfig cannot be read: {error}") from error
    if not is_object(config):
        raise StackyardError("the provider's kubeconfig is no mapping; give YAML or JSON")
    context = child(_entry(config, "contexts", config.get("current-context")), "context")
    cluster = child(_entry(config, "clusters", context.get("cluster")), "cluster")
    user = child(_entry(config, "users", context.get("user")), "user")
    try:
        return Connection(
            server=cluster["server"],
            certificate_authority=base64.b64decode(cluster["certificate-authority-data"]).decode(),
            token=user.get("token"),
        )
    except (KeyError, binascii.Error, UnicodeDecodeError) as error:
        raise StackyardError(
            f"the provider's kubeconfig lacks {error} in its current cluster; the embedded cloud "
            "wants server and certificate-authority-data"
        ) from error


def _entry(config: JsonObject, section: str, name: str | None) -> JsonObject:
    entries = children(config, section)
    for entry in entries:
        if entry.get("name") == name:
            return entry
    known = [entry.get("name") for entry in entries]
    raise StackyardError(f"the provider's kubeconfig has no {name!r} among its {section}: {known}")
