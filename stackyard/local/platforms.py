"""Where the embedded cloud runs; imports nothing that another system lacks."""

import platform

from stackyard.errors import StackyardError

SYSTEM = "Linux"


def check_platform() -> None:
    """Raise `StackyardError` with the way out where the embedded cloud cannot run."""
    here = platform.system()
    if here == SYSTEM:
        return
    way = "in WSL 2 (wsl --install)" if here == "Windows" else "in a Linux VM (Lima, Multipass)"
    raise StackyardError(
        f"the embedded cloud runs on Linux, not on {here}: run the same command {way};"
        " make check works here too"
    )
