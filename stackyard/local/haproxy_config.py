"""HAProxy's configuration as text, in settings that come nearest to an ALB; pure.

One difference stays: an ALB with no healthy target sends to all of them, this one to none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.local.balancer import (
    NO_BACKEND,
    Backend,
    Balancing,
    Condition,
    Frontend,
    Redirect,
    Reply,
    Rule,
)
from stackyard.local.balancer_targets import Slot, slot_count
from stackyard.local.request_counts import LOG_FORMAT

CONNECT_SECONDS = 10  # what an ALB waits for a target's connection
DRAINING_WORKER_SECONDS = 60
BAD_GATEWAY_FILE = "502.http"
_BAD_GATEWAY_BODY = "<html><body><h1>502 Bad Gateway</h1></body></html>"
BAD_GATEWAY = (
    "HTTP/1.1 502 Bad Gateway\r\n"
    "Server: awselb/2.0\r\n"
    "Content-Type: text/html\r\n"
    f"Content-Length: {len(_BAD_GATEWAY_BODY)}\r\n"
    "\r\n"
    f"{_BAD_GATEWAY_BODY}"
)
"""Sent in place of HAProxy's own 503: an ALB answers 502 when a target refuses."""

_NO_TARGET_WORDS = (
    "http-request return status 503 content-type text/html string"
    " '<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>'"
)


@dataclass(frozen=True, kw_only=True)
class Files:
    """What the configuration refers to."""

    run: Path
    """Folder of the socket, the weight maps and the error page."""
    certificate: Path
    """Certificate and key, one after the other, of the listeners that speak TLS."""

    @property
    def socket(self) -> Path:
        """HAProxy's runtime socket."""
        return self.run / "haproxy.sock"

    def weight_map(self, key: str) -> Path:
        """The map of a forwarding rule."""
        return self.run / f"weights-{key}.map"


def configuration(
    wanted: Balancing, slots: Mapping[str, Iterable[Slot]], files: Files, sizes: Mapping[str, int]
) -> str:
    """The whole text. Healthy targets are written as servers that start UP.

    HAProxy forgets at a reload what it was told over its socket; a target that is only told again
    afterwards would be away for its checks, and its requests would fail. `sizes` is how many
    server slots each backend has.
    """
    parts = [_global(files), _defaults(files)]
    parts += [_frontend(frontend, files) for frontend in wanted.frontends]
    for frontend in wanted.frontends:
        parts += [_answer(rule) for rule in frontend.rules if _answers_itself(rule)]
    for backend in wanted.backends:
        healthy = {s.number: s for s in slots.get(backend.name, ()) if s.state == "healthy"}
        size = max(sizes.get(backend.name, 0), slot_count(slots.get(backend.name, ())))
        parts.append(_backend(backend, healthy, size))
    parts.append(f"backend {NO_BACKEND}\n    {_NO_TARGET_WORDS}\n")
    return "\n".join(parts)


def _global(files: Files) -> str:
    return (
        "global\n"
        f"    stats socket {files.socket} mode 600 level admin expose-fd listeners\n"
        "    maxconn 2000\n"
        "    nbthread 1\n"
        f"    hard-stop-after {DRAINING_WORKER_SECONDS}s\n"
    )


def _defaults(files: Files) -> str:
    # No retry and no passive check, as in an ALB: a rehearsal that hides crashes would flatter.
    return (
        "defaults\n"
        "    mode http\n"
        f"    timeout connect {CONNECT_SECONDS}s\n"
        "    timeout client 60s\n"
        "    timeout server 60s\n"
        "    timeout queue 5s\n"
        "    option http-keep-alive\n"
        "    option forwardfor\n"
        "    retries 0\n"
        f"    errorfile 503 {files.run / BAD_GATEWAY_FILE}\n"
    )


def _frontend(frontend: Frontend, files: Files) -> str:
    security = f" ssl crt {files.certificate} alpn h2,http/1.1" if frontend.tls else ""
    scheme = "https" if frontend.tls else "http"
    lines = [
        f"frontend {frontend.name}",
        f"bind {frontend.address}:{frontend.port}{security}",
        f"timeout client {frontend.idle_seconds}s",
        "log stdout format raw local0",
        f'log-format "{LOG_FORMAT}"',
        f"http-request set-header X-Forwarded-Proto {scheme}",
        f"http-request set-header X-Forwarded-Port {frontend.listener_port}",
    ]
    for place, rule in enumerate(frontend.rules):
        lines += _routing(f"rule{place}", rule, files)
    lines.append(f"default_backend {NO_BACKEND}")
    return "\n    ".join(lines) + "\n"


def _routing(name: str, rule: Rule, files: Files) -> list[str]:
    lines: list[str] = []
    tests: list[str] = []
    for place, condition in enumerate(rule.conditions):
        tests.append(f"{name}-{place}")
        lines.append(f"acl {tests[-1]} {_test(condition)}")
    target = (
        f"answer-{rule.key}"
        if _answers_itself(rule)
        else f"%[rand(100),map({files.weight_map(rule.key)},{NO_BACKEND})]"
    )
    when = f" if {' '.join(tests)}" if tests else ""
    return [*lines, f"use_backend {target}{when}"]


def _test(condition: Condition) -> str:
    if condition.kind == "source-ip":
        return f"src {' '.join(condition.values)}"
    if condition.kind == "http-request-method":
        return f"method {' '.join(_quoted(value) for value in condition.values)}"
    fetch = {
        "path-pattern": "path -m reg",
        "host-header": "req.hdr(host),field(1,:) -i -m reg",
        "http-header": f"req.hdr({condition.header}) -i -m reg",
    }[condition.kind]
    return " ".join([fetch, *(_quoted(_pattern(value)) for value in condition.values)])


def _pattern(wildcards: str) -> str:
    """ELB's wildcards as a regular expression: `*` any characters, `?` exactly one."""
    special = {"*": ".*", "?": "."}
    return f"^{''.join(special.get(c) or re.escape(c) for c in wildcards)}$"


def _answers_itself(rule: Rule) -> bool:
    return isinstance(rule.action, Reply | Redirect)


def _answer(rule: Rule) -> str:
    action = rule.action
    if isinstance(action, Reply):
        words = f"http-request return status {action.status}"
        if action.body:
            words += f" content-type {_quoted(action.content_type)} string {_quoted(action.body)}"
    elif isinstance(action, Redirect):
        words = f"http-request redirect code {action.status} location {_location(action)}"
    else:
        raise TypeError(f"rule {rule.key} forwards; only replies and redirects have an answer")
    return f"backend answer-{rule.key}\n    {words}\n"


def _location(redirect: Redirect) -> str:
    query = f"?{redirect.query}" if redirect.query else ""
    url = f"{redirect.protocol.lower()}://{redirect.host}:{redirect.port}{redirect.path}{query}"
    sources = {
        "#{protocol}": "%[ssl_fc,iif(https,http)]",
        "#{host}": "%[req.hdr(host),field(1,:)]",
        "#{port}": "%[dst_port]",
        "#{path}": "%[path,bytes(1)]",
        "#{query}": "%[query]",
    }
    text = url.replace("%", "%%")
    for placeholder, source in sources.items():
        text = text.replace(placeholder, source)
    return _quoted(text)


def _backend(backend: Backend, healthy: Mapping[int, Slot], size: int) -> str:
    check = backend.check
    port = f" port {check.port}" if check.port else ""
    probe = f"meth GET uri {_quoted(check.path)} ver HTTP/1.1"
    thresholds = f"rise {check.healthy_threshold} fall {check.unhealthy_threshold}"
    lines = [
        f"backend {backend.name}",
        f"balance {'leastconn' if backend.least_outstanding else 'roundrobin'}",
        "option httpchk",
        f"http-check send {probe} hdr Host {backend.name} hdr User-Agent ELB-HealthChecker/2.0",
        f"http-check expect status {check.statuses}",
        f"timeout check {check.timeout_seconds}s",
        f"default-server check inter {check.interval_seconds}s {thresholds}{port}",
        # A worker that a reload has told to end counts no server, yet serves its connections on.
        f"{_NO_TARGET_WORDS} if {{ nbsrv eq 0 }} !{{ stopping }}",
        *(_server(number, healthy.get(number)) for number in range(1, size + 1)),
    ]
    return "\n    ".join(lines) + "\n"


def _server(number: int, slot: Slot | None) -> str:
    if slot is None:
        return f"server s{number} 127.0.0.1:1 disabled"
    return f"server s{number} {slot.address}:{slot.port}"


def _quoted(text: str) -> str:
    """One word of HAProxy's configuration, whatever it holds."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def weight_map_text(lines: Sequence[str]) -> str:
    """The file of a weight map: `<0-99> <backend>` a line."""
    return "".join(f"{number} {name}\n" for number, name in enumerate(lines))
