"""The modules of the picture as one classic script, for pages that are a single file.

Each module becomes a function scope; what it exports is visible to all that stands after it.
"""

import re
from importlib.resources import files

FOLDER = files("sim.picture") / "js"
MODULES = ("formatting", "dom", "packing", "reducer", "axis", "strip", "sentences")
"""In an order in which every module stands after those that it imports."""

STYLE = "strip.css"

IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|function|class) (\w+))", re.MULTILINE)


def source_of(module: str) -> str:
    """The text of a module."""
    return (FOLDER / f"{module}.js").read_text(encoding="utf-8")


def exports_of(source: str) -> list[str]:
    """The names that a module exports."""
    return EXPORT.findall(source)


def script() -> str:
    """All modules, without import and export."""
    return "".join(_scope(source_of(module)) for module in MODULES)


def style() -> str:
    """The colours of the strip. The page defines --card, --ink, --soft, --line and --error."""
    return (FOLDER / STYLE).read_text(encoding="utf-8")


def _scope(source: str) -> str:
    names = ", ".join(exports_of(source))
    body = EXPORT.sub("", IMPORT.sub("", source))
    return f"const {{ {names} }} = (() => {{\n{body}return {{ {names} }};\n}})();\n"
