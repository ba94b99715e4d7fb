"""Write `docs/rules/`: one page a scenario, from the pack, so that pages and rules cannot drift apart."""

from __future__ import annotations

from pathlib import Path

from funnel.engine._texts import say
from funnel.engine.describe import leaf
from funnel.facts.vocabulary import pick, yuan
from funnel.pack.loader import load_pack
from funnel.pack.model import All, Any, Condition, Not, Pack, Rule, Test, leaves_of

ROOT = Path(__file__).resolve().parents[1]
TIERS = {"agent": "客服", "mediator": "调解员", "lawyer": "律师"}
ASK = {"consumer": "消费者", "merchant": "商家", "system": "订单与平台记录"}


def words(pack: Pack, condition: Condition, lang: str, depth: int = 0) -> list[str]:
    """A condition as an indented list."""
    indent = "  " * depth
    if isinstance(condition, Test):
        return [f"{indent}- {leaf(pack, condition, pack_parameters(pack), lang)}"]
    if isinstance(condition, Not):
        head = "并非" if lang == "zh" else "not"
        return [f"{indent}- {head}", *words(pack, condition.item, lang, depth + 1)]
    head = {All: ("全部具备", "all of"), Any: ("任一具备", "any of")}[type(condition)][lang != "zh"]
    return [f"{indent}- {head}", *(line for item in condition.items for line in words(pack, item, lang, depth + 1))]


def inline(pack: Pack, condition: Condition | None) -> str:
    """A condition in one line, negations kept."""
    if condition is None:
        return "—"
    if isinstance(condition, Test):
        return leaf(pack, condition, pack_parameters(pack), "zh")
    if isinstance(condition, Not):
        return f"并非（{inline(pack, condition.item)}）"
    return ("；" if isinstance(condition, All) else " 或 ").join(inline(pack, item) for item in condition.items)


def pack_parameters(pack: Pack) -> dict[str, int]:
    return {name: p.values[-1].value for name, p in pack.register.parameters.items()}


def page(pack: Pack, rule: Rule) -> str:
    lines = [
        f"# {pick(rule.title, 'zh')} `{rule.scenario}`",
        "",
        f"规则 `{rule.id}`，第 {rule.revision} 版，{rule.reviewed} 对照法律复核。",
        "",
    ]
    lines += [
        "由规则包生成（`python tools/make_rule_pages.py`），不要手改。",
        "",
        "## 什么情况算这一类",
        "",
        *words(pack, rule.recognise, "zh"),
        "",
    ]
    lines += ["## 法律要件", "", *words(pack, rule.elements, "zh"), "", "## 例外（都要排除才能自动结案）", ""]
    for e in rule.exceptions:
        to = f"转{TIERS[e.tier]}" if e.tier else "让位给其他规则"
        lines.append(f"- **{pick(e.title, 'zh')}**（`{e.id}`，{', '.join(e.basis)}）：{to}。{pick(e.why, 'zh')}")
    lines += ["", "## 机器什么时候结案、给什么", ""]
    if rule.settle is None:
        lines.append("从不由机器结案。")
    else:
        if rule.settle.when is not None:
            lines += ["另外要具备：", "", *words(pack, rule.settle.when, "zh"), ""]
        for name, grade in sorted(rule.settle.needs.items()):
            lines.append(f"- “{pack.vocabulary.label(name)}”要有{say(f'grade-{grade.word}', 'zh')}为凭")
        if rule.settle.limit is not None:
            lines.append(f"- 金额不超过 {yuan(rule.settle.limit)} 元")
        lines += ["", "| 救济 | 谁承担 | 算式 | 条件 |", "|---|---|---|---|"]
        for r in rule.settle.remedies:
            when = inline(pack, r.when)
            lines.append(
                f"| {say(f'kind-{r.kind}', 'zh')} | {say(f'payer-{r.payer}', 'zh')} | {f'`{r.source}`' if r.source else '—'} | {when} |"
            )
    lines += ["", "## 转给谁", "", f"- 一般转{TIERS[rule.refer.tier]}"]
    lines += [f"- {pick(w.why, 'zh')} → {TIERS[w.tier]}" for w in rule.refer.when]
    if rule.refer.considers:
        lines += [
            "",
            "由人斟酌、机器从不决定："
            + "、".join(f"{say(f'kind-{c.kind}', 'zh')} `{c.source}`" for c in rule.refer.considers),
        ]
    lines += ["", "## 法律依据", ""]
    lines += [f"- `{b.citation}`（支撑 {'、'.join(b.supports)}）：{pick(b.gist, 'zh')}" for b in rule.basis]
    lines += ["", "## 会问什么", ""]
    asked = dict.fromkeys(t.fact for c in (rule.elements, *(e.when for e in rule.exceptions)) for t in leaves_of(c))
    if rule.settle is not None and rule.settle.when is not None:
        asked |= dict.fromkeys(t.fact for t in leaves_of(rule.settle.when))
    for name in asked:
        spec = pack.vocabulary[name]
        if spec.ask != "nobody":
            lines.append(f"- [{ASK[spec.ask]}] {pick(spec.question, 'zh') or pick(spec.label, 'zh')}")
    s = rule.strategy
    lines += [
        "",
        "## 调解策略",
        "",
        f"- 开场：{pick(s.opening, 'zh')}",
        *(f"- 退让：{pick(c, 'zh')}" for c in s.concessions),
        f"- 底线：{pick(s.floor, 'zh')}",
    ]
    lines += [
        "",
        "## In English",
        "",
        f"**{pick(rule.title, 'en')}.** Recognised by:",
        "",
        *words(pack, rule.recognise, "en"),
        "",
        "Elements:",
        "",
    ]
    lines += [
        *words(pack, rule.elements, "en"),
        "",
        "Exceptions: " + "; ".join(pick(e.title, "en") for e in rule.exceptions) + ".",
    ]
    lines += ["", "Basis: " + ", ".join(f"`{b.citation}`" for b in rule.basis) + "."]
    return "\n".join(lines) + "\n"


def main() -> None:
    pack = load_pack("cn-ecommerce")
    folder = ROOT / "docs" / "rules"
    index = ["# 十二个场景 The twelve scenarios", "", "| 场景 | 规则 | 标题 | title |", "|---|---|---|---|"]
    for rule in pack.rules.values():
        path = folder / (rule.id.replace(".", "/", 1) + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(pack, rule), encoding="utf-8")
        link = path.relative_to(folder).as_posix()
        index.append(
            f"| `{rule.scenario}` | [{rule.id}]({link}) | {pick(rule.title, 'zh')} | {pick(rule.title, 'en')} |"
        )
    (folder / "README.md").write_text("\n".join(index) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
