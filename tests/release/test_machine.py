"""Updates in any order, drivers killed at any moment: nobody's request goes where nobody is."""

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from release.drive import ReleaseError, abort, give_back, release
from release.plan import Plan, Version, plan_release
from stacks.slots import SLOTS, Slot
from tests.release.world import POLICY, ROUTE, KilledError, version, with_live

GOOD, BAD = [version(letter) for letter in "1234"], [version(letter) for letter in "bcd"]


class Updates(RuleBasedStateMachine):
    """What the program and the engine do in an update, step by step, on a world in memory."""

    def __init__(self) -> None:
        super().__init__()
        # A first version is released before it has users, so nobody would notice a bad one.
        self.world = with_live(GOOD[0], errors={bad.id: 0.5 for bad in BAD})
        self.state = 1
        """The number of the release that the engine's state says of the rule."""
        self.fuse = -1
        self.world.on_event = lambda _: self.burn()

    def burn(self) -> None:
        """Whoever drives is killed when it is at its end."""
        self.fuse -= 1
        if self.fuse == 0:
            raise KilledError

    @rule(wanted=st.sampled_from([*GOOD, *BAD]), retry=st.booleans())
    def update(self, wanted: Version, retry: bool) -> None:
        """To its end, whatever that is."""
        self.fuse = -1
        plan = self.updated(wanted, retry=retry)
        live = self.world.ledger.live
        if plan is not None and plan.refused is None and wanted in GOOD:
            assert live is not None
            assert live.version == wanted
        if live is not None:
            assert self.world.weights == {slot: 100 if slot == live.slot else 0 for slot in SLOTS}

    @rule(wanted=st.sampled_from([*GOOD, *BAD]), retry=st.booleans(), fuse=st.integers(1, 80))
    def killed_update(self, wanted: Version, retry: bool, fuse: int) -> None:
        """Ends in the middle, if it does not end before."""
        self.fuse = fuse
        with suppress(KilledError):
            self.updated(wanted, retry=retry)

    @rule(fuse=st.integers(1, 6))
    def aborted(self, fuse: int) -> None:
        """By hand, perhaps killed as well."""
        self.fuse = fuse
        with suppress(KilledError):
            abort(self.world.parts.store, self.world.parts, "by hand")

    def updated(self, wanted: Version, *, retry: bool) -> Plan | None:
        """None where a bad version was rolled back."""
        ledger = self.world.ledger
        plan = plan_release(wanted, ledger, retry=retry)
        give_back(plan, ledger, self.world.parts)
        self.burn()
        self.put(plan.slot, plan.version)
        self.burn()
        if plan.number != self.state:
            try:
                release(plan, ROUTE, self.world.parts, POLICY)
            except ReleaseError:
                return None
            self.burn()
            self.world.weights = {slot: 100 if slot == plan.slot else 0 for slot in SLOTS}
            self.state = plan.number
        self.burn()
        for slot in SLOTS:
            if slot != plan.slot:
                self.world.running.pop(slot, None)
        return plan

    def put(self, slot: Slot, version: Version) -> None:
        """The engine makes or changes a slot's pods."""
        if self.world.running.get(slot) != version:
            assert not (self.world.weights or {}).get(slot)
        self.world.running[slot] = version

    @invariant()
    def requests_go_where_somebody_is(self) -> None:
        """None was ever moved to an empty slot, and none is at one now."""
        assert self.world.misled == 0
        for slot, weight in (self.world.weights or {}).items():
            assert not weight or slot in self.world.running

    @invariant()
    def no_bad_version_is_live(self) -> None:
        """Nor was it ever found good."""
        live = self.world.ledger.live
        assert live is None or live.version in GOOD


TestUpdates = pytest.mark.sweep(Updates.TestCase)
TestUpdates.settings = settings(max_examples=150, stateful_step_count=15)
