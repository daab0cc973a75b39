"""A module's tables of requirements, providers, modules, resources, inputs and outputs, and the READMEs that hold them.

A README's own text stands outside of the two markers; what is between them is generated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from sim.provisioning.module_pages.configuration import Block, ModulePageError, blocks

__all__ = ["BEGIN", "END", "stale", "tables", "write"]

BEGIN, END = "<!-- BEGIN_TF_DOCS -->", "<!-- END_TF_DOCS -->"
_REGISTRY = "https://registry.terraform.io/providers/hashicorp/{provider}/latest/docs/{kind}/{name}"
_RESOURCES = {  # in the tables' order; terraform-docs itself leaves ephemeral resources out
    "resource": ("resources", "resource"),
    "data": ("data-sources", "data source"),
    "ephemeral": ("ephemeral-resources", "ephemeral resource"),
}


def write(terraform: Path) -> list[Path]:
    """Write the tables of every module into its README. Returns the READMEs. Raises ModulePageError."""
    pages = _pages(terraform)
    for readme, text in pages.items():
        readme.write_text(text, encoding="utf-8")
    return list(pages)


def stale(terraform: Path) -> list[Path]:
    """The READMEs whose tables differ from the configuration. Raises ModulePageError."""
    return [readme for readme, text in _pages(terraform).items() if readme.read_text(encoding="utf-8") != text]


def tables(folder: Path) -> str:
    """All tables of the module in the folder. Raises ModulePageError."""
    found = blocks(folder)
    versions = _versions(found)
    return "\n\n".join(
        [
            _section("Requirements", "Name|Version", [(_anchor("requirement", *each)) for each in versions.items()]),
            _section("Providers", "Name|Version", _providers(found, versions)),
            _section("Modules", "Name|Source|Version", _modules(found)),
            _section("Resources", "Name|Type", _resources(found)),
            _section("Inputs", "Name|Description|Type|Default|Required", _inputs(found)),
            _section("Outputs", "Name|Description", _outputs(found)),
        ]
    )


def _pages(terraform: Path) -> dict[Path, str]:
    """README → its text with current tables, of every folder that holds a configuration."""
    folders = sorted({file.parent for file in terraform.rglob("*.tf") if ".terraform" not in file.parts})
    if not folders:
        raise ModulePageError(f"there is no Terraform configuration in {terraform}")
    return {folder / "README.md": _with_tables(folder / "README.md") for folder in folders}


def _with_tables(readme: Path) -> str:
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    between, end, after = rest.partition(END)
    if not (before.strip() and begin and end) or BEGIN in between + after:
        raise ModulePageError(f"{readme} must say what the module is for, and have the lines {BEGIN} and {END} once")
    return f"{before}{BEGIN}\n{tables(readme.parent)}\n{END}{after}"


def _section(title: str, columns: str, rows: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if not lines:
        return f"## {title}\n\nNo {title.lower()}."
    names = columns.split("|")
    rules = [":------:" if name == "Required" else "-" * len(name) for name in names]
    return "\n".join([f"## {title}\n", f"| {' | '.join(names)} |", f"| {' | '.join(rules)} |", *lines])


def _anchor(kind: str, name: str, *cells: str) -> list[str]:
    escaped = _escaped(name)
    return [f'<a name="{kind}_{name}"></a> [{escaped}](#{kind}\\_{escaped})', *cells]


def _versions(found: list[Block]) -> dict[str, str]:
    """Terraform's own version constraint, then those of the providers."""
    (block,) = (each for each in found if each.kind == "terraform")
    text = "\n".join(block.lines)
    providers = dict(re.findall(r'^    (\w+) = \{\n.*?^ +version += "([^"]+)"', text, re.MULTILINE | re.DOTALL))
    return {"terraform": block.text("required_version") or "n/a", **dict(sorted(providers.items()))}


def _providers(found: list[Block], versions: dict[str, str]) -> list[list[str]]:
    used = {each.argument("provider") or each.labels[0].split("_")[0] for each in found if each.kind in _RESOURCES}
    return [_anchor("provider", name, versions[name.split(".")[0]]) for name in sorted(used)]


def _modules(found: list[Block]) -> list[list[str]]:
    calls = sorted((each for each in found if each.kind == "module"), key=lambda each: each.labels)
    return [
        _anchor("module", each.labels[0], each.text("source") or "", each.text("version") or "n/a") for each in calls
    ]


def _resources(found: list[Block]) -> list[list[str]]:
    rows = []
    for kind, (place, words) in _RESOURCES.items():
        for type_, name in sorted(each.labels for each in found if each.kind == kind):
            provider, _, short = type_.partition("_")
            url = _REGISTRY.format(provider=provider, kind=place, name=short)
            rows.append([f"[{type_}.{name}]({url})", words])
    return rows


def _inputs(found: list[Block]) -> list[list[str]]:
    rows = []
    for each in sorted((each for each in found if each.kind == "variable"), key=lambda each: each.labels):
        required = each.argument("default") is None
        default = "n/a" if required else _code(json.dumps(each.default(), indent=2, ensure_ascii=False))
        cells = [_cell(each.text("description")), _code(each.argument("type") or "any"), default]
        rows.append(_anchor("input", each.labels[0], *cells, "yes" if required else "no"))
    return rows


def _outputs(found: list[Block]) -> list[list[str]]:
    outputs = sorted((each for each in found if each.kind == "output"), key=lambda each: each.labels)
    return [_anchor("output", each.labels[0], _cell(each.text("description"))) for each in outputs]


def _code(text: str) -> str:
    lines = text.replace("|", "\\|").split("\n")
    return f"`{lines[0]}`" if len(lines) == 1 else f"<pre>{'<br/>'.join(lines)}</pre>"


def _cell(text: str | None) -> str:
    """A description: outside of code and addresses, pipes and underscores are escaped."""
    parts = re.split(r"(`[^`]*`|https?://\S+)", text or "n/a")
    return "".join(part if number % 2 else _escaped(part.replace("|", "\\|")) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    return text.replace("_", "\\_")
