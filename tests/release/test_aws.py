"""The parts of a release as AWS, here moto, is asked for them."""

from datetime import UTC, datetime

from release.aws import SystemClock, Wiring, parts_of, way_of
from release.plan import Ledger
from tests.release.moto_cloud import REGION, cloud, listener, rule


def test_all_parts_are_of_one_stack_and_region() -> None:
    told: list[str] = []
    with cloud():
        route = listener()
        rule(route, 10, (route.groups["blue"], 100), (route.groups["green"], 0))
        wiring = Wiring(
            stack="prod",
            region=REGION,
            route=route,
            alarms=[],
            url="https://cdn.example.com",
            test_values={},
        )

        parts = parts_of(wiring, told.append)

        assert parts.store.read() == Ledger()
        assert parts.router.weights() == {"blue": 100, "green": 0}
        assert parts.metrics.traffic("blue", datetime.now(UTC)).requests == 0
        assert way_of(route, REGION, told.append).router.weights() == parts.router.weights()
    parts.tell("hello")
    assert told == ["hello"]


def test_the_clock_is_the_machines() -> None:
    clock = SystemClock()
    before = clock.now()

    clock.sleep(0.001)

    assert clock.now() > before
