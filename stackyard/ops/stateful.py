"""The resource types whose deletion or replacement loses what no update brings back."""

STATEFUL = {
    "aws:cloudfront/distribution:Distribution": "its domain name, which people and DNS know",
    "aws:eks/cluster:Cluster": "everything that runs in it, and its endpoint",
    "aws:elasticache/replicationGroup:ReplicationGroup": "its keys: sessions, limits, queues",
    "aws:elasticache/serverlessCache:ServerlessCache": "its keys: sessions, limits, queues",
    "aws:kms/key:Key": "all that was encrypted with it, snapshots too",
    "aws:rds/cluster:Cluster": "the database",
    "aws:rds/clusterInstance:ClusterInstance": "its connections; with the last, the service",
    "aws:route53/zone:Zone": "its records and its name servers",
    "aws:s3/bucket:Bucket": "its objects and their versions",
    "aws:secretsmanager/secret:Secret": "its value and its ARN, which readers know",
    "random:index/randomPassword:RandomPassword": "a password that only the state holds",
}
"""Type to what goes with it.

What the program makes and could not make again as it was, or that stops serving meanwhile. Left
out on purpose: load balancers and target groups (a replacement is made beside the old one and
holds nothing), log groups (they empty themselves by `observe.logDays`), secret versions (each new
value is one), RandomIds (a name goes with the resource it names, which is judged itself), subnets
and security groups (their replacement shows as that of what lies in them).
"""
