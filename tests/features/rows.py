"""The features of the graph, by row: what is claimed only as far as a test shows it."""

from typing import Literal, NamedTuple

Kind = Literal["default", "setting", "★"]
"""★: whole in none of the systems that were compared."""

LETTERS = {
    "N": "Network",
    "A": "Aurora MySQL",
    "R": "Valkey",
    "K": "EKS",
    "W": "Workload",
    "E": "Load balancer and web ACL",
    "C": "CloudFront and site",
}


class Feature(NamedTuple):
    """One row."""

    text: str
    kind: Kind


FEATURES = {
    "N1": Feature("three tiers: public, app, and data without a way to the internet", "default"),
    "N2": Feature("one more availability zone moves no subnet", "★"),
    "N3": Feature("NAT: none, one, or one a zone", "default"),
    "N4": Feature("regional NAT gateway; NAT instance", "setting"),
    "N5": Feature("S3 gateway endpoint; interface endpoints", "default"),
    "N6": Feature("flow logs", "default"),
    "N7": Feature("IPv6, dual stack", "setting"),
    "N8": Feature("the default security group lets nothing through", "default"),
    "N9": Feature("subnets tagged for EKS and its load balancers", "default"),
    "N10": Feature("rules of security groups one by one, from group to group", "default"),
    "N11": Feature("a way from the laptop to the private database", "setting"),
    "A1": Feature("a writer and named readers", "default"),
    "A2": Feature("provisioned and serverless instances in one cluster", "setting"),
    "A3": Feature("a pause at 0 ACU", "setting"),
    "A4": Feature("readers that follow CPU or connections", "default"),
    "A5": Feature("RDS Proxy", "default"),
    "A6": Feature("the proxy's read-only endpoint for reads", "default"),
    "A7": Feature("alarms on the proxy's pinned sessions and slow borrowing", "★"),
    "A8": Feature("IAM sign-in to the database from policy to user", "★"),
    "A9": Feature("a master password that AWS keeps and rotates", "default"),
    "A10": Feature("an app user with few rights, made and granted by the deployment", "★"),
    "A11": Feature("parameter groups made before the old ones go", "default"),
    "A12": Feature("TLS that the engine insists on", "default"),
    "A13": Feature("backup window and days; automated backups outlive the cluster", "default"),
    "A14": Feature("a start from a snapshot or a point in time", "setting"),
    "A16": Feature("deletion protection", "default"),
    "A17": Feature("a last snapshot, under a new name each time", "default"),
    "A19": Feature("minor upgrades by AWS are no drift", "default"),
    "A20": Feature("no extended support unasked; end dates told", "★"),
    "A21": Feature("logs exported into groups with a retention", "default"),
    "A22": Feature("Performance Insights; Enhanced Monitoring", "default"),
    "A23": Feature("I/O-Optimized storage, with when it pays", "setting"),
    "A24": Feature("write forwarding; backtrack; global database", "setting"),
    "A25": Feature("alarms on lag, connections, memory, deadlocks; RDS events", "★"),
    "R1": Feature("a replication group of Valkey", "default"),
    "R2": Feature("TLS, and encryption at rest", "default"),
    "R3": Feature("users with rights of their own", "default"),
    "R4": Feature("a new password in two steps, without a lost connection", "★"),
    "R5": Feature("failover over zones if and only if there is a replica", "default"),
    "R6": Feature("a serverless cache (replicas that follow the load: see limits)", "setting"),
    "R7": Feature("daily snapshots", "default"),
    "R8": Feature("eviction and reserved memory by what it is used for", "default"),
    "R9": Feature("alarms on CPU, memory, evictions, hit rate; logs delivered", "default"),
    "K1": Feature("EKS Auto Mode", "setting"),
    "K2": Feature("managed nodes: Graviton, Bottlerocket, spot; Karpenter", "default"),
    "K3": Feature("access entries alone, no aws-auth", "default"),
    "K4": Feature("Pod Identity", "default"),
    "K5": Feature("Kubernetes secrets under a key; control-plane logs with a retention", "default"),
    "K6": Feature("private API endpoint, the public one by an allow list", "default"),
    "K7": Feature("add-ons before and after the nodes, in a proven order", "★"),
    "K8": Feature("add-on versions pinned by cluster version; one minor at a time", "★"),
    "K9": Feature("deletion protection, zonal shift, node repair", "default"),
    "K11": Feature("a teardown in a tested order", "★"),
    "W1": Feature("Deployment, Service, HPA and PDB", "default"),
    "W2": Feature("pods spread over zones and nodes", "default"),
    "W3": Feature("preStop, grace, drain and deregistration from one number", "★"),
    "W4": Feature("the load balancer's readiness gate", "★"),
    "W5": Feature("Pod Security `restricted`", "default"),
    "W6": Feature("NetworkPolicies that deny, with the ways out derived", "★"),
    "W7": Feature("the image by digest", "default"),
    "W8": Feature("migrations before the rollout", "default"),
    "W9": Feature("a changed secret or setting restarts the pods", "default"),
    "W11": Feature("no scaling by memory; a recommender for memory", "setting"),
    "E1": Feature("HTTPS, redirect, a modern TLS policy", "default"),
    "E2": Feature("managed WAF rules, a rate limit by address", "default"),
    "E3": Feature("WAF rules that count; exceptions by rule and by path", "★"),
    "E4": Feature("access logs that expire", "default"),
    "E5": Feature("an ALB that only CloudFront reaches", "★"),
    "E6": Feature("target groups by weight", "default"),
    "E7": Feature("the ALB's idle timeout below the app's keep-alive, checked", "★"),
    "C1": Feature("a private bucket behind Origin Access Control", "default"),
    "C2": Feature("cache policies by kind of file", "default"),
    "C3": Feature("security headers: CSP, HSTS", "default"),
    "C4": Feature("the page for unknown paths never hides an API's error", "default"),
    "C8": Feature("signed URLs; origin failover (a staging distribution: see limits)", "setting"),
    "C9": Feature("the certificate in us-east-1 without being asked", "default"),
}
