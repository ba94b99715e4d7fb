"""What `funnel check --deep` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from funnel.cli._common import USAGE, fail

if TYPE_CHECKING:
    from funnel.author.analysis import Finding, Report
    from funnel.pack.model import Pack


def name_of(finding: Finding, number: int) -> str:
    """The file name of a finding's witness: its code, its rules, a number where that is not enough."""
    values = finding.diagnostic.values
    parts = [finding.diagnostic.code, values.get("rule", ""), values.get("other", ""), values.get("exception", "")]
    name = "--".join(part.replace(", ", "+") for part in parts if part)[:120]
    return f"{number:02d}-{name}.json"


def deep_json(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "rules": report.rules,
        "steps": report.steps,
        "witnesses": [
            {"code": f.diagnostic.code, "rule": f.diagnostic.values.get("rule"), "complaint": f.witness}
            for f in report.findings
        ],
        "accepted": len(report.accepted),
        "undecided": list(report.undecided),
    }


def deep_text(report: Report, lang: str) -> str:
    """The witnesses, what was not decided, and the count."""
    english = lang == "en"
    lines = []
    for number, finding in enumerate(report.findings, 1):
        if finding.witness is not None:
            head = "witness (funnel explain shows why)" if english else "例证（存成文件，用 funnel explain 看原因）"
            values = finding.diagnostic.values
            rules = " / ".join(v for v in (values.get("rule"), values.get("other")) if v)
            lines += [f"{number}. {finding.diagnostic.code} {rules} {head}", orjson.dumps(finding.witness).decode(), ""]
    if report.undecided:
        lines.append("not decided:" if english else "没有查清的：")
        lines += [f"  {item}" for item in report.undecided]
    lines.append(
        f"deep: {report.rules} rules, {len(report.findings)} findings, {len(report.accepted)} accepted, {len(report.undecided)} undecided; {report.steps} steps"
        if english
        else f"推演：{report.rules} 条规则，发现 {len(report.findings)} 处，已说明理由 {len(report.accepted)} 处，没有查清 {len(report.undecided)} 处；{report.steps} 步"
    )
    return "\n".join(lines)


def drafts_left(pack: Pack, lang: str) -> str:
    """Which drafts were not analysed; ``""`` if there is none."""
    drafts = [rule.id for rule in pack.rules.values() if rule.status == "draft"]
    if not drafts:
        return ""
    if lang == "en":
        return f"not analysed, since they decide nothing yet (status: draft): {', '.join(drafts)}"
    return f"没有推演的草稿（status 改成 stable 才推演）：{'、'.join(drafts)}"


def write_witnesses(report: Report, folder: Path) -> None:
    """Write each witness as a file that `funnel explain` takes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, finding in enumerate(report.findings, 1):
            if finding.witness is not None:
                path = folder / name_of(finding, number)
                path.write_bytes(orjson.dumps(finding.witness, option=orjson.OPT_INDENT_2) + b"\n")
                click.echo(path, err=True)
    except OSError as error:
        fail(f"funnel check: {folder}: {error.strerror}", USAGE)
