"""The load balancer: listener, the two permanent target groups, the rules to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._certificate import valid_certificate
from components._log_bucket import AccessLogBucket, access_log_bucket
from components._security_rules import connect
from components._traffic import Rules, TrafficArgs, production_rule, test_rules
from stacks.slots import SLOTS

PLAIN_PORT, TLS_PORT = 80, 443
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Where it stands, who may reach it, where it sends requests."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Subnets of two zones or more: the app tier's, or the public tier's if it is public."""
    public: bool
    """Reached over the internet, by whoever knows `origin_key`; else within the VPC alone."""
    security_group_id: pulumi.Input[str]
    """Group of the load balancer; the rules that open it are made here."""
    app_security_group_id: pulumi.Input[str]
    """Group of the nodes and pods."""
    cloudfront_prefix_list_id: pulumi.Input[str]
    """AWS's managed list of CloudFront's origin-facing addresses."""
    app_port: int
    drain_seconds: int
    """Time a deregistered target may finish its requests."""
    idle_timeout_seconds: int
    """Time after which an idle connection ends; below the app's own."""
    domain: str | None
    """The site's name; the load balancer then answers HTTPS as `api.<domain>`, else HTTP."""
    zone_id: str | None
    """Route 53 zone that holds `domain`."""
    access_logs: bool
    log_days: int
    """Days that access logs are kept."""
    protect: bool
    """AWS's deletion protection, and a log bucket that refuses to go while it holds logs."""
    target_group_tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, str])
    """By which a cluster knows the groups that it may fill."""


class LoadBalancer(pulumi.ComponentResource):
    """Made before the cluster and owned here, so that edge and cluster come up side by side."""

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    listener_arn: pulumi.Output[str]
    blue_target_group_arn: pulumi.Output[str]
    green_target_group_arn: pulumi.Output[str]
    test_values: pulumi.Output[Mapping[str, str]]
    """By slot, what `TEST_HEADER` must say for a request to be sent there; secret."""
    origin_key: pulumi.Output[str] | None
    """What `ORIGIN_HEADER` must say for any request to be sent on; secret; None if not public."""

    def __init__(
        self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:LoadBalancer", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        port = TLS_PORT if args.domain else PLAIN_PORT
        _open(name, args, port=port, inside=inside)
        logs = (
            access_log_bucket(name, days=args.log_days, protect=args.protect, parent=self)
            if args.access_logs
            else None
        )
        balancer = _load_balancer(name, args, logs, parent=self)
        groups = {slot: _target_group(name, slot, args, inside) for slot in SLOTS}
        certificate_arn = (
            _certificate(name, args.domain, args.zone_id, balancer, inside)
            if args.domain and args.zone_id
            else None
        )
        listener = _listener(name, balancer, certificate_arn, inside)
        self.origin_key = _origin_key(name, inside) if args.public else None
        rules = Rules(listener=listener, groups=groups, origin_key=self.origin_key)
        test_values = test_rules(name, rules, inside)

        self.arn = balancer.arn
        self.dns_name = balancer.dns_name
        self.listener_arn = listener.arn
        self.blue_target_group_arn = groups["blue"].arn
        self.green_target_group_arn = groups["green"].arn
        self.test_values = test_values
        self._name, self._rules = name, rules
        self.register_outputs(
            {
                "arn": self.arn,
                "dnsName": self.dns_name,
                "listenerArn": self.listener_arn,
                "blueTargetGroupArn": self.blue_target_group_arn,
                "greenTargetGroupArn": self.green_target_group_arn,
                "testValues": self.test_values,
                "originKey": self.origin_key,
            }
        )

    def send(self, args: TrafficArgs) -> aws.lb.ListenerRule:
        """The production rule, made once there is somebody to send requests to."""
        inside = pulumi.ResourceOptions(parent=self)
        return production_rule(self._name, args, self._rules, inside)


def _origin_key(name: str, inside: pulumi.ResourceOptions) -> pulumi.Output[str]:
    key = random.RandomPassword(f"{name}-origin", length=32, special=False, opts=inside)
    return pulumi.Output.secret(key.result)


def _open(name: str, args: LoadBalancerArgs, *, port: int, inside: pulumi.ResourceOptions) -> None:
    """CloudFront to the load balancer, the load balancer to the pods; nothing else."""
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-in",
        security_group_id=args.security_group_id,
        description="CloudFront to the load balancer",
        prefix_list_id=args.cloudfront_prefix_list_id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        opts=inside,
    )
    connect(
        f"{name}-app",
        client=args.security_group_id,
        server=args.app_security_group_id,
        port=args.app_port,
        opts=inside,
    )


def _load_balancer(
    name: str,
    args: LoadBalancerArgs,
    logs: AccessLogBucket | None,
    *,
    parent: pulumi.Resource,
) -> aws.lb.LoadBalancer:
    return aws.lb.LoadBalancer(
        name,
        internal=not args.public,
        load_balancer_type="application",
        subnets=args.subnet_ids,
        security_groups=[args.security_group_id],
        idle_timeout=args.idle_timeout_seconds,
        drop_invalid_header_fields=True,
        desync_mitigation_mode="defensive",
        enable_deletion_protection=args.protect,
        access_logs={"bucket": logs.bucket.bucket, "enabled": True} if logs else None,
        # AWS writes a test object when logs are switched on: the policy must be there.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[logs.policy] if logs else None),
    )


def _listener(
    name: str,
    balancer: aws.lb.LoadBalancer,
    certificate_arn: pulumi.Output[str] | None,
    inside: pulumi.ResourceOptions,
) -> aws.lb.Listener:
    return aws.lb.Listener(
        name,
        load_balancer_arn=balancer.arn,
        port=TLS_PORT if certificate_arn else PLAIN_PORT,
        protocol="HTTPS" if certificate_arn else "HTTP",
        certificate_arn=certificate_arn,
        ssl_policy=TLS_POLICY if certificate_arn else None,
        # What no rule names is nobody's: neither slot sees it.
        default_actions=[
            {
                "type": "fixed-response",
                "fixed_response": {
                    "content_type": "text/plain",
                    "message_body": "not found",
                    "status_code": "404",
                },
            }
        ],
        opts=inside,
    )


def _target_group(
    name: str, slot: str, args: LoadBalancerArgs, inside: pulumi.ResourceOptions
) -> aws.lb.TargetGroup:
    return aws.lb.TargetGroup(
        f"{name}-{slot}",
        vpc_id=args.vpc_id,
        target_type="ip",
        protocol="HTTP",
        port=args.app_port,
        deregistration_delay=args.drain_seconds,
        # Sticky clients would hold on to a group that no longer serves.
        stickiness={"enabled": False, "type": "lb_cookie"},
        health_check={
            "enabled": True,
            "path": "/health",
            "protocol": "HTTP",
            "matcher": "200",
            "interval": 5,
            "timeout": 3,
            "healthy_threshold": 2,
            "unhealthy_threshold": 2,
        },
        tags=args.target_group_tags or None,
        opts=inside,
    )


def _certificate(
    name: str,
    domain: str,
    zone_id: str,
    balancer: aws.lb.LoadBalancer,
    inside: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """ARN of a valid certificate for `api.<domain>`, whose name leads to the load balancer."""
    host = f"api.{domain}"
    aws.route53.Record(
        f"{name}-host",
        zone_id=zone_id,
        name=host,
        type="A",
        aliases=[
            {
                "name": balancer.dns_name,
                "zone_id": balancer.zone_id,
                "evaluate_target_health": False,
            }
        ],
        opts=inside,
    )
    return valid_certificate(name, host, zone_id, inside)
