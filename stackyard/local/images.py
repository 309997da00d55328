"""Images as folders: a reference by digest, the OCI config, where `/app` of the image lies."""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from stackyard.local.kube_json import child, words
from stackyard.local.wire import JsonObject

IMAGE_ROOT = "/app"
"""What the image's own paths call the folder."""
_REFERENCE = re.compile(r"[a-z0-9][\w./:-]*@sha256:([0-9a-f]{64})")
_IN_IMAGE = re.compile(rf"(^|[:=]){re.escape(IMAGE_ROOT)}(?=/|:|$)")

PYTHON = str(Path(sys.executable).resolve())
"""The node's interpreter without its virtual environment: an image brings its own packages."""
INTERPRETER = (PYTHON, "-S")
"""What `python` starts: it sees none of the packages that the machine has installed beside it."""


class ImageMissingError(LookupError):
    """No folder holds the image that a container names."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """One unpacked image: its folder and what its OCI config says, paths already mapped."""

    folder: Path
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: dict[str, str]
    working_directory: str


def find_image(images: Path, reference: str) -> Image:
    """The image of that reference. Raises `ImageMissingError` with the words of a pull error."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise ImageMissingError(
            f'failed to pull image "{reference}": the node finds images by digest;'
            " write <repository>@sha256:<64 hexadecimal digits>"
        )
    folder = images / found[1]
    try:
        told: JsonObject = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ImageMissingError(
            f'failed to pull image "{reference}": {reference}: not found;'
            " `make up` builds the image of this checkout"
        ) from error
    except ValueError as error:
        raise ImageMissingError(
            f'failed to pull image "{reference}": its config.json is no JSON ({error})'
        ) from error
    return _image(folder, child(told, "config"))


def in_image(value: str, folder: Path) -> str:
    """`value` with each path under `/app` made a path under the image's folder."""
    return _IN_IMAGE.sub(lambda match: f"{match[1]}{folder}", value)


def _image(folder: Path, config: JsonObject) -> Image:
    lines = [line.partition("=") for line in words(config, "Env")]
    return Image(
        folder=folder,
        entrypoint=tuple(in_image(word, folder) for word in words(config, "Entrypoint")),
        command=tuple(in_image(word, folder) for word in words(config, "Cmd")),
        environment={name: in_image(value, folder) for name, _, value in lines},
        working_directory=in_image(config.get("WorkingDir") or IMAGE_ROOT, folder),
    )
