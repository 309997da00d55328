"""What the engine runs in this folder; the program is bootstrap/program.py."""

import sys
from pathlib import Path

# The engine's folder is this one; what the program shares with the stacks lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bootstrap.program import main  # after the path

main()
