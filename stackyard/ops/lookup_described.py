"""How to find objects whose id AWS made up: the call that lists them, what tells them apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One type. Texts in braces are JMESPath: of the object, or of `inputs.` of the resource."""

    service: str
    method: str
    items: str
    """JMESPath to the objects in the answer."""
    id: str
    """The id to import by, as the Pulumi Registry gives it under "Import" of the resource."""
    same: Mapping[str, str] = field(default_factory=DEFAULT)
    """What is equal where it is given: JMESPath in the object to JMESPath in the inputs."""
    arguments: Mapping[str, str] = field(default_factory=DEFAULT)
    details: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Calls whose answers complete each object, with their arguments."""
    where: str = ""
    """JMESPath that holds for an object that is alive."""
    tags: str = ""
    """JMESPath in the object to its tags, where they tell one object from another."""
    own_id: str = ""
    """The id that the state has, where it is another than the one to import by."""


def _ec2(method: str, items: str, id_: str, **same: str) -> Row:
    return Row(service="ec2", method=method, items=items, id=f"{{{id_}}}", same=same, tags="Tags")


def _rules(*, egress: bool) -> Row:
    return Row(
        service="ec2",
        method="describe_security_group_rules",
        items=f"SecurityGroupRules[?IsEgress==`{str(egress).lower()}`]",
        id="{SecurityGroupRuleId}",
        same={
            "GroupId": "securityGroupId",
            "IpProtocol": "ipProtocol",
            "FromPort": "fromPort",
            "ToPort": "toPort",
            "CidrIpv4": "cidrIpv4",
            "PrefixListId": "prefixListId",
            "ReferencedGroupInfo.GroupId": "referencedSecurityGroupId",
        },
    )


ROWS: dict[str, Row] = {
    "aws:acm/certificate:Certificate": Row(
        service="acm", method="list_certificates", items="CertificateSummaryList[]",
        id="{CertificateArn}", same={"DomainName": "domainName"},
        details={"list_tags_for_certificate": {"CertificateArn": "{CertificateArn}"}}, tags="Tags",
    ),
    "aws:cloudfront/cachePolicy:CachePolicy": Row(
        service="cloudfront", method="list_cache_policies",
        items="CachePolicyList.Items[].CachePolicy", id="{Id}",
        same={"CachePolicyConfig.Name": "name"},
    ),
    "aws:cloudfront/distribution:Distribution": Row(
        service="cloudfront", method="list_distributions", items="DistributionList.Items[]",
        id="{Id}", same={"Comment": "comment"},
        details={"list_tags_for_resource": {"Resource": "{ARN}"}}, tags="Tags.Items",
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": Row(
        service="cloudfront", method="list_origin_access_controls",
        items="OriginAccessControlList.Items[]", id="{Id}", same={"Name": "name"},
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": Row(
        service="cloudfront", method="list_response_headers_policies",
        items="ResponseHeadersPolicyList.Items[].ResponseHeadersPolicy", id="{Id}",
        same={"ResponseHeadersPolicyConfig.Name": "name"},
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": Row(
        service="cloudfront", method="list_vpc_origins", items="VpcOriginList.Items[]", id="{Id}",
        same={
            "Name": "vpcOriginEndpointConfig.name",
            "OriginEndpointArn": "vpcOriginEndpointConfig.arn",
        },
    ),
    "aws:ec2/eip:Eip": _ec2("describe_addresses", "Addresses[]", "AllocationId"),
    "aws:ec2/flowLog:FlowLog": _ec2(
        "describe_flow_logs", "FlowLogs[]", "FlowLogId", ResourceId="vpcId",
        TrafficType="trafficType", LogDestination="logDestination",
    ),
    "aws:ec2/internetGateway:InternetGateway": _ec2(
        # Not by its VPC: it is made first and attached then.
        "describe_internet_gateways", "InternetGateways[]", "InternetGatewayId",
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": _ec2(
        "describe_launch_templates", "LaunchTemplates[]", "LaunchTemplateId",
        LaunchTemplateName="name",
    ),
    "aws:ec2/natGateway:NatGateway": _ec2(
        "describe_nat_gateways", "NatGateways[?State=='pending' || State=='available']",
        "NatGatewayId", SubnetId="subnetId",
    ),
    "aws:ec2/routeTable:RouteTable": _ec2(
        "describe_route_tables", "RouteTables[]", "RouteTableId", VpcId="vpcId"
    ),
    "aws:ec2/securityGroup:SecurityGroup": _ec2(
        "describe_security_groups", "SecurityGroups[]", "GroupId", GroupName="name", VpcId="vpcId"
    ),
    "aws:ec2/subnet:Subnet": _ec2(
        "describe_subnets", "Subnets[]", "SubnetId", CidrBlock="cidrBlock", VpcId="vpcId"
    ),
    "aws:ec2/vpc:Vpc": _ec2("describe_vpcs", "Vpcs[]", "VpcId", CidrBlock="cidrBlock"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2(
        "describe_vpc_endpoints", "VpcEndpoints[?State!='deleting' && State!='deleted']",
        "VpcEndpointId", ServiceName="serviceName", VpcId="vpcId",
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Row(
        service="eks", method="list_pod_identity_associations", items="associations[]",
        id="{clusterName},{associationId}", own_id="{associationId}", arguments={
            "clusterName": "{inputs.clusterName}", "namespace": "{inputs.namespace}",
            "serviceAccount": "{inputs.serviceAccount}",
        },
    ),
    "aws:kms/key:Key": Row(
        service="kms", method="list_keys", items="Keys[]", id="{KeyId}",
        same={"KeyMetadata.Description": "description"},
        details={
            "describe_key": {"KeyId": "{KeyId}"}, "list_resource_tags": {"KeyId": "{KeyId}"},
        }, where="KeyMetadata.KeyState != 'PendingDeletion'", tags="Tags",
    ),
    "aws:lb/listener:Listener": Row(
        service="elbv2", method="describe_listeners", items="Listeners[]", id="{ListenerArn}",
        same={"Port": "port"}, arguments={"LoadBalancerArn": "{inputs.loadBalancerArn}"},
    ),
    "aws:lb/listenerRule:ListenerRule": Row(
        service="elbv2", method="describe_rules", items="Rules[?!IsDefault]", id="{RuleArn}",
        same={"Priority": "priority"}, arguments={"ListenerArn": "{inputs.listenerArn}"},
    ),
    "aws:lb/loadBalancer:LoadBalancer": Row(
        service="elbv2", method="describe_load_balancers", items="LoadBalancers[]",
        id="{LoadBalancerArn}", same={"LoadBalancerName": "name"},
    ),
    "aws:lb/targetGroup:TargetGroup": Row(
        service="elbv2", method="describe_target_groups", items="TargetGroups[]",
        id="{TargetGroupArn}", same={"TargetGroupName": "name"},
    ),
    "aws:secretsmanager/secret:Secret": Row(
        service="secretsmanager", method="list_secrets", items="SecretList[]", id="{ARN}",
        same={"Name": "name"},
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Row(
        service="secretsmanager", method="list_secret_version_ids", items="Versions[]",
        where="contains(VersionStages, 'AWSCURRENT')", id="{inputs.secretId}|{VersionId}",
        arguments={"SecretId": "{inputs.secretId}"},
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rules(egress=True),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rules(egress=False),
    "aws:wafv2/webAcl:WebAcl": Row(
        service="wafv2", method="list_web_acls", items="WebACLs[]",
        id="{Id}/{Name}/{inputs.scope}", own_id="{Id}", same={"Name": "name"},
        arguments={"Scope": "{inputs.scope}"},
    ),
}  # fmt: skip
"""By Pulumi type."""
