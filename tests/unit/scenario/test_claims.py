"""Every scenario has a short title, a unique claim, and comments that say Given and Then."""

import ast
import re
from collections import Counter
from pathlib import Path

from sim.report.scenario_index import scenarios

FOLDER = Path(__file__).parents[3] / "scenarios"
LONGEST_TITLE = 100


def test_no_two_scenarios_have_the_same_claim() -> None:
    claims = Counter(scenario.claim for scenario in scenarios(FOLDER))

    assert len(claims) >= 89
    assert [claim for claim, times in claims.items() if times > 1] == []


def test_every_claim_is_one_complete_sentence_or_more() -> None:
    assert [each.path for each in scenarios(FOLDER) if not re.fullmatch(r"[A-Z].*\.", each.claim)] == []


def test_every_docstring_begins_with_a_title_on_one_line() -> None:
    too_long = []
    for path in sorted(FOLDER.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tests = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]
        for docstring in filter(None, map(ast.get_docstring, (tree, *tests))):
            title, _, rest = docstring.partition("\n")
            if len(title) > LONGEST_TITLE or not title.endswith(".") or (rest and not rest.startswith("\n")):
                too_long.append(f"{path.relative_to(FOLDER)}: {title}")

    assert too_long == []


def test_every_scenario_says_given_and_when_or_then() -> None:
    silent = []
    for path in sorted(FOLDER.rglob("test_*.py")):
        for test in path.read_text(encoding="utf-8").split("\ndef test_")[1:]:
            if not re.search(r"# Given ", test) or not re.search(r"(# (When|Then|And) |, then )", test):
                silent.append(f"{path.relative_to(FOLDER)}: test_{test.partition('(')[0]}")

    assert silent == []
