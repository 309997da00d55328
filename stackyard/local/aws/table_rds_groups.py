"""Rows of RDS's subnet and parameter groups."""

from stackyard.local.aws.names import as_list
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject


def _parameters(method: str, key: str) -> "ParameterStep":
    return ParameterStep(method, key)


class ParameterStep:
    """Sets a parameter group's parameters; those taken out go back to the family's defaults."""

    def __init__(self, method: str, key: str) -> None:
        self.method, self.key = method, key

    def __call__(self, call: Call) -> None:
        """Send what differs, twenty at a time (RDS's limit)."""
        if not call.due("parameters"):
            return
        olds: list[JsonObject] = (call.olds or {}).get("parameters") or []
        news: list[JsonObject] = as_list(call.props.get("parameters"))
        changed = [_parameter(p) for p in news if p not in olds]
        for start in range(0, len(changed), 20):
            call.do(self.method, **{self.key: call.id, "Parameters": changed[start : start + 20]})
        left = {p["name"] for p in olds} - {p["name"] for p in news}
        gone = [{"ParameterName": n, "ApplyMethod": "pending-reboot"} for n in sorted(left)]
        if gone:
            reset = self.method.replace("modify_", "reset_")
            call.do(reset, **{self.key: call.id, "Parameters": gone})


def _parameter(given: JsonObject) -> JsonObject:
    return {
        "ParameterName": given["name"],
        "ParameterValue": str(given["value"]),
        "ApplyMethod": given.get("applyMethod") or "immediate",
    }


ROWS: tuple[Spec, ...] = (
    row(
        "rds/subnetGroup:SubnetGroup",
        "rds",
        "db_subnet_group",
        "DBSubnetGroupName",
        rename={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
        name="name",
        lower_name=True,
        defaults={"description": "Managed by Pulumi"},
        attrs={
            "arn": "DBSubnetGroupArn",
            "vpcId": "VpcId",
            "subnetIds": "Subnets[].SubnetIdentifier",
        },
        whole_update=True,
        replacing=("name", "namePrefix"),
    ),
    row(
        "rds/clusterParameterGroup:ClusterParameterGroup",
        "rds",
        "db_cluster_parameter_group",
        "DBClusterParameterGroupName",
        update="",
        name="name",
        lower_name=True,
        rename={
            "name": "DBClusterParameterGroupName",
            "family": "DBParameterGroupFamily",
            "parameters": "",
        },
        attrs={"arn": "DBClusterParameterGroupArn"},
        defaults={"description": "Managed by Pulumi"},
        settle=(_parameters("modify_db_cluster_parameter_group", "DBClusterParameterGroupName"),),
        replacing=("name", "namePrefix", "family", "description"),
    ),
    row(
        "rds/parameterGroup:ParameterGroup",
        "rds",
        "db_parameter_group",
        "DBParameterGroupName",
        update="",
        name="name",
        lower_name=True,
        attrs={"arn": "DBParameterGroupArn"},
        rename={
            "name": "DBParameterGroupName",
            "family": "DBParameterGroupFamily",
            "parameters": "",
        },
        defaults={"description": "Managed by Pulumi"},
        settle=(_parameters("modify_db_parameter_group", "DBParameterGroupName"),),
        replacing=("name", "namePrefix", "family", "description"),
    ),
)
