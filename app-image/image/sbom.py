"""The image's SBOM as CycloneDX 1.6: each Debian and Python package that lies in it.

usage: sbom.py LAYOUT ROOT LIB, the image's OCI layout, its root folder and its `/app/lib`.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode


def main() -> None:
    """Print it; the same image gives the same text."""
    layout, root, lib = (Path(word) for word in sys.argv[1:])
    json.dump(sbom(layout, root, lib), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")


def sbom(layout: Path, root: Path, lib: Path) -> dict[str, Any]:
    """The whole document."""
    digest = read(layout / "index.json")["manifests"][0]["digest"]
    config = blob(layout, blob(layout, digest)["config"]["digest"])
    components = [*debian_packages(root), *python_packages(lib)]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": config["created"],
            "component": {
                "type": "container",
                "name": "task1",
                "version": digest,
                **identified(f"pkg:oci/task1@{quote(digest, '')}?arch={config['architecture']}"),
            },
        },
        "components": sorted(components, key=lambda component: component["bom-ref"]),
    }


def debian_packages(root: Path) -> Iterator[dict[str, Any]]:
    """Debian itself, and the packages whose control files the base keeps for scanners."""
    release = dict(
        line.replace('"', "").split("=", 1)
        for line in (root / "etc/os-release").read_text(encoding="utf-8").splitlines()
    )
    version = release["VERSION_ID"]
    yield {
        "type": "operating-system",
        "bom-ref": f"debian-{version}",
        "name": "debian",
        "version": version,
    }
    for path in (root / "var/lib/dpkg/status.d").iterdir():
        fields = HeaderParser().parsestr(path.read_text(encoding="utf-8"))
        # Debian's security tracker speaks of sources.
        qualifiers = {"arch": fields["Architecture"], "distro": f"debian-{version}"}
        if "Source" in fields:
            qualifiers["upstream"] = fields["Source"].split()[0]
        address = f"pkg:deb/debian/{quote(fields['Package'])}@{quote(fields['Version'])}"
        yield library(fields["Package"], fields["Version"], f"{address}?{urlencode(qualifiers)}")


def python_packages(lib: Path) -> Iterator[dict[str, Any]]:
    """What is installed in the folder, with the licence where its author wrote one down."""
    for distribution in distributions(path=[str(lib)]):
        name, version = distribution.metadata["Name"], distribution.version
        normalised = re.sub(r"[-_.]+", "-", name).lower()
        yield {
            **library(name, version, f"pkg:pypi/{normalised}@{quote(version)}"),
            **licence(HeaderParser().parsestr(distribution.read_text("METADATA") or "")),
        }


def licence(metadata: Message) -> dict[str, Any]:
    """An SPDX expression, else the author's own words if they are no whole text."""
    expression, words = metadata["License-Expression"], metadata["License"]
    if expression:
        return {"licenses": [{"expression": expression}]}
    if words and "\n" not in words:
        return {"licenses": [{"license": {"name": words}}]}
    return {}


def library(name: str, version: str, address: str) -> dict[str, Any]:
    """One component by its package URL."""
    return {"type": "library", "name": name, "version": version, **identified(address)}


def identified(address: str) -> dict[str, str]:
    """The package URL, which is also what the document calls it."""
    return {"bom-ref": address, "purl": address}


def blob(layout: Path, digest: str) -> Any:
    """A JSON document of the layout."""
    return read(layout / "blobs" / digest.replace(":", "/"))


def read(path: Path) -> Any:
    """A JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
