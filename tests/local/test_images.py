"""An image is a folder found by its digest; `/app` in its configuration is that folder."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stackyard.local.images import INTERPRETER, ImageMissingError, find_image, in_image

DIGEST = "ab" * 32
REFERENCE = f"stackyard.local/api@sha256:{DIGEST}"


def write(images: Path, config: dict[str, Any] | str) -> Path:
    folder = images / DIGEST
    folder.mkdir(parents=True)
    text = config if isinstance(config, str) else json.dumps({"config": config})
    (folder / "config.json").write_text(text)
    return folder


def test_paths_of_the_image_become_paths_of_its_folder(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "Entrypoint": ["/app/bin/start", "--app-dir=/app/src"],
            "Cmd": ["serve"],
            "Env": ["PYTHONPATH=/app/lib:/app/src", "BASE=/application"],
            "WorkingDir": "/app/src",
        },
    )

    found = find_image(tmp_path, REFERENCE)

    assert found.entrypoint == (f"{folder}/bin/start", f"--app-dir={folder}/src")
    assert found.command == ("serve",)
    assert found.environment["PYTHONPATH"] == f"{folder}/lib:{folder}/src"
    assert found.environment["BASE"] == "/application"
    assert found.working_directory == f"{folder}/src"


def test_an_image_without_a_working_directory_works_in_its_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, {})

    assert find_image(tmp_path, REFERENCE).working_directory == str(folder)


def test_a_digest_without_a_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ImageMissingError, match=f"{DIGEST}: not found"):
        find_image(tmp_path, REFERENCE)


@pytest.mark.parametrize("reference", ["api", "api:latest", "api@sha256:abc"])
def test_a_reference_without_a_digest_is_refused(tmp_path: Path, reference: str) -> None:
    with pytest.raises(ImageMissingError, match="write <repository>@sha256:"):
        find_image(tmp_path, reference)


def test_a_damaged_configuration_is_told(tmp_path: Path) -> None:
    write(tmp_path, "{")

    with pytest.raises(ImageMissingError, match=r"config\.json is no JSON"):
        find_image(tmp_path, REFERENCE)


@pytest.mark.parametrize("value", ["/apple", "http://x/app", "x/app/y", "/srv/app"])
def test_what_is_no_path_of_the_image_stays(value: str) -> None:
    assert in_image(value, Path("/images/abc")) == value


def test_python_sees_none_of_the_packages_beside_the_nodes_interpreter() -> None:
    told = subprocess.run(
        [*INTERPRETER, "-c", "import sys; print(*sys.path)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "python3" in told.stdout
    assert "-packages" not in told.stdout
