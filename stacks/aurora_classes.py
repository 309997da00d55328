"""What an Aurora MySQL instance class holds: memory, and connections by default."""

import re

SERVERLESS = "db.serverless"
ACU_GIB = 2
"""Memory of an Aurora capacity unit."""
_BURSTABLE = {"small": 2, "medium": 4, "large": 8}
_LARGE_GIB = {"r": 16, "x": 32}
"""Memory of size `large` by family; `xlarge` has twice as much, `2xlarge` four times."""
_CLASS = re.compile(r"db\.(t|r|x)\d[a-z]*\.(small|medium|large|(\d*)xlarge)")
_CONNECTIONS = {
    0: 45, 4: 90, 8: 135, 16: 1000, 32: 2000, 64: 3000, 128: 4000, 256: 5000, 384: 6000, 768: 7000,
}  # fmt: skip
"""Default of max_connections by GiB from which it holds (Aurora user guide, "Maximum connections to
an Aurora MySQL DB instance")."""


def memory_gib(instance_class: str, acu_max: float) -> float:
    """GiB of a class, of a serverless one at its largest.

    Raises `ValueError` for a class that Aurora MySQL has none of (Aurora user guide, "DB instance
    class types").
    """
    if instance_class == SERVERLESS:
        return acu_max * ACU_GIB
    match = _CLASS.fullmatch(instance_class)
    gib = None
    if match and match[1] == "t":
        gib = _BURSTABLE.get(match[2])
    elif match and match[2] in {"large", "xlarge"}:
        gib = _LARGE_GIB[match[1]] * (1 if match[2] == "large" else 2)
    elif match and match[3]:
        gib = _LARGE_GIB[match[1]] * 2 * int(match[3])
    if gib is None:
        raise ValueError(
            f"{instance_class!r} is no class of Aurora MySQL; write one like db.r8g.large,"
            f" db.t4g.medium or {SERVERLESS}"
        )
    return float(gib)


def max_connections(gib: float) -> int:
    """Connections that an instance takes by default."""
    return max(count for least, count in _CONNECTIONS.items() if least <= gib)
