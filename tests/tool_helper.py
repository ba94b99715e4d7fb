"""The scripts of tools/, which is no package, for the tests of their arithmetic."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

TOOLS = str(Path(__file__).resolve().parents[1] / "tools")


def tool(name: str) -> ModuleType:
    """A script as a module; scripts that import each other get the same ones."""
    if TOOLS not in sys.path:
        sys.path.insert(0, TOOLS)
    return importlib.import_module(name)
