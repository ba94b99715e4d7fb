"""New packs and scenarios that pass ``funnel check`` and ``funnel test`` from the start."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from funnel.errors import FunnelError
from funnel.pack.model import REQUIRED_GATES

_SLUG = re.compile(r"[a-z][a-z0-9\-]*\Z")


class TemplateError(FunnelError):
    """A name does not fit, or a file is there already."""


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise TemplateError(f"{path}：已经有了，没有改动 exists already; nothing was changed")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def new_pack(folder: Path) -> tuple[Path, ...]:
    """Make a pack with its gates, a small vocabulary, one example rule and its tests.

    Args:
        folder: ``…/rules/NAME``; tests go to ``…/scenarios/NAME``.

    Raises:
        TemplateError: The name does not fit or files are there already.
    """
    name = folder.name
    if not _SLUG.match(name):
        raise TemplateError(f"“{name}”：名字用小写字母、数字和连字符 use small letters, digits and hyphens")
    if folder.exists() and any(folder.iterdir()):
        raise TemplateError(f"{folder}：目录不是空的 the folder is not empty")
    gates = "".join(
        f"""  - id: {covers}
    covers: {covers}
    title: {{zh: "请改写：{covers}", en: "{covers}"}}
    when: {{{_GATE_FACTS[covers]}: true}}
    tier: mediator
    why: {{zh: "提到这一情形的一律交人工", en: "this always goes to a human"}}
"""
        for covers in REQUIRED_GATES
    )
    facts = "".join(
        f"""  {fact}:
    type: bool
    world: raised
    why: {{zh: "没有提到，按没有处理", en: "not mentioned counts as none"}}
    label: {{zh: "{covers}", en: "{covers}"}}
"""
        for covers, fact in _GATE_FACTS.items()
    )
    root = folder.resolve()
    made = [
        _write(root / "pack.yaml", _PACK.replace("NAME", name)),
        _write(root / "vocabulary" / "core.yaml", _FACTS + facts),
        _write(root / "signals" / "words.yaml", _WORDS),
        _write(root / "gates.yaml", "funnel: 1\ngates:\n" + gates),
        _write(root / "statutes.yaml", _STATUTES),
    ]
    made += new_scenario(root, "examples.late-parcel", "late_parcel", "包裹迟到")
    return tuple(made)


def new_scenario(
    pack: Path, rule_id: str, scenario: str, title: str, *, phrases: Sequence[str] = ()
) -> tuple[Path, ...]:
    """Make a draft rule with its signals and tests.

    Args:
        pack: The pack's folder.
        rule_id: ``group.slug``.
        scenario: The scenario's id.
        title: Its title in Chinese.
        phrases: What its signal listens for; default: the title.

    Raises:
        TemplateError: The id does not fit or files are there already.
    """
    group, dot, slug = rule_id.partition(".")
    if not dot or not _SLUG.match(group) or not _SLUG.match(slug) or not re.fullmatch(r"[a-z0-9_]+", scenario):
        raise TemplateError(f"“{rule_id}”：编号写成 组.名字，例如 returns.late-refund write the id as group.slug")
    if not (pack / "pack.yaml").is_file():
        raise TemplateError(f"{pack}：这里没有 pack.yaml there is no pack.yaml here")
    pack = pack.resolve()
    scenarios = pack.parent.parent / "scenarios" / pack.name / group / f"{slug}.yaml"
    statute = (
        "law/1"
        if (pack / "statutes.yaml").is_file() and "  law:" in (pack / "statutes.yaml").read_text("utf-8")
        else "cpl/25"
    )
    said = list(phrases) or [title]
    blanks = {
        "PHRASES": "\n      - ".join(said),
        "FIRST": said[0],
        "RULE": rule_id,
        "SCENARIO": scenario,
        "TITLE": title,
        "CITE": statute,
    }

    def filled(text: str) -> str:
        for blank, value in blanks.items():
            text = text.replace(blank, value)
        return text

    return (
        _write(pack / group / f"{slug}.yaml", filled(_RULE)),
        _write(pack / "signals" / f"{scenario}.yaml", filled(_SIGNALS)),
        _write(pack / "vocabulary" / f"{scenario}.yaml", filled(_RULE_FACTS)),
        _write(scenarios, filled(_TESTS)),
    )


_GATE_FACTS = {
    "injury": "injury_reported",
    "minor-or-elder": "minor_involved",
    "crime": "crime_suspected",
    "group-incident": "group_incident",
    "professional-claimant": "professional_pattern",
    "litigation-or-media": "litigation_or_media",
    "never-settled": "punitive_claimed",
}

_PACK = """funnel: 1
pack: NAME
version: 0.1.0
title: {zh: 新规则包, en: New pack}
language: zh
timezone: Asia/Shanghai
currency: CNY
jurisdiction: CN
respond_within: 24h
resolve_within: 7d
tiers: [agent, mediator, lawyer]
unmatched: {tier: agent}
settle_limit: 1000.00
"""

_FACTS = """funnel: 1
facts:
  unit_price:
    type: money
    from: order.price
    ask: system
    label: {zh: 单价, en: unit price}
  quantity:
    type: integer
    range: [1, 1000000]
    from: {path: order.quantity, absent: 1}
    ask: system
    label: {zh: 数量, en: quantity}
  price_paid:
    type: money
    from: order.total_paid
    derived: {product: [unit_price, quantity]}
    ask: system
    label: {zh: 实付金额, en: amount paid}
"""

_WORDS = """funnel: 1
words:
  商家: [商家, 卖家, 店家, 店铺]
negators: [没有, 没, 未, 不是]
hedges: [是不是, 会不会, 如果]
"""

_STATUTES = """funnel: 1
statutes:
  law:
    title: {zh: 请登记真实的法规, en: register a real statute}
    issuer: {zh: 请填写, en: fill in}
    kind: law
    versions:
      - {id: "1", from: 2020-01-01, verified: false}
    articles:
      "1": {title: {zh: 请填写, en: fill in}, gist: {zh: 用自己的话写要旨, en: the gist in your own words}}
"""

_RULE = """# 草稿：先改识别短语、要件、例外和依据，测试通过、律师看过以后再把 status 改成 stable
funnel: 1
id: RULE
scenario: SCENARIO
revision: 1
title: {zh: TITLE, en: "TITLE"}
status: draft
reviewed: 2026-11-24
recognise: {signal: SCENARIO}
elements: {SCENARIO_shown: true}
basis:
  - {article: CITE, supports: [elements], gist: {zh: 这条为什么支撑要件, en: why this article carries the elements}}
strategy:
  opening: {zh: "根据现有材料，倾向于……", en: "on the material at hand … tends to be right"}
  floor: {zh: 不能再让的底线, en: the floor}
refer: {tier: agent}
"""

_SIGNALS = """funnel: 1
signals:
  SCENARIO:
    title: {zh: TITLE, en: "TITLE"}
    phrases:
      - PHRASES
"""

_RULE_FACTS = """funnel: 1
facts:
  SCENARIO_shown:
    type: bool
    label: {zh: TITLE属实, en: "shown"}
    ask: consumer
    question: {zh: 请补充能说明情况的材料。情况属实吗？, en: "Please add what shows it. Is it so?"}
"""

_TESTS = """funnel: 1
rule: RULE
tests:
  - name: 草稿不判断，先交客服
    given: {text: FIRST}
    expect: {outcome: refer, facts: {signal.SCENARIO: true}}
  - name: 没有提到的，不认
    given: {text: 东西很好，谢谢}
    expect: {recognised: false}
"""
