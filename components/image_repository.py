"""The image repository: ECR with immutable tags, scanned, encrypted; what is deployed stays."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._key import make_key
from stacks.images import RELEASE_TAG, REPOSITORY, REVIEW_TAG
from stacks.review import LONGEST_HOURS

REVIEW_DAYS = 2 * LONGEST_HOURS // 24
"""Days that an image of review stacks stays: twice the longest life of such a stack."""
UNTAGGED_DAYS = 14
"""Days that an image without a tag stays: what was pushed by hand, or a push that was cut off."""
NEVER = 999_999
"""More images than a repository holds (20,000, adjustable: ECR user guide, "Amazon ECR service
quotas"), so that a rule which keeps as many expires none."""


@dataclass(frozen=True, kw_only=True)
class ImageRepositoryArgs:
    """Nothing to wire: it stands before any stack."""

    protect: bool
    """Keep the repository while it holds images."""


class ImageRepository(pulumi.ComponentResource):
    """One repository for every stack of an account and region."""

    url: pulumi.Output[str]
    """Host and name, without a digest."""
    arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: ImageRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:ImageRepository", name, None, opts)
        key = make_key(f"{name}-key", description="images: layers", parent=self)
        repository = aws.ecr.Repository(
            name,
            # A fixed name: `stackyard image push` looks for it before any stack has outputs.
            name=REPOSITORY,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key.arn}],
            force_delete=not args.protect,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.ecr.LifecyclePolicy(
            f"{name}-lifecycle",
            repository=repository.name,
            policy=lifecycle_policy(),
            opts=pulumi.ResourceOptions(parent=self, protect=False),
        )
        self.url, self.arn = repository.repository_url, repository.arn
        self.key_arn = key.arn
        self.register_outputs({"url": self.url, "arn": self.arn, "keyArn": self.key_arn})


def lifecycle_policy() -> str:
    """What ECR expires by itself, as JSON; nothing that a stack file has ever named.

    `stackyard image push` tags before it writes a digest into a stack file: `release-` for every
    stack but review stacks. The first rule claims those tags and expires none of them, and "an
    image that matches the tagging requirements of a rule cannot be expired by a rule with a lower
    priority" (ECR user guide, "Automate the cleanup of images by using lifecycle policies"): an
    image that a review stack ran before it was released has both tags and stays. So a version that
    went live years ago can still be pulled by a new node, and be rolled back to. By count or age
    one could go: staging pushes a thousand while production stands. They cost little, since
    releases share all layers but the sources (0.2 MB each). An image that an index names is never
    expired before that index (same page).
    """
    rules = [
        _tagged(1, "deployed: never", RELEASE_TAG, **_more_than(NEVER)),
        _tagged(2, "review stacks", REVIEW_TAG, **_pushed_before(REVIEW_DAYS)),
        _rule(3, "without a tag", tagStatus="untagged", **_pushed_before(UNTAGGED_DAYS)),
    ]
    return json.dumps({"rules": rules})


def _tagged(priority: int, description: str, prefix: str, **selection: object) -> dict[str, object]:
    return _rule(priority, description, tagStatus="tagged", tagPrefixList=[prefix], **selection)


def _rule(priority: int, description: str, **selection: object) -> dict[str, object]:
    return {
        "rulePriority": priority,
        "description": description,
        "selection": selection,
        "action": {"type": "expire"},
    }


def _more_than(images: int) -> dict[str, object]:
    return {"countType": "imageCountMoreThan", "countNumber": images}


def _pushed_before(days: int) -> dict[str, object]:
    return {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
