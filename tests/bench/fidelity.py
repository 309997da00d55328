"""How much of what the stacks ask for is checked against AWS's own schemas."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SHARE = re.compile(r"checked ([\d.]+) % of \d+ properties")


def covered_percent() -> Sequence[float]:
    """One value, since each run gives the same; a process of its own, for its recorded graphs."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fidelity"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    share = _SHARE.search(done.stdout)
    if done.returncode or share is None:
        sys.exit(f"make fidelity failed:\n{done.stdout}{done.stderr}")
    return [float(share[1])]
