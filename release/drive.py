"""A release from gate to ledger, or back; the truth is what the live rule and the ledger say."""

from dataclasses import replace

from release.judge import Policy
from release.parts import LedgerStore, Parts, Way
from release.plan import Failure, Ledger, Plan, Route, Serving, Underway, Version
from release.steps import Candidate, FailedError, Step, baseline, gate, move, share, watch
from stacks.slots import Slot

SHARES = (10, 50, 100)
"""Percent of the requests, step by step."""
REASON_LETTERS = 500
"""What the ledger keeps of a reason: it has room for 4 KB."""


class ReleaseError(Exception):
    """The candidate was rolled back; the version that served serves on."""


def release(plan: Plan, route: Route, parts: Parts, policy: Policy) -> None:
    """Bring the planned version to all requests. Before the load balancer's rule is changed.

    Goes on where a killed driver left the weights. Raises `ReleaseError` once everything is back.
    """
    ledger = parts.store.read()
    if ledger.live is not None and ledger.live.version.id == plan.version.id:
        return
    candidate = Candidate(slot=plan.slot, version=plan.version)
    underway = Underway(slot=plan.slot, version=plan.version, since=_now(parts))
    parts.store.write(replace(ledger, underway=underway, route=route))
    try:
        level = gate(candidate, parts, policy)
        _shift(candidate, plan, parts, policy)
    except Exception as failure:  # whatever ends a release, its requests go back
        raise _rolled_back(plan, _reason(failure), parts) from failure
    serving = Serving(
        number=plan.number,
        slot=plan.slot,
        version=plan.version,
        level=level,
        floor=plan.floor,
        since=_now(parts),
    )
    parts.store.write(Ledger(live=serving, previous=ledger.live, route=route))
    parts.tell(f"{plan.slot} serves {plan.version.digest}")


def give_back(plan: Plan, ledger: Ledger, way: Way) -> bool:
    """Send all requests to the live slot, unless the plan goes on with what is under way.

    For the beginning of an update: what it changes in the other slot must be nobody's. False where
    nothing was moved. Raises `ReleaseError` if nobody would answer in the live slot.
    """
    going_on = ledger.underway is not None and ledger.underway.version.id == plan.version.id
    return plan.live is not None and not going_on and _back(plan.live.slot, way)


def abort(store: LedgerStore, way: Way, reason: str) -> Failure | None:
    """End a release whose driver is gone: requests back, its version noted as failed.

    None where none is under way. Raises `ReleaseError` if nobody would answer in the live slot.
    """
    ledger = store.read()
    if ledger.live is not None:
        _back(ledger.live.slot, way)
    if ledger.underway is None:
        return None
    return _note(ledger.underway.version, reason, store, way)


def _shift(candidate: Candidate, plan: Plan, parts: Parts, policy: Policy) -> None:
    """Share by share, from where the weights stand; then the bake."""
    now = parts.router.weights()
    if now is None or plan.live is None:
        # The first deployment: nobody asks yet, and the rule is made when this has passed.
        return
    usual = baseline(plan.live.slot, parts)
    shares = [s for s in (SHARES[-1:] if plan.returns else SHARES) if s >= now[candidate.slot]]
    lengths = [(f"{share_} %", share_, policy.step_seconds) for share_ in shares]
    for name, percent, seconds in [*lengths, ("100 %, bake", 100, policy.bake_seconds)]:
        weights = share(candidate.slot, percent)
        if parts.router.weights() != weights:
            move(weights, parts)
        step = Step(
            name=f"{candidate.slot} {name}",
            weights=weights,
            seconds=seconds,
            baseline_seconds=usual,
        )
        watch(candidate, step, parts, policy)


def _rolled_back(plan: Plan, reason: str, parts: Parts) -> ReleaseError:
    """Requests first, then the ledger."""
    if plan.live is not None:
        _back(plan.live.slot, parts)
    _note(plan.version, reason, parts.store, parts)
    serves = "nothing serves yet"
    if plan.live is not None:
        serves = f"{plan.live.slot} serves {plan.live.version.digest} as before"
    return ReleaseError(f"{plan.version.digest} was rolled back; {reason}. {serves}")


def _back(live: Slot, way: Way) -> bool:
    """Whether requests went elsewhere than to the live slot until now."""
    wanted = share(live, 100)
    if way.router.weights() in (None, wanted):
        return False
    if not way.router.targets(live).healthy:
        raise ReleaseError(
            f"requests stay where they are: no pod of {live}, which served before, is healthy;"
            " see: kubectl -n app get pods"
        )
    try:
        move(wanted, way)
    except FailedError as problem:
        raise ReleaseError(f"the way back to {live} is not sure: {problem}") from problem
    way.tell(f"all requests are back at {live}")
    return True


def _note(version: Version, reason: str, store: LedgerStore, way: Way) -> Failure:
    failure = Failure(version=version, reason=reason, at=_now(way))
    store.write(replace(store.read(), underway=None, failed=failure))
    return failure


def _reason(failure: Exception) -> str:
    said = str(failure) if isinstance(failure, FailedError) else repr(failure)
    return said if len(said) <= REASON_LETTERS else f"{said[: REASON_LETTERS - 1]}…"


def _now(way: Way) -> str:
    return way.clock.now().isoformat(timespec="seconds")
