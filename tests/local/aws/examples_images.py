"""Examples of the image repository."""

import json

from tests.local.aws.example import TAGS, Example, example
from tests.local.aws.world import World


def policy(days: int) -> str:
    selection = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": days,
    }
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    return json.dumps({"rules": [rule]})


def lifecycle(w: World) -> dict[str, str]:
    return {"repository": w.id("images"), "policy": policy(14)}


IMAGES: tuple[Example, ...] = (
    example(
        "ecr/repository:Repository",
        lambda w: {
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": w.get("key")["arn"]}],
            "tags": TAGS,
        },
        {
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": False},
            "forceDelete": True,
            "tags": {"team": "ops"},
        },
        "arn",
        "name",
        "registryId",
        "repositoryUrl",
    ),
    example("ecr/lifecyclePolicy:LifecyclePolicy", lifecycle, {"policy": policy(7)}, "registryId"),
)
