"""Size profiles: what `env.size` sets in every other section before the stack file speaks."""

from typing import Any, get_args

from stacks.network_settings import NodeEndpoint
from stacks.settings import Size

Profile = dict[str, dict[str, Any]]

LOCAL: Profile = {
    "env": {"protect": False},
    "database": {"readers": 1},
    "cache": {"snapshotDays": 0},
    # Its edge runs no functions, and nobody reads its load balancer's logs.
    "edge": {"accessLogs": False, "fallback": "none"},
    # Two cores for everything: a release shares them with the load that it is watched under.
    "release": {
        "drainSeconds": 5,
        "readySeconds": 120,
        "stepSeconds": 5,
        "bakeSeconds": 10,
        "maxP95Ms": 2000,
    },
    "observe": {"logDays": 1, "alarms": False},
}
SMALL: Profile = {
    "env": {"protect": False},
    # Types of one size, since spot takes whichever there is most of (EKS user guide, "Managed node
    # group capacity types").
    "cluster": {"instanceTypes": ["t4g.medium", "c7g.large", "c6g.large"], "spotPercent": 50},
}
LARGE: Profile = {
    "network": {
        "zones": ["a", "b", "c"],
        "nat": "perZone",
        "flowLogs": "ALL",
        "interfaceEndpoints": sorted(get_args(NodeEndpoint)),
    },
    "database": {
        "instanceClass": "db.r8g.large",
        "readers": 1,
        "readersMax": 5,
        "proxy": True,
        "auth": "iam",
        "masterRotationDays": 7,
        "insights": "advanced",
    },
    "cache": {"nodeType": "cache.r7g.large", "replicas": 2, "snapshotDays": 7},
    "cluster": {
        "instanceTypes": ["m8g.large"],
        "nodesMin": 3,
        "nodesMax": 9,
        "containerInsights": True,
    },
    "app": {"minReplicas": 3},
    "edge": {"waf": "block"},
    "observe": {"logDays": 365},
}

SIZES: dict[Size, Profile] = {"local": LOCAL, "small": SMALL, "large": LARGE}
