"""Shared by the tests of likeness: likenesses made by hand, and small packs that they suit."""

import shutil
from dataclasses import replace
from pathlib import Path

import funnel
from funnel.facts.likeness import Likeness, Table, Trait

MINI = Path(__file__).parent / "packs" / "mini"
FILL = "谨此说明以上情况"
"""Known characters that say nothing; a text that holds them holds enough to be compared."""
NEVER = 1e6
DAY = "2026-11-10T10:00:00+08:00"


def made(says, *, near=0.0, sure=5.0, apart=0.4, cut=0.0, bias=-1.0, sentences=None):
    """A likeness by hand: a text reads like a trait, far above nought, where it holds the trait's character.

    Args:
        says: For each trait the characters that speak for it (a list of such texts), or a mapping of a character to its weight, from -128 to 127.
        near, sure, apart: As for `Likeness`.
        cut: Of every gate.
        bias: Of every trait.
        sentences: As for `Likeness`.
    """
    weights = {name: dict.fromkeys(chars, 60) if isinstance(chars, str) else chars for name, chars in says.items()}
    names = sorted({*FILL, *(gram for of in weights.values() for gram in of)})
    traits = [Trait(name, bias, 1.0, cut if name.startswith("gate:") else NEVER) for name in says]
    rows = {g: bytes(128 + weights[trait].get(g, 0) for trait in says) for g in names}
    return Likeness.made(
        traits, dict.fromkeys(names, 10), rows, examples="", near=near, sure=sure, apart=apart, sentences=sentences
    )


def hearing(says, *, cut=0.0):
    """A table of sentences by hand: one reads like a gate where it holds the gate's character, and enough known grams.

    Args:
        says: For each gate the characters that speak for it, or a mapping of a character to its weight.
        cut: Of every gate.
    """
    weights = {gate: dict.fromkeys(chars, 60) if isinstance(chars, str) else chars for gate, chars in says.items()}
    names = sorted({*FILL, *(char for of in weights.values() for char in of)})
    traits = [Trait("gate:" + gate, -1.0, 1.0, cut) for gate in says]
    rows = {g: bytes(128 + of.get(g, 0) for of in weights.values()) for g in names}
    return Table.of(traits, dict.fromkeys(names, 10), rows)


GRIEVANCES = "refused: {zh: 被拒, en: refused}, broken: {zh: 坏了, en: broken}"
MORE = (
    ", late: {zh: 晚到, en: late}, leak: {zh: 泄露, en: leak}, rude: {zh: 无礼, en: rude}, lost: {zh: 丢了, en: lost}"
)
SIGNALS = """
  late: {title: {zh: 晚到, en: late}, sets: {grievances: late}, phrases: [晚到了]}
  leak: {title: {zh: 泄露, en: leak}, sets: {grievances: leak}, phrases: [泄露了]}
  rude: {title: {zh: 无礼, en: rude}, sets: {grievances: rude}, phrases: [骂人了]}
  lost: {title: {zh: 丢件, en: lost}, sets: {grievances: lost}, phrases: [丢件了]}
"""
RULE = """
funnel: 1
id: goods.{name}
scenario: {name}
revision: 1
title: {{zh: {zh}, en: {name}}}
status: stable
reviewed: 2026-01-01
matter: {matter}
recognise: {recognise}
elements: {{{elements}}}
basis:
  - {{article: law/24, supports: [elements, remedies], gist: {{zh: 要赔, en: must pay}}}}
{settle}
strategy:
  opening: {{zh: 会有人答复, en: a person answers}}
  floor: {{zh: 答复, en: an answer}}
refer: {{tier: {tier}}}
{more}
"""
SETTLE = "settle: {remedies: [{refund: price_paid}]}"


def rule(name, zh, *, matter=None, elements="grievance: NAME", recognise=None, settle="", tier="agent", more=""):
    """A rule of a small pack; it holds as soon as it is recognised."""
    return RULE.format(
        name=name,
        zh=zh,
        matter=matter or name,
        recognise=recognise or f"{{grievance: {name}}}",
        elements=elements.replace("NAME", name),
        settle=settle,
        tier=tier,
        more=more,
    )


def small(folder, *rules, likeness=None):
    """The small pack with more grievances (late, leak, rude, lost), each raised by a phrase, and rules for them."""
    target = folder / "mini"
    shutil.copytree(MINI, target)
    facts = target / "vocabulary" / "facts.yaml"
    text = facts.read_text("utf-8")
    assert GRIEVANCES in text
    facts.write_text(text.replace(GRIEVANCES, GRIEVANCES + MORE), "utf-8")
    signals = target / "signals" / "all.yaml"
    signals.write_text(signals.read_text("utf-8").rstrip() + SIGNALS, "utf-8")
    for text in rules:
        name = text.split("id: goods.", 1)[1].split("\n", 1)[0]
        (target / "goods" / f"{name}.yaml").write_text(text, "utf-8")
    return replace(funnel.load_pack(target), likeness=likeness)


def told(text, **facts):
    """A complaint in a consumer's words about an order of 100 yuan."""
    order = {"id": "o", "price": 100.00, "quantity": 1, "signed_at": "2026-11-06T10:00:00+08:00"}
    return {"id": "x", "received_at": DAY, "text": text, "order": order, **({"facts": facts} if facts else {})}
