"""`make down`: the stack destroyed through the engine, then every process of the slot ended."""

import shutil

from stackyard.errors import StackyardError
from stackyard.local import cloud, engine
from stackyard.local.layout import Layout
from stackyard.local.stack import engine_variables
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
        with progress.step("stack") as step:
            variables = engine_variables(layout)
            run = engine.operate(
                layout,
                variables,
                ["destroy"],
                on_progress=lambda done: step.says(f"{done} resources"),
            )
            step.says(f"{run.changes.get('delete', 0)} resources deleted")
            if run.exit_code != 0:
                said = "\n".join(run.errors) or "the engine could not destroy the stack"
                raise StackyardError(f"{said}\nmake down FORCE=1 ends the cloud without it")
    with progress.step("cloud") as step:
        cloud.stop(layout)
        shutil.rmtree(layout.folder)
        layout.environment_file.unlink(missing_ok=True)
        step.says("every process ended")
