"""A stack file that is right, to break one key of at a time."""

from copy import deepcopy
from typing import Any

DIGEST = "sha256:" + "0" * 64

PROD: dict[str, dict[str, Any]] = {
    "env": {
        "size": "large",
        "region": "us-east-1",
        "accountId": "123456789012",
        "owner": "platform",
        "costCenter": "task1",
        "domain": "example.com",
        "zoneId": "Z0123456789EXAMPLE",
    },
    "cluster": {
        "allowedCidrs": ["203.0.113.0/24"],
        "adminRoleArns": ["arn:aws:iam::123456789012:role/deploy"],
    },
    "app": {"image": f"registry.example.com/api@{DIGEST}"},
}


def prod_with(section: str, **keys: Any) -> dict[str, dict[str, Any]]:
    """The right file with some keys of one section set anew."""
    given = deepcopy(PROD)
    given[section] = {**given.get(section, {}), **keys}
    return given
