"""Rounds of one size, on demand: `python -m tests.bench.growth_round graph|moto|preview COPIES`.

Prints the number of resources when it is ready, then the seconds of a round for each line it reads.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from moto import mock_aws

from stackyard.graph.recorder import record
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.backend import Backend
from stackyard.local.kubernetes.backend import KubernetesBackend
from stackyard.local.kubernetes.helm import Releases
from stackyard.local.kubernetes.objects import Objects
from stackyard.local.kubernetes.rest import KubeApi
from stackyard.local.random_backend import RandomBackend
from stackyard.local.wire import JsonObject
from tests.bench.growth_program import copies
from tests.engine.rig import Rig
from tests.graph.stacks import stack_config

STACK = "local"

Run = Callable[[], int]
"""One round; how many resources it looked at."""


class EchoedKubernetes(KubernetesBackend):
    """Makes nothing: a preview without changes asks no API server, so there is none."""

    def __init__(self) -> None:
        super().__init__(token="")
        objects = Objects(KubeApi("https://127.0.0.1", token="", certificate_authority=""))
        self._connected = objects, Releases(objects)

    def configured(self, args: JsonObject) -> "EchoedKubernetes":
        del args
        return self

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        del token, timeout
        return name, inputs


@contextmanager
def graph(count: int) -> Iterator[Run]:
    """In process as graph tests do it, answers echoed."""
    yield lambda: _recorded(count)


@contextmanager
def moto(count: int) -> Iterator[Run]:
    """In process, every AWS resource made in an empty moto."""

    def run() -> int:
        with mock_aws():
            return _recorded(count, {"aws": AwsBackend.in_process(), "random": RandomBackend()})

    yield run


def _recorded(count: int, backends: Mapping[str, Backend] | None = None) -> int:
    config = stack_config(STACK)
    return len(record(partial(copies, count), stack=STACK, config=config, backends=backends))


@contextmanager
def preview(count: int) -> Iterator[Run]:
    """By the Pulumi CLI over attached providers; made once, previewed each round."""
    with mock_aws(), tempfile.TemporaryDirectory() as folder:
        backends: dict[str, Backend] = {
            "aws": AwsBackend.in_process(),
            "random": RandomBackend(),
            "kubernetes": EchoedKubernetes(),
        }
        program, config = partial(copies, count), stack_config(STACK)
        rig = Rig(Path(folder), program, backends, project="stackyard", config=config)
        # Else the engine writes the whole state after each step: 160 s in place of 36 s for
        # 1,000 resources, and none of it is measured here.
        workspace = rig.stack.workspace
        workspace.env_vars = {**workspace.env_vars, "PULUMI_SKIP_CHECKPOINTS": "true"}
        made = rig.up()["create"]

        def run() -> int:
            if changes := rig.preview():
                raise RuntimeError(f"the preview right after the up sees changes: {changes}")
            return made

        yield run
        rig.close()


KINDS = {"graph": graph, "moto": moto, "preview": preview}


def main() -> None:
    """Warm up by one round, which is not counted, and answer until the input ends."""
    kind, count = KINDS[sys.argv[1]], int(sys.argv[2])
    with kind(count) as run:
        sys.stdout.write(f"{run()}\n")
        sys.stdout.flush()
        for _ in sys.stdin:
            # The last round's garbage is not this one's.
            gc.collect()
            start = time.perf_counter()
            run()
            sys.stdout.write(f"{time.perf_counter() - start:.4f}\n")
            sys.stdout.flush()


main()
