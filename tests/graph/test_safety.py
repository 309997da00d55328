"""What guards a stack without asking: all of it in production, staging's gaps with reasons."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg
from tests.graph.safety import CLUSTER, DATA, SAFEGUARDS, Safeguard

RDS, EKS = "aws:rds/cluster:Cluster", "aws:eks/cluster:Cluster"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"


def names(safeguard: Safeguard) -> str:
    return safeguard.name


def set_to(**given: Any) -> Callable[[Reg], None]:
    return lambda reg: reg.inputs.update(given)


def inside(block: str, **given: Any) -> Callable[[Reg], None]:
    return lambda reg: reg.inputs[block].update(given)


def unnamed(reg: Reg) -> None:
    reg.property_deps.pop("finalSnapshotIdentifier")


BREACHES: dict[str, tuple[str, Callable[[Reg], None]]] = {
    "database: storage encrypted under a key of its own": (RDS, set_to(storageEncrypted=False)),
    "database: master password outside program and state": (RDS, set_to(masterPassword="secret")),
    "database: deletion protection": (RDS, set_to(deletionProtection=False)),
    "database: seven days of backups or more": (RDS, set_to(backupRetentionPeriod=1)),
    "database: a last snapshot": (RDS, set_to(skipFinalSnapshot=True)),
    "database: destroy works a second time": (RDS, unnamed),
    "database: backups outlive it": (RDS, set_to(deleteAutomatedBackups=True)),
    "database: TLS forced by the engine": ("ClusterParameterGroup", set_to(parameters=[])),
    "database: logs exported and kept for a time": (
        RDS,
        set_to(enabledCloudwatchLogsExports=["audit", "general"]),
    ),
    "database: insights and monitoring": ("database-writer", set_to(monitoringInterval=0)),
    "cache: TLS": (CACHE, set_to(transitEncryptionMode="preferred")),
    "cache: no sign-in without a password": (CACHE, set_to(userGroupIds=[])),
    "cache: daily snapshots": (CACHE, set_to(snapshotRetentionLimit=0)),
    "cache: failover over zones": (CACHE, set_to(multiAzEnabled=False)),
    "cluster: private API endpoint": (EKS, inside("vpcConfig", endpointPrivateAccess=False)),
    "cluster: public endpoint open to named networks alone": (
        EKS,
        inside("vpcConfig", publicAccessCidrs=["203.0.113.0/24", "0.0.0.0/0"]),
    ),
    "cluster: all five control-plane logs": (EKS, set_to(enabledClusterLogTypes=["api"])),
    "cluster: Kubernetes secrets under a KMS key": (EKS, inside("encryptionConfig", resources=[])),
    "cluster: access entries alone, no rights for its maker": (
        EKS,
        inside("accessConfig", authenticationMode="API_AND_CONFIG_MAP"),
    ),
    "cluster: standard support, no extended one": (
        EKS,
        inside("upgradePolicy", supportType="EXTENDED"),
    ),
}
"""What would be missed, by safeguard: a resource, and what is changed about it."""


def test_fourteen_safeguards_are_of_data() -> None:
    assert (len(DATA), len(CLUSTER)) == (14, 6)


@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=names)
def test_production_has_every_safeguard(prod: Graph, safeguard: Safeguard) -> None:
    assert safeguard.holds(prod)


@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=names)
def test_staging_lacks_what_it_gives_a_reason_for_and_nothing_else(
    staging: Graph, safeguard: Safeguard
) -> None:
    assert safeguard.holds(staging) is (safeguard.staging == "")


@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=names)
def test_each_check_sees_its_breach(
    prod: Graph, safeguard: Safeguard, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, breach = BREACHES[safeguard.name]
    reg = prod.one(token)
    # Other tests look at this graph too.
    monkeypatch.setattr(reg, "inputs", deepcopy(reg.inputs))
    monkeypatch.setattr(reg, "property_deps", dict(reg.property_deps))

    breach(reg)

    assert not safeguard.holds(prod)
