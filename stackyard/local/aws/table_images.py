"""Rows of ECR."""

from stackyard.local.aws.spec import Call, Spec, row


def _repository_change(call: Call) -> None:
    if call.olds is None:
        return
    if call.due("imageTagMutability"):
        mutability = call.props.get("imageTagMutability") or "MUTABLE"
        call.do("put_image_tag_mutability", repositoryName=call.id, imageTagMutability=mutability)
    if call.due("imageScanningConfiguration"):
        scanning = call.props.get("imageScanningConfiguration") or {"scanOnPush": False}
        call.do(
            "put_image_scanning_configuration",
            repositoryName=call.id,
            imageScanningConfiguration=scanning,
        )


def _end_repository(call: Call) -> None:
    force = bool(call.props.get("forceDelete"))
    call.do("delete_repository", repositoryName=call.id, force=force)


ROWS: tuple[Spec, ...] = (
    row(
        "ecr/repository:Repository",
        "ecr",
        "repository",
        "repositoryName",
        update="",
        name="name",
        lower_name=True,
        rename={"name": "repositoryName", "encryptionConfigurations": "encryptionConfiguration"},
        settle=(_repository_change,),
        attrs={
            "arn": "repositoryArn",
            "repositoryUrl": "repositoryUri",
            "name": "repositoryName",
        },
        delete_call=_end_repository,
        kept=("forceDelete",),
        replacing=("name", "encryptionConfigurations"),
    ),
    row(
        "ecr/lifecyclePolicy:LifecyclePolicy",
        "ecr",
        "lifecycle_policy",
        "repositoryName",
        create="put_lifecycle_policy",
        read="get_lifecycle_policy",
        update="put_lifecycle_policy",
        rename={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
        replacing=("repository",),
    ),
)
