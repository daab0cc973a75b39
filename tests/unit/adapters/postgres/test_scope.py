"""One function limits queries to a tenant: a query with a comparison of its own could compare something else."""

import ast
from pathlib import Path

from rawk.adapters import postgres

FOLDER = Path(str(postgres.__file__)).parent


def comparisons() -> set[tuple[str, str]]:
    """File and function of every comparison with the column `memories.c.tenant`."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Compare) and "memories.c.tenant" in ast.unparse(node):
                        found.add((path.name, function.name))
    return found


def test_the_tenant_is_compared_in_one_place() -> None:
    assert comparisons() == {("rows.py", "of_tenant")}
