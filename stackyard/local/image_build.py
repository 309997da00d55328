"""The API's image for the local stack: a folder of packages, code and trust, named by its hash."""

import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.images import IMAGE_ROOT
from stackyard.local.layout import Layout
from stackyard.local.wire import JsonObject

REPOSITORY = "stackyard.local/api"
SOURCE_FOLDER = "app-image"
SOURCES = ("task1",)
"""What of `app-image/` is code that runs; its Dockerfile copies the same."""
KEPT_IMAGES = 20
INSTALL_SECONDS = 600
OCI_CONFIG: JsonObject = {
    "config": {
        "Entrypoint": ["python", "-m", "task1"],
        "Env": [
            f"PYTHONPATH={IMAGE_ROOT}/lib:{IMAGE_ROOT}/src",
            "PYTHONUNBUFFERED=1",
            "PYTHONNOUSERSITE=1",
            "PYTHONDONTWRITEBYTECODE=1",
            f"SSL_CERT_FILE={IMAGE_ROOT}/etc/ca.pem",
        ],
        "WorkingDir": IMAGE_ROOT,
        "User": "65532",
    }
}
"""The Dockerfile's, but for the trust bundle: the local CA here, AWS's there."""
_LEFT_OUT = {"__pycache__", "bin"}

Contents = dict[str, Path | bytes]
"""Files of an image by their path in it: copied from, or written."""


def build_image(layout: Layout, source: Path | None = None) -> str:
    """Build the image of `app-image/`, if its content has no image yet; the reference.

    Raises `StackyardError` when the packages can't be installed.
    """
    source = source or layout.root / SOURCE_FOLDER
    packages = _packages(layout, source / "requirements.lock")
    contents = _contents(layout, source, packages)
    digest = digest_of(contents)
    folder = layout.images / digest
    if folder.exists():
        os.utime(folder)
    else:
        _materialise(contents, packages, folder)
        _prune(layout.images)
    return f"{REPOSITORY}@sha256:{digest}"


def digest_of(contents: Mapping[str, Path | bytes]) -> str:
    """SHA-256 over sorted paths and contents, as hexadecimal digits."""
    total = hashlib.sha256()
    for path in sorted(contents):
        content = contents[path]
        data = content if isinstance(content, bytes) else content.read_bytes()
        total.update(path.encode() + b"\0" + hashlib.sha256(data).digest())
    return total.hexdigest()


def folder_contents(folder: Path, prefix: str = "") -> Contents:
    """What counts of a folder: neither bytecode nor scripts, which name the machine's paths."""
    return {prefix + str(path.relative_to(folder)): path for path in _files(folder)}


def _contents(layout: Layout, source: Path, packages: Path) -> Contents:
    contents = folder_contents(packages, "lib/")
    for name in SOURCES:
        contents |= folder_contents(source / name, f"src/{name}/")
    if not any(path.startswith("src/") for path in contents):
        raise StackyardError(f"{source} holds none of {', '.join(SOURCES)}: nothing to build")
    contents["etc/ca.pem"] = layout.certificate_authority
    contents["config.json"] = json.dumps(OCI_CONFIG, indent=1, sort_keys=True).encode()
    return contents


def _files(folder: Path) -> Iterator[Path]:
    if not folder.exists():
        return
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        yield from (Path(parent) / name for name in files if not name.endswith(".pyc"))


def _packages(layout: Layout, lock: Path) -> Path:
    """The folder with what the lock names, installed once a lock and interpreter."""
    if not lock.exists():
        raise StackyardError(f"{lock} is not there; make it: uv pip compile --generate-hashes")
    about = f"{sys.implementation.cache_tag} {sysconfig.get_platform()}\n".encode()
    name = hashlib.sha256(about + lock.read_bytes()).hexdigest()[:32]
    cache = layout.root / ".local" / "cache" / "packages"
    folder = cache / name
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=f".{name}.") as temporary:
        made = Path(temporary) / "lib"
        made.mkdir()
        if _names_packages(lock):
            _install(lock, made)
        compileall.compile_dir(made, quiet=2)
        _take_place(made, folder)
    return folder


def _names_packages(lock: Path) -> bool:
    lines = (line.strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return any(line and not line.startswith(("#", "-")) for line in lines)


def _install(lock: Path, folder: Path) -> None:
    uv = shutil.which("uv")
    program = [uv, "pip", "install"] if uv else [sys.executable, "-m", "pip", "install"]
    chosen = ["--python", sys.executable] if uv else ["--disable-pip-version-check"]
    words = [*program, *chosen, "--target", str(folder), "--require-hashes", "-r", str(lock)]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise StackyardError(
            f"{lock}: its packages were not installed within {INSTALL_SECONDS} s; try again"
        ) from error
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-6:])
        raise StackyardError(f"{lock}: its packages can't be installed:\n{said}")


def _materialise(contents: Contents, packages: Path, folder: Path) -> None:
    """Make the image's folder, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name[:12]}.") as given:
        made = Path(given) / "image"
        # Packages are linked with their bytecode: a thousand files, no bytes.
        shutil.copytree(packages, made / "lib", copy_function=_link)
        for path, content in contents.items():
            if path.startswith("lib/"):
                continue
            target = made / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            else:
                shutil.copy2(content, target)
        compileall.compile_dir(made / "src", quiet=2)
        _take_place(made, folder)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or one without links.
        shutil.copy2(source, target)


def _take_place(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        # Another command was faster: the same name is the same content.
        if not folder.exists():
            raise


def _prune(images: Path) -> None:
    """Keep the images used last; a half made one of a killed command goes as well."""
    by_age = sorted(images.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in by_age[KEPT_IMAGES:]:
        shutil.rmtree(folder, ignore_errors=True)
