"""The Pulumi CLI and Kubernetes' executables: found, else downloaded, else built."""

from __future__ import annotations

import fcntl
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local import binary_cache, disk_space, python_executor
from stackyard.local.downloads import DamagedDownloadError, UnreachableError, download, read_text
from stackyard.local.go_build import go_build
from stackyard.local.secrets import atomic_file
from stackyard.local.versions import KUBERNETES_VERSION, PULUMI_VERSION, cache_folder

PULUMI_RELEASES = "https://github.com/pulumi/pulumi/releases/download"
KUBERNETES_RELEASES = "https://dl.k8s.io"

_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
_VERSION_SECONDS = 20
DOWNLOAD_MIB = 500
"""The largest archive and what is unpacked of it."""
_TOOLS = Path(__file__).resolve().parents[2] / "tools"

OnProgress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Binary:
    """One executable and where each way finds it."""

    name: str
    family: str
    """`pulumi` or `kubernetes`: folder of the cache and of tools/."""
    version: str
    version_words: Sequence[str]
    """Arguments that make it print its version."""
    package: str
    """The Go package that it is built from."""
    flags: str
    """Linker flags that write the version into it."""


def _kubernetes(name: str, *version_words: str) -> Binary:
    variable = "-X k8s.io/component-base/version.git"
    major, minor, _ = KUBERNETES_VERSION.split(".")
    return Binary(
        name=name,
        family="kubernetes",
        version=KUBERNETES_VERSION,
        version_words=version_words,
        package=f"k8s.io/kubernetes/cmd/{name}",
        flags=f"-s -w {variable}Version=v{KUBERNETES_VERSION}"
        f" {variable}Major={major} {variable}Minor={minor}",
    )


PULUMI = Binary(
    name="pulumi",
    family="pulumi",
    version=PULUMI_VERSION,
    version_words=("version",),
    package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    flags="-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v" + PULUMI_VERSION,
)
BINARIES = (
    PULUMI,
    _kubernetes("kube-apiserver", "--version"),
    _kubernetes("kube-controller-manager", "--version"),
    _kubernetes("kube-scheduler", "--version"),
    _kubernetes("kubectl", "version", "--client"),
)


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Where each executable is."""

    paths: Mapping[str, Path]

    @property
    def pulumi(self) -> Path:
        """The Pulumi CLI."""
        return self.paths[PULUMI.name]

    @property
    def folders(self) -> list[Path]:
        """The folders that hold them, for a PATH."""
        return list(dict.fromkeys(path.parent for path in self.paths.values()))


def find(binary: Binary, cache: Path | None = None) -> Path | None:
    """The executable on PATH if its version fits, else the cached one if it is whole."""
    given = given_on_path(binary, cache)
    if given is not None:
        return given
    cached = place(binary, cache)
    return cached if cached.is_file() and fault_of(binary, cached) is None else None


def fault_of(binary: Binary, cached: Path, *, read_all: bool = False) -> str | None:
    """What is wrong with a cached executable; see `binary_cache.damage` for `read_all`."""
    if binary_cache.has_checksum(cached):
        return binary_cache.damage(cached, read_all=read_all)
    # An earlier version kept it without a note.
    fits = version_fits(binary, version_of(binary, cached))
    return None if fits else f"it does not say that it is version {binary.version}"


def given_on_path(binary: Binary, cache: Path | None = None) -> Path | None:
    """The user's own executable; none where there is none, or its version does not fit."""
    given = shutil.which(binary.name)
    if given is None or Path(given) == place(binary, cache):
        return None
    return Path(given) if version_fits(binary, version_of(binary, Path(given))) else None


def found(cache: Path | None = None) -> Tools:
    """All executables, none downloaded or built. Raises `StackyardError` for a missing one."""
    paths = {binary.name: find(binary, cache) for binary in BINARIES}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise StackyardError(f"{', '.join(missing)}: not there, or damaged; run: make up")
    return Tools(paths={name: path for name, path in paths.items() if path is not None})


def ensure(*, on_progress: OnProgress, cache: Path | None = None) -> Tools:
    """All executables; what is missing or damaged is downloaded from its releases, else built.

    Raises `StackyardError` when a build fails, or the disk has no room for it.
    """
    paths: dict[str, Path] = {}
    unreachable: set[str] = set()
    for binary in BINARIES:
        path = find(binary, cache)
        if path is None:
            with _locked(binary, cache):
                path = find(binary, cache) or _obtain(binary, cache, unreachable, on_progress)
        paths[binary.name] = path
        if path == place(binary, cache):
            binary_cache.keep_checksum(path)
    tools = Tools(paths=paths)
    if not python_executor.has_language_host(tools.pulumi):
        python_executor.install(place(PULUMI, cache).parent, _TOOLS / PULUMI.family)
    return tools


def version_of(binary: Binary, path: Path) -> tuple[int, int, int] | None:
    """The version that the executable prints; none for one that prints no version."""
    try:
        answer = subprocess.run(
            [path, *binary.version_words],
            capture_output=True,
            text=True,
            timeout=_VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(answer.stdout)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def version_fits(binary: Binary, version: tuple[int, int, int] | None) -> bool:
    """Pulumi: the same major, not older. Kubernetes: the same minor, not older."""
    wanted = tuple(int(part) for part in binary.version.split("."))
    if version is None or version < wanted:
        return False
    same = 1 if binary.family == PULUMI.family else 2
    return version[:same] == wanted[:same]


def fetch(binary: Binary, releases: str, target: Path, on_progress: OnProgress) -> None:
    """Download `binary` from the release address `releases` to `target`, checksum verified.

    Raises `UnreachableError` or `DamagedDownloadError`; `target` is whole or not there.
    """
    system = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
    if platform.system() != "Linux" or system is None:
        raise UnreachableError(f"no release for {platform.system()} on {platform.machine()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    if binary.family == PULUMI.family:
        _fetch_pulumi(releases, {"amd64": "x64"}.get(system, system), target, on_progress)
        return
    address = f"{releases}/v{binary.version}/bin/linux/{system}/{binary.name}"
    checksum = checksum_in(read_text(f"{address}.sha256"), binary.name)
    with atomic_file(target) as temporary:
        download(address, temporary, sha256=checksum, on_progress=_named(binary, on_progress))
        temporary.chmod(0o755)


def checksum_in(text: str, name: str) -> str:
    """The SHA-256 of `name` in a published checksum file: `<hex>  <name>` lines, or `<hex>`."""
    for line in text.splitlines():
        words = line.split()
        if words[1:] in ([], [name]) and re.fullmatch(r"[0-9a-f]{64}", "".join(words[:1])):
            return words[0]
    raise DamagedDownloadError(f"the published checksums have no SHA-256 of {name}")


def _fetch_pulumi(releases: str, system: str, target: Path, on_progress: OnProgress) -> None:
    base = f"{releases}/v{PULUMI_VERSION}"
    name = f"pulumi-v{PULUMI_VERSION}-linux-{system}.tar.gz"
    checksum = checksum_in(read_text(f"{base}/pulumi-{PULUMI_VERSION}-checksums.txt"), name)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{name}.") as folder:
        archive = Path(folder) / name
        download(
            f"{base}/{name}", archive, sha256=checksum, on_progress=_named(PULUMI, on_progress)
        )
        _unpack(archive, target)


def _unpack(archive: Path, target: Path) -> None:
    """Take the CLI and what it needs for Python; the CLI last, since it stands for all."""
    with tarfile.open(archive) as opened:
        members = [
            member
            for member in opened.getmembers()
            if member.isfile() and (member.name == "pulumi/pulumi" or "python" in member.name)
        ]
        for member in sorted(members, key=lambda member: member.name == "pulumi/pulumi"):
            content = opened.extractfile(member)
            if content is None:
                continue
            with atomic_file(target.with_name(Path(member.name).name)) as temporary:
                with temporary.open("wb") as out:
                    shutil.copyfileobj(content, out)
                temporary.chmod(0o755)


def _obtain(
    binary: Binary, cache: Path | None, unreachable: set[str], on_progress: OnProgress
) -> Path:
    target = place(binary, cache)
    _clear(binary, target, on_progress)
    releases = PULUMI_RELEASES if binary.family == PULUMI.family else KUBERNETES_RELEASES
    if releases not in unreachable:
        disk_space.check(target.parent, DOWNLOAD_MIB, f"download {binary.name}")
        try:
            fetch(binary, releases, target, on_progress)
        except (UnreachableError, DamagedDownloadError) as error:
            unreachable.add(releases)
            on_progress(f"{binary.name}: {error}; builds it from its Go module")
        else:
            return target
    number = [each.name for each in BINARIES].index(binary.name) + 1
    go_build(
        _TOOLS / binary.family,
        binary.package,
        target,
        flags=binary.flags,
        on_progress=_named(binary, on_progress, f" ({number} of {len(BINARIES)})"),
    )
    version = version_of(binary, target)
    if not version_fits(binary, version):
        target.unlink()
        raise StackyardError(
            f"{binary.name} was built as version {version}, not {binary.version}; "
            f"see {_TOOLS / binary.family / 'go.mod'}"
        )
    return target


def _clear(binary: Binary, target: Path, on_progress: OnProgress) -> None:
    """Take away what stands in the way of a new `target`: a damaged one, halves of earlier ones."""
    binary_cache.remove_halves(target.parent)
    if target.is_file():
        on_progress(f"{target} is damaged ({fault_of(binary, target)}); it is made again")
        binary_cache.remove(target)


def place(binary: Binary, cache: Path | None = None) -> Path:
    """Where the cache keeps it."""
    return (cache or cache_folder()) / binary.family / binary.version / binary.name


def _named(binary: Binary, on_progress: OnProgress, more: str = "") -> OnProgress:
    return lambda text: on_progress(f"{binary.name}{more}: {text}")


@contextmanager
def _locked(binary: Binary, cache: Path | None) -> Generator[None, None, None]:
    """One process at a time: a second `make up` waits for the build instead of doing it too."""
    folder = place(binary, cache).parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / binary_cache.LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
