"""A document against CloudFormation's schema: types, enums, patterns, bounds, what is required.

cfn-lint's own keywords stand beside those of JSON Schema. A stand-in for what AWS will answer is
checked for its type, and as a reference for the kind of thing it names.
"""

import ipaddress
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import regex
from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from stackyard.local.aws import cloudformation
from tests.fidelity.mapping import Target
from tests.fidelity.unknown import is_faked

Errors = Iterator[ValidationError]
Keyword = Callable[[Any, Any, Any, Any], Any]
Kinds = Callable[[str], set[str]]
"""CloudFormation's types of what a value names in the graph; none where it names nothing."""

LONGEST = 240
"""Characters of a message: an enum may list a hundred instance classes."""
FORBIDDEN = "may not be given with what stands beside it"
LITERALS = {
    "AWS::EC2::SecurityGroup.Id": r"^sg-[0-9a-f]{8,17}$",
    "AWS::EC2::Subnet.Id": r"^subnet-[0-9a-f]{8,17}$",
    "AWS::EC2::VPC.Id": r"^vpc-[0-9a-f]{8,17}$",
    "AWS::IAM::Role.Arn": r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$",
    "AWS::ACM::Certificate.Arn": r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/.+$",
    "AWS::KMS::Key.Arn": r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/.+$",
}
"""Forms of what is given by hand, by the schema's format (EC2 and IAM API references)."""
FORMATS = {"AWS::ACM::Certificate": "AWS::CertificateManager::Certificate"}
"""Types that a format calls otherwise than the schemas do."""

NAMED_BY_API = {"AWS::ElastiCache::ParameterGroup": "CacheParameterGroupName"}
"""Read-only in CloudFormation, which makes the name itself; the API asks for one."""


def faults(body: Any, target: Target, region: str, kinds: Kinds) -> list[tuple[str, str]]:
    """Places and messages of what the schema of the type refuses, read-only properties too."""
    root = cloudformation.schema(target.type, region)
    if not root:
        return [("", f"region {region} has no {target.type}")]
    found = refused(root, body, kinds)
    if target.part:
        outer = {".".join(target.at[:depth]).removesuffix(".[]") for depth in range(len(target.at))}
        found = [one for one in found if not (_is_missing(one[1]) and one[0] in {"", *outer})]
    filled = {f"{name!r} is a required property" for name in target.filled}
    found = [one for one in found if one[1] not in filled]
    named = NAMED_BY_API.get(target.type, "")
    read_only = [pointer for pointer in _read_only(root, body) if pointer != named]
    return found + [(pointer, "is read-only: AWS sets it") for pointer in read_only]


def refused(schema: Any, body: Any, kinds: Kinds) -> list[tuple[str, str]]:
    """The same for a schema that is not a type's own."""
    validator = _validator()(schema, format_checker=_Formats(kinds))
    return [(_place(error), _says(error)) for error in validator.iter_errors(body)]


def _says(error: ValidationError) -> str:
    # JSON Schema's ways to forbid something repeat the whole document and say no more.
    if error.validator in {None, "not"} and error.schema is not None:
        return FORBIDDEN
    message = error.message
    return message if len(message) <= LONGEST else f"{message[:LONGEST]}..."


def _place(error: ValidationError) -> str:
    return ".".join(str(step) for step in error.absolute_path if not isinstance(step, int))


def _is_missing(message: str) -> bool:
    return message.endswith("is a required property")


def _read_only(root: dict[str, Any], body: Any) -> Iterator[str]:
    for pointer in root.get("readOnlyProperties", ()):
        *above, last = pointer.split("/")[2:]
        if any(last in holder for holder in _holders(body, above)):
            yield ".".join([*above, last])


def _holders(body: Any, above: list[str]) -> Iterator[dict[str, Any]]:
    if isinstance(body, list):
        for item in body:
            yield from _holders(item, above[1:] if above[:1] == ["*"] else above)
    elif isinstance(body, dict):
        if not above:
            yield body
        elif above[0] in body:
            yield from _holders(body[above[0]], above[1:])


def _when_known(check: Keyword, *, sure: bool) -> Keyword:
    """A keyword that passes a stand-in; one that fails it where only what is sure shall hold."""

    def checked(validator: Any, wanted: Any, given: Any, schema: Any) -> Any:
        if not is_faked(given):
            yield from check(validator, wanted, given, schema) or ()
        elif sure:
            yield ValidationError(f"{given!r} is not known yet")

    return checked


def _pattern(_validator: Any, wanted: str, given: Any, _schema: Any) -> Errors:
    # `regex`, as cfn-lint does: CloudFormation's patterns use \p{L}.
    if isinstance(given, str) and not regex.search(wanted, given):
        yield ValidationError(f"{given!r} does not match {wanted!r}")


def _enum_any_case(_validator: Any, wanted: list[Any], given: Any, _schema: Any) -> Errors:
    if str(given).lower() not in {str(one).lower() for one in wanted}:
        yield ValidationError(f"{given!r} is not one of {wanted}")


def _if(validator: Any, condition: Any, given: Any, schema: Any) -> Errors:
    """Neither branch where the condition hangs on what AWS will answer."""
    if _validator(sure=True)(condition).is_valid(given):
        branch = schema.get("then", True)
    elif not validator.evolve(schema=condition).is_valid(given):
        branch = schema.get("else", True)
    else:
        return
    yield from validator.descend(given, branch)


def _type(validator: Any, wanted: Any, given: Any, _schema: Any) -> Errors:
    # A document that the schema takes as text or object is checked as a text.
    types = [wanted] if isinstance(wanted, str) else wanted
    if not any(validator.is_type(given, one) for one in types):
        yield ValidationError(f"{given!r} is not of type {' or '.join(types)}")


def _dependent_required(_validator: Any, wanted: Any, given: Any, _schema: Any) -> Errors:
    if isinstance(given, dict):
        for name, others in wanted.items():
            for other in others:
                if name in given and other not in given:
                    yield ValidationError(f"{name} needs {other} beside it")


def _dependent_excluded(_validator: Any, wanted: Any, given: Any, _schema: Any) -> Errors:
    if isinstance(given, dict):
        for name, others in wanted.items():
            for other in others:
                if name in given and other in given:
                    # Said by both of them; sorted, it is one finding.
                    one, another = sorted((name, other))
                    yield ValidationError(f"{one} and {another} exclude each other")


def _required_xor(_validator: Any, wanted: list[str], given: Any, _schema: Any) -> Errors:
    if isinstance(given, dict) and sum(name in given for name in wanted) != 1:
        yield ValidationError(f"exactly one of {wanted} is a required property")


def _required_or(_validator: Any, wanted: list[str], given: Any, _schema: Any) -> Errors:
    if isinstance(given, dict) and not any(name in given for name in wanted):
        yield ValidationError(f"one of {wanted} is a required property")


@cache
def _validator(*, sure: bool = False) -> Any:
    plain = Draft7Validator.VALIDATORS
    values: dict[str, Keyword] = {
        **{word: plain[word] for word in ("enum", "const", "minLength", "maxLength")},
        "pattern": _pattern,
        "enumCaseInsensitive": _enum_any_case,
    }
    return extend(
        Draft7Validator,
        {
            **{word: _when_known(check, sure=sure) for word, check in values.items()},
            "format": _format,
            "if": _if,
            "type": _type,
            "dependentRequired": _dependent_required,
            "dependentExcluded": _dependent_excluded,
            "requiredXor": _required_xor,
            "requiredOr": _required_or,
        },
    )


class _Formats(FormatChecker):
    """Carries what a check of formats has to know through the validators of inner schemas."""

    def __init__(self, kinds: Kinds) -> None:
        super().__init__(())
        self.kinds = kinds


def _format(validator: Any, wanted: str, given: Any, _schema: Any) -> Errors:
    if wanted.startswith("AWS::"):
        checker = validator.format_checker
        for item in (given if isinstance(given, list) else [given]) if checker else ():
            yield from _reference(wanted, item, checker.kinds)
    elif isinstance(given, str) and not is_faked(given) and not _in_form(wanted, given):
        yield ValidationError(f"{given!r} is no {wanted}")


def _reference(wanted: str, given: Any, kinds: Kinds) -> Errors:
    if not isinstance(given, str):
        return
    type_, _, _ = wanted.partition(".")
    type_ = FORMATS.get(type_, type_)
    if is_faked(given):
        found = kinds(given)
        if found and type_ not in found:
            yield ValidationError(f"{given!r} names {' or '.join(sorted(found))}, not {type_}")
        return
    form = LITERALS.get(wanted.removesuffix("s"))
    if form and not regex.search(form, given):
        yield ValidationError(f"{given!r} is no {wanted}")


def _in_form(wanted: str, given: str) -> bool:
    read: dict[str, Callable[[str], object]] = {
        "ipv4-network": ipaddress.IPv4Network,
        "ipv6-network": ipaddress.IPv6Network,
        "json": json.loads,
    }
    try:
        read.get(wanted, str)(given)
    except ValueError:
        return False
    return True
