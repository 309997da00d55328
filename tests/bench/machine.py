"""What figures were measured on; those of another machine are not kept beside new ones."""

import os
import platform
from importlib.metadata import version

VERSIONS = ("pulumi", "pulumi-aws", "pulumi-kubernetes", "moto")


def machine() -> dict[str, str]:
    """Cores, memory, system, and the versions that matter."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in VERSIONS},
    }
