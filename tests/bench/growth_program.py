"""The program's parts, several times over: network, data and platform of one stack a copy."""

import contextvars
from collections.abc import Awaitable, Callable
from functools import partial
from unittest import mock

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import set_root_resource

from infra import layers
from infra.answers import Answers, ask
from infra.providers import aws_provider
from infra.settings import read_settings
from stacks.settings import Settings
from tests.release.stand_in import nobody_asked
from tests.release.world import World

_HOOK = pulumi.ResourceHook


class Copy(pulumi.ComponentResource):
    """Holds one copy; its type is in the URN of all below, so that their names may be the same."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stackyard:bench:Copy{number}", f"copy-{number}")


def copies(count: int) -> None:
    """One provider, and `count` times the layers up to the cluster; for the stack `local`."""
    settings = read_settings()
    provider = aws_provider(settings.env)
    with nobody_asked(World()):
        answers = ask(provider, settings.env.region)
    for number in range(count):
        # The root is the context's own: each copy has one, and none is left behind.
        contextvars.copy_context().run(_copy, number, settings, provider, answers)


def _copy(number: int, settings: Settings, provider: aws.Provider, answers: Answers) -> None:
    # A part without a parent stands under the root: the layers need not know of copies.
    set_root_resource(Copy(number))
    # Unlike a resource's, a hook's name is the whole program's, whatever it stands under.
    with mock.patch.object(pulumi, "ResourceHook", partial(_own_hook, number)):
        _layers(settings, provider, answers)


def _own_hook(
    number: int,
    name: str,
    callback: Callable[[pulumi.ResourceHookArgs], Awaitable[None] | None],
    opts: pulumi.ResourceHookOptions | None = None,
) -> pulumi.ResourceHook:
    return _HOOK(f"copy-{number}-{name}", callback, opts)


def _layers(settings: Settings, provider: aws.Provider, answers: Answers) -> None:
    network = layers._network(settings, provider)
    layers._data(settings, network, provider)
    layers._platform(settings, network, provider, answers)
