"""The CloudWatch alarms of one pipeline."""

from typing import Any


class Alarms:
    def __init__(self, cloudwatch: Any, dead_letter_alarm: str) -> None:
        """`dead_letter_alarm` is the name of the alarm on messages in the dead-letter queue."""
        self._cloudwatch = cloudwatch
        self._dead_letter_alarm = dead_letter_alarm

    def dead_letter_alarm_rings(self) -> bool:
        """Whether its state is ALARM."""
        answer = self._cloudwatch.describe_alarms(AlarmNames=[self._dead_letter_alarm])
        (alarm,) = answer["MetricAlarms"]
        return bool(alarm["StateValue"] == "ALARM")
