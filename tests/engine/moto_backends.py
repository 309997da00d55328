"""moto in this process, every backend of it shown to the test as soon as it is made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws
from moto.core.base_backend import AccountSpecificBackend
from moto.eks.models import EKSBackend

from stackyard.local.aws import addresses
from stackyard.local.layout import Layout


@contextmanager
def moto(observe: Callable[[Any], None]) -> Iterator[None]:
    """An empty moto; `observe` gets each backend before anything else does."""
    get = AccountSpecificBackend.__getitem__

    def get_or_make(self: Any, region: str) -> Any:
        known = dict.__contains__(self, "aws" if region == "global" else region)
        backend = get(self, region)
        if not known:
            observe(backend)
        return backend

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(AccountSpecificBackend, "__getitem__", get_or_make)
        yield


@contextmanager
def moto_of(layout: Layout, observe: Callable[[Any], None]) -> Iterator[None]:
    """The same; its EKS clusters are the slot's control plane."""
    with pytest.MonkeyPatch.context() as patch, moto(observe):
        patch.setattr(EKSBackend, "create_cluster", EKSBackend.create_cluster)
        addresses._clusters(layout)
        yield
