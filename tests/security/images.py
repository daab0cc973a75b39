"""The public images that this repository starts from, and which of them are pinned by digest.

A tag may point to another image tomorrow, a digest cannot. Each image without a digest stands with its reason in
`unpinned_images.toml`. To look one up, where a registry is reachable:

    docker buildx imagetools inspect --format '{{.Manifest.Digest}}' python:3.13-slim
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNPINNED = Path(__file__).parent / "unpinned_images.toml"
OWN = re.compile(r"rawk-[a-z-]+")
FILES = (
    "Dockerfile",
    "Dockerfile.lambda",
    "docker-compose.localstack.yml",
    ".devcontainer/devcontainer.json",
    "sim/localstack/extension/Dockerfile",
    "sim/openai_simulator/Dockerfile",
)
PINNED = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")

_DEFAULT = re.compile(r"\$\{[A-Z_]+:-([^}]+)\}")
_NAMES = (
    re.compile(r"^FROM\s+(?:--platform=\S+\s+)?(\S+)", re.MULTILINE),
    re.compile(r"^COPY\s+--from=(\S+[:/]\S+)", re.MULTILINE),
    re.compile(r"^ARG\s+[A-Z_]*IMAGE=(\S+)", re.MULTILINE),
    re.compile(r"^\s*(?:image|LOCALSTACK_IMAGE):\s*(\S+)", re.MULTILINE),
    re.compile(r'^\s*"image":\s*"([^"]+)"', re.MULTILINE),
)


@dataclass(frozen=True)
class Image:
    name: str
    file: str

    @property
    def is_pinned(self) -> bool:
        return PINNED.fullmatch(self.name) is not None


def in_text(text: str, file: str) -> list[Image]:
    """The images of others that a file names; a variable counts by its default, a stage and an own image do not."""
    stages = set(re.findall(r"^FROM\s.*\sAS\s+(\S+)", text, re.MULTILINE | re.IGNORECASE))
    found = []
    for pattern in _NAMES:
        for name in pattern.findall(text):
            default = _DEFAULT.fullmatch(name)
            image = default[1] if default else name
            if image not in stages and not OWN.fullmatch(image) and not image.startswith("$"):
                found.append(Image(image, file))
    return found


def images(root: Path = ROOT) -> list[Image]:
    return [image for file in FILES for image in in_text((root / file).read_text(encoding="utf-8"), file)]


def reasons(path: Path = UNPINNED) -> dict[str, str]:
    """Image → why it has no digest."""
    return dict(tomllib.loads(path.read_text(encoding="utf-8"))["images"])


def complaints(found: list[Image], known: dict[str, str]) -> list[str]:
    """Images without digest and without reason, and reasons that no image needs any more."""
    unpinned = {each.name for each in found if not each.is_pinned}
    return [
        *(f"{each.file}: {each.name} has no digest" for each in found if each.name in unpinned - known.keys()),
        *(f"{name} needs no reason any more" for name in sorted(known.keys() - unpinned)),
        *(f"{name} has an empty reason" for name, reason in known.items() if not reason.strip()),
    ]


def main() -> int:
    found = images()
    for each in found:
        print(f"{'pinned  ' if each.is_pinned else 'unpinned'} {each.name} ({each.file})")
    wrong = complaints(found, reasons())
    print(*wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
