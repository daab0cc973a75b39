"""The bill of materials of an image names its base images; `tox -e sbom` itself needs cyclonedx-py."""

import pytest

from sim.platform.paths import REPOSITORY
from sim.provisioning.sbom import IMAGES, _container, base_images

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("dockerfile", "found"),
    [
        ("FROM python:3.13-slim AS build\nFROM python:3.13-slim\n", ["python:3.13-slim"]),
        (
            "FROM a.example/b:1\nCOPY --from=c.example/d:2 /x /y\nCOPY --from=build /x /y\n",
            ["a.example/b:1", "c.example/d:2"],
        ),
        (f"FROM python:3.13@{DIGEST}\n", [f"python:3.13@{DIGEST}"]),
    ],
)
def test_base_images_are_found_once(dockerfile: str, found: list[str]) -> None:
    assert base_images(dockerfile) == found


@pytest.mark.parametrize("image", IMAGES)
def test_each_of_our_images_has_base_images(image: str) -> None:
    assert base_images((REPOSITORY / IMAGES[image]).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("image", "name", "version", "purl"),
    [
        ("python:3.13-slim", "python", "3.13-slim", "pkg:docker/python@3.13-slim"),
        ("public.ecr.aws/lambda/python:3.13", "python", "3.13", "pkg:docker/public.ecr.aws/lambda/python@3.13"),
        (f"python:3.13@{DIGEST}", "python", DIGEST, f"pkg:docker/python@{DIGEST.replace(':', '%3A')}"),
    ],
)
def test_an_image_is_a_component(image: str, name: str, version: str, purl: str) -> None:
    component = _container(image)

    assert (component["type"], component["name"], component["version"]) == ("container", name, version)
    assert component["purl"] == component["bom-ref"] == purl
