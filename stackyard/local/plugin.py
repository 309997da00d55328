"""A provider as the engine starts it: `python -m stackyard.local.plugin aws`; prints its port."""

import os
import signal
import sys
from pathlib import Path

from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.local.backend import Backend
from stackyard.local.layout import Layout, layout_here
from stackyard.local.secrets import read_secrets

PARENT_SECONDS = 1.0
"""How often a plugin looks whether the engine that started it is still there."""


def _aws(layout: Layout) -> Backend:
    # Each package imports its own: boto3 alone takes longer to load than all the rest.
    from stackyard.local.aws.backend import AwsBackend  # noqa: PLC0415

    return AwsBackend.of(layout, read_secrets(layout))


def _kubernetes(layout: Layout) -> Backend:
    from stackyard.local.kubernetes.backend import KubernetesBackend  # noqa: PLC0415

    return KubernetesBackend(read_secrets(layout).kube_token)


def _random(layout: Layout) -> Backend:
    from stackyard.local.random_backend import RandomBackend  # noqa: PLC0415

    del layout
    return RandomBackend()


PACKAGES = {"aws": _aws, "kubernetes": _kubernetes, "random": _random}


def main(arguments: list[str]) -> int:
    """Serve until the engine is done; the engine passes its own address, which is not needed."""
    try:
        package = arguments[0] if arguments else ""
        if package not in PACKAGES:
            raise SettingsFaultError(f"no package {package!r}; one of {', '.join(PACKAGES)}")
        backend = PACKAGES[package](layout_here(Path(__file__).parents[2]))
    except (StackyardError, ValueError) as error:
        sys.stderr.write(f"pulumi-resource-{' '.join(arguments[:1])}: {error}\n")
        return error.exit_code if isinstance(error, StackyardError) else 2
    _serve(backend)
    return 0


def _serve(backend: Backend) -> None:
    from stackyard.local.provider import serve  # noqa: PLC0415  grpc, not needed to refuse

    parent = os.getppid()
    # The engine ends its plugins by SIGINT and kills what is there five seconds later; Ctrl-C in a
    # terminal does not come here, since each plugin has a process group of its own.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _end)
    server, port = serve(backend)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # wait_for_termination says True when it only timed out.
    while os.getppid() == parent and server.wait_for_termination(PARENT_SECONDS):
        pass
    server.stop(None)


def _end(_signal: int, _frame: object) -> None:
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
