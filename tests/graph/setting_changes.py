"""For every setting of a production stack, another value that it takes."""

from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from stacks.settings import Settings

PUBLIC_KEY = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHU4CE1dPSTVVXtqIMDbfIs33dQN0
Vy9hID1ujsx6btpifB09KrSMC4tJB4zeYsabmisZ1reVFFqCGVCaXv3kEg==
-----END PUBLIC KEY-----
"""

OTHER: dict[str, Any] = {
    "env.size": "small",
    "env.region": "eu-west-1",
    "env.accountId": "210987654321",
    "env.owner": "web-team",
    "env.costCenter": "shop",
    "env.domain": "example.org",
    "env.zoneId": "Z9876543210EXAMPLE",
    "env.protect": False,
    "env.ttlHours": 48,
    "env.permissionsBoundary": "arn:aws:iam::123456789012:policy/stackyard-bootstrap/boundary",
    "network.cidr": "10.40.0.0/16",
    "network.zones": ["a", "b", "d"],
    "network.nat": "single",
    "network.ipv6": True,
    "network.interfaceEndpoints": [],
    "network.flowLogs": "REJECT",
    "database.engineVersion": "8.0.mysql_aurora.3.11.1",
    "database.name": "shop_db",
    "database.instanceClass": "db.r8g.xlarge",
    "database.readerClass": "db.serverless",
    "database.acuMin": 1.0,
    "database.acuMax": 8.0,
    "database.pauseSeconds": 600,
    "database.readers": 0,
    "database.readersMax": 8,
    "database.readerCpuPercent": 70,
    "database.readerConnections": 500,
    "database.proxy": False,
    "database.auth": "secret",
    "database.masterRotationDays": 30,
    "database.backupDays": 14,
    "database.backupWindow": "01:00-02:00",
    "database.maintenanceWindow": "mon:05:00-mon:06:00",
    "database.restoreSnapshot": "before-the-move",
    "database.restoreCluster": "database-0a1b2c3d",
    "database.restoreTime": "2026-11-01T12:00:00Z",
    "database.insights": "standard",
    "database.storage": "ioOptimized",
    "database.backtrackHours": 24,
    "database.writeForwarding": True,
    "cache.mode": "serverless",
    "cache.nodeType": "cache.r7g.xlarge",
    "cache.replicas": 1,
    "cache.failover": False,
    "cache.maxGib": 10,
    "cache.maxEcpus": 20_000,
    "cache.passwords": [1, 2],
    "cache.role": "cache",
    "cache.snapshotDays": 14,
    "cluster.version": "1.36",
    "cluster.compute": "karpenter",
    "cluster.spotPercent": 30,
    "cluster.amiFamily": "bottlerocket",
    "cluster.endpoint": "private",
    "cluster.containerInsights": False,
    "cluster.secretsDriver": True,
    "cluster.instanceTypes": ["m8g.xlarge"],
    "cluster.nodesMin": 4,
    "cluster.nodesMax": 12,
    "cluster.allowedCidrs": ["198.51.100.0/24"],
    "cluster.adminRoleArns": ["arn:aws:iam::123456789012:role/other"],
    "cluster.viewerRoleArns": ["arn:aws:iam::123456789012:role/viewer"],
    "cluster.tunnel": True,
    "app.image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/api@sha256:" + "0" * 64,
    "app.port": 8080,
    "app.minReplicas": 4,
    "app.maxReplicas": 20,
    "app.cpuTargetPercent": 60,
    "app.cpuRequest": "300m",
    "app.cpuLimit": "1",
    "app.memoryRequest": "300Mi",
    "app.memoryLimit": "1Gi",
    "app.env": {"LOG_LEVEL": "debug"},
    "app.partitionPosts": True,
    "app.recommendMemory": True,
    "edge.priceClass": "PriceClass_All",
    "edge.waf": "count",
    "edge.wafCountRules": [],
    "edge.wafExceptions": {"CrossSiteScripting_BODY": ["/api/posts"]},
    "edge.rateLimitPerIp": 4000,
    "edge.accessLogs": False,
    "edge.originLock": "header",
    "edge.idleTimeoutSeconds": 45,
    "edge.fallback": "ssg",
    "edge.failoverRegion": "us-west-2",
    "edge.signedPaths": {"/members/*": [PUBLIC_KEY]},
    "edge.allowPlainOrigin": "the certificate is still to come",
    "release.drainSeconds": 60,
    "release.readySeconds": 60,
    "release.stepSeconds": 60,
    "release.bakeSeconds": 60,
    "release.maxErrorPercent": 2.0,
    "release.maxP95Ms": 800,
    "release.alarms": ["api-errors"],
    "release.retry": True,
    "release.keepPrevious": True,
    "observe.logDays": 90,
    "observe.alarms": False,
    "observe.alarmTopicArn": "arn:aws:sns:us-east-1:123456789012:on-call",
    "observe.runbookUrl": "https://example.com/other",
    "cost.monthlyRequests": 50_000_000,
    "cost.responseKib": 40.0,
    "cost.databaseGib": 200.0,
    "cost.logGib": 100.0,
    "cost.loadPercent": 50.0,
}

TOGETHER: dict[str, dict[str, Any]] = {
    "database.readers": {"readersMax": None},
    "database.proxy": {"auth": "secret"},
    "database.restoreTime": {"restoreCluster": "database-0a1b2c3d"},
}
"""What changes with a setting, since the two can't be otherwise."""

ANOTHER_DATABASE = (
    (
        "Cluster database",
        "ClusterInstance database-reader-a",
        "ClusterInstance database-writer",
        "RandomId database-suffix",
    ),
    (),
)
"""What a new name, or a backup that it is made from, replaces."""

LOSSES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "cache.mode": ((), ("ReplicationGroup cache",)),
    "database.name": ANOTHER_DATABASE,
    "database.restoreCluster": ANOTHER_DATABASE,
    "database.restoreSnapshot": ANOTHER_DATABASE,
    "database.restoreTime": ANOTHER_DATABASE,
    "database.readers": ((), ("ClusterInstance database-reader-a",)),
    "edge.accessLogs": ((), ("Bucket balancer-logs",)),
    "env.region": (
        (
            "Bucket balancer-logs",
            "Bucket site",
            "Cluster cluster",
            "Cluster database",
            "ClusterInstance database-reader-a",
            "ClusterInstance database-writer",
            "Distribution site",
            "Key cache-key",
            "Key cluster-key",
            "Key database-key",
            "RandomId database-suffix",
            "ReplicationGroup cache",
            "Secret cache-app",
            "Secret database-app",
        ),
        (),
    ),
    "env.size": ((), ("ClusterInstance database-reader-a",)),
    "network.cidr": (("Cluster cluster",), ()),
}
"""Settings whose change replaces or deletes what the guard watches: names of both."""


def paths() -> set[str]:
    """Every setting, as `section.key` of the stack file."""
    return {
        f"{to_camel(section)}.{to_camel(name)}"
        for section, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for name in field.annotation.model_fields
    }


def changed(config: dict[str, Any], path: str) -> dict[str, Any]:
    """A stack's configuration with the other value of one setting."""
    section, key = path.split(".")
    given = config.get(f"stackyard:{section}", {})
    new = {**TOGETHER.get(path, {}), key: OTHER[path]}
    return {**config, f"stackyard:{section}": {**given, **new}}
