"""An image as a folder, an OCI image layout: what has to be pushed, in which order."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import StackyardError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_INDICES = {INDEX, "application/vnd.docker.distribution.manifest.list.v2+json"}
_MANIFESTS = {MANIFEST, "application/vnd.docker.distribution.manifest.v2+json"}


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A layer or a configuration."""

    digest: str
    size: int
    """Bytes."""
    path: Path


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """An image, or an index of images for several platforms."""

    digest: str
    media_type: str
    content: bytes
    blobs: tuple[Blob, ...]
    """Configuration and layers; none of an index."""
    images: tuple["Manifest", ...]
    """What an index names."""
    platforms: frozenset[str]
    """What it runs on, such as linux/arm64."""

    def all_manifests(self) -> Iterator["Manifest"]:
        """Itself last: a registry takes an index after what it names."""
        for image in self.images:
            yield from image.all_manifests()
        yield self

    def all_blobs(self) -> dict[str, Blob]:
        """By digest: images share layers."""
        return {b.digest: b for manifest in self.all_manifests() for b in manifest.blobs}


def read_layout(folder: Path) -> Manifest:
    """The one image of a layout, every file of it found and of the size it should have.

    Raises `StackyardError` in a line.
    """
    try:
        json.loads((folder / "oci-layout").read_bytes())
        index = json.loads((folder / "index.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise StackyardError(
            f"{folder} is no OCI layout: {problem.filename} is not there; make one:"
            " sudo app-image/build.sh --arch arm64 --output FOLDER, then give FOLDER/oci"
        ) from problem
    except ValueError as problem:
        raise _damaged(folder, f"index.json or oci-layout is no JSON ({problem})") from problem
    found: list[dict[str, Any]] = index.get("manifests") or []
    if len(found) != 1:
        raise StackyardError(
            f"{folder} holds {len(found)} images; give a layout of one, or of one index"
        )
    return _manifest(folder, found[0])


def _manifest(folder: Path, descriptor: Mapping[str, Any]) -> Manifest:
    path = _blob(folder, descriptor).path
    content = path.read_bytes()
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != descriptor["digest"]:
        raise _damaged(folder, f"{path.name} is not what its name says")
    document: dict[str, Any] = json.loads(content)
    media_type = str(document.get("mediaType") or descriptor["mediaType"])
    images, blobs = (), ()
    if media_type in _INDICES:
        images = tuple(_manifest(folder, each) for each in document["manifests"])
        platforms = frozenset[str]().union(*(image.platforms for image in images))
    elif media_type in _MANIFESTS:
        blobs = tuple(_blob(folder, each) for each in (document["config"], *document["layers"]))
        platforms = _platforms(blobs[0].path)
    else:
        raise _damaged(folder, f"{path.name} is neither image nor index but {media_type}")
    return Manifest(
        digest=str(descriptor["digest"]),
        media_type=media_type,
        content=content,
        blobs=blobs,
        images=images,
        platforms=platforms,
    )


def _platforms(config: Path) -> frozenset[str]:
    document: dict[str, Any] = json.loads(config.read_bytes())
    return frozenset({f"{document.get('os')}/{document.get('architecture')}"})


def _blob(folder: Path, descriptor: Mapping[str, Any]) -> Blob:
    digest, size = str(descriptor["digest"]), int(descriptor["size"])
    path = folder / "blobs" / Path(*digest.split(":"))
    if not path.is_file():
        raise _damaged(folder, f"{digest} is not there")
    if path.stat().st_size != size:
        raise _damaged(folder, f"{digest} has {path.stat().st_size} bytes of {size}")
    return Blob(digest=digest, size=size, path=path)


def _damaged(folder: Path, what: str) -> StackyardError:
    return StackyardError(f"{folder} is damaged: {what}; build it again: app-image/build.sh")
