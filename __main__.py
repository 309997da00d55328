"""What the engine runs; the program is infra/program.py."""

from infra.program import main

main()
