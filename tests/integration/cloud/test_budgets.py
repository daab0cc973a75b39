"""Budgets: who is told, and what a change changes."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Client

ACCOUNT = "000000000000"
SPENT = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
TOPIC = {"SubscriptionType": "SNS", "Address": "arn:aws:sns:us-east-1:000000000000:alarms"}
MAIL = {"SubscriptionType": "EMAIL", "Address": "somebody@example.com"}


def budget_of(dollars: str, name: str) -> dict[str, Any]:
    limit = {"Amount": dollars, "Unit": "USD"}
    return {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}


@pytest.fixture
def budget(client: Client) -> dict[str, str]:
    name = f"budget-{uuid.uuid4().hex[:8]}"
    client("budgets").create_budget(
        AccountId=ACCOUNT,
        Budget=budget_of("50", name),
        NotificationsWithSubscribers=[{"Notification": SPENT, "Subscribers": [TOPIC]}],
        ResourceTags=[{"Key": "Project", "Value": "rawk"}],
    )
    return {"AccountId": ACCOUNT, "BudgetName": name}


def subscribers(client: Client, budget: dict[str, str]) -> list[dict[str, str]]:
    told = client("budgets").describe_subscribers_for_notification(**budget, Notification=SPENT)
    return list(told["Subscribers"])


def test_a_budget_tells_whom_it_notifies(client: Client, budget: dict[str, str]) -> None:
    assert subscribers(client, budget) == [TOPIC]
    [told] = client("budgets").describe_notifications_for_budget(**budget)["Notifications"]
    assert told == {**SPENT, "NotificationState": "OK"}


def test_subscribers_come_and_go(client: Client, budget: dict[str, str]) -> None:
    client("budgets").create_subscriber(**budget, Notification=SPENT, Subscriber=MAIL)
    assert subscribers(client, budget) == [TOPIC, MAIL]
    client("budgets").delete_subscriber(**budget, Notification=SPENT, Subscriber=TOPIC)
    assert subscribers(client, budget) == [MAIL]
    with pytest.raises(ClientError, match="NotFoundException"):
        client("budgets").delete_subscriber(**budget, Notification=SPENT, Subscriber=TOPIC)


def test_a_notification_changes_and_goes_as_aws_tells_it(client: Client, budget: dict[str, str]) -> None:
    later = {**SPENT, "Threshold": 100.0}
    client("budgets").update_notification(**budget, OldNotification=SPENT, NewNotification=later)
    [told] = client("budgets").describe_notifications_for_budget(**budget)["Notifications"]
    assert told["Threshold"] == 100.0
    client("budgets").delete_notification(**budget, Notification=told)
    assert client("budgets").describe_notifications_for_budget(**budget)["Notifications"] == []


def test_a_budgets_limit_changes_and_its_notifications_stay(client: Client, budget: dict[str, str]) -> None:
    client("budgets").update_budget(AccountId=ACCOUNT, NewBudget=budget_of("70", budget["BudgetName"]))
    assert client("budgets").describe_budget(**budget)["Budget"]["BudgetLimit"]["Amount"] == "70"
    assert subscribers(client, budget) == [TOPIC]


def test_tags_are_kept_until_the_budget_goes(client: Client, budget: dict[str, str]) -> None:
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{budget['BudgetName']}"
    client("budgets").tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "a", "Value": "1"}])
    client("budgets").untag_resource(ResourceARN=arn, ResourceTagKeys=["Project"])
    assert client("budgets").list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "a", "Value": "1"}]
    client("budgets").delete_budget(**budget)
    assert client("budgets").list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == []
