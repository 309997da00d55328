"""IAM policy documents, as JSON, and the paths that part roles by who makes them."""

import json
from collections.abc import Mapping, Sequence

VERSION = "2012-10-17"
"""Version of the policy language."""
STACK_PATH = "/stackyard/"
"""IAM path of what stacks make under a boundary: the deploy role may touch no other."""
BOOTSTRAP_PATH = "/stackyard-bootstrap/"
"""IAM path of what bootstrap/ makes: no role of a stack or of a pipeline may touch it."""
BOUNDARY = "boundary"
"""Name of the boundary under `BOOTSTRAP_PATH`."""


def boundary_arn(account_id: str) -> str:
    """The boundary that bootstrap/ makes, known before it is there: it names itself."""
    return f"arn:aws:iam::{account_id}:policy{BOOTSTRAP_PATH}{BOUNDARY}"


def trusts(*services: str, actions: Sequence[str] = ("sts:AssumeRole",)) -> str:
    """Trust policy of a role that AWS services take, `eks` for eks.amazonaws.com."""
    principals = [f"{service}.amazonaws.com" for service in services]
    return allows({"Principal": {"Service": principals}, "Action": list(actions)})


def allows(*statements: Mapping[str, object]) -> str:
    """Policy that allows what the statements name: Action, Resource and perhaps Condition."""
    return policy(*({"Effect": "Allow", **one} for one in statements))


def policy(*statements: Mapping[str, object]) -> str:
    """Policy of whole statements, each with its effect."""
    return json.dumps({"Version": VERSION, "Statement": list(statements)})
