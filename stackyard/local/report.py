"""What `make up` and `make status` print: results, not logs, and the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from stackyard.local import cloud

if TYPE_CHECKING:
    from stackyard.local.layout import Layout
    from stackyard.local.up import UpResult


class StatusRow(TypedDict):
    """One part of the embedded cloud."""

    part: str
    state: str
    message: str


def up_report(layout: Layout, result: UpResult) -> str:
    """The addresses that answer and what to type next."""
    outputs = result.outputs
    authority = layout.certificate_authority.relative_to(layout.root)
    environment = layout.environment_file.relative_to(layout.root)
    balancer = f"http://{outputs['edge']['dnsName']}"
    rows = [
        ("site", outputs["siteUrl"]),
        ("api", outputs["apiUrl"]),
        ("health", outputs["healthUrl"]),
        ("alb", f"{balancer}/api/posts"),
    ]
    lines = [f"  {name:<7} {url}" for name, url in rows]
    return "\n".join(
        [
            "",
            f"{result.resources} resources in {result.seconds:.0f} s",
            "",
            *lines,
            "",
            f"Look  curl --cacert {authority} {outputs['apiUrl']}",
            f"Next  source {environment}",
            "      pulumi stack output | pulumi preview | kubectl get deploy,hpa,pods -A",
            "End   make down",
        ]
    )


def status_rows(layout: Layout) -> list[StatusRow]:
    """One row a part; none where nothing is up."""
    running = cloud.supervisor_pid(layout) is not None
    return [
        StatusRow(
            part=part.name,
            state=part.state if running else "stopped",
            message=part.message,
        )
        for part in cloud.parts(layout)
    ]


def status_report(rows: list[StatusRow]) -> str:
    """The rows for people."""
    if not rows:
        return "nothing is up; run: make up"
    return "\n".join(f"{r['part']:<20} {r['state']:<10} {r['message']}".rstrip() for r in rows)
