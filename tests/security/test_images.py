"""Public images have a digest, or a reason why not."""

from pathlib import Path

import pytest

from tests.security.images import FILES, Image, complaints, images, in_text, reasons

DIGEST = "@sha256:" + "0" * 64
COMPOSE, DOCKERFILE = "docker-compose.localstack.yml", "Dockerfile"


def test_each_image_has_a_digest_or_a_reason() -> None:
    assert complaints(images(), reasons()) == []


def test_no_file_that_names_images_is_forgotten() -> None:
    root = Path(__file__).parents[2]
    named = [*root.rglob("Dockerfile*"), *root.rglob("*compose*.y*ml"), *root.rglob("devcontainer.json")]
    own = {p.relative_to(root).as_posix() for p in named}
    assert {each for each in own if not each.startswith((".sim", ".tox", ".git/"))} == set(FILES)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("FROM python:3.13-slim AS build\nFROM build\n", ["python:3.13-slim"]),
        ("FROM --platform=linux/arm64 python:3.13\n", ["python:3.13"]),
        ("COPY --from=public.ecr.aws/a/b:1 /x /y\nCOPY --from=build /x /y\n", ["public.ecr.aws/a/b:1"]),
        (
            "ARG LOCALSTACK_IMAGE=localstack/localstack:4.14.0\nFROM ${LOCALSTACK_IMAGE}\n",
            ["localstack/localstack:4.14.0"],
        ),
        ("  image: ${RAWK_IMAGE:-rawk-localstack}\n  image: postgres:16\n", ["postgres:16"]),
        ("  LOCALSTACK_IMAGE: ${LOCALSTACK_IMAGE:-localstack/localstack:4.14.0}\n", ["localstack/localstack:4.14.0"]),
        ('  "image": "python:3.13",\n', ["python:3.13"]),
        (f"FROM python:3.13{DIGEST}\n", [f"python:3.13{DIGEST}"]),
    ],
)
def test_images_are_found_where_they_stand(text: str, names: list[str]) -> None:
    assert [each.name for each in in_text(text, DOCKERFILE)] == names


@pytest.mark.parametrize(
    ("name", "is_pinned"),
    [(f"python:3.13{DIGEST}", True), (f"python{DIGEST}", True), ("python:3.13", False), ("python@sha256:0", False)],
)
def test_a_digest_pins(name: str, is_pinned: bool) -> None:
    assert Image(name, DOCKERFILE).is_pinned == is_pinned


def test_a_new_image_an_old_reason_and_an_empty_one_are_complaints() -> None:
    found = [Image("a:1", DOCKERFILE), Image(f"b:1{DIGEST}", DOCKERFILE), Image("c:1", DOCKERFILE)]

    said = complaints(found, {"b:1": "old", "c:1": " "})

    assert said == ["Dockerfile: a:1 has no digest", "b:1 needs no reason any more", "c:1 has an empty reason"]
