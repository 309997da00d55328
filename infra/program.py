"""The program of every stack: read the settings, ask once, build the layers in order, export."""

import pulumi
import pulumi_aws as aws

from infra.answers import Answers, ask
from infra.layers import make_parts
from infra.outputs import Outputs, stack_outputs
from infra.providers import aws_provider
from infra.settings import read_settings
from stacks.settings import Settings


def build(settings: Settings, answers: Answers, provider: aws.Provider) -> Outputs:
    """Register every resource of one stack and return what it gives back."""
    return stack_outputs(settings, make_parts(settings, answers, provider))


def main() -> None:
    """Do what `pulumi up` asks for."""
    settings = read_settings()
    provider = aws_provider(settings.env)
    outputs = build(settings, ask(provider), provider)
    for name, value in outputs.items():
        pulumi.export(name, value)
