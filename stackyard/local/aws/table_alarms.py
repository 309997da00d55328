"""Rows of CloudWatch's alarms."""

from stackyard.local.aws.connection import search
from stackyard.local.aws.names import as_object
from stackyard.local.aws.spec import Call, Spec
from stackyard.local.wire import JsonObject


def _dimensions(call: Call, arguments: JsonObject) -> None:
    given = as_object(call.props.get("dimensions"))
    if given:
        pairs = [{"Name": name, "Value": value} for name, value in sorted(given.items())]
        arguments["Dimensions"] = pairs


def _alarm(call: Call) -> JsonObject | None:
    return search("MetricAlarms[0]", call.do("describe_alarms", AlarmNames=[call.id]))


def _end_alarm(call: Call) -> None:
    call.do("delete_alarms", AlarmNames=[call.id])


ROWS: tuple[Spec, ...] = (
    Spec(
        pulumi_type="aws:cloudwatch/metricAlarm:MetricAlarm",
        service="cloudwatch",
        create="put_metric_alarm",
        update="put_metric_alarm",
        whole_update=True,
        arrange=_dimensions,
        describe=_alarm,
        delete_call=_end_alarm,
        keys=("AlarmName",),
        separator="\0",
        name="name",
        rename={"name": "AlarmName", "dimensions": ""},
        defaults={"actionsEnabled": True, "treatMissingData": "missing"},
        attrs={"arn": "AlarmArn"},
        replacing=("name",),
    ),
)
