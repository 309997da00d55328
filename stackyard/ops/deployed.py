"""`stackyard image set`: the stack file names a pushed image, or the one that is deployed."""

from pathlib import Path
from typing import Any

from stacks.review import stack_file_name
from stackyard.errors import SettingsFaultError
from stackyard.ops.command import workspace_here
from stackyard.ops.outputs import stack_outputs
from stackyard.ops.release import IMAGE
from stackyard.stack_image import set_image


def name_image(root: Path, stack: str, image: str) -> str:
    """Write an image into the stack file; the file's name.

    Raises `SettingsFaultError` for an image that is not named by digest.
    """
    if not IMAGE.fullmatch(image):
        raise SettingsFaultError(
            f"{image!r} is no image by digest; write <repository>@sha256:<64 hexadecimal digits>"
        )
    file = root / stack_file_name(stack)
    set_image(file, image)
    return file.name


def deployed_image(root: Path, stack: str) -> str | None:
    """The image that the stack's outputs name; None before its first deployment.

    Raises `StackyardError`.
    """
    outputs = stack_outputs(workspace_here(root, stack))
    app: dict[str, Any] = outputs.get("app") or {}
    image: str | None = app.get("image")
    return image
