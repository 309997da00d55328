"""Our server as a pod runs it: the image unpacked, with its own interpreter and packages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.api.app_image import BuiltImage, in_pod
from tests.bench.image import built


@dataclass(frozen=True, kw_only=True)
class Pod:
    """The image's root, and what its configuration sets."""

    root: Path
    environment: Mapping[str, str]

    def python(self, *words: str) -> list[str]:
        """The command that runs its interpreter on a read-only root, as the image's user."""
        return in_pod(self.root, ["python", *words])


def pod(folder: Path, authority: Path) -> Pod:
    """Build the image with this authority beside the public ones. Raises `ImageError`.

    As root, which half a core needs too.
    """
    output = folder / "image"
    built(output, "--ca", str(authority))
    image = BuiltImage(output)
    return Pod(root=image.unpack(), environment=image.environment)
