"""IAM policy documents, as JSON."""

import json
from collections.abc import Mapping, Sequence

VERSION = "2012-10-17"
"""Version of the policy language."""


def trusts(*services: str, actions: Sequence[str] = ("sts:AssumeRole",)) -> str:
    """Trust policy of a role that AWS services take, `eks` for eks.amazonaws.com."""
    principals = [f"{service}.amazonaws.com" for service in services]
    statement = {"Effect": "Allow", "Principal": {"Service": principals}, "Action": list(actions)}
    return json.dumps({"Version": VERSION, "Statement": [statement]})


def allows(*statements: Mapping[str, object]) -> str:
    """Policy that allows what the statements name: Action, Resource and perhaps Condition."""
    return json.dumps(
        {"Version": VERSION, "Statement": [{"Effect": "Allow", **one} for one in statements]}
    )
