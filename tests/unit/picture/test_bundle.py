"""The modules as one script: in the right order, with unique names, and without a trace of modules."""

import re

from sim.conservation import Place
from sim.picture.bundle import FOLDER, IMPORT, MODULES, exports_of, script, source_of


def test_every_module_is_in_the_script() -> None:
    names = {path.name.removesuffix(".js") for path in FOLDER.iterdir() if path.name.endswith(".js")}
    assert names == set(MODULES)


def test_every_import_names_a_module_that_stands_before_and_what_it_exports() -> None:
    exported: dict[str, list[str]] = {}
    for module in MODULES:
        source = source_of(module)
        imports = re.findall(r"^import.*$", source, re.MULTILINE)
        assert len(imports) == len(IMPORT.findall(source)), f"{module} imports in another form than this script reads"
        for statement in imports:
            names = re.findall(r"\w+", statement.partition("{")[2].partition("}")[0])
            assert set(names) <= set(exported[IMPORT.findall(statement + "\n")[0]]), statement
        exported[module] = exports_of(source)
        assert len(re.findall(r"^export\b", source, re.MULTILINE)) == len(exported[module])


def test_no_two_modules_export_the_same_name() -> None:
    names = [name for module in MODULES for name in exports_of(source_of(module))]
    assert len(names) == len(set(names))


def test_the_script_is_no_module() -> None:
    assert not re.search(r"^\s*(import|export)\b", script(), re.MULTILINE)


def test_the_strip_has_the_places_of_conservation_in_their_order() -> None:
    block = source_of("strip").partition("PLACES = [")[2].partition("];")[0]
    assert re.findall(r'"([^"]+)"', block) == [place.value for place in Place]
