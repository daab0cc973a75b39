"""Licences of installed packages: allowed ones only, and the page that lists them is up to date."""

from email.message import Message

import pytest

from tests.security.licences import COMMAND, DEVELOPMENT, PAGE, PRODUCT, Package, licence_of, packages, page


@pytest.mark.parametrize("lock", [PRODUCT, DEVELOPMENT])
def test_every_package_has_an_allowed_licence(lock: str) -> None:
    found = packages(lock)

    assert len(found) > 20
    assert {each.name: each.refused for each in found if each.refused} == {}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"run `{COMMAND}`"


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("MIT", []),
        ("MIT AND PSF-2.0", []),
        ("GPL-3.0-only OR MIT", []),
        ("(GPL-2.0-only OR Apache-2.0)", []),
        ("GPL-3.0-only", ["GPL-3.0-only"]),
        ("MIT AND AGPL-3.0-only", ["AGPL-3.0-only"]),
        ("BUSL-1.1", ["BUSL-1.1"]),
        ("Proprietary", ["Proprietary"]),
        ("", [""]),
    ],
)
def test_what_is_not_on_the_list_is_refused(licence: str, refused: list[str]) -> None:
    assert Package("a", licence).refused == refused


@pytest.mark.parametrize(
    ("headers", "licence"),
    [
        ([("License-Expression", "MIT OR Apache-2.0"), ("License", "other")], "MIT OR Apache-2.0"),
        ([("License", "BSD-3-Clause"), ("Classifier", "License :: OSI Approved :: BSD License")], "BSD-3-Clause"),
        ([("License", "BSD 2-Clause License\n\nCopyright"), ("Classifier", "Topic :: x")], "BSD-2-Clause"),
        ([("Classifier", "License :: OSI Approved :: MIT License")], "MIT"),
        ([("Classifier", "License :: Other/Proprietary License")], "Other/Proprietary License"),
        ([], ""),
    ],
)
def test_a_licence_is_read_where_a_package_states_it(headers: list[tuple[str, str]], licence: str) -> None:
    about = Message()
    for name, value in headers:
        about[name] = value
    assert licence_of("a", about) == licence  # type: ignore[arg-type]
