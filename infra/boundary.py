"""A permissions boundary for every role of the stack, whichever part makes it."""

import pulumi

ROLE = "aws:iam/role:Role"


def bound_roles(boundary_arn: str) -> None:
    """Put the boundary on all roles that are registered from now on."""

    def bound(asked: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if asked.type_ != ROLE:
            return None
        props = {**asked.props, "permissionsBoundary": boundary_arn}
        return pulumi.ResourceTransformResult(props, asked.opts)

    pulumi.runtime.register_resource_transform(bound)
