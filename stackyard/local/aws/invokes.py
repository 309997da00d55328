"""The provider's functions: what a program may ask before its first resource."""

import json
from collections.abc import Callable
from typing import Any, cast

from stackyard.errors import StackyardError
from stackyard.local.aws.connection import Connection, search
from stackyard.local.aws.names import as_list
from stackyard.local.wire import JsonObject

ELB_ACCOUNTS = {
    "us-east-1": "127311923021",
    "eu-central-1": "054676820928",
    "eu-west-1": "156460612806",
    "us-west-2": "797873946194",
}
"""AWS's own accounts that write a load balancer's logs (Elastic Load Balancing guide)."""

STATEMENT_NAMES = {
    "sid": "Sid", "effect": "Effect", "actions": "Action", "notActions": "NotAction",
    "resources": "Resource", "notResources": "NotResource",
}  # fmt: skip


def _filters(args: JsonObject) -> list[JsonObject]:
    given: list[JsonObject] = as_list(args.get("filters"))
    return [{"Name": f["name"], "Values": list(f["values"])} for f in given]


def caller_identity(aws: Connection, _args: JsonObject) -> JsonObject:
    """Who the credentials belong to."""
    found = aws.call("sts", "get_caller_identity")
    id_ = found["Account"]
    return {"accountId": id_, "arn": found["Arn"], "userId": found["UserId"], "id": id_}


def _region(aws: Connection, args: JsonObject) -> JsonObject:
    name = args.get("region") or args.get("name") or aws.region
    endpoint = f"ec2.{name}.amazonaws.com"
    return {"name": name, "region": name, "id": name, "endpoint": endpoint, "description": name}


def _partition(_aws: Connection, _args: JsonObject) -> JsonObject:
    return {
        "partition": "aws", "id": "aws", "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }  # fmt: skip


def _zones(aws: Connection, args: JsonObject) -> JsonObject:
    answer = aws.call("ec2", "describe_availability_zones", Filters=_filters(args))
    zones = [z for z in answer["AvailabilityZones"] if z["ZoneName"] not in _excluded(args)]
    return {
        "id": aws.region,
        "region": aws.region,
        "names": [z["ZoneName"] for z in zones],
        "zoneIds": [z["ZoneId"] for z in zones],
        "groupNames": [aws.region],
    }


def _excluded(args: JsonObject) -> set[str]:
    return set(as_list(args.get("excludeNames")))


def _prefix_list(aws: Connection, args: JsonObject) -> JsonObject:
    filters = _filters(args)
    if args.get("name"):
        filters.append({"Name": "prefix-list-name", "Values": [args["name"]]})
    if args.get("id"):
        filters.append({"Name": "prefix-list-id", "Values": [args["id"]]})
    found = search(
        "PrefixLists[0]", aws.call("ec2", "describe_managed_prefix_lists", Filters=filters)
    )
    if not found:
        raise StackyardError(
            f"no managed prefix list matches {json.dumps(filters)} in {aws.region}"
        )
    list_ = found["PrefixListId"]
    entries = aws.every("ec2", "get_managed_prefix_list_entries", "Entries[]", PrefixListId=list_)
    return {
        "id": list_,
        "name": found["PrefixListName"],
        "arn": found.get("PrefixListArn") or "",
        "addressFamily": found.get("AddressFamily") or "IPv4",
        "maxEntries": int(found.get("MaxEntries") or 0),
        "ownerId": found.get("OwnerId") or "AWS",
        "version": int(found.get("Version") or 0),
        "region": aws.region,
        "tags": {},
        "entries": [
            {"cidr": e["Cidr"], "description": e.get("Description") or ""} for e in entries
        ],
    }


def _plain_prefix_list(aws: Connection, args: JsonObject) -> JsonObject:
    found = _prefix_list(aws, {**args, "id": args.get("prefixListId") or args.get("id")})
    cidrs = [entry["cidr"] for entry in found["entries"]]
    return {"id": found["id"], "name": found["name"], "cidrBlocks": cidrs, "region": aws.region}


def _service_account(aws: Connection, args: JsonObject) -> JsonObject:
    region = args.get("region") or aws.region
    account = ELB_ACCOUNTS.get(region, ELB_ACCOUNTS["us-east-1"])
    return {"id": account, "arn": f"arn:aws:iam::{account}:root", "region": region}


def _policy_document(_aws: Connection, args: JsonObject) -> JsonObject:
    statements = [_statement(s) for s in as_list(args.get("statements"))]
    document = {"Version": args.get("version") or "2012-10-17", "Statement": statements}
    return {"id": "document", "json": json.dumps(document), "minifiedJson": json.dumps(document)}


def _statement(given: JsonObject) -> JsonObject:
    out: JsonObject = {"Effect": "Allow"}
    out |= {
        member: _single(given[name]) for name, member in STATEMENT_NAMES.items() if given.get(name)
    }
    for name, member in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(name):
            who = {p["type"]: _single(p["identifiers"]) for p in given[name]}
            out[member] = "*" if who == {"*": "*"} else who
    conditions: dict[str, JsonObject] = {}
    for condition in as_list(given.get("conditions")):
        values = _single(condition["values"])
        conditions.setdefault(condition["test"], {})[condition["variable"]] = values
    return {**out, "Condition": conditions} if conditions else out


def _single(value: Any) -> Any:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return items[0] if len(items) == 1 else items
    return value


FUNCTIONS: dict[str, Callable[[Connection, JsonObject], JsonObject]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _prefix_list,
    "aws:ec2/getPrefixList:getPrefixList": _plain_prefix_list,
    "aws:elb/getServiceAccount:getServiceAccount": _service_account,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
}


def invoke(aws: Connection, token: str, args: JsonObject) -> JsonObject:
    """Call a function of the provider. Raises `StackyardError` for one it does not have."""
    function = FUNCTIONS.get(token)
    if function is None:
        known = ", ".join(sorted(name.rsplit(":", 1)[-1] for name in FUNCTIONS))
        raise StackyardError(
            f"the embedded AWS has no function {token}; it has {known};"
            " add it to stackyard/local/aws/invokes.py"
        )
    return function(aws.at(args.get("region")), args)
