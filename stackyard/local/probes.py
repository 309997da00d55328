"""Probes of a container: what is asked, how answers add up, how often."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import aiohttp

from stackyard.local.kube_json import child, children, words
from stackyard.local.wire import JsonObject

ProbeKind = Literal["startup", "readiness", "liveness"]
FAST_SECONDS = 0.25
"""Period of a probe that a start waits for: whoever runs `make up` waits too."""
FAST_FOR_SECONDS = 60.0
"""How long after a start that holds; then the spec's period does."""
USER_AGENT = "kube-probe/1.36"

Run = Callable[[Sequence[str], float], Awaitable[tuple[int, str]]]
"""Run a command in the container's environment: exit code and output, within seconds."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One probe of the spec with the defaults of Kubernetes."""

    kind: ProbeKind
    action: JsonObject
    initial_delay: float
    period: float
    timeout: float
    success_threshold: int
    failure_threshold: int

    @property
    def startup_seconds(self) -> float:
        """How long a start may take: asked faster than the spec says, attempts don't count."""
        return self.initial_delay + self.period * self.failure_threshold


def probe_of(container: JsonObject, kind: ProbeKind) -> Probe | None:
    """The container's probe of that kind, if it has one that the node can ask."""
    spec = child(container, f"{kind}Probe")
    if not any(action in spec for action in ("httpGet", "tcpSocket", "exec")):
        return None
    return Probe(
        kind=kind,
        action=spec,
        initial_delay=spec.get("initialDelaySeconds") or 0,
        period=spec.get("periodSeconds") or 10,
        timeout=spec.get("timeoutSeconds") or 1,
        success_threshold=spec.get("successThreshold") or 1,
        failure_threshold=spec.get("failureThreshold") or 3,
    )


@dataclass(kw_only=True)
class Tally:
    """Answers in a row against the thresholds."""

    probe: Probe
    good: int = field(default=0, init=False)
    bad: int = field(default=0, init=False)

    def count(self, *, ok: bool, elapsed: float) -> bool | None:
        """Add an answer, `elapsed` seconds after the start; True or False once it decides."""
        self.good, self.bad = (self.good + 1, 0) if ok else (0, self.bad + 1)
        if ok:
            return True if self.good >= self.probe.success_threshold else None
        if self.probe.kind == "startup":
            return False if elapsed >= self.probe.startup_seconds else None
        return False if self.bad >= self.probe.failure_threshold else None


def pause(probe: Probe, *, decided: bool, elapsed: float) -> float:
    """Seconds until the next question; `decided` where the container has passed the probe."""
    eager = probe.kind != "liveness" and not decided and elapsed < FAST_FOR_SECONDS
    return min(probe.period, FAST_SECONDS) if eager else probe.period


def port_number(container: JsonObject, port: int | str) -> int:
    """A probe's port, by number or by the name of a container port."""
    if isinstance(port, int):
        return port
    named = {p["name"]: p["containerPort"] for p in children(container, "ports") if "name" in p}
    if port not in named:
        raise ValueError(f"port {port!r} is none of the container's: {', '.join(named) or 'none'}")
    return named[port]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A running container, as probes and hooks reach it."""

    container: JsonObject
    address: str
    session: aiohttp.ClientSession
    run: Run


async def ask(action: JsonObject, target: Target, *, timeout_seconds: float) -> str | None:
    """Ask once; None if the answer is good, else what is wrong with it, in the kubelet's words."""
    try:
        if "exec" in action:
            code, output = await target.run(words(action["exec"], "command"), timeout_seconds)
            return None if code == 0 else f"command exited with {code}: {output.strip()}"
        if "tcpSocket" in action:
            socket = action["tcpSocket"]
            port = port_number(target.container, socket["port"])
            return await _tcp(socket.get("host") or target.address, port, timeout_seconds)
        return await _http(action["httpGet"], target, timeout_seconds=timeout_seconds)
    except ValueError as error:
        return str(error)


async def _tcp(host: str, port: int, timeout_seconds: float) -> str | None:
    try:
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        return f"dial tcp {host}:{port}: {error}"
    writer.close()
    return None


async def _http(get: JsonObject, target: Target, *, timeout_seconds: float) -> str | None:
    port = port_number(target.container, get["port"])
    scheme = str(get.get("scheme") or "HTTP").lower()
    path = "/" + str(get.get("path") or "/").lstrip("/")
    url = f"{scheme}://{get.get('host') or target.address}:{port}{path}"
    headers: Mapping[str, str] = {
        "User-Agent": USER_AGENT,
        **{h["name"]: h["value"] for h in children(get, "httpHeaders")},
    }
    limit = aiohttp.ClientTimeout(total=timeout_seconds)
    try:
        # As a kubelet's: a probe over HTTPS does not judge the certificate.
        async with target.session.get(
            url, headers=headers, timeout=limit, ssl=False, allow_redirects=False
        ) as response:
            good = 200 <= response.status < 400
            return None if good else f"HTTP probe failed with statuscode: {response.status}"
    except TimeoutError:
        return f'Get "{url}": no answer within {timeout_seconds:g} s'
    except (aiohttp.ClientError, OSError) as error:
        return f'Get "{url}": {error}'
