"""The site's files, as they lie in site/."""

from pathlib import Path

import pulumi

from stacks.content_types import content_type

ROOT = Path(__file__).parent.parent
FOLDER = "site"


def site_files(root: Path = ROOT) -> dict[str, Path]:
    """Key in the bucket to the file's path from the project's folder, where the engine runs.

    Raises `pulumi.RunError`, which the engine shows without a traceback, if there is no first page
    or a file of a kind that the site does not know.
    """
    folder = root / FOLDER
    keys = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.parts[len(folder.parts) :])
    )
    if "index.html" not in keys:
        raise pulumi.RunError(f"{FOLDER}/index.html is missing: it is what the site opens with")
    for key in keys:
        try:
            content_type(key)
        except ValueError as problem:
            raise pulumi.RunError(str(problem)) from problem
    return {key: Path(FOLDER) / key for key in keys}
