"""The ledger as a parameter of AWS Systems Manager: JSON under a name that is known beforehand.

A standard parameter holds 4 KB (Systems Manager user guide, "Managing parameter tiers").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from release.plan import Ledger
from stacks.section import PROJECT

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_ledgers = TypeAdapter(Ledger)


class LedgerError(Exception):
    """The ledger cannot be read; nobody may take that for a first release."""


def ledger_name(stack: str) -> str:
    """The parameter's name."""
    return f"/{PROJECT}/{stack}/release"


def text_of(ledger: Ledger) -> str:
    """The ledger as it is kept."""
    return _ledgers.dump_json(ledger, exclude_none=True).decode()


def ledger_in(text: str, name: str) -> Ledger:
    """The ledger of such a text; raises `LedgerError` that names the parameter."""
    try:
        # A key that is misspelt would leave out what it should say: that nothing serves, at worst.
        return _ledgers.validate_json(text, strict=True, extra="forbid")
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise LedgerError(
            f"the parameter {name} is no ledger of releases: {problem.error_count()} faults, first"
            f" {where}: {first['msg']}; put its last good version back:"
            f" aws ssm get-parameter-history --name {name}"
        ) from problem


class LedgerParameter:
    """One stack's ledger. Raises `LedgerError`, and botocore's errors as they are."""

    def __init__(self, stack: str, ssm: SSMClient) -> None:
        self._name, self._ssm = ledger_name(stack), ssm

    def read(self) -> Ledger:
        """The ledger; an empty one where there is no such parameter."""
        try:
            answer = self._ssm.get_parameter(Name=self._name)
        except self._ssm.exceptions.ParameterNotFound:
            return Ledger()
        return ledger_in(answer["Parameter"].get("Value", ""), self._name)

    def write(self, ledger: Ledger) -> None:
        """Keep it; the parameter's history has what it was before."""
        self._ssm.put_parameter(
            Name=self._name, Value=text_of(ledger), Type="String", Overwrite=True
        )
