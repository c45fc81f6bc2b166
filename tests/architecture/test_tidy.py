"""Properties of the code itself."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    p for top in ("libs", "services") for p in (ROOT / top).rglob("src/**/*.py") if "egg-info" not in str(p)
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))

FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = 300
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_source_file_is_tidy(path):
    text = path.read_text()
    tree = ast.parse(text)

    assert ast.get_docstring(tree), "every module says what it is for"
    assert text.count("\n") <= FILE_LINES_MAX
    assert not UNFINISHED.search(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= FUNCTION_LINES_MAX, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", [p for p in SOURCES if "core" in p.parts], ids=lambda p: str(p.relative_to(ROOT)))
def test_a_core_is_typed_and_counts_money_exactly(path):
    model = path.stem in MODELS
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            assert node.id != "Any", "a core knows what it is given"
            assert node.id != "float" or model, "money is Decimal; floats live in the valuation model"


MODELS = {"model"}
"""The module of the scanner's core that is the valuation model."""


@pytest.mark.parametrize("path", TESTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_tests_use_no_patching_and_every_one_can_fail(path):
    text = path.read_text()
    if path.name == "test_tidy.py":
        return

    assert "mock.patch" not in text
    assert "monkeypatch" not in text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            checks = [n for n in ast.walk(node) if _checks(n)]
            assert checks, f"{node.name} asserts nothing"


def _checks(node):
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    return isinstance(node, ast.Call) and re.search(r"assert|raises|eventually|check|expect", ast.unparse(node.func))
