"""Budgets: subscribers of a notification, changes to a budget, tags.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import json
from typing import Any

from moto.budgets.models import Budget, Notification
from moto.budgets.responses import BudgetsResponse

from .patching import Tags, api_error, patch_responses

IDENTITY = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")
"""The identity of a notification. AWS also returns its state, which callers need not repeat."""


def install() -> None:
    patch_responses("budgets", BudgetsAdditions)


class BudgetsAdditions(BudgetsResponse):  # type: ignore[misc]
    """What moto lacks of Budgets."""

    def create_budget(self) -> str:
        created: str = super().create_budget()
        self._tags().add(self._arn(self._get_param("Budget")["BudgetName"]), self._get_param("ResourceTags") or ())
        return created

    def update_budget(self) -> str:
        new = self._get_param("NewBudget")
        budget = self._budget(new["BudgetName"])
        budget.budget = Budget(new, []).budget
        return "{}"

    def delete_budget(self) -> str:
        self._tags().forget(self._arn(self._get_param("BudgetName")))
        deleted: str = super().delete_budget()
        return deleted

    def update_notification(self) -> str:
        self._notification(self._get_param("OldNotification")).details = self._get_param("NewNotification")
        return "{}"

    def delete_notification(self) -> str:
        removed = self._notification(self._get_param("Notification"))
        self._budget().notifications.remove(removed)
        return "{}"

    def describe_notifications_for_budget(self) -> str:
        notifications = [{"NotificationState": "OK", **each.details} for each in self._budget().notifications]
        return json.dumps({"Notifications": notifications})

    def describe_subscribers_for_notification(self) -> str:
        return json.dumps({"Subscribers": self._notification(self._get_param("Notification")).subscribers})

    def create_subscriber(self) -> str:
        self._notification(self._get_param("Notification")).subscribers.append(self._get_param("Subscriber"))
        return "{}"

    def delete_subscriber(self) -> str:
        subscribers = self._notification(self._get_param("Notification")).subscribers
        removed = self._get_param("Subscriber")
        if removed not in subscribers:
            raise api_error("NotFoundException", "Unable to delete subscriber - the subscriber doesn't exist.")
        subscribers.remove(removed)
        return "{}"

    def list_tags_for_resource(self) -> str:
        return json.dumps({"ResourceTags": self._tags().of(self._get_param("ResourceARN"))})

    def tag_resource(self) -> str:
        self._tags().add(self._get_param("ResourceARN"), self._get_param("ResourceTags"))
        return "{}"

    def untag_resource(self) -> str:
        self._tags().remove(self._get_param("ResourceARN"), self._get_param("ResourceTagKeys"))
        return "{}"

    def _budget(self, name: str | None = None) -> Any:
        account, wanted = self._get_param("AccountId"), name or self._get_param("BudgetName")
        self.backend.describe_budget(account, wanted)  # raises NotFoundException
        return self.backend.budgets[account][wanted]

    def _notification(self, wanted: dict[str, Any]) -> Notification:
        for each in self._budget().notifications:
            if _identity(each.details) == _identity(wanted):
                return each
        raise api_error("NotFoundException", "The notification doesn't exist.")

    def _arn(self, name: str) -> str:
        return f"arn:{self.partition}:budgets::{self._get_param('AccountId')}:budget/{name}"

    def _tags(self) -> Tags:
        return Tags(self.backend)


def _identity(notification: dict[str, Any]) -> tuple[Any, ...]:
    # A threshold is a percentage by default.
    return tuple({"ThresholdType": "PERCENTAGE", **notification}.get(name) for name in IDENTITY)
