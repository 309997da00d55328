"""The stand-in language host: what it hands to a program, and the real engine on it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import language_pb2

from stackyard.errors import StackyardError
from stackyard.local import binaries, python_executor
from stackyard.local.language_host import arguments, interpreter, program_environment
from stackyard.local.versions import PULUMI_VERSION, cache_folder

PROJECT_ROOT = Path(__file__).resolve().parents[2]
VIRTUAL_ENVIRONMENT = Path(sys.prefix)


def _info(root: Path, virtualenv: str | None = ".venv") -> language_pb2.ProgramInfo:
    options = Struct()
    if virtualenv is not None:
        options.update({"virtualenv": virtualenv})
    return language_pb2.ProgramInfo(
        root_directory=str(root), program_directory=str(root), entry_point=".", options=options
    )


def _request(root: Path) -> language_pb2.RunRequest:
    return language_pb2.RunRequest(
        info=_info(root),
        project="shop",
        stack="dev",
        pwd=str(root),
        organization="acme",
        monitor_address="127.0.0.1:1",
        parallel=16,
        dryRun=True,
        config={"shop:size": "3"},
        configSecretKeys=["shop:key"],
        args=["extra"],
    )


def test_a_program_gets_what_the_engine_says(tmp_path: Path):
    words = arguments(_request(tmp_path), "127.0.0.1:2")

    flags = dict(zip(words[:-2:2], words[1:-2:2], strict=True))
    assert flags == {
        "--monitor": "127.0.0.1:1",
        "--engine": "127.0.0.1:2",
        "--project": "shop",
        "--root_directory": str(tmp_path),
        "--stack": "dev",
        "--pwd": str(tmp_path),
        "--dry_run": "true",
        "--parallel": "16",
        "--organization": "acme",
    }
    assert words[-2:] == [".", "extra"]


def test_a_program_runs_in_its_virtual_environment_with_its_configuration(tmp_path: Path):
    python = tmp_path / ".venv" / "bin" / "python"

    given = program_environment(
        _request(tmp_path), python, {"PATH": "/bin", "PYTHONHOME": "/x", "KEPT": "1"}
    )

    assert given == {
        "PATH": f"{python.parent}:/bin",
        "VIRTUAL_ENV": str(tmp_path / ".venv"),
        "KEPT": "1",
        "PULUMI_CONFIG": '{"shop:size": "3"}',
        "PULUMI_CONFIG_SECRET_KEYS": '["shop:key"]',
    }


def test_a_virtual_environment_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(StackyardError, match=r"\.venv is no virtual environment yet; run: make s"):
        interpreter(_info(tmp_path))


def test_without_a_virtual_environment_the_hosts_own_interpreter_runs(tmp_path: Path):
    assert interpreter(_info(tmp_path, virtualenv=None)) == Path(sys.executable)


def test_the_executor_beside_the_cli_goes_before_the_module_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sdk = f"github.com/pulumi/pulumi/sdk/v3@v{PULUMI_VERSION}/python/cmd"
    in_module = tmp_path / "modules" / sdk / python_executor.EXECUTOR
    beside = tmp_path / "cache" / "pulumi" / PULUMI_VERSION / python_executor.EXECUTOR
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    found: list[Path | None] = []

    for file in (None, in_module, beside):
        if file is not None:
            file.parent.mkdir(parents=True)
            file.touch()
        found.append(python_executor.find(tmp_path / "cache", PULUMI_VERSION))

    assert found == [None, in_module, beside]


def _project(root: Path, program: str) -> dict[str, str]:
    """A project on the stand-in host; returns the engine's environment."""
    (root / "Pulumi.yaml").write_text(
        "name: shop\nruntime: {name: python, options: {virtualenv: .venv}}\n"
    )
    (root / "__main__.py").write_text(program)
    (root / ".venv").symlink_to(VIRTUAL_ENVIRONMENT)
    shim = root / "bin" / "pulumi-language-python"
    shim.parent.mkdir()
    shim.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={PROJECT_ROOT}\n"
        f'exec {sys.executable} -m stackyard.local.language_host "$@"\n'
    )
    shim.chmod(0o755)
    (root / "state").mkdir()
    cli = binaries.found().pulumi.parent
    environment = {
        "PATH": os.pathsep.join([str(shim.parent), str(cli), os.environ["PATH"]]),
        "HOME": str(root),
        "GOMODCACHE": str(root / "no-modules"),
        "PULUMI_HOME": str(root / "home"),
        "PULUMI_BACKEND_URL": f"file://{root / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    cached = root / ".cache" / "stackyard" / "pulumi" / PULUMI_VERSION / python_executor.EXECUTOR
    cached.parent.mkdir(parents=True)
    executor = python_executor.find(cache_folder(), PULUMI_VERSION)
    assert executor is not None
    cached.write_bytes(executor.read_bytes())
    _pulumi(root, environment, "stack", "init", "dev")
    return environment


def _pulumi(
    root: Path, environment: dict[str, str], *words: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pulumi", "--non-interactive", "--color=never", *words],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.engine
def test_the_engine_runs_a_program_with_its_configuration(tmp_path: Path):
    program = (
        "import os, pulumi\n"
        "config = pulumi.Config()\n"
        "pulumi.export('sum', config.require_int('a') + 1)\n"
        "pulumi.export('secret', config.require_secret('b'))\n"
        "pulumi.export('dry', pulumi.runtime.is_dry_run())\n"
    )
    environment = _project(tmp_path, program)
    _pulumi(tmp_path, environment, "config", "set", "a", "2")
    _pulumi(tmp_path, environment, "config", "set", "--secret", "b", "hidden")

    up = _pulumi(tmp_path, environment, "up", "--yes", "--skip-preview")
    outputs = json.loads(_pulumi(tmp_path, environment, "stack", "output", "--json").stdout)

    assert up.returncode == 0, up.stdout + up.stderr
    assert outputs == {"sum": 3, "secret": "[secret]", "dry": False}


@pytest.mark.engine
def test_a_program_that_raises_is_shown_once_with_its_trace(tmp_path: Path):
    environment = _project(tmp_path, "raise ValueError('broken here')\n")

    preview = _pulumi(tmp_path, environment, "preview")

    assert preview.returncode != 0
    assert preview.stdout.count("ValueError: broken here") == 1
    assert "exit code" not in preview.stdout + preview.stderr


@pytest.mark.engine
def test_without_the_executor_one_line_says_what_to_do(tmp_path: Path):
    environment = _project(tmp_path, "")
    cached = tmp_path / ".cache" / "stackyard" / "pulumi" / PULUMI_VERSION
    (cached / python_executor.EXECUTOR).unlink()

    preview = _pulumi(tmp_path, environment, "preview")

    said = preview.stdout + preview.stderr
    assert preview.returncode != 0
    assert "is neither beside the CLI nor in Go's module cache; run: make up" in said
    assert "Traceback" not in said


@pytest.mark.engine
def test_an_interrupt_ends_host_and_program_quietly(tmp_path: Path):
    program = (
        "import os, pathlib, time\n"
        "pathlib.Path('pids').write_text(f'{os.getpid()} {os.getppid()}')\n"
        "time.sleep(600)\n"
    )
    environment = _project(tmp_path, program)
    with subprocess.Popen(
        ["pulumi", "--non-interactive", "--color=never", "preview"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as preview:
        _until((tmp_path / "pids").exists)
        preview.send_signal(signal.SIGINT)
        said, _ = preview.communicate(timeout=60)
    processes = [Path("/proc", pid) for pid in (tmp_path / "pids").read_text().split()]
    _until(lambda: not any(process.exists() for process in processes))

    assert preview.returncode != 0
    assert "Traceback" not in said
    assert not any(process.exists() for process in processes)
