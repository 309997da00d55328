"""`make logs`: the last lines of every process and pod of the slot; what failed comes last."""

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from stackyard.errors import SettingsFaultError
from stackyard.local import cloud
from stackyard.local.layout import Layout

ENGINE, SUPERVISOR = "pulumi", "supervisor"
LOGS: Mapping[str, tuple[str, ...]] = {
    "aws": ("aws",),
    "kubernetes": ("etcd", "kube-"),
    "databases": ("database-",),
    "caches": ("cache-",),
    "balancer": ("haproxy",),
}
"""Part to how its logs' names begin; the other parts run in the supervisor and write to its log."""


def tails(layout: Layout, name: str | None, lines: int) -> Iterator[tuple[str, list[str]]]:
    """Name and last lines of each log that has any, or of those whose name holds `name`.

    The latest written comes last, after it what tells why the last command failed: the engine's
    log, or where parts are not ready, theirs. Raises `SettingsFaultError` when no log has that
    name.
    """
    files = {_name(file, layout): file for file in layout.logs.rglob("*.log")}
    chosen = [known for known in files if name is None or name in known]
    if not chosen:
        known = ", ".join(sorted(files)) or "none yet; run: make up"
        asked = "there is no log" if name is None else f"no log is named {name!r}"
        raise SettingsFaultError(f"{asked}; logs: {known}")
    telling = _telling(layout)
    chosen.sort(key=lambda one: (_rank(one, telling), files[one].stat().st_mtime))
    for one in chosen:
        with files[one].open(encoding="utf-8", errors="replace") as log:
            tail = [line.rstrip("\n") for line in deque(log, maxlen=lines)]
        if tail:
            yield one, tail


def _telling(layout: Layout) -> list[str]:
    """Beginnings of the names of logs that tell what is wrong, the one that tells most last."""
    ill = [part.name for part in cloud.parts(layout) if part.state != "ready"]
    if ill:
        return [ENGINE, *(start for part in ill for start in LOGS.get(part, (SUPERVISOR,)))]
    if cloud.supervisor_pid(layout) is None:
        return [ENGINE, SUPERVISOR]
    return [SUPERVISOR, ENGINE]


def _rank(name: str, telling: list[str]) -> int:
    return max((at for at, start in enumerate(telling, 1) if name.startswith(start)), default=0)


def _name(file: Path, layout: Layout) -> str:
    return str(file.relative_to(layout.logs).with_suffix(""))
