"""Steps of a long command: what each came to and how long it took, readable without colour."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console

QUIET_SECONDS = 15.0
"""Without a terminal, a running step says something this often."""


class Step:
    """One step under way; `says` replaces what stands beside its name."""

    def __init__(self, name: str, progress: "Progress") -> None:
        self.name = name
        self.text = ""
        self._progress = progress
        self._start = self._spoke = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since the step began."""
        return time.monotonic() - self._start

    def says(self, text: str) -> None:
        """Show `text` as the state of the step."""
        self.text = text
        now = time.monotonic()
        if self._progress.live(self) or now - self._spoke < QUIET_SECONDS:
            return
        self._spoke = now
        self._progress.line(f"… {self.name:<9} {text}  {self.seconds:.0f} s")


class Progress:
    """Prints to standard error, so that a command's answer alone goes to standard output."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(file=sys.stderr, highlight=False, quiet=quiet)
        self._status = self._console.status("") if self._console.is_terminal else None

    def live(self, step: Step) -> bool:
        """Show the step in place; false where there is no terminal to show it on."""
        if self._status is None:
            return False
        self._status.update(f"{step.name:<9} {step.text}  {step.seconds:.0f} s")
        return True

    def line(self, text: str) -> None:
        """Print one line as it is."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, name: str) -> Generator[Step]:
        """Run a step; its line is printed at the end, also when it fails."""
        step = Step(name, self)
        if self._status is not None:
            self._status.start()
            self.live(step)
        mark = "✘"
        try:
            yield step
            mark = "✔"
        finally:
            if self._status is not None:
                self._status.stop()
            self.line(f"{mark} {name:<9} {step.text:<58} {step.seconds:6.1f} s")
