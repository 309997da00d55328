"""`stackyard prices refresh`: the price table in the repository, renewed over the network."""

import http.client
import io
import json
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.report.price_list import Refreshed, refreshed
from stackyard.report.prices import FILE, parsed, written

AWS = "https://pricing.us-east-1.amazonaws.com"
"""Where the price list of all regions but China's is (AWS Billing user guide, "Getting price list
files manually")."""
TIMEOUT_SECONDS = 60
INDEX_BYTES = 16 << 20
"""An index has less than a megabyte."""


def refresh(
    region: str | None, added: Iterable[str], *, address: str = AWS, file: Path = FILE
) -> Refreshed:
    """Renew the table in `file` and write it, whole or not at all.

    Raises `StackyardError` where the price list cannot be had; the table is then as it was.
    """
    _check(address)
    table = parsed(file.read_text(encoding="utf-8"), file.name)

    def fetch(path: str) -> Mapping[str, Any]:
        with _opened(address, path) as answer:
            text = answer.read(INDEX_BYTES + 1)
        if len(text) > INDEX_BYTES:
            raise StackyardError(f"{address}{path}: is larger than an index can be")
        try:
            found: Any = json.loads(text)
        except ValueError as problem:
            raise StackyardError(f"{address}{path}: is no JSON: {problem}") from problem
        return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]  # JSON

    @contextmanager
    def read(path: str) -> Generator[Iterable[str]]:
        with (
            _opened(address, path) as answer,
            io.TextIOWrapper(answer, encoding="utf-8", newline="") as lines,
        ):
            yield lines

    try:
        renewed = refreshed(table, region or table.region, added, fetch, read)
    except (OSError, http.client.HTTPException, UnicodeDecodeError) as problem:
        raise StackyardError(f"{address}: the price list broke off: {problem}") from problem
    draft = file.with_suffix(".new")
    draft.write_text(written(renewed.table), encoding="utf-8")
    draft.replace(file)
    return renewed


def _check(address: str) -> None:
    """Prices come over TLS, or from this machine."""
    if not address.startswith(("https://", "http://127.0.0.1:")):
        raise SettingsFaultError(f"{address}: write https://…; prices must not change on their way")


@contextmanager
def _opened(address: str, path: str) -> Generator[http.client.HTTPResponse]:
    if not path.startswith("/") or path.startswith("//"):
        raise StackyardError(f"{address}: the index names {path!r}, which is no path of its own")
    try:
        answer = urlopen(f"{address}{path}", timeout=TIMEOUT_SECONDS)  # noqa: S310  # checked above
    except (URLError, OSError) as problem:
        raise StackyardError(
            f"{address}{path}: {problem}; the price table stays as it is"
        ) from problem
    with answer:
        if answer.url.partition(":")[0] != address.partition(":")[0]:
            raise StackyardError(f"{address}{path}: leads to {answer.url}; prices must not change")
        yield answer
