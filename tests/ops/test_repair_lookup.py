"""How a resource whose creation was cut off is found: the tables, and moto asked by them."""

import re
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape
from moto import mock_aws

from stackyard.graph.registration import is_custom
from stackyard.local.aws.sdk import _source
from stackyard.ops import lookup_named
from stackyard.ops.lookup import NotLookedUpError, candidates
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.lookup_described import ROWS, Row
from tests.graph.stacks import STACKS, graph_of

REGION = "us-east-1"
PROVIDER = "urn:pulumi:test::app::pulumi:providers:aws::aws"
TAGS = {"project": "app", "stack": "test"}
QUOTED = re.compile(r"'[^']*'|`[^`]*`|\w+\(|\binputs\.\w+")
VPC = "aws:ec2/vpc:Vpc"


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with mock_aws():
        yield


def _resource(token: str, name: str = "it", **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:test::app::{token}::{name}"
    return {"urn": urn, "custom": True, "type": token, "provider": f"{PROVIDER}::id", **more}


def _provider(**inputs: Any) -> dict[str, Any]:
    return {"urn": PROVIDER, "type": "pulumi:providers:aws", "custom": True, "inputs": inputs}


OURS = _provider(region=REGION, defaultTags='{"tags": {"project": "app", "stack": "test"}}')


def _found(resource: dict[str, Any], *state: dict[str, Any]) -> list[str]:
    variables = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    return candidates(resource, state or [OURS], lambda region: Aws(variables, region))


def _vpc(*, cidr: str = "10.0.0.0/16", tags: dict[str, str] = TAGS) -> str:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    specification: Any = [{"ResourceType": "vpc", "Tags": pairs}]
    made = boto3.client("ec2", REGION).create_vpc(CidrBlock=cidr, TagSpecifications=specification)
    return made["Vpc"]["VpcId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]  # moto gives it


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_of_the_program_can_be_looked_up(stack: str) -> None:
    types = {r.type for r in graph_of(stack).values() if is_custom(r)}

    unknown = {
        token
        for token in types
        if not lookup_named.NOTHING_OUTSIDE.match(token)
        and not lookup_named.has_id(token)
        and token not in ROWS
    }

    assert unknown == set()


@pytest.mark.parametrize("token", [t for t in (*lookup_named.IDS, *ROWS) if t.startswith("aws:")])
def test_an_id_has_the_form_that_the_sdk_documents(token: str) -> None:
    template = lookup_named.IDS.get(token) or ROWS[token].id
    form = re.sub(r"\\{.*?\\}", ".+", re.escape(template))
    source = _source("pulumi_aws", token.split(":")[1]) or ""

    examples = re.findall(r"\$ pulumi import \S+ \S+ '?([^'\n]+)'?", source)

    # The SDK gives no example for the origin in a VPC, whose id is AWS's own.
    assert any(re.fullmatch(form, e) for e in examples) or token.endswith(":VpcOrigin")


@pytest.mark.parametrize("token", ROWS)
def test_a_row_says_what_aws_itself_says(token: str) -> None:
    row = ROWS[token]
    methods = {row.method: row.arguments, **row.details}
    inputs, outputs = set[str](), set[str]()

    for method in methods:
        operation = _operation(row.service, method)
        inputs |= set(operation.input_shape.members)
        outputs |= _members(operation.output_shape)

    assert {name for arguments in methods.values() for name in arguments} <= inputs
    assert _names(row) <= outputs


def _operation(service: str, method: str) -> Any:
    model = botocore.session.get_session().get_service_model(service)
    (name,) = (n for n in model.operation_names if botocore.xform_name(n) == method)
    return model.operation_model(name)


def _members(shape: Shape, seen: frozenset[str] = frozenset()) -> set[str]:
    if shape.name in seen:
        return set()
    seen |= {shape.name}
    if isinstance(shape, ListShape):
        return _members(shape.member, seen)
    if not isinstance(shape, StructureShape):
        return set()
    inner = [_members(member, seen) for member in shape.members.values()]
    return set(shape.members).union(*inner)


def _names(row: Row) -> set[str]:
    """Every member that a row's expressions name."""
    texts = [row.items, row.where, row.tags, row.id, row.own_id, *row.same]
    texts += [text for arguments in row.details.values() for text in arguments.values()]
    return {name for text in texts for name in re.findall(r"[A-Za-z]\w*", QUOTED.sub("", text))}


def test_an_object_of_the_stacks_tags_is_found() -> None:
    ours = _vpc()
    _vpc(tags={**TAGS, "stack": "other"})
    _vpc(cidr="10.9.0.0/16")

    found = _found(_resource(VPC, inputs={"cidrBlock": "10.0.0.0/16"}))

    assert found == [ours]


def test_an_object_that_the_state_has_is_not_found_again() -> None:
    has, lost = _vpc(), _vpc()
    known = _resource(VPC, "other", id=has)

    found = _found(_resource(VPC, inputs={"cidrBlock": "10.0.0.0/16"}), OURS, known)

    assert found == [lost]


def test_all_that_fit_are_found() -> None:
    both = {_vpc(), _vpc()}

    found = _found(_resource(VPC, inputs={"cidrBlock": "10.0.0.0/16"}))

    assert set(found) == both


def test_a_key_on_its_way_out_is_not_found() -> None:
    kms = boto3.client("kms", REGION)
    pairs: Any = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    keys = [kms.create_key(Description="app", Tags=pairs)["KeyMetadata"]["KeyId"] for _ in range(2)]
    kms.schedule_key_deletion(KeyId=keys[0])

    found = _found(_resource("aws:kms/key:Key", inputs={"description": "app"}))

    assert found == keys[1:]


def test_what_belongs_to_something_that_is_gone_is_not_found() -> None:
    balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/a/0123456789"
    listener = {"loadBalancerArn": balancer, "port": 443}

    assert _found(_resource("aws:lb/listener:Listener", inputs=listener)) == []


def test_an_id_of_another_region_names_the_region() -> None:
    group = _resource("aws:cloudwatch/logGroup:LogGroup", inputs={"name": "waf", "region": REGION})

    found = _found(group, _provider(region="eu-west-1"))

    assert found == ["waf@us-east-1"]


@pytest.mark.parametrize(
    ("token", "metadata", "id_"),
    [
        ("kubernetes:apps/v1:Deployment", {"name": "api", "namespace": "shop"}, "shop/api"),
        ("kubernetes:core/v1:ConfigMap", {"name": "api"}, "default/api"),
        ("kubernetes:core/v1:Namespace", {"name": "shop"}, "shop"),
    ],
)
def test_an_object_in_kubernetes_is_named_by_its_namespace(
    token: str, metadata: dict[str, str], id_: str
) -> None:
    assert _found(_resource(token, inputs={"metadata": metadata})) == [id_]


def test_a_password_is_nowhere_but_in_the_state() -> None:
    assert _found(_resource("random:index/randomPassword:RandomPassword", inputs={})) == []


def test_a_type_without_a_row_is_not_guessed() -> None:
    with pytest.raises(NotLookedUpError, match="no way is known to look up aws:sqs/queue:Queue"):
        _found(_resource("aws:sqs/queue:Queue", inputs={"name": "jobs"}))


def test_what_no_tag_tells_from_others_is_not_guessed() -> None:
    _vpc()

    with pytest.raises(NotLookedUpError, match="it has no tags"):
        _found(_resource(VPC, inputs={"cidrBlock": "10.0.0.0/16"}), _provider(region=REGION))


def test_a_name_that_the_state_hides_is_not_guessed() -> None:
    hidden = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}

    with pytest.raises(NotLookedUpError, match="its bucket is not known"):
        _found(_resource("aws:s3/bucket:Bucket", inputs={"bucket": hidden}))
