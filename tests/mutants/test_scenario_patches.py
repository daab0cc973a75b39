"""What is planted is whole: every patch applies, every row has one, every scenario named exists, and the page says
so."""

import re
import subprocess

import pytest

from tests.mutants.scenario_mutants import APPLY, PAGE, ROOT, ROWS, BadHead, Break, all_breaks, page, read

BREAKS = all_breaks()


@pytest.mark.parametrize("planted", BREAKS, ids=lambda planted: planted.name)
def test_a_patch_still_applies(planted: Break) -> None:
    checked = subprocess.run(
        [*APPLY, "--check", str(planted.patch)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("planted", BREAKS, ids=lambda planted: planted.name)
def test_a_patch_is_about_the_product_alone(planted: Break) -> None:
    touched = re.findall(r"^\+\+\+ b/(\S+)", planted.patch.read_text(encoding="utf-8"), re.MULTILINE)

    assert touched
    assert [file for file in touched if not file.startswith("src/rawk/")] == []


@pytest.mark.parametrize("planted", BREAKS, ids=lambda planted: planted.name)
def test_the_scenario_named_exists(planted: Break) -> None:
    test = planted.scenario.partition("::")[2].partition("[")[0] or "test_"

    assert f"def {test}" in planted.scenario_file.read_text(encoding="utf-8")


def test_every_row_of_the_policy_was_taken_out_once() -> None:
    assert {planted.row for planted in BREAKS} == set(ROWS)


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.mutants.scenario_mutants --write"


@pytest.mark.parametrize(
    "head", ["Row: analysis fails\nRed: x.py\n\n", "Row: rain\nWithout: an umbrella\nRed: x.py\n\n"]
)
def test_a_patch_that_does_not_say_what_it_is_is_refused(tmp_path, head: str) -> None:
    patch = tmp_path / "some.patch"
    patch.write_text(head, encoding="utf-8")

    with pytest.raises(BadHead, match=r"^some\.patch"):
        read(patch)
