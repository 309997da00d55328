"""Health of load-balancer targets: what the balancer's checks reported, not what moto assumes."""

from collections.abc import Mapping
from typing import Any

from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup

from stackyard.local.aws.patching import patch

REGISTERING = "Elb.RegistrationInProgress"
STATES = {"healthy", "initial", "unhealthy", "draining", "unused"}

Report = Mapping[str, Mapping[str, tuple[str, str]]]
"""Target group ARN to (address to (state, reason))."""


class TargetHealth:
    """The last report of each target group; groups that were never reported keep moto's answer."""

    def __init__(self) -> None:
        self._reported: dict[str, dict[str, tuple[str, str]]] = {}

    def take(self, report: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep a report. Raises `ValueError` for a state that an ALB does not know."""
        kept: dict[str, dict[str, tuple[str, str]]] = {}
        for arn, targets in report.items():
            for address, (state, reason) in targets.items():
                if state not in STATES:
                    known = ", ".join(sorted(STATES))
                    raise ValueError(f"state {state!r} of target {address}; one of {known}")
                kept.setdefault(arn, {})[address] = (state, reason or "")
            kept.setdefault(arn, {})
        self._reported |= kept

    def install(self) -> None:
        """Let DescribeTargetHealth answer from the reports."""
        assumed = FakeTargetGroup.health_for
        reported = self._reported

        def health_for(self: FakeTargetGroup, target: dict[str, Any], ec2: Any) -> Any:
            group = reported.get(self.arn)
            id_ = target["Id"]
            if group is None or (id_ not in group and id_ not in self.targets):
                return assumed(self, target, ec2)
            state, reason = group.get(id_, ("initial", REGISTERING))
            port = target.get("Port") or self.port
            return FakeHealthStatus(id_, port, self.health_check_port, state, reason or None)

        patch(FakeTargetGroup, "health_for", health_for)
