"""What `pulumi-language-python` is to the engine, where the CLI was built without it.

Started by the engine as `pulumi-language-python <engine address>`; tells its port on stdout.
"""

# ruff: noqa: N802, ARG002  # the protocol's names and parameters

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from stackyard.errors import StackyardError
from stackyard.local import python_executor
from stackyard.local.versions import PULUMI_VERSION, cache_folder
from stackyard.local.wire import JsonObject

PROGRAM_SAID_WHY = 32
"""Exit code by which a program says that its user has seen the error already."""
_LOOPBACK = "127.0.0.1"
_WATCH_SECONDS = 1.0
_MAX_MESSAGE = 400 * 1024 * 1024
"""As much as the engine itself sends and takes."""

_LIST_PACKAGES = """
import importlib.metadata, json, re
there = {d.metadata["Name"]: d for d in importlib.metadata.distributions()}
needs = lambda d: {re.match(r"[\\w.-]+", r)[0].lower().replace("_", "-") for r in d.requires or ()}
needed = set().union(*map(needs, there.values()))
print(json.dumps([[n, d.version, n.lower().replace("_", "-") not in needed]
                  for n, d in sorted(there.items())]))
"""


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs by Pulumi's own `pulumi-language-python-exec`."""

    def __init__(self, engine_address: str, cache: Path) -> None:
        self._engine_address = engine_address
        self._cache = cache
        self._running = 0
        self._idle = threading.Condition()

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Take the engine's address."""
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """The version of the CLI that it goes with."""
        return plugin_pb2.PluginInfo(version=PULUMI_VERSION)

    def About(
        self, request: language_pb2.AboutRequest, context: grpc.ServicerContext
    ) -> language_pb2.AboutResponse:
        """The interpreter of the program, for `pulumi about`."""
        try:
            python = interpreter(request.info)
        except StackyardError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        version = _output([str(python), "--version"]).removeprefix("Python ")
        return language_pb2.AboutResponse(executable=str(python), version=version)

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """None ahead of time: the engine loads a provider when its first resource comes."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """None ahead of time, as `GetRequiredPlugins`."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """Packages of the virtual environment; without transitive ones, what none other needs."""
        try:
            listed = _output([str(interpreter(request.info)), "-c", _LIST_PACKAGES])
        except StackyardError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        packages: list[tuple[str, str, bool]] = json.loads(listed or "[]")
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=name, version=version)
                for name, version, direct in packages
                if direct or request.transitiveDependencies
            ]
        )

    def RuntimeOptionsPrompts(
        self, request: language_pb2.RuntimeOptionsRequest, context: grpc.ServicerContext
    ) -> language_pb2.RuntimeOptionsResponse:
        """Nothing to ask: Pulumi.yaml has the options."""
        return language_pb2.RuntimeOptionsResponse()

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Nothing to do but to say whose work it is."""
        yield language_pb2.InstallDependenciesResponse(stdout=b"run: make setup\n")

    def Run(
        self, request: language_pb2.RunRequest, context: grpc.ServicerContext
    ) -> language_pb2.RunResponse:
        """Run the program to its end; its output goes where the host's goes."""
        with self._idle:
            self._running += 1
        try:
            return self._run(request)
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Nothing to end: the program ends when the engine closes the resource monitor.

        Ending it here would cut off a hook that is on its way back to a safe state.
        """
        return Empty()

    def wait_idle(self) -> None:
        """Return when no program runs."""
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0)

    def _run(self, request: language_pb2.RunRequest) -> language_pb2.RunResponse:
        executor = python_executor.find(self._cache, PULUMI_VERSION)
        if executor is None:
            return language_pb2.RunResponse(
                error=f"{python_executor.EXECUTOR} of Pulumi {PULUMI_VERSION} is neither beside "
                "the CLI nor in Go's module cache; run: make up"
            )
        try:
            python = interpreter(request.info)
        except StackyardError as error:
            return language_pb2.RunResponse(error=str(error))
        words = [str(python), str(executor), *arguments(request, self._engine_address)]
        program = subprocess.run(
            words,
            cwd=request.info.program_directory or None,
            env=program_environment(request, python, os.environ),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if program.returncode == 0:
            return language_pb2.RunResponse()
        if program.returncode == PROGRAM_SAID_WHY:
            return language_pb2.RunResponse(bail=True)
        if program.returncode < 0:
            name = signal.Signals(-program.returncode).name
            return language_pb2.RunResponse(error=f"the program was ended by {name}")
        return language_pb2.RunResponse(
            error=f"program exited with non-zero exit code: {program.returncode}"
        )


def interpreter(info: language_pb2.ProgramInfo) -> Path:
    """The interpreter of `options.virtualenv` of Pulumi.yaml, else the one that runs this.

    Raises `StackyardError` when the virtual environment is not there.
    """
    options: JsonObject = MessageToDict(info.options)
    given = str(options.get("virtualenv", ""))
    if not given:
        return Path(sys.executable)
    environment = Path(info.root_directory) / given
    python = environment / "bin" / "python"
    if not python.exists():
        raise StackyardError(f"{environment} is no virtual environment yet; run: make setup")
    return python


def arguments(request: language_pb2.RunRequest, engine_address: str) -> list[str]:
    """The command line of `pulumi-language-python-exec`; empty values are left out."""
    flags = {
        "monitor": request.monitor_address,
        "engine": engine_address,
        "project": request.project,
        "root_directory": request.info.root_directory,
        "stack": request.stack,
        "pwd": request.pwd,
        "dry_run": "true" if request.dryRun else "false",
        "parallel": str(request.parallel),
        "organization": request.organization,
    }
    given = [word for flag, value in flags.items() if value for word in (f"--{flag}", value)]
    program = request.info.entry_point or request.program or "."
    return [*given, program, *request.args]


def program_environment(
    request: language_pb2.RunRequest, python: Path, around: Mapping[str, str]
) -> dict[str, str]:
    """`around`, the virtual environment activated, and the stack's configuration."""
    folder = python.parent
    return {
        **{name: value for name, value in around.items() if name != "PYTHONHOME"},
        "PATH": f"{folder}{os.pathsep}{around.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(folder.parent),
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }


def _output(words: Sequence[str]) -> str:
    """What a short command prints; empty when it fails."""
    answer = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return answer.stdout.decode().strip()


def serve(engine_address: str, cache: Path) -> None:
    """Answer the engine until it ends or says so (SIGINT, SIGTERM); a program ends first."""
    stop = threading.Event()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    limits = [(f"grpc.max_{way}_message_length", _MAX_MESSAGE) for way in ("send", "receive")]
    server: grpc.Server = grpc.server(  # pyright: ignore[reportUnknownMemberType]  # half-typed stubs
        ThreadPoolExecutor(max_workers=8), options=limits
    )
    host = LanguageHost(engine_address, cache)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port(f"{_LOOPBACK}:0")
    server.start()
    print(port, flush=True)  # noqa: T201  # the protocol: the engine reads it
    engine = os.getppid()
    while not stop.wait(_WATCH_SECONDS) and os.getppid() == engine:
        pass
    if os.getppid() == engine:
        host.wait_idle()
    server.stop(grace=0.5).wait()


def main(words: Sequence[str]) -> int:
    """Serve; the engine's address is the last word."""
    serve(words[-1] if words else "", cache_folder())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
