"""How a provider's call ends in an error: one line, and a status that keeps half-made objects."""

import logging
from collections.abc import Callable
from typing import Never, TypeVar

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from stackyard.local.backend import NotReadyError
from stackyard.local.properties import to_struct

_log = logging.getLogger(__name__)
T = TypeVar("T")


def call_backend(context: grpc.ServicerContext, call: Callable[[], T]) -> T:
    """The call's result; whatever it raises ends the request with one line."""
    try:
        return call()
    except NotReadyError as error:
        _refuse_partial(context, error)
    except Exception as error:  # noqa: BLE001  the engine must hear of it whatever it is
        _log.debug("provider call failed", exc_info=True)
        refuse(context, _message(error))


def _message(error: Exception) -> str:
    told = one_line(str(error))
    # A KeyError's or a bare RuntimeError's text says little without its name.
    named = isinstance(error, (KeyError, AttributeError, TypeError, AssertionError)) or not told
    return f"{type(error).__name__}: {told}" if named else told


def one_line(text: str) -> str:
    """The text without line breaks: the engine shows one line an error."""
    return " ".join(text.split())


def refuse(context: grpc.ServicerContext, message: str) -> Never:
    """End the request with that message."""
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError("abort raises")


def _refuse_partial(context: grpc.ServicerContext, error: NotReadyError) -> Never:
    """The status by which the engine keeps an object that exists but is not ready."""
    message = one_line(str(error))
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.id,
            properties=to_struct(error.outputs),
            inputs=to_struct(error.inputs),
            reasons=[message],
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=message, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    refuse(context, message)
