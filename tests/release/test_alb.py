"""The load balancer by AWS's APIs: which rule, which weights, whose health, which figures."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from release.alb import AlbMetrics, AlbRouter
from release.parts import Targets, Traffic
from release.plan import Route
from tests.release.moto_cloud import client, cloud, forward, listener, rule


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with cloud():
        yield


@pytest.fixture
def route(_moto: None) -> Route:
    return listener()


def router(route: Route) -> AlbRouter:
    return AlbRouter(route, client("elbv2"))


def production(route: Route, blue: int, green: int) -> str:
    """The rule for users, after one for each slot alone."""
    for priority, slot in enumerate(("blue", "green"), start=1):
        rule(route, priority, (route.groups[slot], 1))
    return rule(route, 10, (route.groups["blue"], blue), (route.groups["green"], green))


def test_before_the_rule_is_made_there_are_no_weights(route: Route) -> None:
    assert router(route).weights() is None


def test_a_rule_of_one_slot_alone_is_not_the_production_rule(route: Route) -> None:
    rule(route, 1, (route.groups["blue"], 100))

    assert router(route).weights() is None


def test_a_listener_that_is_gone_has_no_weights(route: Route) -> None:
    production(route, 100, 0)
    client("elbv2").delete_listener(ListenerArn=route.listener)

    assert router(route).weights() is None


def test_the_weights_are_those_of_the_rule_that_knows_both_slots(route: Route) -> None:
    production(route, 90, 10)

    assert router(route).weights() == {"blue": 90, "green": 10}


def test_a_move_changes_the_weights_and_nothing_else(route: Route) -> None:
    arn = production(route, 100, 0)
    elbv2 = client("elbv2")
    (before,) = elbv2.describe_rules(RuleArns=[arn])["Rules"]

    router(route).move({"blue": 50, "green": 50})

    (after,) = elbv2.describe_rules(RuleArns=[arn])["Rules"]
    groups = route.groups
    assert after["Actions"] == forward((groups["blue"], 50), (groups["green"], 50))
    assert {**after, "Actions": []} == {**before, "Actions": []}


def test_what_else_the_rule_does_stays(route: Route) -> None:
    arn = production(route, 100, 0)
    elbv2 = client("elbv2")
    login = {"Type": "authenticate-cognito", "Order": 1}
    login["AuthenticateCognitoConfig"] = {
        "UserPoolArn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a",
        "UserPoolClientId": "app",
        "UserPoolDomain": "example",
        "OnUnauthenticatedRequest": "deny",
    }
    (sends,) = forward((route.groups["blue"], 100), (route.groups["green"], 0))
    elbv2.modify_rule(RuleArn=arn, Actions=[login, {**sends, "Order": 2}])

    router(route).move({"blue": 0, "green": 100})

    (after,) = elbv2.describe_rules(RuleArns=[arn])["Rules"]
    assert [action["Type"] for action in after["Actions"]] == ["authenticate-cognito", "forward"]
    assert router(route).weights() == {"blue": 0, "green": 100}


def test_a_move_without_a_rule_is_refused(route: Route) -> None:
    with pytest.raises(LookupError, match="no rule that knows both slots"):
        router(route).move({"blue": 50, "green": 50})


def test_pods_count_by_what_the_load_balancer_says_of_them(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    elbv2 = client("elbv2")
    states = ["healthy", "healthy", "initial", "unhealthy", "draining", "unused"]

    def told(**_: Any) -> Any:
        return {"TargetHealthDescriptions": [{"TargetHealth": {"State": s}} for s in states]}

    monkeypatch.setattr(elbv2, "describe_target_health", told)

    targets = AlbRouter(route, elbv2).targets("blue")

    assert targets == Targets(healthy=2, starting=1, unhealthy=1)


def test_the_embedded_aws_knows_no_target_that_nobody_registered(route: Route) -> None:
    assert router(route).targets("green") == Targets(healthy=0, starting=0, unhealthy=0)


def put(route: Route, at: datetime, **values: float) -> None:
    """Metrics of green's target group, as a load balancer reports them."""
    balancer = route.listener.split(":listener/")[1].rsplit("/", 1)[0]
    dimensions = [
        {"Name": "TargetGroup", "Value": route.groups["green"].split(":", 5)[5]},
        {"Name": "LoadBalancer", "Value": balancer},
    ]
    data = [
        {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": value}
        for name, value in values.items()
    ]
    client("cloudwatch").put_metric_data(Namespace="AWS/ApplicationELB", MetricData=data)


def metrics(route: Route, *alarms: str) -> AlbMetrics:
    return AlbMetrics(route, alarms, client("cloudwatch"))


def test_traffic_is_what_was_counted_since_then(route: Route) -> None:
    now = datetime.now(UTC)
    put(route, now - timedelta(minutes=9), RequestCount=1000, HTTPCode_Target_5XX_Count=1000)
    put(route, now - timedelta(seconds=100), RequestCount=300, TargetResponseTime=0.2)
    put(
        route,
        now - timedelta(seconds=10),
        RequestCount=200,
        HTTPCode_Target_5XX_Count=3,
        TargetConnectionErrorCount=2,
        TargetResponseTime=0.1,
    )

    seen = metrics(route).traffic("green", now - timedelta(minutes=3))

    assert seen == Traffic(requests=500, errors=5, p95_seconds=0.2)


def test_a_slot_without_requests_has_no_response_time(route: Route) -> None:
    since = datetime.now(UTC) - timedelta(minutes=3)

    assert metrics(route).traffic("blue", since) == Traffic(requests=0, errors=0, p95_seconds=None)


def alarm(name: str, state: str) -> None:
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


def test_alarms_that_are_on_are_named(route: Route) -> None:
    for name, state in (("a", "ALARM"), ("b", "OK"), ("c", "INSUFFICIENT_DATA"), ("d", "ALARM")):
        alarm(name, state)

    assert metrics(route, "a", "b", "c").alarms() == ["a"]


def test_without_watched_alarms_none_is_asked_for(route: Route) -> None:
    alarm("a", "ALARM")

    assert metrics(route).alarms() == []


def test_a_watched_alarm_that_is_not_there_is_named(route: Route) -> None:
    alarm("a", "OK")

    with pytest.raises(LookupError, match=r"release\.alarms: there is no alarm b, c"):
        metrics(route, "a", "c", "b").alarms()
