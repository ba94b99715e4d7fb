"""Findings for machines: SARIF 2.1.0 (code hosts show it beside the lines) and JUnit XML (CI servers count it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from funnel.diagnostics._model import Diagnostic, Span

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """What SARIF needs of a finding: a rule id, whether it fails, words and places."""

    rule: str
    level: str
    message: str
    span: Span
    related: tuple[tuple[Span, str], ...] = ()
    help: str = ""


def findings(diagnostics: Sequence[Diagnostic], lang: str) -> tuple[Finding, ...]:
    """Diagnostics as findings."""
    return tuple(Finding(d.code, d.severity, d.message(lang), d.span, d.related, d.help(lang)) for d in diagnostics)


def sarif(items: Sequence[Finding], version: str) -> dict[str, Any]:
    """A SARIF log of one run."""
    rules = list(dict.fromkeys(item.rule for item in items))
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "funnel", "version": version, "rules": [{"id": rule} for rule in rules]}},
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": item.rule,
                        "ruleIndex": rules.index(item.rule),
                        "level": item.level,
                        "message": {"text": "\n".join(part for part in (item.message, item.help) if part)},
                        "locations": [_location(item.span)],
                        "relatedLocations": [
                            {**_location(span), "message": {"text": word}} for span, word in item.related
                        ],
                    }
                    for item in items
                ],
            }
        ],
    }


def junit(items: Sequence[Finding], name: str) -> str:
    """A JUnit file: a failed case for each finding, or one that passed."""
    suite = ET.Element("testsuite", name=name, tests=str(max(len(items), 1)), failures=str(len(items)))
    for item in items:
        case = ET.SubElement(
            suite, "testcase", classname=_clean(item.span.path), name=_clean(f"{item.rule} {item.span}")
        )
        failure = ET.SubElement(case, "failure", message=_clean(item.message), type=item.level)
        failure.text = _clean(f"{item.span}: {item.message}\n{item.help}")
    if not items:
        ET.SubElement(suite, "testcase", classname=name, name="check")
    root = ET.Element("testsuites")
    root.append(suite)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 has no way to write."""
    return "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )


def _location(span: Span) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(span.path.replace("\\", "/"))}}
    if span.line:
        region = {"startLine": span.line}
        if span.column:
            region["startColumn"] = span.column
            if span.end_column > span.column:
                region["endColumn"] = span.end_column
        place["region"] = region
    return {"physicalLocation": place}
