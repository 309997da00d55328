"""The files that `make up` writes: stack file, plugin shims, environment."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from stackyard.local.layout import Layout
from stackyard.local.project_files import write_environment, write_shims, write_stack_file


def layout_in(folder: Path) -> Layout:
    layout = Layout(root=folder)
    layout.folder.mkdir(parents=True)
    committed = {"config": {"stackyard:app": {"image": "placeholder", "minReplicas": 2}}}
    (folder / "Pulumi.local.yaml").write_text(yaml.safe_dump(committed))
    return layout


def test_the_slots_stack_file_names_the_image_that_was_built(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)

    write_stack_file(layout, "stackyard.local/api@sha256:00")
    app = yaml.safe_load(layout.stack_file.read_text())["config"]["stackyard:app"]

    assert app == {"image": "stackyard.local/api@sha256:00", "minReplicas": 2}


def test_the_salt_of_an_earlier_run_is_kept(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    layout.stack_file.write_text("encryptionsalt: v1:abc\nconfig: {}\n")

    write_stack_file(layout, "image")

    assert yaml.safe_load(layout.stack_file.read_text())["encryptionsalt"] == "v1:abc"


def test_the_committed_stack_file_is_left_alone(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    before = (tmp_path / "Pulumi.local.yaml").read_text()

    write_stack_file(layout, "image")

    assert (tmp_path / "Pulumi.local.yaml").read_text() == before


def test_the_language_host_is_a_shim_only_where_the_cli_has_none(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    pulumi = tmp_path / "tools" / "pulumi"
    pulumi.parent.mkdir()

    write_shims(layout, pulumi)
    without = {file.name for file in (layout.folder / "bin").iterdir()}
    pulumi.with_name("pulumi-language-python").touch()
    write_shims(layout, pulumi)
    beside = {file.name for file in (layout.folder / "bin").iterdir()}

    assert without - beside == {"pulumi-language-python"}
    assert beside == {f"pulumi-resource-{name}" for name in ("aws", "kubernetes", "random")}


def test_a_shell_that_sources_the_environment_has_its_variables_and_path(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    path = os.pathsep.join(["/opt/tools with space", os.environ["PATH"]])

    write_environment(layout, {"PATH": path, "AWS_ACCESS_KEY_ID": "it's"})
    said = subprocess.run(
        ["/bin/sh", "-c", '. .local/env; echo "$AWS_ACCESS_KEY_ID" "${PATH%%:*}"'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said == "it's /opt/tools with space\n"


def test_a_shell_that_has_sourced_it_may_write_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = layout_in(tmp_path)
    sourced = os.pathsep.join(["/opt/tools", os.environ["PATH"]])
    monkeypatch.setenv("PATH", sourced)

    write_environment(layout, {"PATH": os.pathsep.join(["/opt/tools", sourced])})

    assert "export PATH=/opt/tools:$PATH" in layout.environment_file.read_text()


def test_nothing_of_the_callers_cloud_outlives_the_environment(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)
    callers = ["AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "PULUMI_ACCESS_TOKEN", "KUBECONFIG"]
    callers += ["https_proxy", "NO_PROXY"]

    write_environment(layout, {"PATH": os.environ["PATH"], "KUBECONFIG": "/ours"})
    said = subprocess.run(
        ["/bin/sh", "-c", ". .local/env; env"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **dict.fromkeys(callers, "the caller's")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "the caller's" not in said
    assert "KUBECONFIG=/ours\n" in said


def test_the_environment_file_is_its_owners_alone(tmp_path: Path) -> None:
    layout = layout_in(tmp_path)

    write_environment(layout, {"PATH": "/x"})

    assert layout.environment_file.stat().st_mode & 0o777 == 0o600
