"""Where things stand in the API's Kubernetes objects."""

from typing import Any

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg


def template(graph: Graph, kind: str = "Deployment") -> dict[str, Any]:
    return graph.one(kind).inputs["spec"]["template"]


def container(graph: Graph, kind: str = "Deployment") -> dict[str, Any]:
    (only,) = template(graph, kind)["spec"]["containers"]
    return only


def env(graph: Graph, kind: str = "Deployment") -> dict[str, Any]:
    return {e["name"]: e.get("value", e.get("valueFrom")) for e in container(graph, kind)["env"]}


def policy(graph: Graph, last: str) -> dict[str, Any]:
    return graph.named("NetworkPolicy", f"api-{last}").inputs["spec"]


def secret(graph: Graph, last: str) -> Reg:
    return graph.named("Secret", f"api-{last}")


def secret_files(graph: Graph, kind: str = "Deployment") -> dict[str, tuple[str, str]]:
    """Secret and key by the variable whose file holds its value."""
    (mount,) = [m for m in container(graph, kind)["volumeMounts"] if m["name"] == "secrets"]
    (volume,) = [v for v in template(graph, kind)["spec"]["volumes"] if v["name"] == "secrets"]
    sources = [source["secret"] for source in volume["projected"]["sources"]]
    files = {
        f"{mount['mountPath']}/{item['path']}": (source["name"], item["key"])
        for source in sources
        for item in source["items"]
    }
    return {
        name.removesuffix("_FILE"): files[value]
        for name, value in env(graph, kind).items()
        if name.endswith("_FILE")
    }
