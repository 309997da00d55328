"""kill -9 of each process under load: what users see, what is lost, and who brings it back."""

import asyncio
import json
from collections.abc import Callable
from uuid import uuid4

import pytest

from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.processes import pids_of
from stackyard.local.secrets import read_secrets
from tests.end_to_end.killing import PROCESSES, healed, kill, pids, supervisor, whole
from tests.end_to_end.load import Answers, open_loop
from tests.end_to_end.running_stack import RunningStack
from tests.end_to_end.test_http import replica_titles, write
from tests.end_to_end.waiting import until
from tests.reliability import Record

pytestmark = pytest.mark.end_to_end

PER_SECOND = 100
HEAL_SECONDS = 120
"""What a busy machine may take; an idle one is held to less by `make bench`."""
IN_THE_WAY_OF_REQUESTS = {"the load balancer", "a pod of the API"}
STEPS = (5, 15, 60, 300)
"""Seconds that tell apart a blink, a pause and an outage."""

AWS_IDS = (
    ("ec2", "describe_vpcs", "Vpcs[].VpcId"),
    ("ec2", "describe_subnets", "Subnets[].SubnetId"),
    ("ec2", "describe_security_groups", "SecurityGroups[].GroupId"),
    ("elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupArn"),
    ("rds", "describe_db_clusters", "DBClusters[].DbClusterResourceId"),
    ("rds", "describe_db_instances", "DBInstances[].DbiResourceId"),
    ("iam", "list_roles", "Roles[].RoleId"),
    ("kms", "list_keys", "Keys[].KeyId"),
    ("secretsmanager", "list_secrets", "SecretList[].ARN"),
    ("cloudfront", "list_distributions", "DistributionList.Items[].Id"),
)
KINDS = "deploy,job,hpa,pdb,service,secret,serviceaccount,networkpolicy,targetgroupbinding"


def held(stack: RunningStack) -> dict[str, set[str]]:
    """What must outlive every process: posts, AWS's ids, the uids of Kubernetes' objects."""
    aws = embedded_aws(stack.layout, read_secrets(stack.layout))
    found = {
        f"{service} {what}": set(aws.every(service, what, path)) for service, what, path in AWS_IDS
    }
    objects = stack.kubectl(f"get {KINDS}")["items"]
    found["kubernetes"] = {f"{o['kind']} {o['metadata']['uid']}" for o in objects}
    return found


def post(stack: RunningStack) -> str:
    """A post that the API has answered for; its title."""
    title = f"kept {uuid4()}"
    assert write(stack, f"{stack.load_balancer}/api/posts", title).status == 201
    return title


def is_kept(stack: RunningStack, title: str) -> bool:
    """Whether the post is there for readers, in the database's replica."""
    return title in until(lambda: replica_titles(stack), lambda seen: title in seen, seconds=30)


def under_load(stack: RunningStack, act: Callable[[], None], url: str) -> Answers:
    return asyncio.run(
        open_loop(url, per_second=PER_SECOND, at_least_seconds=2, meanwhile=act, tls=stack.tls)
    )


def told(answers: Answers) -> str:
    """What the users of the load saw, in steps that are the same from run to run."""
    if not answers.failed_at:
        return f"no request of {PER_SECOND} a second failed"
    step = next(step for step in STEPS if answers.failed_seconds < step)
    return f"requests failed for less than {step} s"


def killed_of(stack: RunningStack, name: str) -> dict[str, set[int]]:
    """The processes to kill: all of that kind, but of the pods one."""
    found = pids(stack.layout, name)
    return {name: {min(found)} if name == "a pod of the API" else found}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.fault("cloud", f"kill -9 of {n}")) for n in PROCESSES],
)
def test_a_killed_process_is_started_again_and_nothing_is_lost(
    stack: RunningStack, record_property: Record, name: str
) -> None:
    assert until(lambda: whole(stack), bool, seconds=HEAL_SECONDS)
    title, before, killed = post(stack), held(stack), killed_of(stack, name)
    back: list[bool] = []

    def act() -> None:
        kill(killed[name])
        back.append(until(lambda: healed(stack, killed), bool, seconds=HEAL_SECONDS, every=0.2))

    answers = under_load(stack, act, f"{stack.load_balancer}/api/posts")

    assert back == [True], stack.stackyard("local", "status").stdout
    assert name in IN_THE_WAY_OF_REQUESTS or not answers.failed, answers
    assert held(stack) == before
    assert is_kept(stack, title)
    record_property("seen", f"{told(answers)}; the supervisor started it again")


@pytest.mark.fault("cloud", "kill -9 of the database's writer while posts are written")
def test_every_post_that_was_answered_for_outlives_the_writer(
    stack: RunningStack, record_property: Record
) -> None:
    assert until(lambda: whole(stack), bool, seconds=HEAL_SECONDS)
    killed = killed_of(stack, "the database's writer")
    kept = [post(stack) for _ in range(20)]

    kill(killed["the database's writer"])
    until(lambda: healed(stack, killed), bool, seconds=HEAL_SECONDS)
    kept.append(until(lambda: post_or_none(stack), bool, seconds=HEAL_SECONDS) or "")

    assert is_kept(stack, kept[-1])
    assert set(kept) <= set(replica_titles(stack))
    record_property("seen", "each post that was answered with 201 is in the writer and its reader")


def post_or_none(stack: RunningStack) -> str | None:
    try:
        return post(stack)
    except OSError:
        return None


def up_again(stack: RunningStack) -> tuple[dict[str, object], set[str]]:
    """Outputs and kinds of changes of `stackyard local up` of a stack that was whole once."""
    done = stack.stackyard("local", "up", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return told["outputs"], set(told["changes"])


@pytest.mark.fault("cloud", "kill -9 of the supervisor, which is the node and the CDN too")
def test_up_after_the_supervisor_was_killed_finds_everything_again(
    stack: RunningStack, record_property: Record
) -> None:
    assert until(lambda: whole(stack), bool, seconds=HEAL_SECONDS)
    title, before = post(stack), held(stack)
    again: list[tuple[dict[str, object], set[str]]] = []

    def act() -> None:
        kill({supervisor(stack.layout)})
        again.append(up_again(stack))

    # Not the posts: through the CDN all of them would come from one address, and meet its limit.
    answers = under_load(stack, act, f"{stack.site}/health")

    assert again == [(stack.outputs, {"same"})]
    assert answers.failed > 0
    assert until(lambda: whole(stack), bool, seconds=HEAL_SECONDS)
    assert held(stack) == before
    assert is_kept(stack, title)
    record_property("seen", "requests failed until make up had started everything again")


@pytest.mark.fault("cloud", "the machine stops: kill -9 of every process at once")
def test_after_a_stop_of_the_machine_up_finds_the_same_ids_and_data(
    stack: RunningStack, record_property: Record
) -> None:
    assert until(lambda: whole(stack), bool, seconds=HEAL_SECONDS)
    title, before = post(stack), held(stack)

    kill({supervisor(stack.layout), *pids_of(stack.layout)})
    until(lambda: pids_of(stack.layout), lambda left: not left, seconds=HEAL_SECONDS)
    again = up_again(stack)

    assert again == (stack.outputs, {"same"})
    assert until(lambda: whole(stack), bool, seconds=HEAL_SECONDS)
    assert held(stack) == before
    assert is_kept(stack, title)
    record_property("seen", "make up found the same ids and data; the engine had nothing to do")
