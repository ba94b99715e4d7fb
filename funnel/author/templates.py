"""New packs and scenarios that pass ``funnel check`` and ``funnel test`` from the start."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from funnel.errors import TwoLanguageError
from funnel.facts.language import LANGUAGES, Language
from funnel.facts.phrases import PhraseError, parse
from funnel.pack.loader import LIKENESS, data_folder, find_pack
from funnel.pack.model import REQUIRED_GATES

_SLUG = re.compile(r"[a-z][a-z0-9\-]*\Z")
_PACK_LINE = re.compile(r"^pack:.*$", re.MULTILINE)


class TemplateError(TwoLanguageError):
    """A name does not fit, or a file is there already."""


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise TemplateError(f"{path}：已经有了，没有改动", f"{path} exists already; nothing was changed")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _pack_name(folder: Path) -> str:
    """The name of a pack to be made in a folder.

    Raises:
        TemplateError: The name does not fit, the folder is in use, or its tests would stand outside of what was named.
    """
    name = folder.name
    if not _SLUG.match(name):
        raise TemplateError(
            f"“{name}”：名字用小写字母、数字和连字符", f"{name!r}: use small letters, digits and hyphens"
        )
    if len(folder.parts) == 1:
        # Its tests would be written beside the working directory, where nobody looks for them.
        raise TemplateError(
            f"没有新建：请写 rules/{name}（测试会放在旁边的 scenarios/{name}）",
            f"nothing was made: write rules/{name} (its tests go beside it, to scenarios/{name})",
        )
    for taken in (folder, _tests_of(folder)):
        if taken.exists() and (not taken.is_dir() or any(taken.iterdir())):
            raise TemplateError(f"{taken}：已经有东西，没有改动", f"{taken} is in use; nothing was changed")
    return name


def _tests_of(pack: Path) -> Path:
    return pack.parent.parent / "scenarios" / pack.name


def copy_pack(source: str, folder: Path) -> tuple[Path, ...]:
    """Copy a pack with its scenario tests, to be changed. Labels of real texts stay behind.

    Args:
        source: The name of a shipped pack or a pack's folder.
        folder: ``…/rules/NAME``; tests go to ``…/scenarios/NAME``.

    Returns:
        The two folders.

    Raises:
        PackNotFoundError: There is no such pack.
        TemplateError: The name does not fit or files are there already.
    """
    name = _pack_name(folder)
    origin = find_pack(source)
    shipped = data_folder("scenarios") / origin.name
    tests = shipped if origin.parent == data_folder("rules") else _tests_of(origin.resolve())
    target, tests_target = folder.resolve(), _tests_of(folder.resolve())
    for path in sorted(origin.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if path == origin / "pack.yaml":
            text = _PACK_LINE.sub(f"pack: {name}", text, count=1)
        _write(target / path.relative_to(origin), text)
    if (origin / LIKENESS).is_file():  # learnt from more than the examples, it cannot be made again from them alone
        _write(target / LIKENESS, (origin / LIKENESS).read_text(encoding="utf-8"))
    for path in sorted(tests.rglob("*.yaml")):
        if path.relative_to(tests).parts[0] != "real":
            _write(tests_target / path.relative_to(tests), path.read_text(encoding="utf-8"))
    return target, tests_target


def new_pack(folder: Path, *, today: dt.date, language: str = "zh") -> tuple[Path, ...]:
    """Make a pack with its gates, a small vocabulary, one example rule and its tests.

    Args:
        folder: ``…/rules/NAME``; tests go to ``…/scenarios/NAME``.
        today: What its example rule gives as the day it was reviewed.
        language: What it is written in: ``zh`` or ``en``.

    Raises:
        TemplateError: The name does not fit or files are there already.
    """
    name = _pack_name(folder)
    said = _IN[language]
    gates = "".join(
        said.gate.replace("COVERS", covers).replace("FACT", _GATE_FACTS[covers]) for covers in REQUIRED_GATES
    )
    facts = "".join(
        said.gate_fact.replace("COVERS", covers).replace("FACT", fact) for covers, fact in _GATE_FACTS.items()
    )
    root = folder.resolve()
    made = [
        _write(root / "pack.yaml", said.pack.replace("NAME", name)),
        _write(root / "vocabulary" / "core.yaml", said.facts + facts),
        _write(root / "signals" / "words.yaml", said.words),
        _write(root / "gates.yaml", "funnel: 1\ngates:\n" + gates),
        _write(root / "statutes.yaml", said.statutes),
    ]
    made += new_scenario(root, "examples.late-parcel", "late_parcel", said.example, today=today)
    return tuple(made)


def new_scenario(
    pack: Path, rule_id: str, scenario: str, title: str, *, today: dt.date, phrases: Sequence[str] = ()
) -> tuple[Path, ...]:
    """Make a draft rule with its signals and tests.

    Args:
        pack: The pack's folder.
        rule_id: ``group.slug``.
        scenario: The scenario's id.
        title: Its title in the pack's language.
        today: What the rule gives as the day it was reviewed.
        phrases: What its signal listens for; default: the title.

    Raises:
        TemplateError: The id does not fit or files are there already.
    """
    group, dot, slug = rule_id.partition(".")
    if not dot or not _SLUG.match(group) or not _SLUG.match(slug) or not re.fullmatch(r"[a-z0-9_]+", scenario):
        raise TemplateError(
            f"“{rule_id}”：编号写成 组.名字，例如 returns.late-refund",
            f"{rule_id!r}: write the id as group.slug, such as returns.late-refund",
        )
    if not (pack / "pack.yaml").is_file():
        others = sorted(path.parent.as_posix() for path in pack.parent.glob("*/pack.yaml"))
        raise TemplateError(
            f"{pack}：这里没有 pack.yaml\n"
            + "".join(f"  --pack {other}   # 这里有，要放进去就写它\n" for other in others)
            + f"  funnel init pack {pack} --copy cn-ecommerce   # 先复制一份随包规则来改\n"
            f"  funnel init pack {pack}                       # 或者从空的开始",
            f"{pack}: there is no pack.yaml here\n"
            + "".join(f"  --pack {other}   # there is this one\n" for other in others)
            + f"  funnel init pack {pack} --copy cn-ecommerce   # copy the shipped rules first\n"
            f"  funnel init pack {pack}                       # or begin with an empty pack",
        )
    pack = pack.resolve()
    scenarios = _tests_of(pack) / group / f"{slug}.yaml"
    statute = (
        "law/1"
        if (pack / "statutes.yaml").is_file() and "  law:" in (pack / "statutes.yaml").read_text("utf-8")
        else "cpl/25"
    )
    found = _LANGUAGE_LINE.search((pack / "pack.yaml").read_text("utf-8"))
    language = LANGUAGES.get(found[1] if found else "zh", LANGUAGES["zh"])
    template = _IN[language.code]
    title = " ".join(_CONTROL.sub(" ", title).split()) or scenario
    said = list(phrases) or _phrases_of(title, language)
    blanks = {
        "PHRASES": "\n      - ".join(map(_quoted, said)),
        "FIRST": _quoted(said[0]),
        "NOTHING": next(
            (text for text in template.others if not any(phrase in text for phrase in said)), template.others[0]
        ),
        "RULE": rule_id,
        "SCENARIO": scenario,
        "LABEL": _quoted(template.label.format(title=title)),
        "TITLE": _quoted(title),
        "CITE": statute,
        "TODAY": today.isoformat(),
    }
    words = re.compile("|".join(blanks))

    def filled(text: str) -> str:
        return words.sub(lambda found: blanks[found[0]], text)  # in one go: a title may hold the name of a blank

    return (
        _write(pack / group / f"{slug}.yaml", filled(template.rule)),
        _write(pack / "signals" / f"{scenario}.yaml", filled(template.signals)),
        _write(pack / "vocabulary" / f"{scenario}.yaml", filled(template.rule_facts)),
        _write(scenarios, filled(template.tests)),
    )


def _quoted(text: str) -> str:
    """A text as YAML reads it back, whatever signs it has; without quotes where it needs none."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT else json.dumps(text, ensure_ascii=False)


def _phrases_of(title: str, language: Language) -> list[str]:
    """What a title says, as phrases: a phrase has no marks, and its signs are no text."""
    found = []
    for part in _SIGNS.split(title):
        phrase = part.strip()
        try:
            parse(phrase, {}, language)
        except PhraseError:
            continue
        found.append(phrase)
    return found or [_IN[language.code].no_phrase]


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_PLAIN = re.compile(r"[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9（）…]*(?: [\u4e00-\u9fffA-Za-z0-9]+)*")
_NO_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that stand for something else in YAML where they have no quotes."""
_SIGNS = re.compile(r"[^\w ]+|_+")
_LANGUAGE_LINE = re.compile(r"^language:\s*([a-z]+)", re.MULTILINE)

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
title: {zh: TITLE, en: TITLE}
status: draft
reviewed: TODAY
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
    title: {zh: TITLE, en: TITLE}
    phrases:
      - PHRASES
"""

_GATE = """  - id: COVERS
    covers: COVERS
    title: {zh: "请改写：COVERS", en: "COVERS"}
    when: {FACT: true}
    tier: mediator
    why: {zh: "提到这一情形的一律交人工", en: "this always goes to a human"}
"""

_GATE_FACT = """  FACT:
    type: bool
    world: raised
    why: {zh: "没有提到，按没有处理", en: "not mentioned counts as none"}
    label: {zh: "COVERS", en: "COVERS"}
"""

_RULE_FACTS = """funnel: 1
facts:
  SCENARIO_shown:
    type: bool
    label: {zh: LABEL, en: "shown"}
    ask: consumer
    question: {zh: 请补充能说明情况的材料。情况属实吗？, en: "Please add what shows it. Is it so?"}
"""

_TESTS = """funnel: 1
rule: RULE
tests:
  - name: 认得出来；还没有写怎么结案，先交客服
    given: {text: FIRST}
    expect: {recognised: true, outcome: refer, tier: agent, facts: {signal.SCENARIO: true}}
  - name: 没有提到的，不认
    given: {text: NOTHING}
    expect: {recognised: false}
"""

_ZH_ONLY = re.compile(r"\{zh: (?:\"[^\"]*\"|[^,}]*), en: (\"[^\"]*\"|[^}]*)\}")


def _in_english(template: str) -> str:
    """A template with its English texts alone."""
    return _ZH_ONLY.sub(r"\1", template)


@dataclass(frozen=True, slots=True)
class _Templates:
    """What files are made from in one language.

    Attributes:
        example: Title of the example rule.
        label: Label of the fact that a scenario's matter is so.
        no_phrase: The phrase of a title from which none can be made.
        others: Texts that say nothing of any matter.
    """

    pack: str
    facts: str
    words: str
    statutes: str
    gate: str
    gate_fact: str
    rule: str
    signals: str
    rule_facts: str
    tests: str
    example: str
    label: str
    no_phrase: str
    others: tuple[str, ...]


_IN: Mapping[str, _Templates] = MappingProxyType(
    {
        "zh": _Templates(
            pack=_PACK,
            facts=_FACTS,
            words=_WORDS,
            statutes=_STATUTES,
            gate=_GATE,
            gate_fact=_GATE_FACT,
            rule=_RULE,
            signals=_SIGNALS,
            rule_facts=_RULE_FACTS,
            tests=_TESTS,
            example="包裹迟到",
            label="{title}属实",
            no_phrase="请写上消费者会说的话",
            others=("东西很好，谢谢", "今天天气不错"),
        ),
        "en": _Templates(
            pack="""funnel: 1
pack: NAME
version: 0.1.0
title: New pack
language: en
timezone: Europe/Brussels  # write your own, and so the next two
currency: EUR
jurisdiction: EU
respond_within: 24h
resolve_within: 7d
tiers: [agent, mediator, lawyer]
unmatched: {tier: agent}
settle_limit: 1000.00
""",
            facts=_in_english(_FACTS),
            words="""funnel: 1
words:
  trader: [seller, shop, store, trader, retailer, company]
negators: [not, never, "no", without, "don't", "doesn't", "didn't", "haven't", "hasn't", "isn't", "wasn't", "won't", cannot, "can't"]
not_negators: [not only, no doubt]
negation_breaks: [and, but, because, when]
hedges: [if, whether, would, might, could]
""",
            statutes=_in_english(_STATUTES),
            gate=_in_english(_GATE),
            gate_fact=_in_english(_GATE_FACT),
            rule=_in_english(_RULE).replace(
                _RULE.splitlines()[0],
                "# A draft: change phrases, elements, exceptions and law; make it stable once the tests pass and a lawyer has read it.",
            ),
            signals=_in_english(_SIGNALS),
            rule_facts=_in_english(_RULE_FACTS).replace('"shown"', "LABEL"),
            tests="""funnel: 1
rule: RULE
tests:
  - name: It is recognised; nothing says yet how it is settled, so it goes to an agent
    given: {text: FIRST}
    expect: {recognised: true, outcome: refer, tier: agent, facts: {signal.SCENARIO: true}}
  - name: What does not speak of it is not recognised
    given: {text: NOTHING}
    expect: {recognised: false}
""",
            example="the parcel is late",
            label="{title}, and it is so",
            no_phrase="write what consumers say",
            others=("It is lovely", "The weather is fine today"),
        ),
    }
)
