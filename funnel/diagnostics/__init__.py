"""Diagnostics: what is wrong with a pack, where, what was expected, and one way out."""

from funnel.diagnostics._model import Diagnostic, Diagnostics, Severity, Span
from funnel.diagnostics._render import render, render_all, render_json

__all__ = ["Diagnostic", "Diagnostics", "Severity", "Span", "render", "render_all", "render_json"]
