"""Entry point of the `stackyard` command."""

from stackyard.cli import main

main()
