"""Parts of a pack in words, for the pages that are made from it. Everything takes a language, ``zh`` or ``en``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from funnel.author.scenario_tests import ScenarioTest
from funnel.engine._texts import join, say
from funnel.engine.describe import leaf
from funnel.facts.vocabulary import Texts, pick
from funnel.law.register import parse_citation
from funnel.pack.model import All, Condition, Not, Pack, RemedySpec, Rule, StepSpec, Test, flat

LANGS = ("zh", "en")
_BLANK = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"param\.[a-z0-9_]+|[a-z][a-z0-9_]*(?:\.[a-z0-9_\-]+)?")

_WORDS: dict[str, tuple[str, str]] = {
    "agent": ("客服", "an agent"),
    "mediator": ("调解员", "a mediator"),
    "lawyer": ("律师", "a lawyer"),
    "consumer": ("消费者", "consumer"),
    "merchant": ("商家", "merchant"),
    "platform": ("平台", "platform"),
    "carrier": ("承运人", "carrier"),
    "system": ("订单与平台记录", "records"),
    "recognise": ("识别", "recognition"),
    "elements": ("要件", "elements"),
    "exceptions": ("例外", "exceptions"),
    "remedies": ("救济", "remedies"),
    "strategy": ("策略", "strategy"),
    "override": ("优先适用", "precedence"),
    "stable": ("生效", "in force"),
    "draft": ("草稿，不参与判断", "a draft that decides nothing"),
    "retired": ("已停用", "retired"),
    "settle": ("机器结案", "settled by machine"),
    "ask": ("先提问", "asks"),
    "refer": ("转人", "goes to people"),
    "all": ("全部具备", "all of"),
    "any": ("任一具备", "any of"),
    "larger": ("取大", "the larger of"),
    "smaller": ("取小", "the smaller of"),
    "law": ("法律", "law"),
    "regulation": ("行政法规", "regulation"),
    "rule": ("部门规章", "ministry rule"),
    "interpretation": ("司法解释", "judicial interpretation"),
}


def t(lang: str, zh: str, en: str) -> str:
    """One of two texts."""
    return en if lang == "en" else zh


def word(key: str, lang: str) -> str:
    """A word of the contract, for reading."""
    zh, en = _WORDS[key]
    return t(lang, zh, en)


def parameters(pack: Pack) -> dict[str, int]:
    """The newest value of every parameter."""
    return {name: p.values[-1].value for name, p in pack.register.parameters.items()}


@dataclass(frozen=True)
class Page:
    """A page being written: its language, where it lies under ``docs``, its pack."""

    pack: Pack
    lang: str
    path: str
    figures: dict[str, int] = field(default_factory=dict)

    def t(self, zh: str, en: str) -> str:
        """One of two texts, by the page's language."""
        return t(self.lang, zh, en)

    def word(self, key: str) -> str:
        """A word of the contract."""
        return word(key, self.lang)

    def texts(self, texts: Texts | None) -> str:
        """A text for people; blanks named by what fills them; on one line, safe in a table."""

        def named(match: re.Match[str]) -> str:
            return self.t(f"〔{self.name(match.group(1))}〕", f"‹{self.name(match.group(1))}›")

        return _BLANK.sub(named, pick(texts, self.lang)).replace("\n", " ").replace("|", "\\|").strip()

    def name(self, name: str) -> str:
        """The label of a fact or parameter, a parameter with its figure of today."""
        if name.startswith("param."):
            parameter = self.pack.register.parameters.get(name.removeprefix("param."))
            if parameter is None:
                return name
            value = parameter.values[-1].value
            figure = f"{value / 100:g}" if parameter.type == "money" else str(value)
            return (
                f"{pick(parameter.label, self.lang)}（{figure}）"
                if self.lang != "en"
                else f"{pick(parameter.label, 'en')} ({figure})"
            )
        return self.pack.vocabulary.label(name, self.lang) if name in self.pack.vocabulary else name

    def formula(self, source: str) -> str:
        """An amount with names for identifiers."""
        if not source:
            return "—"

        def named(match: re.Match[str]) -> str:
            return self.word(match.group()) if match.group() in {"larger", "smaller"} else self.name(match.group())

        return _NAME.sub(named, source).replace("*", "×").replace(" / ", " ÷ ")

    def condition(self, condition: Condition, depth: int = 0) -> list[str]:
        """A condition as an indented list."""
        condition = flat(condition)
        indent = "  " * depth
        if isinstance(condition, Test):
            return [f"{indent}- {leaf(self.pack, condition, self.figures, self.lang)}"]
        if isinstance(condition, Not):
            return [f"{indent}- {self.t('并非', 'not')}", *self.condition(condition.item, depth + 1)]
        head = self.word("all" if isinstance(condition, All) else "any")
        return [f"{indent}- {head}", *(line for item in condition.items for line in self.condition(item, depth + 1))]

    def inline(self, condition: Condition | None) -> str:
        """A condition in one line."""
        if condition is None:
            return "—"
        condition = flat(condition)
        if isinstance(condition, Test):
            return leaf(self.pack, condition, self.figures, self.lang)
        if isinstance(condition, Not):
            inner = self.inline(condition.item)
            return self.t(f"并非（{inner}）", f"not ({inner})")
        both = (self.t("；", "; and "), self.t(" 或 ", ", or "))
        parts = [
            self.inline(i) if isinstance(i, Test | Not) else self.t(f"（{self.inline(i)}）", f"({self.inline(i)})")
            for i in condition.items
        ]
        return both[0 if isinstance(condition, All) else 1].join(parts)

    def link(self, target: str, text: str) -> str:
        """A relative link to another page under ``docs``."""
        page, _, anchor = target.partition("#")
        here, there = self.path.split("/")[:-1], page.split("/")
        while here and there[:-1] and here[0] == there[0]:
            here, there = here[1:], there[1:]
        return f"[{text}]({'../' * len(here)}{'/'.join(there)}{'#' + anchor if anchor else ''})"

    def rule(self, rule: Rule, text: str | None = None) -> str:
        """A link to a rule's page."""
        return self.link(rule_path(rule, self.lang), text or pick(rule.title, self.lang))

    def article(self, citation: str) -> str:
        """A citation as it would be said, linked to the article's page."""
        cited = parse_citation(citation)
        statute = self.pack.register.statute(cited.statute)
        pin = f"@{cited.version}" if cited.version else ""
        title = f"{pick(statute.title, self.lang)}{pin}"
        text = self.t(f"{title}第{cited.article.replace('-', '条之')}条", f"{title}, art. {cited.article}")
        return self.link(f"{law_path(cited.statute, self.lang)}#a{cited.article}", text)

    def remedy(self, remedy: RemedySpec) -> str:
        """A remedy in a few words, with who bears it."""
        payer = say(f"payer-{remedy.payer}", self.lang)
        kind = say(f"kind-{remedy.kind}", self.lang)
        return self.t(f"{kind}（{payer}）", f"{kind} ({payer})")

    def step(self, step: StepSpec) -> str:
        """Who does what by when."""
        when = (
            self.t("立即", "at once")
            if step.within == "0h"
            else self.t(f"{duration(step.within, 'zh')}内", f"within {duration(step.within, 'en')}")
        )
        return self.t(f"{self.word(step.who)}（{when}）：", f"{self.word(step.who)}, {when}: ") + self.texts(step.do)

    def expected(self, test: ScenarioTest) -> str:
        """What a scenario test expects, in words."""
        parts = []
        expect: dict[str, Any] = dict(test.expect)
        if "recognised" in expect:
            parts.append(
                self.t("认得出", "recognised") if expect["recognised"] else self.t("不算这一类", "not of this kind")
            )
        if "outcome" in expect:
            tier = expect.get("tier")
            to = self.t(f"转{self.word(tier)}", f"goes to {self.word(tier)}") if tier else self.word(expect["outcome"])
            parts.append(to if expect["outcome"] == "refer" else self.word(expect["outcome"]))
        if expect.get("remedies"):
            parts.append(join([self._got(kind, value) for kind, value in expect["remedies"].items()], self.lang))
        if "considers" in expect:
            weighed = [self._got(kind, value) for kind, value in expect["considers"].items()]
            shown = join(weighed, self.lang) if weighed else self.t("没有", "nothing")
            parts.append(self.t("给人斟酌的：", "for people to weigh: ") + shown)
        if "exception" in expect:
            found = next((e for e in self.pack.rules[test.rule].exceptions if e.id == expect["exception"]), None)
            title = self.texts(found.title) if found else expect["exception"]
            parts.append(self.t(f"例外“{title}”", f"exception “{title}”"))
        if "gate" in expect:
            gate = self.pack.gates.get(expect["gate"])
            title = (
                self.texts(gate.title)
                if gate
                else {
                    "disputed-facts": self.t("事实有争议", "facts in dispute"),
                    "over-limit": self.t("超过金额上限", "above the limit"),
                }.get(expect["gate"], expect["gate"])
            )
            parts.append(self.t(f"关口“{title}”", f"gate “{title}”"))
        asks = (*expect.get("asks", ()), *((expect["first_question"],) if "first_question" in expect else ()))
        if asks:
            parts.append(self.t("问", "asks for ") + join([self.name(n) for n in dict.fromkeys(asks)], self.lang))
        return self.t("，", ", ").join(parts)

    def _got(self, kind: str, value: str | None) -> str:
        said = say(f"kind-{kind}", self.lang)
        if value is None:
            return said
        if value in {"merchant", "platform", "carrier", "consumer"}:
            return self.t(f"{said}（{self.word(value)}承担）", f"{said} ({self.word(value)} bears it)")
        return self.t(f"{said} {value} 元", f"{said} of {value} yuan")


def duration(value: str, lang: str) -> str:
    """``24h`` in words."""
    number, unit = value[:-1], value[-1]
    return t(lang, f"{number} {'小时' if unit == 'h' else '天'}", f"{number} {'hours' if unit == 'h' else 'days'}")


def rule_path(rule: Rule, lang: str) -> str:
    """Where a rule's page lies under ``docs``."""
    return f"rules/{'en/' if lang == 'en' else ''}{rule.id.replace('.', '/', 1)}.md"


def law_path(statute: str, lang: str) -> str:
    """Where a statute's page lies under ``docs``."""
    return f"law/{'en/' if lang == 'en' else ''}{statute}.md"


def index_path(kind: str, lang: str) -> str:
    """Where an index lies under ``docs``."""
    return f"{kind}/{'en/' if lang == 'en' else ''}README.md"
