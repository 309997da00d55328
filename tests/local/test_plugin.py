"""A provider as the engine starts it: a process that prints its port and ends with its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 20


def plugin(*arguments: str, slot: str = "0") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stackyard.local.plugin", *arguments],
        cwd=ROOT,
        env={**os.environ, "STACKYARD_SLOT": slot},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_plugin_prints_its_port_first() -> None:
    with plugin("random", "127.0.0.1:1") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()

        assert line.strip().isdecimal()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_plugin_ends_quietly_when_the_engine_says_so(ending: signal.Signals) -> None:
    with plugin("random") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(ending)
        _, told = process.communicate(timeout=SECONDS)

        assert (process.returncode, told) == (0, "")


def test_a_plugin_ends_when_its_parent_is_gone() -> None:
    # The shell starts the plugin and leaves; the plugin holds the pipe open as long as it lives.
    script = f'"{sys.executable}" -m stackyard.local.plugin random & read -r _'
    with subprocess.Popen(
        ["sh", "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        began = time.monotonic()
        shell.communicate("\n", timeout=SECONDS)

        assert time.monotonic() - began < SECONDS


def test_an_unknown_package_is_one_line_and_exit_code_2() -> None:
    process = plugin("gcp")

    _, told = process.communicate(timeout=SECONDS)

    assert process.returncode == 2
    assert told == "pulumi-resource-gcp: no package 'gcp'; one of aws, kubernetes, random\n"


def test_a_slot_that_is_down_is_one_line_and_exit_code_1() -> None:
    process = plugin("kubernetes", slot="199")

    _, told = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert told.startswith("pulumi-resource-kubernetes: ")
    assert told.endswith("run: make up\n")
