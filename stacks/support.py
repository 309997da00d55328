"""When AWS's standard support ends: afterwards it upgrades by itself, since none is extended."""

AURORA_MYSQL_SUPPORT_ENDS = "2028-04-30"
"""Of Aurora MySQL 3, all that the settings allow (Aurora user guide, "Release calendar for Aurora
MySQL major versions")."""
CLUSTER_SUPPORT_ENDS: dict[str, str | None] = {
    "1.34": "2026-12-02",
    "1.35": "2027-03-27",
    "1.36": None,
}
"""By Kubernetes minor version (EKS user guide, "Amazon EKS Kubernetes release calendar", and its
copies in public calendars of 2026); none where no copy gave the day."""
