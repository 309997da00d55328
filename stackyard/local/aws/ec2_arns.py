"""ARNs of EC2 objects, which its describe calls leave out."""

from typing import Any

from stackyard.local.aws.connection import ACCOUNT
from stackyard.local.aws.spec import Call
from stackyard.local.wire import JsonObject


def ec2_arn(call: Call, kind: str) -> str:
    """The ARN of an EC2 object."""
    return f"arn:aws:ec2:{call.aws.region}:{ACCOUNT}:{kind}/{call.id}"


def arn_of(kind: str, **more: Any) -> dict[str, Any]:
    """A row's fields for an object whose ARN and owner AWS does not describe."""

    def outputs(call: Call, _found: JsonObject) -> JsonObject:
        return {"arn": ec2_arn(call, kind), "ownerId": ACCOUNT}

    return {"outputs": outputs, "tag_type": kind, **more}
