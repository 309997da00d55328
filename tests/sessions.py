"""Sessions of processes: what a killed command has left behind is ended too."""

import os
import signal
from pathlib import Path


def end_session(session: int) -> None:
    """Kill every process of a session: each child of the engine has a group of its own."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                os.kill(int(entry.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            continue
