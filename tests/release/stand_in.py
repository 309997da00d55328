"""Releases of programs that run without load balancer, pods and CDN: every version is good."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import infra.answers
import infra.release
from release.aws import Wiring
from release.judge import Policy
from release.parts import LedgerStore, Parts, Router, Way
from release.plan import Ledger, Plan, Route
from tests.release.world import World, serving


def _pass(plan: Plan, route: Route, parts: Parts, _policy: Policy) -> None:
    """What a release leaves in the ledger when all went well."""
    ledger = parts.store.read()
    if ledger.live is None or ledger.live.version.id != plan.version.id:
        live = serving(plan.slot, plan.version, number=plan.number)
        parts.store.write(Ledger(live=live, previous=ledger.live, route=route))


@contextmanager
def without_pods() -> Iterator[None]:
    """Ledger and rule are the cloud's own; only pods and users are not there."""
    with patch.object(infra.release, "drive", _pass):
        yield


@contextmanager
def nobody_asked(world: World) -> Iterator[None]:
    """No call leaves the process either: all that a release asks is in memory."""

    def store(_stack: str, _region: str) -> LedgerStore:
        return world.parts.store

    def router(_route: Route, _region: str) -> Router:
        return world.parts.router

    def way(_route: Route, _region: str, tell: Callable[[str], None]) -> Way:
        return replace(world.parts, tell=tell)

    def parts(_wiring: Wiring, tell: Callable[[str], None]) -> Parts:
        return replace(world.parts, tell=tell)

    with (
        without_pods(),
        patch.object(infra.answers, "ledger_of", store),
        patch.object(infra.answers, "router_of", router),
        patch.object(infra.release, "way_of", way),
        patch.object(infra.release, "parts_of", parts),
    ):
        yield
