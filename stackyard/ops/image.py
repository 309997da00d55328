"""`stackyard image build` and `push`: the API's image built, pushed, named in the stack file."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.images import REPOSITORY, tag_of
from stacks.load import SettingsError, load
from stacks.review import stack_file_name
from stacks.settings import Settings
from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.ops.command import FOLDER
from stackyard.ops.ecr import repository_of
from stackyard.ops.identity import check_identity
from stackyard.ops.oci_layout import Manifest, read_layout
from stackyard.ops.registry import OnProgress
from stackyard.ops.registry import push as send
from stackyard.progress import Progress, Step
from stackyard.stack_files import sections_of
from stackyard.stack_image import set_image

PLATFORM = "linux/arm64"
"""What nodes are: Graviton (stacks/settings.py, cluster.instanceTypes)."""
AUTHORITIES = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
"""Who signs the certificates of Aurora's clusters (Aurora user guide, "Using SSL/TLS to encrypt a
connection to a DB cluster"); the migration Job speaks with the cluster itself."""
_SOME_IMAGE = f"none@sha256:{64 * '0'}"
_MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """What a push came to."""

    image: str
    """As it stands in the stack file now."""
    tag: str
    """What keeps it in the repository."""
    file: str
    sent_bytes: int
    """What the repository had not."""


def push(
    root: Path,
    stack: str,
    progress: Progress,
    *,
    layout: Path | None = None,
    authorities: Path | None = None,
) -> Pushed:
    """Build the image, or take that of a layout; push it and write its digest into the stack file.

    The stack file changes last: a push that fails leaves it as it is. Raises `StackyardError`.
    """
    file = root / stack_file_name(stack)
    env = _settings(file).env
    if env.size == "local":
        raise SettingsFaultError(f"{file.name}: its image stays on this machine: make up builds it")
    with progress.step("account") as step:
        check_identity(env, file.name)
        # Before minutes of building.
        repository = repository_of(env, REPOSITORY)
        step.says(f"{env.account_id}, {env.region}, {REPOSITORY}")
    if layout is None:
        layout = built(root, progress, stack, authorities=authorities)
    image = read_layout(layout)
    _check_platform(image, layout)
    tag = tag_of(stack, image.digest)
    with progress.step("push") as step:
        sent = send(image, repository, tag, on_progress=_shown(step))
        step.says(f"{sent / _MIB:.1f} MiB" if sent else "was there")
    reference = f"{repository.uri}@{image.digest}"
    set_image(file, reference)
    return Pushed(image=reference, tag=tag, file=file.name, sent_bytes=sent)


def built(
    root: Path, progress: Progress, stack: str = "STACK", *, authorities: Path | None = None
) -> Path:
    """The image built alone, for a push that has other rights or comes later; its layout.

    `stack` stands in the command that a message names. Raises `StackyardError`.
    """
    with progress.step("build") as step:
        layout = build(root, authorities or _authorities(root), stack, step)
        step.says(str(layout.relative_to(root)))
    return layout


def build(root: Path, authorities: Path, stack: str, step: Step) -> Path:
    """The layout that `app-image/build.sh` makes for the nodes' kind."""
    output = root / ".local" / "image" / PLATFORM.rpartition("/")[2]
    script = root / "app-image" / "build.sh"
    words = ["--arch", output.name, "--ca", str(authorities), "--output", str(output)]
    code, said = _run([str(script), *words], step)
    if code:
        by_hand = f"sudo {script.relative_to(root)} {' '.join(words)}"
        way = (
            f"; or build it apart: {by_hand}; then run: stackyard image push {stack} --layout"
            f" {output.relative_to(root)}/oci"
        )
        raise StackyardError(f"the image was not built: {said}{way if os.geteuid() else ''}")
    return output / "oci"


def _run(command: Sequence[str], step: Step) -> tuple[int, str]:
    """Exit code and last line; each line is shown as it comes."""
    # build.sh needs a python3 with pip, such as the one that runs this.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    said = ""
    with subprocess.Popen(
        command,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr or ():
            said = line.strip().removeprefix("build.sh: ") or said
            step.says(said)
    return process.returncode, said


def _authorities(root: Path) -> Path:
    """RDS's own certificate authorities, fetched once a checkout."""
    file = root / FOLDER / "rds-global-bundle.pem"
    if file.exists():
        return file
    try:
        with urllib.request.urlopen(AUTHORITIES, timeout=30) as answer:  # a constant
            bundle: bytes = answer.read()
    except OSError as problem:
        raise StackyardError(
            f"{AUTHORITIES} is not to be had: {problem}; give the bundle by --ca FILE"
        ) from problem
    file.parent.mkdir(exist_ok=True, mode=0o700)
    made = file.with_suffix(".part")
    made.write_bytes(bundle)
    made.replace(file)
    return file


def _settings(file: Path) -> Settings:
    """The stack's settings but for its image, which is to be written."""
    given = sections_of(file)
    app: Any = given.get("app") or {}
    if isinstance(app, dict):
        given["app"] = {**app, "image": _SOME_IMAGE}
    try:
        return load(file.name, given)
    except SettingsError as problem:
        raise SettingsFaultError(str(problem)) from problem


def _check_platform(image: Manifest, layout: Path) -> None:
    if PLATFORM not in image.platforms:
        kinds = ", ".join(sorted(image.platforms))
        raise StackyardError(
            f"{layout} is for {kinds}, but the nodes are {PLATFORM} (Graviton); build it so:"
            " app-image/build.sh --arch arm64"
        )


def _shown(step: Step) -> OnProgress:
    return lambda done, total: step.says(f"{done / _MIB:.1f} of {total / _MIB:.1f} MiB")
