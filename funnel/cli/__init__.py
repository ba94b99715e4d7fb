"""The command line. One file a command; imports are late, so that ``funnel --help`` is quick."""

from __future__ import annotations

from funnel.cli._main import main

__all__ = ["main"]
