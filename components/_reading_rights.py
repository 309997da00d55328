"""What the roles of previews and of drift may read, and what nobody may give them."""

from collections.abc import Mapping
from typing import NamedTuple

from stacks.iam import policy
from stacks.section import PROJECT

READS = (
    "acm:Describe*",
    "acm:List*",
    "application-autoscaling:Describe*",
    "application-autoscaling:List*",
    "autoscaling:Describe*",
    "cloudfront:Describe*",
    "cloudfront:Get*",
    "cloudfront:List*",
    "cloudwatch:Describe*",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:List*",
    "ec2:Describe*",
    "ec2:GetManagedPrefixListEntries",
    "ecr:Describe*",
    "ecr:GetLifecyclePolicy",
    "ecr:GetRepositoryPolicy",
    "ecr:List*",
    "eks:Describe*",
    "eks:List*",
    "elasticache:Describe*",
    "elasticache:List*",
    "elasticloadbalancing:Describe*",
    "events:Describe*",
    "events:List*",
    "iam:GetInstanceProfile",
    "iam:GetOpenIDConnectProvider",
    "iam:GetPolicy*",
    "iam:GetRole*",
    "iam:List*",
    "kms:DescribeKey",
    "kms:GetKey*",
    "kms:List*",
    "logs:Describe*",
    "logs:GetDataProtectionPolicy",
    "logs:ListTags*",
    "rds:Describe*",
    "rds:ListTagsForResource",
    "route53:Get*",
    "route53:List*",
    "s3:GetBucket*",
    "s3:Get*Configuration",
    "s3:ListAllMyBuckets",
    "s3:ListBucket*",
    "s3:ListTagsForResource",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:ListSecret*",
    "sqs:GetQueue*",
    "sqs:ListQueue*",
    "ssm:DescribeParameters",
    "ssm:ListTagsForResource",
    "tag:GetResources",
    "wafv2:GetLoggingConfiguration",
    "wafv2:GetWebACL*",
    "wafv2:List*",
)
"""How things are made, of the services that stacks use. AWS's own ReadOnlyAccess has 3,950 reading
actions (v190, September 2026), data among them, and grows: what is not named here stays closed."""
DATA = (
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ebs:GetSnapshotBlock",
    "ec2:DescribeInstanceAttribute",  # user data
    "ec2:GetConsole*",
    "ec2:GetPasswordData",
    "ecr:GetDownloadUrlForLayer",
    "kinesis:GetRecords",
    "kinesis:SubscribeToShard",
    "lambda:GetFunction*",  # environment and code
    "logs:FilterLogEvents",
    "logs:GetLog*",
    "logs:GetQueryResults",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "logs:Unmask",
    "rds:DownloadCompleteDBLogFile",
    "rds:DownloadDBLogFilePortion",
    "rds-data:*",
    "rds-db:connect",
    "sqs:ReceiveMessage",
    "ssm:GetCommandInvocation",
    "wafv2:GetSampledRequests",
)
"""Contents of things. The policy of a bucket, a queue or a key may allow a role of its account what
the role's own leave out ("Policy evaluation logic", IAM user guide): only a Deny stops that."""
SECRETS = ("secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue")
DECRYPTS = ("kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
PARAMETERS = (
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
)
SITES = "arn:aws:s3:::site-*/*"
"""Files of the sites: Pulumi calls a bucket after its logical name, `site` in every stack."""
_OF_A_STACK = {"StringEquals": {"aws:ResourceTag/project": PROJECT}}
"""The tag that the provider of every stack puts on all it makes."""

Statement = Mapping[str, object]


class State(NamedTuple):
    """The state store and where stacks stand."""

    account_id: str
    region: str
    bucket_arn: str
    key_arn: str

    @property
    def ledgers(self) -> str:
        """Parameters of stacks: what serves, and no secret."""
        return f"arn:aws:ssm:{self.region}:{self.account_id}:parameter/{PROJECT}/*"


def preview_rights(state: State) -> str:
    """How everything is made and the state of every stack; no data, no secret of AWS, no change."""
    return policy(
        *_allowed(state),
        _denied("Secrets", SECRETS, "Resource", "*"),
        _denied("Keys", DECRYPTS, "NotResource", state.key_arn),
        _denied("Objects", ["s3:GetObject*"], "NotResource", f"{state.bucket_arn}/*"),
        *_never(state),
    )


def drift_rights(state: State) -> str:
    """The same, and what a refresh reads besides: the stacks' own secrets and the sites' files."""
    return policy(
        *_allowed(state),
        {
            "Sid": "SecretsOfStacks",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "secretsmanager:GetSecretValue"],
            "Resource": "*",
            "Condition": _OF_A_STACK,
        },
        {"Sid": "Sites", "Effect": "Allow", "Action": ["s3:GetObject*"], "Resource": SITES},
        _denied("Objects", ["s3:GetObject*"], "NotResource", [f"{state.bucket_arn}/*", SITES]),
        *_never(state),
    )


def _allowed(state: State) -> tuple[Statement, ...]:
    return (
        {"Sid": "Reads", "Effect": "Allow", "Action": list(READS), "Resource": "*"},
        {
            "Sid": "State",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": f"{state.bucket_arn}/*",
        },
        # The engine decrypts the state to compare it.
        {
            "Sid": "StateSecrets",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": state.key_arn,
        },
        {
            "Sid": "Ledgers",
            "Effect": "Allow",
            "Action": ["ssm:GetParameter", "ssm:GetParameters"],
            "Resource": state.ledgers,
        },
    )


def _never(state: State) -> tuple[Statement, ...]:
    return (
        _denied("Data", DATA, "Resource", "*"),
        _denied("Parameters", PARAMETERS, "NotResource", state.ledgers),
    )


def _denied(
    sid: str, actions: list[str] | tuple[str, ...], element: str, resources: str | list[str]
) -> Statement:
    return {"Sid": f"No{sid}", "Effect": "Deny", "Action": list(actions), element: resources}
