"""What became of a resource whose creation was cut off: the ids under which it may be outside."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import jmespath
from botocore.exceptions import BotoCoreError, ClientError

from stackyard.ops import lookup_named
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.lookup_described import ROWS, Row
from stackyard.ops.repair_state import JsonObject, as_list, as_object

FIELD = re.compile(r"{([\w.]+)}")
ABSENT = re.compile(r"NotFound|NoSuch|NotExist")
"""AWS's codes for a question about something whose parent is not there."""


class NotLookedUpError(LookupError):
    """Nobody knows whether the object is there; the message says why."""


def candidates(
    resource: JsonObject, resources: Sequence[JsonObject], aws: Callable[[str], Aws]
) -> list[str]:
    """Ids to import by; none where nothing was made, or the state has it already.

    An id that follows from the inputs is given unasked: the refresh that adopts it asks the
    provider. `aws` gives the calls of a region. Raises `NotLookedUpError`.
    """
    token, inputs = str(resource["type"]), as_object(resource.get("inputs"))
    if not resource.get("custom") or lookup_named.NOTHING_OUTSIDE.match(token):
        return []
    known = [r for r in resources if r["type"] == token]
    provider = _provider_of(resource, resources)
    home = str(provider.get("region") or "")
    region = str(inputs.get("region") or home)
    if lookup_named.has_id(token):
        ids = _named(token, inputs, known)
    elif token in ROWS:
        tags = {**_default_tags(provider), **as_object(inputs.get("tags"))}
        ids = _listed(ROWS[token], inputs, tags, known, aws(region))
    else:
        raise NotLookedUpError(f"no way is known to look up {token}")
    return ids if region == home else [f"{id_}@{region}" for id_ in ids]


def _named(token: str, inputs: JsonObject, known: Sequence[JsonObject]) -> list[str]:
    try:
        id_ = lookup_named.id_of(token, inputs)
    except lookup_named.UnknownNameError as error:
        raise NotLookedUpError(str(error)) from error
    return [] if any(_is_named(id_, token, r) for r in known) else [id_]


def _is_named(id_: str, token: str, resource: JsonObject) -> bool:
    try:
        return lookup_named.id_of(token, as_object(resource.get("inputs"))) == id_
    except lookup_named.UnknownNameError:
        return False


def _listed(
    row: Row, inputs: JsonObject, tags: JsonObject, known: Sequence[JsonObject], aws: Aws
) -> list[str]:
    if row.tags and not tags:
        raise NotLookedUpError("it has no tags, so others of the account may look the same")
    try:
        found = _found(row, inputs, tags, aws)
    except (ClientError, BotoCoreError) as error:
        raise NotLookedUpError(f"{row.service} {row.method}: {error}") from error
    have = {str(r.get("id")) for r in known}
    return [_filled(row.id, o) for o in found if _filled(row.own_id or row.id, o) not in have]


def _found(row: Row, inputs: JsonObject, tags: JsonObject, aws: Aws) -> list[JsonObject]:
    """The objects that fit, each with the `inputs` beside its own members."""
    arguments = {k: _filled(v, {"inputs": inputs}) for k, v in row.arguments.items()}
    try:
        listed = aws.every(row.service, row.method, row.items, **arguments)
    except ClientError as error:
        if ABSENT.search(_code(error)):
            return []
        raise
    completed = [_completed(row, {**o, "inputs": inputs}, aws) for o in listed]
    return [
        o
        for o in completed
        if o and (not row.where or jmespath.search(row.where, o)) and _tagged(row, o, tags)
    ]


def _completed(row: Row, found: JsonObject, aws: Aws) -> JsonObject | None:
    """The object with its details; none as soon as it is another one, which is not asked about."""
    for method, arguments in row.details.items():
        if not _fits(row, found):
            return None
        given = {k: _filled(v, found) for k, v in arguments.items()}
        found = {**found, **aws.call(row.service, method, **given)}
    known = all(jmespath.search(there, found) is not None for there in _given(row, found["inputs"]))
    return found if known and _fits(row, found) else None


def _fits(row: Row, found: JsonObject) -> bool:
    """Whether what is known of an object by now is as the inputs say."""
    pairs = [
        (jmespath.search(there, found), given)
        for there, given in _given(row, found["inputs"]).items()
    ]
    return all(there is None or str(there) == str(given) for there, given in pairs)


def _given(row: Row, inputs: JsonObject) -> JsonObject:
    """What the inputs say, by where it stands in the object."""
    given = {there: jmespath.search(here, inputs) for there, here in row.same.items()}
    return {there: value for there, value in given.items() if value is not None}


def _tagged(row: Row, found: JsonObject, wanted: JsonObject) -> bool:
    if not row.tags:
        return True
    there = {_key(tag): _value(tag) for tag in as_list(jmespath.search(row.tags, found))}
    return all(there.get(key) == str(value) for key, value in wanted.items())


def _key(tag: JsonObject) -> str:
    return str(tag.get("Key", tag.get("TagKey")))


def _value(tag: JsonObject) -> str:
    return str(tag.get("Value", tag.get("TagValue")))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _filled(template: str, document: JsonObject) -> str:
    return FIELD.sub(lambda place: str(jmespath.search(place[1], document)), template)


def _provider_of(resource: JsonObject, resources: Sequence[JsonObject]) -> JsonObject:
    """The inputs of the provider that a resource names as `urn::id`."""
    urn = str(resource.get("provider", "")).rpartition("::")[0]
    found = [as_object(r.get("inputs")) for r in resources if r["urn"] == urn]
    return found[0] if found else {}


def _default_tags(provider: JsonObject) -> JsonObject:
    # The engine keeps what is no string as JSON text.
    given = provider.get("defaultTags")
    told: Any = json.loads(given) if isinstance(given, str) else given
    return as_object(as_object(told).get("tags"))
