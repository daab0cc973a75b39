"""Application Auto Scaling: tags of scaling targets.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ListTagsForResource.html
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import json

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from .patching import api_error, patch_responses, storage


def install() -> None:
    patch_responses("applicationautoscaling", ScalingAdditions)


class ScalingAdditions(ApplicationAutoScalingResponse):  # type: ignore[misc]
    """What moto lacks of Application Auto Scaling. Its tags are a map, not a list of pairs."""

    def register_scalable_target(self) -> str:
        registered: str = super().register_scalable_target()
        self._tags().setdefault(json.loads(registered)["ScalableTargetARN"], {}).update(self._get_param("Tags") or {})
        return registered

    def list_tags_for_resource(self) -> str:
        return json.dumps({"Tags": self._tags().get(self._known_arn(), {})})

    def tag_resource(self) -> str:
        self._tags().setdefault(self._known_arn(), {}).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self) -> str:
        for key in self._get_param("TagKeys"):
            self._tags().get(self._known_arn(), {}).pop(key, None)
        return "{}"

    def _known_arn(self) -> str:
        arn: str = self._get_param("ResourceARN")
        targets = self.applicationautoscaling_backend.targets.values()
        if not any(target.arn == arn for by_id in targets for target in by_id.values()):
            raise api_error("ResourceNotFoundException", f"No scalable target found for ARN {arn}.")
        return arn

    def _tags(self) -> dict[str, dict[str, str]]:
        return storage(self.applicationautoscaling_backend, "tags")
