"""The failure walk: a command given again and again, one more operation failing each time."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from tests.engine.faults import Operation
from tests.engine.rig import EngineError, Rig
from tests.engine.scan import Found, logical_name, resources_of

Scan = Callable[[str], Found]
"""The state as it is stored, against the cloud."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command that failed, and what it left."""

    failed: tuple[frozenset[str], ...]
    """The resource of each operation that was made to fail; several where they share an id."""
    exit_code: int
    message: str
    found: Found


@dataclass(frozen=True, kw_only=True)
class Walk:
    """All commands of one walk: those that failed, and what the last one, which passed, left."""

    steps: tuple[Step, ...]
    found: Found
    failed: tuple[Operation, ...]
    done: Counter[Operation]
    """What was carried out, and how often."""

    @property
    def untruths(self) -> set[str]:
        """Whatever the cloud and the state ever told differently."""
        told = [*(step.found for step in self.steps), self.found]
        return {
            f"{kind} {what}"
            for found in told
            for kind in ("orphans", "lost", "untrue")
            for what in getattr(found, kind)
        }


def walk(rig: Rig, command: Callable[[], object], scan: Scan) -> Walk:
    """Give `command` until it passes; every operation fails at its first try.

    Raises the `EngineError` of a command that fails though nothing was made to.
    """
    faults, steps = rig.faults, list[Step]()
    began, carried_out = len(faults.failed), len(faults.done)
    faults.fail_first_tries()
    while True:
        names = _names(rig.state())
        before = len(faults.failed)
        try:
            command()
        except EngineError as error:
            failed = faults.failed[before:]
            if not failed:
                raise
            steps.append(
                Step(
                    failed=tuple(
                        names.get((each.token, each.name)) or frozenset({each.name})
                        for each in failed
                    ),
                    exit_code=error.exit_code,
                    message=str(error),
                    found=scan(rig.state()),
                )
            )
        else:
            break
    faults.pass_all()
    return Walk(
        steps=tuple(steps),
        found=scan(rig.state()),
        failed=tuple(faults.failed[began:]),
        done=Counter(faults.done[carried_out:]),
    )


def _names(state: str) -> dict[tuple[str, str], frozenset[str]]:
    """Logical names by type and id."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for resource in resources_of(state):
        found[resource["type"], str(resource.get("id"))].add(logical_name(resource))
    return {key: frozenset(names) for key, names in found.items()}
