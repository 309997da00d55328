"""What the engine does when a hook fails: the facts that a release is built on."""

from collections.abc import Callable, Iterator

import boto3
import pulumi
import pulumi_aws as aws
import pytest
from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from tests.engine.conftest import RigMaker
from tests.engine.rig import EngineError, Program, Rig

pytestmark = pytest.mark.engine

BindHook = Callable[[pulumi.ResourceHook], pulumi.ResourceHookBinding]


def before(hook: pulumi.ResourceHook) -> pulumi.ResourceHookBinding:
    return pulumi.ResourceHookBinding(before_update=[hook])


def after(hook: pulumi.ResourceHook) -> pulumi.ResourceHookBinding:
    return pulumi.ResourceHookBinding(after_update=[hook])


class Release:
    """A topic `rule` whose update a hook judges, one that depends on it, one that is removed."""

    def __init__(self, make_rig: RigMaker, bind: BindHook) -> None:
        self.calls = 0
        self._bind = bind
        self.rig: Rig = make_rig(self.program("old", removed=True), aws=AwsBackend.in_process())
        self.rig.up()

    def program(self, version: str, *, removed: bool = False, bad: bool = False) -> Program:
        def judge(_: pulumi.ResourceHookArgs) -> None:
            self.calls += 1
            if bad:
                raise RuntimeError("too many errors")

        def program() -> None:
            hook = pulumi.ResourceHook("gate", judge)
            opts = pulumi.ResourceOptions(hooks=self._bind(hook))
            rule = aws.sns.Topic("rule", display_name=version, opts=opts)
            aws.sns.Topic("dependent", display_name=rule.display_name)
            if removed:
                aws.sns.Topic("old-slot")
            pulumi.export("live", rule.display_name)

        return program

    def fail(self) -> None:
        """An update to `new` that the hook refuses."""
        self.rig.program = self.program("new", bad=True)
        with pytest.raises(EngineError, match="too many errors"):
            self.rig.up()

    def shown(self, name: str) -> str:
        """A topic's display name as AWS has it."""
        arn = self.rig.resources()[name]["outputs"]["arn"]
        sns = boto3.client("sns", "us-east-1")
        return sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"]


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with mock_aws():
        yield


def test_a_failing_before_hook_leaves_the_old_inputs_in_the_state(make_rig: RigMaker) -> None:
    release = Release(make_rig, before)

    release.fail()

    assert release.rig.resources()["rule"]["inputs"]["displayName"] == "old"
    assert release.shown("rule") == "old"


def test_a_failing_after_hook_leaves_the_new_inputs_in_the_state(make_rig: RigMaker) -> None:
    release = Release(make_rig, after)

    release.fail()

    assert release.rig.resources()["rule"]["inputs"]["displayName"] == "new"
    assert release.shown("rule") == "new"


def test_the_same_up_runs_a_failed_before_hook_again_and_blocks_again(
    make_rig: RigMaker,
) -> None:
    release = Release(make_rig, before)
    release.fail()

    release.fail()

    assert release.calls == 2


def test_the_same_up_passes_without_running_a_failed_after_hook(make_rig: RigMaker) -> None:
    release = Release(make_rig, after)
    release.fail()

    release.rig.up()

    assert release.calls == 1


def test_an_output_that_depends_on_it_keeps_its_value_after_a_failed_before_hook(
    make_rig: RigMaker,
) -> None:
    release = Release(make_rig, before)

    release.fail()

    assert release.rig.outputs()["live"] == "old"
    assert release.rig.resources()["rule"]["outputs"]["displayName"] == "old"


def test_the_resource_shows_its_new_outputs_after_a_failed_after_hook(make_rig: RigMaker) -> None:
    release = Release(make_rig, after)

    release.fail()

    # Whether the program still hears of it before the engine stops, and so whether the stack's
    # output shows it too, is a race: nobody may read outputs of a failed update.
    assert release.rig.resources()["rule"]["outputs"]["displayName"] == "new"


@pytest.mark.parametrize("bind", [before, after])
def test_what_depends_on_it_is_not_touched_and_what_was_removed_not_deleted(
    make_rig: RigMaker, bind: BindHook
) -> None:
    release = Release(make_rig, bind)

    release.fail()

    assert release.shown("dependent") == "old"
    assert "old-slot" in release.rig.resources()
    assert release.rig.faults.verbs("").count("delete") == 0


@pytest.mark.parametrize("bind", [before, after])
def test_a_failed_hook_ends_the_command_with_exit_code_1(
    make_rig: RigMaker, bind: BindHook
) -> None:
    release = Release(make_rig, bind)
    release.rig.program = release.program("new", bad=True)

    with pytest.raises(EngineError) as failed:
        release.rig.up()

    assert failed.value.exit_code == 1


def test_a_preview_runs_no_hook(make_rig: RigMaker) -> None:
    release = Release(make_rig, before)
    release.rig.program = release.program("new", bad=True)

    assert release.rig.preview() == {"delete": 1, "update": 2}

    assert release.calls == 0
