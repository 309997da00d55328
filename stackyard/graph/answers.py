"""What a registered resource answers: inputs echoed and outputs faked, or a backend's word."""

# Faked by the SDK's own table of types, which is private to it and untyped.
# pyright: reportPrivateUsage=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import functools
import threading
import typing
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pulumi
from pulumi import _types

from stackyard.graph.arns import ACCOUNT, REGION, arn
from stackyard.graph.registration import Reg, plain
from stackyard.local.backend import Backend
from stackyard.local.properties import to_struct

SECRET_CANARY = "canary-4f1d"  # noqa: S105  # what every faked secret begins with, to be looked for
IPV6_BLOCK = "2600:1f18:12ab:3400::/56"
PREFIX_LIST = "pl-3b927c52"
_ASKED = "aws:ec2/getManagedPrefixList:getManagedPrefixList"


class Answering(Protocol):
    """What the recording monitor asks once a registration is kept."""

    def create(self, reg: Reg) -> tuple[str, dict[str, Any]]:
        """Physical id and outputs."""
        ...

    def call(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """A function's answer."""
        ...


class Echo:
    """Nothing is made: inputs come back, computed outputs are faked by name and type."""

    def create(self, reg: Reg) -> tuple[str, dict[str, Any]]:
        """Inputs and faked outputs."""
        if reg.type.startswith("kubernetes:"):
            return _kubernetes(reg)
        physical = f"{reg.name}-1a2b3c4"
        if reg.type.startswith("pulumi:providers:"):
            return physical, reg.inputs
        faked = _required(_class_of(reg.type), physical, reg.type)
        if "arn" in faked and reg.type.startswith("aws:"):
            faked["arn"] = arn(reg.type, reg.inputs, physical)
        if "engineVersion" in reg.inputs and "engineVersionActual" in faked:
            faked["engineVersionActual"] = reg.inputs["engineVersion"]
        outputs = _laid_over({**faked, **_known(reg, physical)}, reg.inputs)
        id_ = outputs["arn"] if reg.type in _ID_IS_ARN else physical
        if reg.type.startswith(_ID_IS_DRAWN):
            id_ = f"{reg.type.split(':')[-1].lower()}-{physical}"
        return id_, {**outputs, "id": id_}

    def call(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """The one question that the program asks; raises `LookupError` at any other."""
        if token == _ASKED:
            return {"id": PREFIX_LIST, "name": args["name"]}
        raise LookupError(f"{token} asks AWS for what settings or answers should say")


_ID_IS_ARN = {
    "aws:acm/certificate:Certificate",
    "aws:iam/policy:Policy",
    "aws:lb/listener:Listener",
    "aws:lb/listenerRule:ListenerRule",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:lb/targetGroup:TargetGroup",
    "aws:secretsmanager/secret:Secret",
}

_ID_IS_DRAWN = ("aws:cloudfront/", "aws:ec2/", "aws:kms/", "aws:vpc/", "aws:wafv2/")
"""Where AWS draws an id beside the name: no two types share one, though they share a name."""


def _known(reg: Reg, physical: str) -> dict[str, Any]:
    """Computed outputs whose form the program leans on."""
    match reg.type:
        case "aws:acm/certificate:Certificate":
            domain = reg.inputs["domainName"]
            record = {
                "domainName": domain,
                "resourceRecordName": f"_a79865eb.{domain}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_1f2e.acm-validations.aws.",
            }
            return {"domainValidationOptions": [record]}
        case "aws:eks/cluster:Cluster":
            return {
                "endpoint": f"https://{physical}.eks.example.com",
                "certificateAuthority": {"data": "Q0E="},
                "certificateAuthorities": [{"data": "Q0E="}],
                "vpcConfig": {"clusterSecurityGroupId": f"sg-{physical}"},
            }
        case "random:index/randomPassword:RandomPassword":
            return {"result": f"{SECRET_CANARY}-{reg.name}-p@ss/w#rd"}
        case "random:index/randomId:RandomId":
            drawn = {
                "hex": "1a2b3c4d",
                "dec": "439041101",
                "b64Std": "Gis8TQ==",
                "b64Url": "Gis8TQ",
            }
            return {kind: f"{reg.inputs.get('prefix', '')}{text}" for kind, text in drawn.items()}
        case "aws:ec2/vpc:Vpc":
            return {"ipv6CidrBlock": IPV6_BLOCK}
        case _:
            return _known_of_data(reg, physical)


def _known_of_data(reg: Reg, physical: str) -> dict[str, Any]:
    """As `_known`, of database and cache."""
    match reg.type:
        case "aws:rds/cluster:Cluster":
            secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!{physical}"
            key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/managed"
            secrets = [{"secretArn": secret, "kmsKeyId": key, "secretStatus": "active"}]
            return {"masterUserSecrets": secrets, "port": 3306}
        case "aws:rds/proxy:Proxy":
            return {"arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db-proxy:prx-0a1b2c3d"}
        case "aws:elasticache/serverlessCache:ServerlessCache":
            endpoint = {"address": f"{physical}.serverless.example.com", "port": 6379}
            return {"endpoints": [endpoint], "readerEndpoints": [{**endpoint, "port": 6380}]}
        case _:
            return {}


def _kubernetes(reg: Reg) -> tuple[str, dict[str, Any]]:
    if reg.type == "kubernetes:helm.sh/v3:Release":
        return f"{reg.inputs.get('namespace')}/{reg.name}", {**reg.inputs, "status": {}}
    metadata = {"name": f"{reg.name}-1a2b3c4", **reg.inputs.get("metadata", {})}
    namespace = metadata.get("namespace")
    id_ = f"{namespace}/{metadata['name']}" if namespace else metadata["name"]
    return id_, {**reg.inputs, "metadata": metadata}


_CLASSES: dict[str, type] = {}


def _class_of(token: str) -> type:
    """The SDK's class of a token; it is imported, since the program has just made one."""
    if token not in _CLASSES:
        pending = [pulumi.CustomResource]
        while pending:
            for found in pending.pop().__subclasses__():
                pending.append(found)
                if name := getattr(found, "pulumi_type", None):
                    _CLASSES[name] = found
    return _CLASSES.get(token, pulumi.CustomResource)


def _required(class_: type, physical: str, token: str) -> dict[str, Any]:
    kinds = {k: v for k, v in _types.resource_types(class_).items() if k not in {"urn", "id"}}
    return {name: _faked(kind, name, physical, token) for name, kind in kinds.items()}


def _faked(kind: Any, name: str, physical: str, token: str) -> Any:
    form = _form(kind)
    if form is str:
        service, word = token.split(":")[1].split("/")
        is_arn = name == "arn" or name.endswith("Arn")
        arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{word}/{physical}"
        return arn if is_arn else physical if name == "name" else f"{physical}-{name}"
    if form in _PLAIN:
        return _PLAIN[form]()
    inner = _types.output_type_types(form)
    return {key: _faked(value, key, physical, token) for key, value in inner.items()}


_PLAIN: dict[Any, Callable[[], Any]] = {
    None: lambda: None,
    bool: lambda: False,
    dict: dict,
    float: lambda: 1,
    int: lambda: 1,
    list: list,
}


@functools.cache  # the SDK's types say it slowly, and each of them is met hundreds of times
def _form(kind: Any) -> Any:
    """A scalar's type, a class of outputs, `list` or `dict`; None for what may be left out."""
    if type(None) in typing.get_args(kind):
        return None
    kind = _types.unwrap_type(kind)
    if kind in {str, int, float, bool}:
        return kind
    if isinstance(kind, type) and _types.is_output_type(kind):
        return kind
    return list if typing.get_origin(kind) is not None and "Sequence" in str(kind) else dict


def _laid_over(below: Any, above: Any) -> Any:
    """What was given over what was faked; nested objects are filled up."""
    if isinstance(below, dict) and isinstance(above, dict):
        keys = [*below, *(key for key in above if key not in below)]
        return {
            key: _laid_over(below[key], above[key])
            if key in below and key in above
            else above[key]
            if key in above
            else below[key]
            for key in keys
        }
    return above


class Backends:
    """Answers of the clouds behind the providers; packages without one are echoed.

    Each provider resource has a backend of its own, configured by its inputs, as in the engine.
    """

    def __init__(self, backends: Mapping[str, Backend]) -> None:
        self._packages = backends
        self._configured: dict[str, Backend] = {}
        # As the process that holds the embedded cloud does: one call that changes it at a time.
        self._lock = threading.Lock()
        self._echo = Echo()

    def create(self, reg: Reg) -> tuple[str, dict[str, Any]]:
        """What the package's cloud makes of it; raises `ValueError` for inputs it refuses."""
        package = reg.type.partition(":")[0]
        if package == "pulumi":
            provided = reg.type.split(":")[-1]
            if provided in self._packages:
                self._configured[reg.urn] = self._packages[provided].configured(reg.inputs)
            return self._echo.create(reg)
        if package not in self._packages:
            return self._echo.create(reg)
        backend = self._configured.get(reg.provider, self._packages[package])
        inputs, refused = backend.check(reg.type, reg.name, {}, reg.inputs, reg.urn.encode())
        if refused:
            raise ValueError(f"{reg.type} {reg.name}: {refused}")
        with self._lock:
            id_, outputs = backend.create(reg.type, reg.name, inputs, timeout=0)
        # Through the wire and back: that is how an output is told to be secret.
        outputs, secrets = plain(to_struct(outputs))
        reg.secret_outputs |= secrets
        return id_, {**outputs, "id": id_}

    def call(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """The answer of the package's cloud."""
        backend = self._packages.get(token.partition(":")[0])
        return backend.invoke(token, args) if backend else self._echo.call(token, args)
