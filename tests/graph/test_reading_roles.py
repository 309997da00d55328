"""The roles of previews and of drift: they read how things are made, change nothing, keep secrets.

It is IAM's documented logic that decides here, over what is asked of AWS; AWS decided none of it.
"""

import pytest

from stacks.iam import allows
from tests.graph.accounts import ACCOUNT
from tests.graph.iam_decision import Role
from tests.graph.pipeline_roles import CHANGES, actions, output, role

HERE = f"us-east-1:{ACCOUNT}"
STATE = "arn:aws:s3:::stackyard-state-123456789012-us-east-1"
STATE_FILE = f"{STATE}/.pulumi/stacks/stackyard/prod.json"
LEDGER = f"arn:aws:ssm:{HERE}:parameter/stackyard/prod/release"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:database-1a2b3c"
OTHER_KEY = f"arn:aws:kms:{HERE}:key/other"
READERS = ("preview", "drift")

WRITES = (
    ("acm:DeleteCertificate", f"arn:aws:acm:{HERE}:certificate/1"),
    ("autoscaling:UpdateAutoScalingGroup", f"arn:aws:autoscaling:{HERE}:autoScalingGroup:1"),
    ("cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{ACCOUNT}:distribution/1"),
    ("cloudfront:UpdateDistribution", f"arn:aws:cloudfront::{ACCOUNT}:distribution/1"),
    ("cloudformation:CreateStack", f"arn:aws:cloudformation:{HERE}:stack/1"),
    ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{HERE}:alarm:1"),
    ("cloudwatch:SetAlarmState", f"arn:aws:cloudwatch:{HERE}:alarm:1"),
    ("dynamodb:PutItem", f"arn:aws:dynamodb:{HERE}:table/1"),
    ("ec2:AuthorizeSecurityGroupIngress", f"arn:aws:ec2:{HERE}:security-group/sg-1"),
    ("ec2:CreateTags", f"arn:aws:ec2:{HERE}:vpc/vpc-1"),
    ("ec2:DeleteSnapshot", "arn:aws:ec2:us-east-1::snapshot/snap-1"),
    ("ec2:RunInstances", f"arn:aws:ec2:{HERE}:instance/*"),
    ("ec2:TerminateInstances", f"arn:aws:ec2:{HERE}:instance/i-1"),
    ("ecr:BatchDeleteImage", f"arn:aws:ecr:{HERE}:repository/stackyard/api"),
    ("ecr:PutImage", f"arn:aws:ecr:{HERE}:repository/stackyard/api"),
    ("eks:CreateAccessEntry", f"arn:aws:eks:{HERE}:cluster/1"),
    ("eks:DeleteCluster", f"arn:aws:eks:{HERE}:cluster/1"),
    ("elasticache:DeleteReplicationGroup", f"arn:aws:elasticache:{HERE}:replicationgroup:1"),
    ("elasticache:ModifyUser", f"arn:aws:elasticache:{HERE}:user:app"),
    ("elasticloadbalancing:ModifyRule", f"arn:aws:elasticloadbalancing:{HERE}:listener-rule/1"),
    ("events:PutRule", f"arn:aws:events:{HERE}:rule/1"),
    ("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/stackyard-bootstrap/preview"),
    ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/one"),
    ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/stackyard/one"),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/stackyard/one"),
    ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/stackyard-bootstrap/deploy"),
    ("kms:Encrypt", OTHER_KEY),
    ("kms:ScheduleKeyDeletion", OTHER_KEY),
    ("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:1"),
    ("logs:DeleteLogGroup", f"arn:aws:logs:{HERE}:log-group:1"),
    ("rds:DeleteDBCluster", f"arn:aws:rds:{HERE}:cluster:1"),
    ("rds:ModifyDBCluster", f"arn:aws:rds:{HERE}:cluster:1"),
    ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/1"),
    ("s3:DeleteObject", STATE_FILE),
    ("s3:PutBucketPolicy", STATE),
    ("s3:PutObject", STATE_FILE),
    ("s3:PutObject", "arn:aws:s3:::site-1a2b3c4/index.html"),
    ("secretsmanager:PutSecretValue", SECRET),
    ("secretsmanager:UpdateSecret", SECRET),
    ("sqs:SendMessage", f"arn:aws:sqs:{HERE}:1"),
    ("ssm:PutParameter", LEDGER),
    ("ssm:SendCommand", f"arn:aws:ec2:{HERE}:instance/i-1"),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    ("wafv2:UpdateWebACL", f"arn:aws:wafv2:{HERE}:global/webacl/1/1"),
)
DATA = (
    ("dynamodb:GetItem", f"arn:aws:dynamodb:{HERE}:table/1"),
    ("dynamodb:Query", f"arn:aws:dynamodb:{HERE}:table/1"),
    ("dynamodb:Scan", f"arn:aws:dynamodb:{HERE}:table/1"),
    ("ebs:GetSnapshotBlock", "arn:aws:ec2:us-east-1::snapshot/snap-1"),
    ("ec2:DescribeInstanceAttribute", f"arn:aws:ec2:{HERE}:instance/i-1"),
    ("ec2:GetConsoleOutput", f"arn:aws:ec2:{HERE}:instance/i-1"),
    ("ec2:GetPasswordData", f"arn:aws:ec2:{HERE}:instance/i-1"),
    ("ecr:GetDownloadUrlForLayer", f"arn:aws:ecr:{HERE}:repository/stackyard/api"),
    ("kinesis:GetRecords", f"arn:aws:kinesis:{HERE}:stream/1"),
    ("lambda:GetFunction", f"arn:aws:lambda:{HERE}:function:1"),
    ("logs:FilterLogEvents", f"arn:aws:logs:{HERE}:log-group:1"),
    ("logs:GetLogEvents", f"arn:aws:logs:{HERE}:log-group:1:log-stream:1"),
    ("logs:StartQuery", f"arn:aws:logs:{HERE}:log-group:1"),
    ("rds-data:ExecuteStatement", f"arn:aws:rds:{HERE}:cluster:1"),
    ("rds-db:connect", f"arn:aws:rds-db:{HERE}:dbuser:1/app"),
    ("rds:DownloadDBLogFilePortion", f"arn:aws:rds:{HERE}:db:1"),
    ("s3:GetObject", "arn:aws:s3:::uploads/one"),
    ("s3:GetObjectVersion", "arn:aws:s3:::uploads/one"),
    ("sqs:ReceiveMessage", f"arn:aws:sqs:{HERE}:1"),
    ("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/other/password"),
    ("ssm:GetParameterHistory", f"arn:aws:ssm:{HERE}:parameter/other/password"),
    ("ssm:GetParametersByPath", f"arn:aws:ssm:{HERE}:parameter/other"),
    ("wafv2:GetSampledRequests", f"arn:aws:wafv2:{HERE}:global/webacl/1/1"),
)
OF_PREVIEW = (
    ("kms:Decrypt", OTHER_KEY),
    ("kms:GenerateDataKey", OTHER_KEY),
    ("kms:ReEncryptFrom", OTHER_KEY),
    ("s3:GetObject", "arn:aws:s3:::site-1a2b3c4/index.html"),
    ("secretsmanager:BatchGetSecretValue", "*"),
    ("secretsmanager:GetSecretValue", SECRET),
)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(("action", "resource"), WRITES)
def test_a_reader_changes_nothing(kind: str, action: str, resource: str) -> None:
    assert not role(kind).may(action, resource)


@pytest.mark.parametrize("kind", READERS)
def test_no_policy_of_a_reader_allows_any_action_that_changes_something(kind: str) -> None:
    # kms:Decrypt is a Write to IAM's table; what it opens is asked below.
    asked = role(kind)

    assert [one for one in actions(*CHANGES) if asked.may_ever(one)] == ["kms:Decrypt"]


def test_a_planted_write_would_be_found() -> None:
    wide = Role(policies=[allows({"Action": "ec2:*Tags", "Resource": "*"})])

    assert [one for one in actions(*CHANGES) if wide.may_ever(one)] == [
        "ec2:CreateTags",
        "ec2:DeleteTags",
    ]


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(("action", "resource"), DATA)
def test_a_reader_sees_no_data_though_its_owner_lets_it(
    kind: str, action: str, resource: str
) -> None:
    assert not role(kind).may(action, resource, resource_policy_allows=True)


@pytest.mark.parametrize(("action", "resource"), OF_PREVIEW)
def test_a_preview_sees_no_secret_though_its_owner_lets_it(action: str, resource: str) -> None:
    given = {"aws:ResourceTag/project": "stackyard"}

    assert not role("preview").may(action, resource, given, resource_policy_allows=True)


@pytest.mark.parametrize("kind", READERS)
def test_a_reader_sees_the_state_and_opens_what_is_secret_in_it(kind: str) -> None:
    asked = role(kind)

    assert asked.may("s3:ListBucket", STATE)
    assert asked.may("s3:GetObject", STATE_FILE)
    assert asked.may("kms:Decrypt", output("aws:kms/key:Key", "state-key"))


@pytest.mark.parametrize("kind", READERS)
def test_a_reader_sees_what_serves_now(kind: str) -> None:
    assert role(kind).may("ssm:GetParameter", LEDGER)


def test_drift_reads_secrets_of_stacks_and_no_others() -> None:
    stack, other = ({"aws:ResourceTag/project": project} for project in ("stackyard", "payroll"))
    drift = role("drift")

    assert drift.may("secretsmanager:GetSecretValue", SECRET, stack)
    assert drift.may("kms:Decrypt", OTHER_KEY, stack)
    assert not drift.may("secretsmanager:GetSecretValue", SECRET, other)
    assert not drift.may("kms:Decrypt", OTHER_KEY, other)
    assert not drift.may("secretsmanager:GetSecretValue", SECRET)


def test_drift_reads_the_files_of_sites() -> None:
    assert role("drift").may("s3:GetObject", "arn:aws:s3:::site-1a2b3c4/index.html")
