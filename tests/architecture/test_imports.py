"""Who may import whom: read from the source, so that a lazy import inside a function counts too."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("functions", "shared", "knowledge_base", "local")


def imported_modules(file: Path) -> set[str]:
    """Every absolute module name a file imports, anywhere in it."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            modules.add(node.module or "")
    return modules


def source_files(room: str) -> list[Path]:
    """Every Python file of a room."""
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ["functions", "shared", "knowledge_base"])
def test_production_code_never_imports_the_embedded_cloud(room: str) -> None:
    offenders = {
        f"{file.relative_to(ROOT)} imports {module}"
        for file in source_files(room)
        for module in imported_modules(file)
        if module.split(".")[0] in ("local", "tests")
    }
    assert not offenders


def test_no_function_imports_another() -> None:
    offenders = set()
    for file in source_files("functions"):
        own = file.relative_to(ROOT).parts[1]
        for module in imported_modules(file):
            parts = module.split(".")
            if parts[0] == "functions" and len(parts) > 1 and parts[1] != own:
                offenders.add(f"{file.relative_to(ROOT)} imports {module}")
    assert not offenders


def test_shared_imports_no_function() -> None:
    offenders = {
        f"{file.relative_to(ROOT)} imports {module}"
        for file in source_files("shared")
        for module in imported_modules(file)
        if module.split(".")[0] == "functions"
    }
    assert not offenders


def test_the_rule_sees_an_import_inside_a_function(tmp_path: Path) -> None:
    sneaky = tmp_path / "sneaky.py"
    sneaky.write_text("def later():\n    from local.cloud import EmbeddedCloud\n")
    assert imported_modules(sneaky) == {"local.cloud"}


def test_every_main_holds_exactly_one_public_function() -> None:
    for main in sorted((ROOT / "functions").glob("*/main.py")):
        tree = ast.parse(main.read_text(encoding="utf-8"))
        public = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        ]
        assert public == [main.parent.name], f"{main.relative_to(ROOT)} is expected to define {main.parent.name} alone"
