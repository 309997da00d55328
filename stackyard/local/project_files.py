"""Files that `make up` writes for the engine and for a shell: stack file, plugin shims, `env`."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from stacks.section import PROJECT
from stackyard.local.engine_environment import FOREIGN_VARIABLE
from stackyard.local.layout import Layout

NAMESPACE = f"{PROJECT}:"
_PROVIDERS = ("aws", "kubernetes", "random")


def write_stack_file(layout: Layout, image: str) -> None:
    """The slot's copy of Pulumi.local.yaml, naming the image that was built for it.

    The secrets salt that the engine put into an earlier copy is kept: the state needs it.
    """
    content: dict[str, Any] = yaml.safe_load(
        (layout.root / "Pulumi.local.yaml").read_text(encoding="utf-8")
    )
    app = {**content["config"].get(f"{NAMESPACE}app", {}), "image": image}
    content["config"][f"{NAMESPACE}app"] = app
    if layout.stack_file.exists():
        earlier: dict[str, Any] = yaml.safe_load(layout.stack_file.read_text(encoding="utf-8"))
        content = {**{k: v for k, v in earlier.items() if k != "config"}, **content}
    layout.stack_file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def write_shims(layout: Layout, pulumi: Path) -> None:
    """Executables by which the engine finds the embedded cloud's providers on PATH.

    The language host's shim is written only where the CLI has none of its own beside it.
    """
    modules = {f"pulumi-resource-{name}": f"stackyard.local.plugin {name}" for name in _PROVIDERS}
    if not pulumi.resolve().with_name("pulumi-language-python").exists():
        modules["pulumi-language-python"] = "stackyard.local.language_host"
    folder = layout.folder / "bin"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    python = shlex.quote(sys.executable)
    for name, module in modules.items():
        shim = folder / name
        shim.write_text(
            f"#!/bin/sh\nexport PYTHONPATH={shlex.quote(str(layout.root))}\n"
            f'exec {python} -m {module} "$@"\n',
            encoding="utf-8",
        )
        shim.chmod(0o755)


def write_environment(layout: Layout, variables: Mapping[str, str]) -> None:
    """The file a shell sources; readable by its owner only, since it holds the local keys."""
    # The caller's own may hold ours already, from an earlier run: only what was put before it goes.
    ours = variables["PATH"].removesuffix(os.environ.get("PATH", os.defpath)).rstrip(os.pathsep)
    # What the caller has set beside ours would win over it: a profile, an endpoint of one service.
    foreign = f"env | sed -nE 's/^({FOREIGN_VARIABLE})=.*/\\1/p'"
    lines = [f"for _foreign in $({foreign}); do unset $_foreign; done; unset _foreign"]
    lines += [f"export PATH={shlex.quote(ours)}:$PATH"]
    lines += [f"export {k}={shlex.quote(v)}" for k, v in variables.items() if k != "PATH"]
    layout.environment_file.touch(mode=0o600)
    layout.environment_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
