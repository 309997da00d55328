"""A stack that releases: the program's own rule, ledger and hook; pods and users in memory."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import pulumi_aws as aws
from moto import mock_aws

import infra.release
from components._traffic import Rules, TrafficArgs, production_rule
from components.workload import version_of
from infra.answers import ask
from infra.providers import aws_provider
from infra.release import Release, begin, hooks, release_of
from release.aws import Wiring, ledger_of, router_of
from release.ledger import ledger_name
from release.parts import LedgerStore, Parts, Router, Targets, Way, Weights
from release.plan import Route, Underway, Version
from release.steps import share
from stacks.load import load
from stacks.settings import Settings
from stacks.slots import SLOTS, Slot
from stackyard.local.aws.backend import AwsBackend
from stackyard.ops.engine import RELEASE
from tests.engine.rig import Rig
from tests.release.world import World
from tests.stacks.examples import prod_with

STACK, REGION = "test", "us-east-1"
RULE = "api-production"


def settings(letter: str, **release: Any) -> Settings:
    """A stack whose image has that letter's digest."""
    image = f"registry.example.com/api@sha256:{letter * 64}"
    sections = prod_with("app", image=image, minReplicas=2, maxReplicas=4)
    return load("Pulumi.test.yaml", {**sections, "release": release})


def version(letter: str) -> Version:
    """What the program makes of that image."""
    wanted = settings(letter)
    by_iam = wanted.database.auth == "iam"
    id_ = version_of(wanted.app, wanted.release.drain_seconds, database_by_iam=by_iam)
    return Version(id=id_, image=wanted.app.image)


@dataclass
class _Router:
    """The rule in moto; the pods behind its groups are the world's."""

    world: World
    elbv2: Router
    moved: list[int]

    def weights(self) -> Weights | None:
        self.world.weights = self.elbv2.weights()
        return self.world.weights

    def move(self, weights: Weights) -> None:
        self.world.parts.router.move(weights)
        self.elbv2.move(weights)
        self.moved.append(weights["green"])

    def targets(self, slot: Slot) -> Targets:
        return self.world.parts.router.targets(slot)


@dataclass
class ReleaseRig:
    """The stack, its world, and what its releases did."""

    rig: Rig
    world: World
    hooks: int = 0
    """How often it has run."""
    moved: list[int] = field(default_factory=list[int])
    """Percent of green, move by move."""

    def up(self, letter: str, **release: Any) -> dict[str, int]:
        """An update to that image; all pods of it are healthy at once."""
        self.rig.program = lambda: self._program(settings(letter, **release))
        return self.rig.up()

    def preview(self, letter: str, **options: Any) -> dict[str, int]:
        """The preview of that update."""
        self.rig.program = lambda: self._program(settings(letter))
        return self.rig.preview(**options)

    @property
    def said(self) -> list[str]:
        """What the release in the latest command told."""
        told = [line for line in self.rig.said if line.startswith(RELEASE)]
        return [line.removeprefix(RELEASE) for line in told]

    @property
    def store(self) -> LedgerStore:
        """The ledger in AWS."""
        return ledger_of(STACK, REGION)

    @property
    def weights(self) -> Weights | None:
        """As AWS has them; none where there is no rule."""
        return router_of(self.route, REGION).weights()

    @property
    def weights_in_state(self) -> dict[str, int]:
        """By slot."""
        (action,) = self.rig.resources()[RULE]["inputs"]["actions"]
        found = action["forward"]["targetGroups"]
        return dict(zip(SLOTS, (int(group["weight"]) for group in found), strict=True))

    @property
    def route(self) -> Route:
        """From the state."""
        made = self.rig.resources()
        return Route(
            listener=made["api"]["outputs"]["arn"],
            groups={slot: made[f"api-{slot}"]["outputs"]["arn"] for slot in SLOTS},
        )

    @property
    def pods(self) -> list[str]:
        """The slots that have pods, as the state says."""
        return [slot for slot in SLOTS if f"pods-{slot}" in self.rig.resources()]

    def leave_at(self, percent: int, letter: str) -> None:
        """What a driver killed in a release to green leaves."""
        ledger = self.store.read()
        under_way = Underway(slot="green", version=version(letter), since="2026")
        self.store.write(replace(ledger, underway=under_way))
        router_of(self.route, REGION).move(share("green", percent))

    def parts(self, route: Route, tell: Callable[[str], None]) -> Parts:
        """Rule and ledger of AWS, the rest in memory."""
        router = _Router(self.world, router_of(route, REGION), self.moved)
        return replace(self.world.parts, router=router, store=self.store, tell=tell)

    def _program(self, wanted: Settings) -> None:
        provider = aws_provider(wanted.env)
        answers = ask(provider, REGION)
        release = release_of(wanted, answers)
        begin(release, answers.ledger, REGION)
        inside = pulumi.ResourceOptions(
            parent=pulumi.ComponentResource(
                "stackyard:test:Balancer",
                "balancer",
                None,
                pulumi.ResourceOptions(provider=provider),
            )
        )
        listener, groups = _balancer(inside)
        pods = [self._pods(release, slot, inside) for slot in SLOTS]
        wiring = pulumi.Output.all(
            listener=listener.arn, groups={slot: group.arn for slot, group in groups.items()}
        ).apply(_wiring)
        args = TrafficArgs(
            weights=release.weights,
            number=release.plan.number,
            ledger_name=ledger_name(STACK),
            hooks=hooks(release, wanted, wiring),
            after=[made for made in pods if made is not None],
        )
        rules = Rules(listener=listener, groups=groups, origin_key=None)
        production_rule("api", args, rules, inside)

    def _pods(
        self, release: Release, slot: Slot, inside: pulumi.ResourceOptions
    ) -> pulumi.Resource | None:
        """A topic in the place of a Deployment."""
        planned = next((each for each in release.slots if each.slot == slot), None)
        if planned is None:
            return None
        if not pulumi.runtime.is_dry_run():
            letter = planned.image[-1]
            self.world.running[slot] = version(letter)
        return aws.sns.Topic(f"pods-{slot}", display_name=planned.image[-8:], opts=inside)


def _balancer(
    inside: pulumi.ResourceOptions,
) -> tuple[aws.lb.Listener, dict[str, aws.lb.TargetGroup]]:
    vpc = aws.ec2.Vpc("api", cidr_block="10.0.0.0/16", opts=inside)
    subnets = [
        aws.ec2.Subnet(
            f"api-{zone}",
            vpc_id=vpc.id,
            cidr_block=f"10.0.{index}.0/24",
            availability_zone=f"{REGION}{zone}",
            opts=inside,
        )
        for index, zone in enumerate("ab")
    ]
    balancer = aws.lb.LoadBalancer(
        "balancer", subnets=[subnet.id for subnet in subnets], internal=True, opts=inside
    )
    groups = {
        slot: aws.lb.TargetGroup(
            f"api-{slot}", vpc_id=vpc.id, port=80, protocol="HTTP", target_type="ip", opts=inside
        )
        for slot in SLOTS
    }
    listener = aws.lb.Listener(
        "api",
        load_balancer_arn=balancer.arn,
        port=80,
        protocol="HTTP",
        default_actions=[
            {
                "type": "fixed-response",
                "fixed_response": {"content_type": "text/plain", "status_code": "404"},
            }
        ],
        opts=inside,
    )
    return listener, groups


def _wiring(known: dict[str, Any]) -> Wiring:
    return Wiring(
        stack=STACK,
        region=REGION,
        route=Route(listener=known["listener"], groups=known["groups"]),
        alarms=(),
        url="https://nobody.example.com",
        test_values={},
    )


@contextmanager
def release_rig(folder: Path) -> Iterator[ReleaseRig]:
    """The stack, empty, on moto in this process."""
    world = World()
    with mock_aws():
        backends = {"aws": AwsBackend.in_process()}
        with closing(Rig(folder, lambda: None, backends, project="stackyard")) as rig:
            found = ReleaseRig(rig, world)

            def parts(wiring: Wiring, tell: Callable[[str], None]) -> Parts:
                found.hooks += 1
                return found.parts(wiring.route, tell)

            def way(route: Route, _region: str, tell: Callable[[str], None]) -> Way:
                return found.parts(route, tell)

            with (
                patch.object(infra.release, "parts_of", parts),
                patch.object(infra.release, "way_of", way),
            ):
                yield found
