"""`stackyard smoke`: whether a stack answers where people find it, asked from outside."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from stackyard.errors import StackyardError
from stackyard.ops.command import workspace_here
from stackyard.ops.outputs import stack_outputs
from stackyard.progress import Progress

KINDS: Mapping[str, str] = {
    "siteUrl": "text/html",
    "apiUrl": "application/json",
    "healthUrl": "application/json",
}
"""Outputs that are asked, and what comes back where all is well."""
IN_A_ROW = 3
"""Good answers of each address: one may come from the version that leaves."""
PAUSE_SECONDS = 2.0
_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an address gave at last."""

    url: str
    milliseconds: int


def smoke(root: Path, stack: str, progress: Progress, *, wait_seconds: float) -> list[Answer]:
    """Ask every address of the stack until each has answered well three times in a row.

    Raises `StackyardError` with the last bad answer once `wait_seconds` are over.
    """
    outputs = stack_outputs(workspace_here(root, stack))
    missing = sorted(KINDS.keys() - outputs.keys())
    if missing:
        raise StackyardError(
            f"the stack {stack} has no {', '.join(missing)} yet; bring it up: stackyard up {stack}"
        )
    until = time.monotonic() + wait_seconds
    answers: list[Answer] = []
    for name, kind in KINDS.items():
        with progress.step(name) as step:
            answers.append(_answers(str(outputs[name]), kind, until))
            step.says(f"{answers[-1].url} in {answers[-1].milliseconds} ms")
    return answers


def _answers(url: str, kind: str, until: float) -> Answer:
    good = 0
    while True:
        begun = time.monotonic()
        fault = _fault(url, kind)
        now = time.monotonic()
        good = 0 if fault else good + 1
        if good == IN_A_ROW:
            return Answer(url=url, milliseconds=round(1000 * (now - begun)))
        if fault:
            if now + PAUSE_SECONDS > until:
                raise StackyardError(f"{url}: {fault}")
            time.sleep(PAUSE_SECONDS)


def _fault(url: str, kind: str) -> str | None:
    """What is wrong with an answer; None where nothing is."""
    # CloudFront keeps answers; what is asked for here is what serves now.
    request = Request(url, headers={"Cache-Control": "no-cache", "User-Agent": "stackyard-smoke"})  # noqa: S310  # the stack's own output
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  # as above
            found = str(answer.headers.get_content_type())
            answer.read()
    except HTTPError as problem:
        return f"answers {problem.code} {problem.reason}"
    except (OSError, http.client.HTTPException) as problem:
        return f"does not answer: {problem}"
    return None if found == kind else f"answers {found}, not {kind}"
