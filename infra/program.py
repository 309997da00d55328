"""The program of every stack: read the settings, ask once, build the layers in order, export."""

from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.answers import Answers, ask
from infra.boundary import bound_roles
from infra.layers import make_parts
from infra.outputs import Outputs, stack_outputs
from infra.providers import aws_provider
from infra.settings import read_settings
from infra.site_files import site_files
from stacks.settings import Settings


def build(
    settings: Settings, answers: Answers, files: Mapping[str, Path], provider: aws.Provider
) -> Outputs:
    """Register every resource of one stack and return what it gives back."""
    return stack_outputs(settings, make_parts(settings, answers, files, provider))


def main() -> None:
    """Do what `pulumi up` asks for."""
    # Whatever can be refused is refused before the first resource.
    settings, files = read_settings(), site_files()
    if settings.env.permissions_boundary is not None:
        bound_roles(settings.env.permissions_boundary)
    provider = aws_provider(settings.env)
    outputs = build(settings, ask(provider, settings.env.region), files, provider)
    for name, value in outputs.items():
        pulumi.export(name, value)
