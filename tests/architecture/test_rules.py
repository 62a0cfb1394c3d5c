"""The rules of the house that a program can hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [p for p in (ROOT / "takt").rglob("*.py") if "migrations" not in p.parts and "tests" not in p.parts]
TEMPLATES = sorted((ROOT / "takt").rglob("jinja2/**/*.html"))
WRITES = {"save", "delete", "bulk_create", "bulk_update", "create", "update_or_create", "get_or_create"}
# Where rows are written by right: commands, what they are made of, and operations below the product.
MAY_WRITE = re.compile(
    r"/(commands|jobs)(/|\.py)|/imported\.py|kernel/access/middleware\.py|kernel/events/(unit|sealing)\.py"
    r"|kernel/lib/bulk\.py|/management/commands/|takt/ops/"
)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_source(path: Path) -> None:
    """Writes only in commands; no clock in commands and models; no signals, no save() of one's own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    where = path.relative_to(ROOT).as_posix()
    for call in calls(tree):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        if name in WRITES and ("objects" in owner or name == "save") and not MAY_WRITE.search(f"/{where}"):
            raise AssertionError(
                f"{where}:{call.lineno} writes outside of a command: {ast.unparse(call)[:80]}"
            )
        keywords = {k.arg for k in call.keywords}
        assert not keywords & {"auto_now", "auto_now_add"}, (
            f"{where}:{call.lineno} takes its time from the clock"
        )
        if where.endswith("commands.py") or "/commands/" in where and "/management/" not in where:
            is_clock = name in {"now", "utcnow"} and owner in {"timezone", "dt.datetime", "datetime"}
            assert not is_clock, f"{where}:{call.lineno} reads the clock; every time comes from `at`"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module not in {"django.db.models.signals", "django.dispatch"}, f"{where} uses signals"
        if isinstance(node, ast.ClassDef):
            names = {f.name for f in node.body if isinstance(f, ast.FunctionDef)}
            bases = {ast.unparse(b) for b in node.bases}
            assert not ("save" in names and "models.Model" in bases), f"{where} overrides save()"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_say_who_and_when(path: Path) -> None:
    """A function under @command takes keyword-only `by` and `at`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            ast.unparse(d) == "command" for d in node.decorator_list
        ):
            only = {a.arg for a in node.args.kwonlyargs}
            assert {"by", "at"} <= only, f"{path.name}:{node.lineno} {node.name} lacks by= or at="
            assert node.name.startswith("_") or ast.get_docstring(node), (
                f"{path.name}:{node.lineno} {node.name} says nothing of its meaning"
            )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_template_is_safe_under_the_content_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text), "an inline style"
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), "an inline script"
    assert not re.search(r"\son[a-z]+\s*=", text), "an inline handler"
    assert "hx-on" not in text
    assert not re.search(r"hx-(vals|vars)\s*=\s*['\"]js:", text)
    assert not re.search(r"hx-trigger\s*=\s*\"[^\"]*\[", text), "a trigger filter needs eval"
    assert "|safe" not in text.replace(" ", ""), "unescaped output"


def test_templates_exist() -> None:
    assert len(TEMPLATES) > 10
    assert len(SOURCES) > 50


def test_no_app_is_named_after_nothing() -> None:
    banned = re.compile(r"^(utils?|helpers?|managers?|services?|handlers?)$")
    assert not [p for p in SOURCES if banned.match(p.stem)]
