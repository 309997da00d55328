"""`make down`: the stack destroyed through the engine, then every process of the slot ended."""

import shutil

from stackyard.errors import StackyardError
from stackyard.local import cloud
from stackyard.local.layout import Layout
from stackyard.local.stack import workspace_of
from stackyard.ops.run import destroy
from stackyard.progress import Progress


def down(layout: Layout, progress: Progress, *, force: bool = False) -> None:
    """Leave no process, port or file of the slot; what is cached for the next `make up` stays.

    `force` leaves the engine out: the whole cloud goes, with what it held.
    Raises `StackyardError` when the engine could not destroy the stack; nothing is ended then,
    so that a second `make down` goes on.
    """
    if not layout.folder.exists():
        progress.line("nothing is up")
        return
    if not force and cloud.supervisor_pid(layout) is not None and layout.stack_file.exists():
        try:
            destroy(workspace_of(layout), progress)
        except StackyardError as problem:
            way = "make down FORCE=1 ends the cloud without the engine"
            raise type(problem)(f"{problem}\n{way}") from problem
    with progress.step("cloud") as step:
        cloud.stop(layout)
        shutil.rmtree(layout.folder)
        layout.environment_file.unlink(missing_ok=True)
        step.says("every process ended")
