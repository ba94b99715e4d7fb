"""Findings for machines: SARIF 2.1.0 (code hosts show it beside the lines) and JUnit XML (CI servers count it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Case:
    """A test case of JUnit: where it stands, what it is called, and why it failed, if it did."""

    classname: str
    name: str
    failure: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


def junit_suite(name: str, cases: Sequence[Case]) -> ET.Element:
    """A suite of JUnit XML, with what XML cannot hold left out."""
    failed = sum(case.failure is not None for case in cases)
    suite = ET.Element("testsuite", name=name, tests=str(len(cases)), failures=str(failed))
    for case in cases:
        element = ET.SubElement(suite, "testcase", classname=_clean(case.classname), name=_clean(case.name))
        if case.failure is not None:
            attributes = {key: _clean(value) for key, value in case.attributes.items()}
            ET.SubElement(element, "failure", attributes).text = _clean(case.failure)
    ET.indent(suite)
    return suite


def junit(items: Sequence[Finding], name: str) -> str:
    """A JUnit file: a failed case for each finding, or one that passed."""
    cases = [
        Case(
            item.span.path,
            f"{item.rule} {item.span}",
            f"{item.span}: {item.message}\n{item.help}",
            {"message": item.message, "type": item.level},
        )
        for item in items
    ]
    root = ET.Element("testsuites")
    root.append(junit_suite(name, cases or [Case(name, "check")]))
    return ET.tostring(root, encoding="unicode")


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
