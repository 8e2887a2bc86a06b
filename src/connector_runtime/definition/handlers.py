"""An action's Python half: found beside its YAML, checked before it is run, imported once."""

from __future__ import annotations

import ast
import importlib.util
import traceback
from pathlib import Path
from typing import cast

from connector_runtime.errors import DefinitionError
from connector_runtime.values import Handler, did_you_mean

ALLOWED = frozenset({"connector_runtime.handler", "__future__", "collections.abc", "datetime", "itertools", "typing"})
"""What a handler may import: its own door, and pure standard modules."""

FORBIDDEN = frozenset({"open", "eval", "exec", "compile", "input", "print", "breakpoint", "globals", "__import__"})
"""Builtins that reach out of a handler."""

FUNCTIONS = ("run", "check", "applied")


def load_handler(path: Path, *, writes: bool = False) -> Handler:
    """Import one handler. Raises DefinitionError when it is missing, impure or incomplete.

    `writes`: its action changes something, so it must be able to look whether it did.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as wrong:
        raise DefinitionError([f"{path}:1:1: an action needs its Python half: {wrong.strerror}"]) from wrong
    except (SyntaxError, ValueError) as wrong:
        line, column = (wrong.lineno or 1, wrong.offset or 1) if isinstance(wrong, SyntaxError) else (1, 1)
        raise DefinitionError([f"{path}:{line}:{column}: not Python: {wrong}"]) from wrong
    if faults := [*_impure(tree, path), *_unknown(tree, path, writes)]:
        raise DefinitionError(faults)
    return _imported(path)


def _impure(tree: ast.Module, path: Path) -> list[str]:
    """Imports and builtins that a handler may not use: it does no I/O."""
    faults: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN:
            faults.append(f"{path}:{node.lineno}:{node.col_offset + 1}: a handler may not use {node.id}")
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        else:
            continue
        faults += [
            f"{path}:{node.lineno}:{node.col_offset + 1}: a handler may not import {name}; allowed: "
            + ", ".join(sorted(ALLOWED))
            for name in names
            if name not in ALLOWED
        ]
    return faults


def _unknown(tree: ast.Module, path: Path, writes: bool) -> list[str]:
    """Public functions that nobody would call, and those that are missing or no generators."""
    public = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"}
    faults = [
        f"{path}:{node.lineno}:{node.col_offset + 1}: unknown function `{name}`{did_you_mean(name, FUNCTIONS)}"
        for name, node in public.items()
        if name not in FUNCTIONS
    ]
    for name in ("run", "applied") if writes or "applied" in public else ("run",):
        if name not in public:
            faults.append(f"{path}:1:1: the function `{name}` is missing")
        elif not any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(public[name])):
            faults.append(f"{path}:{public[name].lineno}:1: `{name}` yields no request")
    return faults


def _imported(path: Path) -> Handler:
    name = f"connector_runtime.loaded.{path.parent.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # a .py path always has both
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as wrong:
        line = [frame.lineno for frame in traceback.extract_tb(wrong.__traceback__) if frame.filename == str(path)]
        raise DefinitionError([f"{path}:{line[-1] if line else 1}:1: {type(wrong).__name__}: {wrong}"]) from wrong
    for name in FUNCTIONS:
        if not hasattr(module, name):
            setattr(module, name, None)
    return cast(Handler, module)
