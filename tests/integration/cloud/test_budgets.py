"""Budgets: subscribers of notifications, changes, tags."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Client

ACCOUNT = "000000000000"
SPENT = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
TOPIC = {"SubscriptionType": "SNS", "Address": "arn:aws:sns:us-east-1:000000000000:alarms"}
MAIL = {"SubscriptionType": "EMAIL", "Address": "operator@example.com"}


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
    found = client("budgets").describe_subscribers_for_notification(**budget, Notification=SPENT)
    return list(found["Subscribers"])


def test_a_budget_lists_its_subscribers(client: Client, budget: dict[str, str]) -> None:
    assert subscribers(client, budget) == [TOPIC]
    [found] = client("budgets").describe_notifications_for_budget(**budget)["Notifications"]
    assert found == {**SPENT, "NotificationState": "OK"}


def test_subscribers_can_be_added_and_removed(client: Client, budget: dict[str, str]) -> None:
    client("budgets").create_subscriber(**budget, Notification=SPENT, Subscriber=MAIL)
    assert subscribers(client, budget) == [TOPIC, MAIL]
    client("budgets").delete_subscriber(**budget, Notification=SPENT, Subscriber=TOPIC)
    assert subscribers(client, budget) == [MAIL]
    with pytest.raises(ClientError, match="NotFoundException"):
        client("budgets").delete_subscriber(**budget, Notification=SPENT, Subscriber=TOPIC)


def test_a_notification_with_its_state_can_be_changed_and_deleted(client: Client, budget: dict[str, str]) -> None:
    later = {**SPENT, "Threshold": 100.0}
    client("budgets").update_notification(**budget, OldNotification=SPENT, NewNotification=later)
    [found] = client("budgets").describe_notifications_for_budget(**budget)["Notifications"]
    assert found["Threshold"] == 100.0
    client("budgets").delete_notification(**budget, Notification=found)
    assert client("budgets").describe_notifications_for_budget(**budget)["Notifications"] == []


def test_a_new_limit_keeps_the_notifications(client: Client, budget: dict[str, str]) -> None:
    client("budgets").update_budget(AccountId=ACCOUNT, NewBudget=budget_of("70", budget["BudgetName"]))
    assert client("budgets").describe_budget(**budget)["Budget"]["BudgetLimit"]["Amount"] == "70"
    assert subscribers(client, budget) == [TOPIC]


def test_tags_are_kept_until_the_budget_is_deleted(client: Client, budget: dict[str, str]) -> None:
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{budget['BudgetName']}"
    client("budgets").tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "a", "Value": "1"}])
    client("budgets").untag_resource(ResourceARN=arn, ResourceTagKeys=["Project"])
    assert client("budgets").list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "a", "Value": "1"}]
    client("budgets").delete_budget(**budget)
    assert client("budgets").list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == []
