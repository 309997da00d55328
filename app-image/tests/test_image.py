"""The image that build.sh makes: the same twice, small, nothing to break in with, and it runs."""

import re
import shutil
import signal
import stat
import subprocess
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from built_image import USER, BuiltImage, ImageApi, build, in_pod
from daemons import Certificates, MariaDb, Redis
from packages import APP_IMAGE
from stackyard.local.image_build import OCI_CONFIG, SOURCES, folder_contents

pytestmark = pytest.mark.local

MOST_BYTES = 50_000_000
AARCH64 = 183
"""What the header of an ELF file calls the machine."""
UNCHECKED = 1
"""In a .pyc: found by its source's hash, which is never looked at."""


@pytest.fixture(scope="session")
def image(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[BuiltImage]:
    folder = tmp_path_factory.mktemp("image")
    build(folder, "--ca", str(certificates.authority))
    yield BuiltImage(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def root(image: BuiltImage) -> Path:
    return image.unpack()


@pytest.fixture
def graviton(tmp_path: Path) -> Iterator[BuiltImage]:
    build(tmp_path / "arm64", "--arch", "arm64")
    yield BuiltImage(tmp_path / "arm64")
    shutil.rmtree(tmp_path / "arm64")


@pytest.fixture
def urls(mariadb: MariaDb, database: str, redis: Redis) -> dict[str, str]:
    return {"DATABASE_URL": mariadb.url(database), "REDIS_URL": redis.url}


@pytest.fixture
def api(
    tmp_path: Path, certificates: Certificates, image: BuiltImage, root: Path, urls: dict[str, str]
) -> Iterator[ImageApi]:
    """In a pod's surroundings, not started yet."""
    made = ImageApi(tmp_path, certificates, image, root, **urls)
    yield made
    made.kill()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def run(image: BuiltImage, root: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program in the image as a pod would."""
    return subprocess.run(
        in_pod(root, ["python", "-c", program]),
        env=image.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def locked() -> dict[str, str]:
    """Name to version of requirements.lock."""
    text = (APP_IMAGE / "requirements.lock").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\n]+)", text, re.MULTILINE))


def named(sbom: dict[str, Any], kind: str) -> dict[str, str]:
    """Name to version of the packages of one kind, as their package URLs say."""
    urls = [component.get("purl", "") for component in sbom["components"]]
    found = [
        re.fullmatch(rf"pkg:{kind}/([^@]+)@([^?]+).*", urllib.parse.unquote(url)) for url in urls
    ]
    return {match[1]: match[2] for match in found if match}


def test_two_builds_have_one_digest(image: BuiltImage, certificates: Certificates, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    # Other times and modes, and what a run leaves.
    shutil.copytree(APP_IMAGE, elsewhere, copy_function=shutil.copyfile)
    (elsewhere / "build.sh").chmod(0o700)
    for script in (elsewhere / "image").iterdir():
        script.chmod(0o700)
    (elsewhere / "task1" / "__pycache__").mkdir(exist_ok=True)
    (elsewhere / "task1" / "__pycache__" / "left.cpython-313.pyc").touch()

    authority = str(certificates.authority)
    build(tmp_path / "again", "--ca", authority, source=elsewhere, umask=0o077)

    again = BuiltImage(tmp_path / "again")
    assert (again.digest, again.sbom) == (image.digest, image.sbom)


def test_it_is_configured_as_the_local_stack_runs_it(image: BuiltImage):
    configured = dict(image.config)
    path, *environment = configured.pop("Env")

    assert path.startswith("PATH=/")
    assert configured.pop("ExposedPorts") == {"5000/tcp": {}}
    assert {**configured, "Env": environment} == OCI_CONFIG["config"]


def test_it_holds_the_sources_that_the_local_stack_runs(image: BuiltImage, root: Path):
    local = {f"{name}/{path}" for name in SOURCES for path in folder_contents(APP_IMAGE / name)}

    assert set(folder_contents(root / "app" / "src")) == local


def test_it_trusts_the_public_authorities_and_those_given(root: Path, certificates: Certificates):
    trusted = (root / "app" / "etc" / "ca.pem").read_text()

    assert trusted.startswith(certificates.authority.read_text())
    assert trusted.count("BEGIN CERTIFICATE") > 100


def test_no_program_but_python(root: Path):
    programs = {
        path.relative_to(root).as_posix()
        for folder in ("usr/bin", "usr/sbin", "usr/local")
        for path in (root / folder).rglob("*")
        if not path.is_dir()
    }

    assert programs == {"usr/bin/python", "usr/bin/python3", "usr/bin/python3.13"}


def test_no_shell_and_no_package_manager_anywhere(root: Path):
    names = {path.name for path in files(root)}

    assert names.isdisjoint(
        {"sh", "bash", "dash", "busybox", "apt", "apt-get", "dpkg", "perl", "pip"}
    )


def test_nothing_is_setuid_or_writable_for_the_api(root: Path):
    modes = {path: path.lstat() for path in root.rglob("*") if not path.is_symlink()}

    risen = [path for path, mode in modes.items() if mode.st_mode & (stat.S_ISUID | stat.S_ISGID)]
    open_to_all = [path for path, mode in modes.items() if mode.st_mode & stat.S_IWOTH]
    assert risen == []
    assert {path.relative_to(root).as_posix() for path in open_to_all} <= {
        "tmp",
        "run/lock",
        "var/tmp",
    }
    assert {(mode.st_uid, mode.st_gid) for mode in modes.values()} == {(0, 0)}


def test_nothing_tells_of_the_machine_that_built_it(root: Path):
    told = [
        name for name in ("etc/apt", "etc/resolv.conf", "etc/hostname") if (root / name).exists()
    ]
    paths = [path for path in files(root / "app") if b"/image/root/" in path.read_bytes()]

    assert (told, paths) == ([], [])


def test_each_module_is_compiled_and_never_compared_with_its_source(root: Path):
    modules = [
        path for folder in ("app", "usr/lib/python3.13") for path in (root / folder).rglob("*.py")
    ]

    compiled = [path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc" for path in modules]
    assert [path for path in compiled if not path.exists()] == []
    assert {path.read_bytes()[4] for path in compiled} == {UNCHECKED}


def test_it_is_small(image: BuiltImage):
    assert sum(layer["size"] for layer in image.manifest["layers"]) < MOST_BYTES


def test_a_change_of_the_api_alone_is_a_small_pull(image: BuiltImage):
    *_, sources = image.manifest["layers"]

    assert sources["size"] < MOST_BYTES // 100


def test_the_sbom_follows_the_published_schema(image: BuiltImage):
    text = (image.layout.parent / "sbom.cdx.json").read_text()

    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)

    assert wrong is None


def test_the_sbom_names_each_package_of_the_lock(image: BuiltImage):
    assert named(image.sbom, "pypi") == locked()


def test_the_sbom_names_each_debian_package(image: BuiltImage, root: Path):
    kept = {path.name for path in (root / "var/lib/dpkg/status.d").iterdir()}

    packages = named(image.sbom, "deb/debian")
    assert set(packages) == kept
    assert {"python3.13-minimal", "libc6", "libssl3t64"} <= kept


def test_the_sbom_is_of_this_image(image: BuiltImage):
    assert image.sbom["metadata"]["component"]["version"] == image.digest


def test_the_root_is_read_only_and_tmp_is_not(image: BuiltImage, root: Path):
    done = run(image, root, "open('/tmp/x', 'w'); open('/app/x', 'w')")

    assert "Read-only file system: '/app/x'" in done.stderr


def test_every_module_of_the_api_can_be_imported(image: BuiltImage, root: Path):
    program = """
import importlib, os, pkgutil, task1
names = [module.name for module in pkgutil.walk_packages(task1.__path__, "task1.")]
for name in names:
    if not name.endswith("__main__") and ".versions." not in name:
        importlib.import_module(name)
print(os.getuid(), len(names) > 5)
"""

    done = run(image, root, program)

    assert (done.stdout, done.stderr) == (f"{USER} True\n", "")


def test_it_answers_health_and_stops_when_told(api: ImageApi):
    api.start_ready()

    posts = api.get("/api/posts").status
    api.signal(signal.SIGTERM)

    assert (posts, api.wait()) == (200, 0)


def test_an_image_for_graviton_is_built_on_any_machine(graviton: BuiltImage):
    root = graviton.unpack()

    headers = [path.read_bytes()[:20] for path in files(root)]
    compiled = [header for header in headers if header.startswith(b"\x7fELF")]
    assert graviton.whole["architecture"] == "arm64"
    assert {int.from_bytes(header[18:], "little") for header in compiled} == {AARCH64}
    assert named(graviton.sbom, "pypi") == locked()
