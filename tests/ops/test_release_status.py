"""What `stackyard release status` finds, and what AWS and the ledger may refuse."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError

from release.ledger import LedgerError
from release.plan import Ledger
from stackyard.errors import StackyardError
from stackyard.ops import release as ops
from tests.ops.release_stack import STACK, THROTTLED, ReleaseStack, release_stack
from tests.release.world import World


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[ReleaseStack]:
    with release_stack(tmp_path) as made:
        yield made


def test_the_status_has_ledger_weights_and_pods(stack: ReleaseStack) -> None:
    status = ops.status(stack.root, STACK)

    assert (status.ledger, status.weights) == (stack.world.ledger, {"blue": 100, "green": 0})
    assert {slot: targets.healthy for slot, targets in status.targets.items()} == {
        "blue": 2,
        "green": 0,
    }


def test_the_status_of_nothing_asks_no_load_balancer(stack: ReleaseStack) -> None:
    stack.world = World()

    status = ops.status(stack.root, STACK)

    assert (status.ledger, status.weights, status.targets) == (Ledger(), None, {})


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        (THROTTLED, r"^AWS says of the release: An error occurred \(Throttling\).*: slow$"),
        (NoCredentialsError(), "^AWS says of the release: Unable to locate credentials$"),
        (LedgerError("no ledger of releases"), "^no ledger of releases$"),
        (LookupError("no rule that knows both slots"), "^no rule that knows both slots$"),
    ],
)
def test_what_aws_or_the_ledger_refuse_is_one_line(
    stack: ReleaseStack, monkeypatch: pytest.MonkeyPatch, problem: Exception, says: str
) -> None:
    def refused(*_: object) -> None:
        raise problem

    monkeypatch.setattr(ops, "ledger_of", refused)

    with pytest.raises(StackyardError, match=says) as caught:
        ops.status(stack.root, STACK)

    assert len(str(caught.value).splitlines()) == 1
