"""The production stack made in moto, as boto3 reads it back.

Proves that what we ask of AWS is well formed and lands where it should; not that AWS accepts it.
"""

import json
from collections.abc import Iterator

import jsonschema
import pytest
from moto import mock_aws

from infra.program import main
from stacks.outputs import outputs_schema
from stackyard.graph.recorder import Graph, record
from stackyard.local.aws.backend import AwsBackend
from tests.graph.stacks import with_section
from tests.release.moto_cloud import client
from tests.release.stand_in import without_pods

VIEWER = "arn:aws:iam::123456789012:role/stackyard-bootstrap/viewer"


@pytest.fixture(scope="module")
def made() -> Iterator[Graph]:
    """The graph of prod with moto's answers; moto stays until the module's last test."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        # First of all: it tells moto to know AWS's own policies.
        backends = {"aws": AwsBackend.in_process()}
        config = with_section("prod", "cluster", viewerRoleArns=[VIEWER])
        # moto's zone ids have no Z in front, as AWS's do; this one is the file's own.
        zone_id = config["stackyard:env"]["zoneId"]
        environment.setattr("moto.route53.models.create_route53_zone_id", lambda **_: zone_id)
        client("route53").create_hosted_zone(Name="example.com", CallerReference="test")
        with without_pods():
            graph = record(main, stack="prod", config=config, backends=backends)
        yield graph


def test_outputs_are_what_the_schema_says(made: Graph) -> None:
    jsonschema.validate(made.stack_outputs, outputs_schema())


def test_backups_of_the_database_are_the_guides(made: Graph) -> None:
    (cluster,) = client("rds").describe_db_clusters()["DBClusters"]

    assert cluster["DatabaseName"] == "task1_db"
    assert cluster["BackupRetentionPeriod"] == 7
    assert cluster["PreferredBackupWindow"] == "07:00-09:00"
    assert cluster["DBClusterIdentifier"] == made.stack_outputs["database"]["clusterId"]


def test_the_database_is_encrypted_and_guarded(made: Graph) -> None:
    (cluster,) = client("rds").describe_db_clusters()["DBClusters"]

    assert cluster["StorageEncrypted"] is True
    assert cluster["DeletionProtection"] is True
    assert (
        cluster["MasterUserSecret"]["SecretArn"]
        == (made.stack_outputs["database"]["masterSecretArn"])
    )


@pytest.mark.usefixtures("made")
def test_the_database_has_a_writer_and_a_reader() -> None:
    (cluster,) = client("rds").describe_db_clusters()["DBClusters"]
    writers = sorted(member["IsClusterWriter"] for member in cluster["DBClusterMembers"])

    assert writers == [False, True]


@pytest.mark.row("A4", "")
def test_a4_application_auto_scaling_holds_target_and_policy(made: Graph) -> None:
    scaling = client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="rds")["ScalableTargets"]
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="rds")["ScalingPolicies"]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]

    assert target["ResourceId"] == f"cluster:{made.stack_outputs['database']['clusterId']}"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 5)
    assert tracking["TargetValue"] == 60


@pytest.mark.row("A8", "")
@pytest.mark.usefixtures("made")
def test_a8_the_proxy_asks_for_tokens() -> None:
    (proxy,) = client("rds").describe_db_proxies()["DBProxies"]

    assert [auth["IAMAuth"] for auth in proxy["Auth"]] == ["REQUIRED"]
    assert proxy["RequireTLS"] is True


@pytest.mark.row("A25", "")
@pytest.mark.usefixtures("made")
def test_a25_alarms_of_database_proxy_and_cache_stand_in_cloudwatch() -> None:
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    watched = {(alarm["Namespace"], alarm["MetricName"]) for alarm in alarms}

    assert watched >= {
        ("AWS/RDS", "AuroraReplicaLagMaximum"),
        ("AWS/RDS", "DatabaseConnections"),
        ("AWS/RDS", "DatabaseConnectionsCurrentlySessionPinned"),
        ("AWS/ElastiCache", "EngineCPUUtilization"),
    }
    assert all(alarm["Dimensions"] for alarm in alarms)


@pytest.mark.usefixtures("made")
def test_the_cache_is_encrypted_on_disk_and_on_the_wire() -> None:
    (group,) = client("elasticache").describe_replication_groups()["ReplicationGroups"]

    assert group["AtRestEncryptionEnabled"] is True
    assert group["TransitEncryptionEnabled"] is True


def test_the_production_rule_forwards_to_both_groups(made: Graph) -> None:
    arn = made.stack_outputs["edge"]["productionRuleArn"]
    (rule,) = client("elbv2").describe_rules(RuleArns=[arn])["Rules"]
    groups = made.stack_outputs["edge"]["targetGroups"]

    assert {
        group["TargetGroupArn"]: group["Weight"]
        for group in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    } == {groups["blue"]: 100, groups["green"]: 0}


def test_targets_are_checked_on_health_and_drained(made: Graph) -> None:
    elbv2 = client("elbv2")
    arn = made.stack_outputs["edge"]["targetGroups"]["blue"]
    (group,) = elbv2.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    attributes = {
        a["Key"]: a["Value"]
        for a in elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    }

    assert (group["HealthCheckPath"], group["HealthCheckIntervalSeconds"]) == ("/health", 5)
    assert (group["Port"], group["TargetType"]) == (5000, "ip")
    assert attributes["deregistration_delay.timeout_seconds"] == "30"
    assert attributes["stickiness.enabled"] == "false"


@pytest.mark.usefixtures("made")
def test_the_load_balancer_is_internal_and_guarded() -> None:
    elbv2 = client("elbv2")
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    attributes = {
        a["Key"]: a["Value"]
        for a in elbv2.describe_load_balancer_attributes(
            LoadBalancerArn=balancer["LoadBalancerArn"]
        )["Attributes"]
    }

    assert balancer["Scheme"] == "internal"
    assert attributes["deletion_protection.enabled"] == "true"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["idle_timeout.timeout_seconds"] == "50"


def test_the_listener_speaks_tls_with_a_certificate_of_the_api_host(made: Graph) -> None:
    arn = made.stack_outputs["edge"]["loadBalancerArn"]
    (listener,) = client("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]
    certificate = client("acm").describe_certificate(
        CertificateArn=listener["Certificates"][0]["CertificateArn"]
    )["Certificate"]

    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert certificate["DomainName"] == "api.example.com"


def test_three_tiers_in_three_zones(made: Graph) -> None:
    vpc = made.stack_outputs["network"]["vpcId"]
    subnets = client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    zones = {subnet["AvailabilityZone"] for subnet in subnets["Subnets"]}

    assert len(subnets["Subnets"]) == 9
    assert zones == {"us-east-1a", "us-east-1b", "us-east-1c"}


def test_tags_of_the_stack_reach_what_it_makes(made: Graph) -> None:
    vpc = made.stack_outputs["network"]["vpcId"]
    (found,) = client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"]
    tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]}

    assert (
        tags.items()
        >= {
            "project": "stackyard",
            "stack": "prod",
            "managed-by": "pulumi",
            "owner": "platform",
            "cost-center": "web",
        }.items()
    )


def test_files_of_the_site_carry_type_and_time_to_live(made: Graph) -> None:
    s3, bucket = client("s3"), made.stack_outputs["cdn"]["bucket"]
    page = s3.head_object(Bucket=bucket, Key="index.html")

    assert page["ContentType"] == "text/html; charset=utf-8"
    assert page["CacheControl"] == "no-cache"


def test_the_sites_bucket_is_closed_and_versioned(made: Graph) -> None:
    s3, bucket = client("s3"), made.stack_outputs["cdn"]["bucket"]
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])

    assert set(closed.values()) == {True}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert policy["Statement"][0]["Condition"]["StringEquals"]["aws:SourceArn"].endswith(
        made.stack_outputs["cdn"]["distributionId"]
    )


def test_the_distribution_sends_the_api_to_the_load_balancer(made: Graph) -> None:
    id_ = made.stack_outputs["cdn"]["distributionId"]
    config = client("cloudfront").get_distribution(Id=id_)["Distribution"]["DistributionConfig"]

    assert config["Aliases"]["Items"] == ["example.com"]
    assert {b["PathPattern"]: b["TargetOriginId"] for b in config["CacheBehaviors"]["Items"]} == {
        "/api/*": "api",
        "/health": "api",
        "/assets/*": "site",
    }
    assert config["DefaultCacheBehavior"]["TargetOriginId"] == "site"


def test_the_web_acl_blocks_in_production(made: Graph) -> None:
    waf = client("wafv2")
    (summary,) = waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    acl = waf.get_web_acl(Scope="CLOUDFRONT", Id=summary["Id"], Name=summary["Name"])["WebACL"]
    managed = [rule for rule in acl["Rules"] if "OverrideAction" in rule]

    assert summary["ARN"] == made.stack_outputs["edge"]["webAclArn"]
    assert [rule["OverrideAction"] for rule in managed] == [{"None": {}}, {"None": {}}]


def test_nodes_stand_in_every_zone_of_the_app_tier(made: Graph) -> None:
    eks, name = client("eks"), made.stack_outputs["cluster"]["name"]
    (group,) = eks.list_nodegroups(clusterName=name)["nodegroups"]
    found = eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]

    assert sorted(found["subnets"]) == sorted(made.stack_outputs["network"]["subnetIds"]["app"])
    assert found["scalingConfig"]["minSize"] == 3


def test_admins_and_viewers_have_one_entry_each(made: Graph) -> None:
    # moto has no entries; the embedded cloud keeps them by itself.
    entries = {reg.inputs["principalArn"]: reg.outputs for reg in made.all("AccessEntry")}
    rights = [reg.inputs["principalArn"] for reg in made.all("AccessPolicyAssociation")]

    assert entries[VIEWER]["accessEntryArn"].partition("/role/123456789012/viewer/")[1]
    assert (entries[VIEWER]["type"], entries[VIEWER]["kubernetesGroups"]) == ("STANDARD", [])
    assert sorted(rights) == sorted(entries)
    assert len(entries) == 2


def test_the_migrations_role_reads_one_secret(made: Graph) -> None:
    role = made.named("Role", "api-migrate").outputs["name"]
    iam = client("iam")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    assert (
        document["Statement"][0]["Resource"] == (made.stack_outputs["database"]["masterSecretArn"])
    )
