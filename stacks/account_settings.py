"""Whose a stack is and where it stands: what stacks and bootstrap/ say alike."""

from typing import Annotated

from pydantic import Field

from stacks.section import Section


class AccountSettings(Section):
    """Account, region, owner."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    """AWS region of everything but CloudFront's certificate and web ACL (us-east-1)."""
    account_id: Annotated[str, Field(pattern=r"^\d{12}$")]
    """The only AWS account that the providers may touch."""
    owner: Annotated[str, Field(pattern=r"^[\w.@ -]{1,128}$")]
    """Tag `owner` of every resource."""
    cost_center: Annotated[str, Field(pattern=r"^[\w.@ -]{1,128}$")]
    """Tag `cost-center` of every resource."""
    protect: bool = True
    """Guard stateful resources: Pulumi's protect, deletion protection, final snapshots."""


class BootstrapSettings(Section):
    """All sections of bootstrap/'s stack file."""

    env: AccountSettings
