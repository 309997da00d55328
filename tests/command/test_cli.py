"""The command line: one clear line a mistake, the right exit code, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.stacks.examples import PROD, prod_with

ROOT = Path(__file__).resolve().parents[2]


def stackyard(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stackyard", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def write_stack(folder: Path, sections: object, name: str = "prod") -> None:
    config = {f"stackyard:{key}": value for key, value in dict(sections).items()}  # type: ignore[call-overload]  # the tests write mappings only
    (folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))


def test_settings_prints_what_a_stack_file_comes_to(tmp_path: Path) -> None:
    write_stack(tmp_path, PROD)

    done = stackyard(tmp_path, "settings", "prod", "--json")

    assert json.loads(done.stdout)["app"]["minReplicas"] == 3


def test_settings_are_aligned_for_people(tmp_path: Path) -> None:
    write_stack(tmp_path, PROD)

    done = stackyard(tmp_path, "settings", "prod")

    assert 'database.name                "task1_db"' in done.stdout.splitlines()


def test_a_wrong_stack_file_ends_with_code_2_and_a_line_a_problem(tmp_path: Path) -> None:
    write_stack(tmp_path, prod_with("database", readers=16, reader=1))

    done = stackyard(tmp_path, "settings", "prod")

    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(" ")[1] for line in done.stderr.splitlines()] == [
        "database.readers:",
        "database.reader:",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("config: [", "Pulumi.prod.yaml: is no YAML"),
        ("encryptionsalt: v1", "Pulumi.prod.yaml: config: is missing or no mapping"),
        ("- a", "Pulumi.prod.yaml: config: is missing or no mapping"),
        ("config: 3", "Pulumi.prod.yaml: config: is missing or no mapping"),
        ("config: {}", "Pulumi.prod.yaml: env: is missing"),
    ],
)
def test_a_file_that_is_no_stack_file_is_one_clear_line(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(text)

    done = stackyard(tmp_path, "settings", "prod")

    assert (done.returncode, done.stderr.startswith(says)) == (2, True), done.stderr


def test_a_missing_stack_file_says_how_stack_files_are_named(tmp_path: Path) -> None:
    done = stackyard(tmp_path, "settings", "prod")

    assert done.returncode == 2
    assert done.stderr == (
        "Pulumi.prod.yaml: there is no such stack file here;"
        " stack files are named Pulumi.<stack>.yaml\n"
    )


@pytest.mark.parametrize("slot", ["200", "-1", "one", ""])
def test_a_slot_that_is_none_is_refused(tmp_path: Path, slot: str) -> None:
    done = stackyard(tmp_path, "local", "status", STACKYARD_SLOT=slot)

    assert done.returncode == 2
    assert done.stderr == f"STACKYARD_SLOT={slot!r}; give a number of 0 to 199\n"


def test_status_of_nothing_says_what_to_run(tmp_path: Path) -> None:
    done = stackyard(tmp_path, "local", "status")

    assert (done.returncode, done.stdout) == (1, "nothing is up; run: make up\n")


def test_down_of_nothing_is_no_error(tmp_path: Path) -> None:
    done = stackyard(tmp_path, "local", "down")

    assert (done.returncode, done.stderr) == (0, "nothing is up\n")


def test_logs_of_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    logs = tmp_path / ".local" / "0" / "logs"
    logs.mkdir(parents=True)
    (logs / "moto.log").write_text("one\ntwo\n")

    done = stackyard(tmp_path, "local", "logs", "etcd")

    assert (done.returncode, done.stderr) == (2, "no log is named 'etcd'; logs: moto\n")


def test_logs_shows_the_tail_of_the_named_one(tmp_path: Path) -> None:
    logs = tmp_path / ".local" / "0" / "logs"
    logs.mkdir(parents=True)
    (logs / "moto.log").write_text("one\ntwo\n")
    (logs / "etcd.log").write_text("three\n")

    done = stackyard(tmp_path, "local", "logs", "moto", "--lines", "1")

    assert done.stdout == "== moto\ntwo\n"


def test_a_preview_without_a_running_cloud_says_what_to_run(tmp_path: Path) -> None:
    write_stack(tmp_path, PROD)

    done = stackyard(tmp_path, "local", "preview", "prod")

    assert done.returncode == 1
    assert done.stderr == "the embedded cloud is not up; run: make up\n"
