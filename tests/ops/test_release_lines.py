"""What of a release's lines stays on the screen while it runs."""

from hypothesis import given
from hypothesis import strategies as st

from stackyard.ops.engine import Advance
from stackyard.ops.run import _shown, lasting_lines
from stackyard.progress import Progress, Step

STEPS = ("green 10 %", "green 50 %", "green 100 %", "green 100 %, bake")
LOOKS = st.builds("{} for {} s: green 30 req/s".format, st.sampled_from(STEPS), st.integers(0, 99))
OTHERS = st.sampled_from(
    [
        "gate: 2 pods of green are healthy, 20 requests in p95 10 ms",
        "green serves sha256:2",
        "all requests are back at blue",
        "sha256:2 is not tried again: at the gate: sha256:1 answers for sha256:2",
    ]
)
LINES = st.lists(LOOKS | OTHERS)


class Screen(Progress):
    """Keeps what is printed for good."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text.strip())


def shown(told: list[str]) -> tuple[Screen, Step]:
    """The screen after the engine was looked at once a line."""
    screen = Screen()
    step = Step("stack", screen)
    show = _shown(step, screen)
    for count in range(len(told) + 1):
        show(Advance(done=7, release=told[:count]))
    return screen, step


@given(told=LINES, more=LINES)
def test_what_stays_stays_whatever_is_said_then(told: list[str], more: list[str]) -> None:
    earlier = lasting_lines(told)

    assert lasting_lines([*told, *more])[: len(earlier)] == earlier


@given(told=LINES)
def test_each_line_that_stays_is_printed_once_and_in_order(told: list[str]) -> None:
    screen, _ = shown(told)

    assert screen.lines == lasting_lines(told)


def test_of_the_looks_at_a_step_the_last_one_stays() -> None:
    told = ["gate: fine", "green 10 % for 1 s: a", "green 10 % for 2 s: b", "green 50 % for 1 s: c"]

    assert lasting_lines(told) == ["gate: fine", "green 10 % for 2 s: b"]


def test_a_line_that_is_no_look_stays_at_once() -> None:
    refusal = "sha256:2 is not tried again: at the gate: sha256:1 answers for sha256:2"

    assert lasting_lines([refusal]) == [refusal]


def test_the_latest_look_stands_beside_the_step() -> None:
    _, step = shown(["green 10 % for 1 s: 30 req/s"])

    assert step.text == "7 resources, green 10 % for 1 s: 30 req/s"


def test_without_a_release_only_resources_are_counted() -> None:
    screen, step = shown([])

    assert (screen.lines, step.text) == ([], "7 resources")
