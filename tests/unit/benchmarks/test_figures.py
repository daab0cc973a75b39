"""Figures: medians, spread, ratios, and the table that the README keeps."""

import pytest

from benchmarks.__main__ import COMMANDS, GROUPS, README
from benchmarks.figures import BEGIN, END, Figure, markdown, with_table


def test_a_figure_is_a_median_with_its_spread():
    figure = Figure.of("start", "s", 2, [3.0, 1.0, 1.5], [3.0, 2.9, 9.0], "stock")

    assert (figure.measured, figure.spread, figure.met) == (1.5, "1–3", True)
    assert figure.ratio == 2.0


def test_a_rate_is_better_when_it_is_higher():
    figure = Figure.of("worlds", "worlds/s", 1_000, [900, 950], [1_850], "without", more_is_better=True)

    assert (figure.met, figure.ratio) == (False, 0.5)


@pytest.mark.parametrize("figure", [Figure("a", "s", 1, 0.5), Figure.of("a", "s", 1, [0.5])])
def test_a_single_sample_has_neither_spread_nor_peer(figure):
    assert (figure.spread, figure.ratio, figure.measured) == ("", None, 0.5)


def test_a_table_replaces_the_one_before():
    page = f"# Title\n{BEGIN}\n\nold\n\n{END}\n\nafter\n"
    once = with_table(page, "new\n")

    assert "old" not in once
    assert with_table(once, "new\n") == once
    assert once.startswith("# Title\n")
    assert once.endswith("\n\nafter\n")


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="has no"):
        with_table("# Title\n", "new")


def test_the_table_has_a_row_for_each_figure():
    text = markdown([Figure("a", "s", 1, 2.0), Figure("b", "ms", 1, 0.5, 1.0, "peer")])

    assert "| ✘ | a | 2 s |  | <= 1 s |  |  |" in text
    assert "| ✔ | b | 0.5 ms |  | <= 1 ms | 1 ms  peer | 2.0 x |" in text


def test_the_readme_names_every_group_and_command_and_has_the_marks():
    page = README.read_text(encoding="utf-8")

    assert [name for name in GROUPS if f"| `{name}` |" not in page] == []
    assert [name for name in COMMANDS if f"`tox -e bench -- {name}`" not in page] == []
    assert with_table(page, "x")
