"""The recorder: what it keeps of a program, and what it answers."""

import gc

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest

from stackyard.graph.recorder import Graph, record
from stackyard.graph.registration import UNKNOWN


class Part(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stackyard:index:Part", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.key = aws.kms.Key(f"{name}-key", opts=inside)
        self.password = random.RandomPassword(f"{name}-password", length=8, opts=inside)
        secret = aws.secretsmanager.Secret(name, kms_key_id=self.key.arn, opts=inside)
        aws.secretsmanager.SecretVersion(
            name, secret_id=secret.id, secret_string=self.password.result, opts=inside
        )
        self.register_outputs({"password": self.password.result})


def part(*, preview: bool = False) -> Graph:
    def program() -> None:
        made = Part("box", pulumi.ResourceOptions(protect=True))
        pulumi.export("keyArn", made.key.arn)

    return record(program, preview=preview)


def test_urn_is_the_chain_of_the_parents_types() -> None:
    key = part().one("Key")

    assert key.urn == ("urn:pulumi:test::stackyard::stackyard:index:Part$aws:kms/key:Key::box-key")


def test_dependencies_are_kept_by_property() -> None:
    graph = part()

    assert graph.one("Secret").property_deps == {"kmsKeyId": {graph.one("Key").urn}}


def test_protect_is_inherited() -> None:
    assert all(reg.opts["protect"] for reg in part().values())


def test_a_secret_stays_marked_on_its_way() -> None:
    graph = part()

    assert graph.one("SecretVersion").secrets == {"secretString"}
    assert graph.secret_outputs[graph.one("Part").urn] == {"password"}


def test_stack_outputs_are_what_the_program_exports() -> None:
    graph = part()

    assert graph.stack_outputs == {"keyArn": graph.one("Key").outputs["arn"]}


def test_a_preview_knows_nothing_computed() -> None:
    graph = part(preview=True)

    assert graph.one("Secret").inputs["kmsKeyId"] == UNKNOWN
    assert graph.stack_outputs == {"keyArn": UNKNOWN}


def test_transforms_reach_every_resource() -> None:
    def tagged(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
        return pulumi.ResourceTransformResult({**args.props, "description": "seen"}, args.opts)

    def program() -> None:
        pulumi.runtime.register_resource_transform(tagged)
        aws.kms.Key("key")

    assert record(program).one("Key").inputs == {"description": "seen"}


def test_hooks_run_with_the_outputs() -> None:
    seen: list[object] = []

    def program() -> None:
        hook = pulumi.ResourceHook("look", lambda args: seen.append(args.new_outputs))
        hooks = pulumi.ResourceHookBinding(after_create=[hook])
        aws.kms.Key("key", opts=pulumi.ResourceOptions(hooks=hooks))

    graph = record(program)

    assert seen == [graph.one("Key").outputs]


def test_a_failing_hook_fails_the_program() -> None:
    def refuse(_: pulumi.ResourceHookArgs) -> None:
        raise ValueError("5xx above the limit")

    def program() -> None:
        hooks = pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook("gate", refuse)])
        aws.kms.Key("key", opts=pulumi.ResourceOptions(hooks=hooks))

    with pytest.raises(RuntimeError, match=r"before_create hook gate .* 5xx above the limit"):
        record(program)


def test_no_collection_comes_while_a_program_runs() -> None:
    seen: list[bool] = []

    record(lambda: seen.append(gc.isenabled()))

    assert seen == [False]
    assert gc.isenabled()


def test_two_resources_of_one_urn_are_refused() -> None:
    def program() -> None:
        aws.kms.Key("key")
        aws.kms.Key("key")

    with pytest.raises(ValueError, match="duplicate URN"):
        record(program)


def test_a_call_nobody_injected_is_refused() -> None:
    def program() -> None:
        aws.get_caller_identity()

    with pytest.raises(LookupError, match="asks AWS"):
        record(program)
