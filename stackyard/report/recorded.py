"""The graph that a stack's program makes: run in process, with no engine, cloud or account."""

import json
from pathlib import Path
from typing import Any

from infra.answers import Answers
from infra.program import build
from infra.providers import aws_provider
from infra.site_files import site_files
from release.plan import Ledger
from stacks.review import stack_file_name
from stackyard.graph import recorder
from stackyard.graph.answers import PREFIX_LIST
from stackyard.graph.registration import Reg
from stackyard.report.change import SECRET
from stackyard.report.graph import Graph, Node
from stackyard.stack_files import settings_of

NOTHING_YET = Answers(cloudfront_prefix_list_id=PREFIX_LIST, ledger=Ledger(), live_pods=0)
"""What AWS answers before the first deployment."""


def recorded(root: Path, stack: str, *, preview: bool = False) -> Graph:
    """What the program of the stack's file registers at a first deployment.

    With `preview` what only AWS knows is unknown, else it is faked. No hook runs. Raises
    `SettingsFaultError` for a stack file with mistakes.
    """
    return nodes_of(_registered(root, stack, preview=preview))


def exported(root: Path, stack: str) -> str:
    """The same graph in the form of `pulumi stack export`, as a preview knows it.

    A report on another commit takes it for the state, where nobody may see the real one. Secrets
    are masked, and there is no time, since nothing was ever written. Raises as `recorded`.
    """
    resources = [
        {
            "urn": urn,
            "type": reg.type,
            "custom": reg.custom,
            "inputs": _inputs(reg),
            "parent": reg.parent,
            "protect": bool(reg.opts.get("protect")),
            "dependencies": sorted(reg.depends),
            "propertyDependencies": {k: sorted(v) for k, v in reg.property_deps.items()},
            "provider": reg.provider,
        }
        for urn, reg in _registered(root, stack, preview=True).items()
    ]
    return json.dumps({"version": 3, "deployment": {"resources": resources}}, indent=2)


def _registered(root: Path, stack: str, *, preview: bool) -> recorder.Graph:
    settings = settings_of(root / stack_file_name(stack))

    def program() -> None:
        build(settings, NOTHING_YET, site_files(root), aws_provider(settings.env))

    return recorder.record(program, stack=stack, preview=preview, hooks=False)


def _inputs(reg: Reg) -> dict[str, Any]:
    return {k: SECRET if k in reg.secrets else v for k, v in reg.inputs.items()}


def nodes_of(graph: recorder.Graph) -> Graph:
    """Registrations as a report looks at them; inputs that hold a secret are masked whole."""
    return {
        urn: Node(
            urn=urn,
            type=reg.type,
            name=reg.name,
            inputs=_inputs(reg),
            dependencies=frozenset(
                {*reg.depends, reg.provider, reg.opts.get("deletedWith", "")} - {""}
            ),
            parent=reg.parent or None,
            custom=reg.custom,
        )
        for urn, reg in graph.items()
    }
