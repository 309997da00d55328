"""What the engine and the providers agree on: the life of small programs over moto."""

from collections.abc import Iterator
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest
from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.random_backend import RandomBackend
from tests.engine.conftest import RigMaker
from tests.engine.rig import EngineError, Program

pytestmark = pytest.mark.engine


@pytest.fixture
def moto() -> Iterator[AwsBackend]:
    with mock_aws():
        yield AwsBackend.in_process()


def topic(**inputs: Any) -> Program:
    """A program of one topic in us-east-1."""

    def program() -> None:
        aws.sns.Topic("orders", **inputs)

    return program


def topics(region: str = "us-east-1") -> list[str]:
    found = boto3.client("sns", region).list_topics()["Topics"]
    return [t["TopicArn"].rpartition(":")[2] for t in found]


def test_what_is_up_to_date_needs_nothing(make_rig: RigMaker, moto: AwsBackend) -> None:
    rig = make_rig(topic(display_name="Orders"), aws=moto)

    assert rig.up() == {"create": 2}

    assert rig.preview(refresh=True) == {}


def test_a_preview_makes_nothing(make_rig: RigMaker, moto: AwsBackend) -> None:
    rig = make_rig(topic(), aws=moto)

    assert rig.preview() == {"create": 2}

    assert topics() == []


def test_a_changed_input_updates_in_place(make_rig: RigMaker, moto: AwsBackend) -> None:
    rig = make_rig(topic(display_name="Orders"), aws=moto)
    rig.up()
    rig.program = topic(display_name="All orders")

    assert rig.up() == {"update": 1}

    (name,) = topics()
    arn = f"arn:aws:sns:us-east-1:123456789012:{name}"
    attributes = boto3.client("sns", "us-east-1").get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["DisplayName"] == "All orders"


def test_an_automatic_name_lets_the_new_one_come_first(
    make_rig: RigMaker, moto: AwsBackend
) -> None:
    def network(cidr: str) -> Program:
        def program() -> None:
            aws.ec2.Vpc("main", cidr_block=cidr)

        return program

    rig = make_rig(network("10.0.0.0/16"), aws=moto)
    rig.up()
    rig.program = network("10.1.0.0/16")

    assert rig.up() == {"replace": 1}

    assert rig.faults.verbs("Vpc|vpc-") == ["create", "create", "delete"]


def test_a_name_given_by_the_program_makes_the_old_one_go_first(
    make_rig: RigMaker, moto: AwsBackend
) -> None:
    def group(vpc: str) -> Program:
        def program() -> None:
            networks = {name: aws.ec2.Vpc(name, cidr_block="10.0.0.0/16") for name in ("a", "b")}
            aws.ec2.SecurityGroup("app", name="app", vpc_id=networks[vpc].id)

        return program

    rig = make_rig(group("a"), aws=moto)
    rig.up()
    rig.program = group("b")

    assert rig.up() == {"replace": 1}

    assert rig.faults.verbs("SecurityGroup|sg-") == ["create", "delete", "create"]


def test_a_change_behind_the_stack_is_only_seen_by_refresh(
    make_rig: RigMaker, moto: AwsBackend
) -> None:
    rig = make_rig(topic(display_name="Orders"), aws=moto)
    rig.up()
    arn = rig.resources()["orders"]["outputs"]["arn"]
    boto3.client("sns", "us-east-1").set_topic_attributes(
        TopicArn=arn, AttributeName="DisplayName", AttributeValue="Changed"
    )

    assert rig.preview() == {}

    assert rig.refresh() == {"update": 1}
    assert rig.up() == {"update": 1}


def test_what_was_deleted_behind_the_stack_is_made_again(
    make_rig: RigMaker, moto: AwsBackend
) -> None:
    rig = make_rig(topic(), aws=moto)
    rig.up()
    arn = rig.resources()["orders"]["outputs"]["arn"]
    boto3.client("sns", "us-east-1").delete_topic(TopicArn=arn)

    assert rig.preview(refresh=True) == {"create": 1}


def test_destroy_leaves_nothing(make_rig: RigMaker, moto: AwsBackend) -> None:
    rig = make_rig(topic(), aws=moto)
    rig.up()

    rig.destroy()

    assert topics() == []
    assert rig.resources() == {}


def test_a_failed_create_is_made_up_for_by_the_next_up(
    make_rig: RigMaker, moto: AwsBackend
) -> None:
    def program() -> None:
        first = aws.sns.Topic("first")
        aws.sns.Topic("second", display_name=first.arn)

    rig = make_rig(program, aws=moto)
    rig.faults.fail("create", "second", message="throttled")
    with pytest.raises(EngineError, match="throttled"):
        rig.up()

    assert rig.up() == {"create": 1}

    assert len(topics()) == 2


def test_an_input_that_no_such_resource_has_is_refused_at_the_preview(
    make_rig: RigMaker, moto: AwsBackend
) -> None:
    def program() -> None:
        pulumi.CustomResource("aws:sns/topic:Topic", "orders", {"displayNme": "Orders"})

    rig = make_rig(program, aws=moto)

    with pytest.raises(EngineError, match="displayNme"):
        rig.preview()


def test_an_error_is_one_line(make_rig: RigMaker, moto: AwsBackend) -> None:
    rig = make_rig(topic(), aws=moto)
    rig.faults.fail("create", message="first line\n  second line")

    with pytest.raises(EngineError, match="first line second line"):
        rig.up()


def test_what_is_protected_stays(make_rig: RigMaker, moto: AwsBackend) -> None:
    rig = make_rig(topic(opts=pulumi.ResourceOptions(protect=True)), aws=moto)
    rig.up()

    with pytest.raises(EngineError, match="protected"):
        rig.destroy()

    assert len(topics()) == 1


def test_an_ignored_change_is_none(make_rig: RigMaker, moto: AwsBackend) -> None:
    ignoring = pulumi.ResourceOptions(ignore_changes=["displayName"])
    rig = make_rig(topic(display_name="Orders"), aws=moto)
    rig.up()
    rig.program = topic(display_name="All orders", opts=ignoring)

    assert rig.preview() == {}


def test_a_renamed_resource_with_an_alias_is_the_same(make_rig: RigMaker, moto: AwsBackend) -> None:
    def renamed() -> None:
        aws.sns.Topic("sales", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="orders")]))

    rig = make_rig(topic(), aws=moto)
    rig.up()
    rig.program = renamed

    assert rig.up() == {}


def test_an_object_made_by_hand_can_be_imported(make_rig: RigMaker, moto: AwsBackend) -> None:
    arn = boto3.client("sns", "us-east-1").create_topic(Name="by-hand")["TopicArn"]
    rig = make_rig(topic(name="by-hand", opts=pulumi.ResourceOptions(import_=arn)), aws=moto)

    assert rig.up() == {"create": 1, "import": 1}

    assert rig.preview() == {}


def test_two_providers_keep_their_regions_and_tags(make_rig: RigMaker, moto: AwsBackend) -> None:
    def program() -> None:
        east = aws.Provider("east", region="us-east-1")
        west = aws.Provider("west", region="eu-west-1", default_tags={"tags": {"owner": "shop"}})
        aws.sns.Topic("east", opts=pulumi.ResourceOptions(provider=east))
        tagged = aws.sns.Topic("west", opts=pulumi.ResourceOptions(provider=west))
        pulumi.export("tags", tagged.tags_all)

    rig = make_rig(program, aws=moto)
    rig.up()

    assert (len(topics("us-east-1")), len(topics("eu-west-1"))) == (1, 1)
    assert rig.outputs()["tags"] == {"owner": "shop"}
    assert rig.preview(refresh=True) == {}


def test_another_account_is_refused(make_rig: RigMaker, moto: AwsBackend) -> None:
    def program() -> None:
        theirs = aws.Provider("theirs", region="us-east-1", allowed_account_ids=["999999999999"])
        aws.sns.Topic("orders", opts=pulumi.ResourceOptions(provider=theirs))

    rig = make_rig(program, aws=moto)

    with pytest.raises(EngineError, match="account ID not allowed: 123456789012"):
        rig.preview()


def test_a_secret_input_is_encrypted_in_inputs_and_outputs(
    make_rig: RigMaker, moto: AwsBackend
) -> None:
    def program() -> None:
        aws.sns.Topic("orders", display_name=pulumi.Output.secret("plain-to-see"))

    rig = make_rig(program, aws=moto)

    rig.up()

    assert "plain-to-see" not in rig.state()


def test_a_drawn_password_is_encrypted_and_stays(make_rig: RigMaker) -> None:
    def program() -> None:
        pulumi.export("drawn", random.RandomPassword("app", length=32).result)

    rig = make_rig(program, random=RandomBackend())
    rig.up()
    drawn = rig.outputs()["drawn"]

    assert rig.refresh() == {}
    assert rig.up() == {}

    assert rig.outputs()["drawn"] == drawn
    assert drawn not in rig.state()
