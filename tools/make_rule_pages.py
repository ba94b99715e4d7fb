"""Write `docs/rules/`: one page a scenario and an index, in two languages, from the pack and its scenario tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pack_words import LANGS, Page, duration, index_path, parameters, rule_path

from funnel.author.scenario_tests import ScenarioTest, load_suite, scenario_files
from funnel.engine._texts import say
from funnel.facts.vocabulary import GRIEVANCES, pick, yuan
from funnel.pack.loader import data_folder, load_pack
from funnel.pack.model import Pack, Rule, leaves_of

ROOT = Path(__file__).resolve().parents[1]
SHOWN = 6
"""How many everyday wordings a page shows."""

Tests = Mapping[str, Sequence[ScenarioTest]]


def tests_of(pack: Pack) -> dict[str, list[ScenarioTest]]:
    """The scenario tests of a shipped pack by rule."""
    folder = data_folder("scenarios") / pack.id
    found: dict[str, list[ScenarioTest]] = {}
    for test in load_suite(pack, list(scenario_files(folder)), folder).tests:
        found.setdefault(test.rule, []).append(test)
    return found


def pages(pack: Pack, tests: Tests) -> dict[str, str]:
    """Every page by its path under ``docs``."""
    figures = parameters(pack)
    found = {}
    for lang in LANGS:
        for rule in pack.rules.values():
            path = rule_path(rule, lang)
            found[path] = _rule(Page(pack, lang, path, figures), rule, tests.get(rule.id, ()))
        path = index_path("rules", lang)
        found[path] = _index(Page(pack, lang, path, figures), tests)
    return found


# --- one scenario -------------------------------------------------------------------------------------------------------


def _rule(p: Page, rule: Rule, tests: Sequence[ScenarioTest]) -> str:
    other = "zh" if p.lang == "en" else "en"
    lines = [
        f"# {pick(rule.title, p.lang)} `{rule.scenario}`",
        "",
        p.link(rule_path(rule, other), p.t("English", "中文"))
        + " · "
        + p.link(index_path("rules", p.lang), p.t("全部场景", "all scenarios")),
        "",
        p.t(
            f"规则 `{rule.id}`，第 {rule.revision} 版，{p.word(rule.status)}，{rule.reviewed} 对照法律复核。按“{p.name(rule.governs)}”那天的法律判断。",
            f"Rule `{rule.id}`, revision {rule.revision}, {p.word(rule.status)}, held against the law on {rule.reviewed}. The law of this day governs: {p.name(rule.governs)}.",
        ),
        p.t("本页由规则包生成，不要手改。", "This page is made from the pack; do not edit it."),
        "",
        _in_short(p, rule),
    ]
    for title, part in (
        (p.t("什么情况算这一类", "What it is"), _recognition(p, rule)),
        (p.t("法律要件", "Elements"), p.condition(rule.elements)),
        (p.t("什么时候由机器结案", "When it is settled"), _settled(p, rule)),
        (p.t("给什么，凭哪一条", "What it pays, on which article"), _pays(p, rule)),
        (p.t("例外", "Exceptions"), _exceptions(p, rule)),
        (p.t("什么会转给人", "What sends it down"), _down(p, rule)),
        (p.t("法律依据", "Basis"), _basis(p, rule)),
        (p.t("会问什么", "What is asked"), _asked(p, rule)),
        (p.t("调解策略", "Strategy"), _strategy(p, rule)),
        (p.t("调解不成去哪里", "Where else to turn"), _forums(p, rule)),
        (p.t("与其他场景", "Beside other scenarios"), _beside(p, rule)),
        (p.t("场景测试", "Scenario tests"), _tests(p, tests)),
    ):
        if part:
            lines += ["", f"## {title}", "", *part]
    return "\n".join(lines) + "\n"


def _in_short(p: Page, rule: Rule) -> str:
    if rule.out_of_scope:
        return p.t(
            "**不属受理范围：**认出来，告诉消费者去哪里，不由本系统处理。",
            "**Out of scope:** recognised, told where to go, not handled here.",
        )
    if rule.settle is None:
        return p.t(
            f"**从不由机器结案**，一般转{p.word(rule.refer.tier)}。",
            f"**Never settled by machine**; as a rule it goes to {p.word(rule.refer.tier)}.",
        )
    what = p.t("、", ", ").join(dict.fromkeys(p.remedy(r) for r in rule.settle.remedies))
    return p.t(
        f"**可以由机器结案：**{what}。不具备条件的一般转{p.word(rule.refer.tier)}。",
        f"**A machine may settle it:** {what}. Otherwise it goes as a rule to {p.word(rule.refer.tier)}.",
    )


def _recognition(p: Page, rule: Rule) -> list[str]:
    wanted = {
        (leaf.fact, m)
        for leaf in leaves_of(rule.recognise)
        if isinstance(leaf.constant, frozenset)
        for m in leaf.constant
    }
    wanted |= {(leaf.fact, leaf.constant) for leaf in leaves_of(rule.recognise) if isinstance(leaf.constant, bool)}
    phrases: list[str] = []
    for name, signal in sorted(p.pack.lexicon.signals.items()):
        sets = {(fact, v) for fact, value in signal.sets for v in (value if isinstance(value, frozenset) else (value,))}
        if sets & wanted or (f"signal.{name}", True) in wanted:
            phrases += dict.fromkeys("…".join(segment[0] for segment in phrase.segments) for phrase in signal.phrases)
    lines = p.condition(rule.recognise)
    for one in p.pack.shown.values():
        if (GRIEVANCES, one.grievance) in wanted:
            value = p.pack.vocabulary[GRIEVANCES].show(frozenset({one.grievance}), p.lang)
            lines += [
                "",
                p.t(
                    f"话里和表单里都没有说是哪一类的，材料表明这些就是“{value}”：",
                    f"Where neither words nor a form name a matter, this on the file shows “{value}”:",
                ),
                "",
                *p.condition(one.when),
            ]
    if phrases:
        shown = p.t("、", ", ").join(f"“{text}”" for text in phrases[:SHOWN])
        lines += [
            "",
            p.t(
                f"从日常说法里认出来，共 {len(phrases)} 种写法，例如 {shown}。",
                f"Recognised from everyday words by {len(phrases)} patterns, such as {shown}.",
            ),
        ]
    if rule.scope is not None:
        lines += ["", p.t("只对这些情况负责：", "Only meant for:"), "", *p.condition(rule.scope)]
    return lines


def _settled(p: Page, rule: Rule) -> list[str]:
    settle = rule.settle
    if settle is None:
        return [p.t("从不由机器结案。", "Never.")]
    lines = [
        p.t(
            "要件全部具备、每个例外都排除、没有关口打开、没有别的场景会得出不同结果，而且：",
            "When all elements hold, every exception is ruled out, no gate is open, no other scenario would give another result, and:",
        ),
        "",
    ]
    for name, grade in sorted(settle.needs.items()):
        lines.append(
            p.t(
                f"- “{p.name(name)}”要有{say(f'grade-{grade.word}', 'zh')}为凭",
                f"- “{p.name(name)}” is known as “{say(f'grade-{grade.word}', 'en')}” or better",
            )
        )
    if settle.limit is not None:
        of = p.name(settle.limit_of) if settle.limit_of else p.t("给付合计", "the sum of the remedies")
        lines.append(p.t(f"- {of}不超过 {yuan(settle.limit)} 元", f"- {of} is at most {yuan(settle.limit)} yuan"))
    if settle.when is not None:
        lines += ["", p.t("还要具备：", "Besides:"), "", *p.condition(settle.when)]
    return lines


def _pays(p: Page, rule: Rule) -> list[str]:
    if rule.settle is None:
        return []
    lines = [
        p.t("| 救济 | 谁承担 | 怎么算 | 条件 |", "| Remedy | Borne by | Amount | If |"),
        "|---|---|---|---|",
    ]
    for r in rule.settle.remedies:
        kind, payer = say(f"kind-{r.kind}", p.lang), say(f"payer-{r.payer}", p.lang)
        note = f"<br>{p.texts(r.note)}" if r.note else ""
        lines.append(f"| {kind}{note} | {payer} | {p.formula(r.source)} | {p.inline(r.when)} |")
    if rule.settle.within_days is not None:
        lines += [
            "",
            p.t("期限：", "By: ") + say(f"within-{rule.settle.within_of}", p.lang, days=rule.settle.within_days),
        ]
    carrying = [b for b in rule.basis if "remedies" in b.supports]
    lines += ["", p.t("依据：", "On: ") + p.t("、", "; ").join(p.article(b.citation) for b in carrying)]
    return lines


def _exceptions(p: Page, rule: Rule) -> list[str]:
    lines = []
    for e in rule.exceptions:
        to = (
            p.t(f"转{p.word(e.tier)}", f"goes to {p.word(e.tier)}")
            if e.tier
            else p.t("让位给其他场景", "other scenarios decide")
        )
        on = p.t("、", "; ").join(p.article(c) for c in e.basis)
        lines.append(
            f"- **{p.texts(e.title)}**（{to}；{on}）" if p.lang != "en" else f"- **{p.texts(e.title)}** ({to}; {on})"
        )
        lines.append(p.t("  - 情形：", "  - when: ") + p.inline(e.when))
        if e.why:
            lines.append(p.t("  - 理由：", "  - why: ") + p.texts(e.why))
    return lines


def _down(p: Page, rule: Rule) -> list[str]:
    lines = [p.t(f"- 一般转{p.word(rule.refer.tier)}", f"- as a rule to {p.word(rule.refer.tier)}")]
    lines += [f"- {p.texts(w.why)} → {p.word(w.tier)}" for w in rule.refer.when]
    lines.append(
        p.link(f"{index_path('rules', p.lang)}#gates", p.t("- 打开任何一个关口", "- any open gate")).replace(
            "[- ", "- ["
        )
    )
    if rule.refer.considers:
        lines += ["", p.t("由人斟酌、机器从不决定：", "For people to weigh, never decided by a machine:"), ""]
        for c in rule.refer.considers:
            note = f" — {p.texts(c.note)}" if c.note else ""
            when = ""
            if c.when is not None:
                shown = p.inline(c.when)
                when = p.t(f"（条件：{shown}；不清楚时也列出）", f" (if: {shown}; shown where that is not known, too)")
            lines.append(f"- {say(f'kind-{c.kind}', p.lang)}: {p.formula(c.source)}{when}{note}")
    return lines


def _basis(p: Page, rule: Rule) -> list[str]:
    lines = []
    for b in rule.basis:
        parts = p.t("、", ", ").join(p.word(part) for part in b.supports)
        gist = p.texts(b.gist)
        lines.append(
            p.t(
                f"- {p.article(b.citation)}（支撑{parts}）：{gist}",
                f"- {p.article(b.citation)} (carries {parts}): {gist}",
            )
        )
    return lines


def _asked(p: Page, rule: Rule) -> list[str]:
    conditions = [rule.elements, *(e.when for e in rule.exceptions), *(w.condition for w in rule.refer.when)]
    if rule.settle is not None and rule.settle.when is not None:
        conditions.append(rule.settle.when)
    facts = dict.fromkeys(t.fact for c in conditions for t in leaves_of(c))
    lines = []
    for name in facts:
        spec = p.pack.vocabulary[name]
        if spec.ask != "nobody":
            lines.append(f"- [{p.word(spec.ask)}] {p.texts(spec.question) or p.texts(spec.label)}")
    return lines


def _strategy(p: Page, rule: Rule) -> list[str]:
    s = rule.strategy
    lines = [
        p.t(f"- 开场：{p.texts(s.opening)}", f"- opening: {p.texts(s.opening)}"),
        *(p.t(f"- 退让 {n}：{p.texts(c)}", f"- concession {n}: {p.texts(c)}") for n, c in enumerate(s.concessions, 1)),
        p.t(f"- 底线：{p.texts(s.floor)}", f"- floor: {p.texts(s.floor)}"),
    ]
    if s.evidence:
        lines += ["", p.t("要收集：", "To collect:"), "", *(f"- {p.texts(e)}" for e in s.evidence)]
    if s.steps:
        lines += ["", p.t("步骤：", "Steps:"), "", *(f"{n}. {p.step(step)}" for n, step in enumerate(s.steps, 1))]
    manifest = p.pack.manifest
    respond, resolve = (
        duration(v, p.lang)
        for v in (s.respond_within or manifest.respond_within, s.resolve_within or manifest.resolve_within)
    )
    lines += [
        "",
        p.t(
            f"{respond}内首次答复，{resolve}内办结（设计值，不是法定期限）。",
            f"First answer within {respond}, closed within {resolve} (the pack's own figures, not law).",
        ),
    ]
    return lines


def _forums(p: Page, rule: Rule) -> list[str]:
    lines = []
    for name in rule.forums:
        forum = p.pack.forums[name]
        lines.append(f"- **{p.texts(forum.title)}** `{name}`: {p.texts(forum.text)}")
    return lines


def _beside(p: Page, rule: Rule) -> list[str]:
    lines = []
    for o in rule.overrides:
        why = p.texts(o.why)
        target = p.pack.rules.get(o.rule)
        other = p.rule(target) if target else f"`{o.rule}`"
        lines.append(
            p.t(
                f"- 优先于{other}（{p.article(o.basis)}）：{why}",
                f"- goes before {other} ({p.article(o.basis)}): {why}",
            )
        )
    lines += [
        p.t(f"- {p.rule(special)}优先", f"- {p.rule(special)} goes first")
        for special in p.pack.rules.values()
        if any(o.rule == rule.id for o in special.overrides)
    ]
    same = [r for r in p.pack.rules.values() if r.matter == rule.matter and r.id != rule.id]
    if same:
        lines.append(
            p.t("- 同一件事里互相竞争：", "- competes in one matter with: ")
            + p.t("、", ", ").join(p.rule(r) for r in same)
        )
    return lines


def _tests(p: Page, tests: Sequence[ScenarioTest]) -> list[str]:
    lines = []
    if tests and p.lang == "en":
        lines += ["What must come of what is said, each in its author's own Chinese words:", ""]
    for test in tests:
        said = p.expected(test)
        lines.append(f"- {test.name}" + (f" → {said}" if said else ""))
    return lines


# --- the index ------------------------------------------------------------------------------------------------------------


def _index(p: Page, tests: Tests) -> str:
    other = "zh" if p.lang == "en" else "en"
    rules = [r for r in p.pack.rules.values() if not r.out_of_scope]
    outside = [r for r in p.pack.rules.values() if r.out_of_scope]
    settling = sum(r.settle is not None and r.status == "stable" for r in rules)
    count = sum(len(found) for found in tests.values())
    lines = [
        p.t("# 场景", "# Scenarios"),
        "",
        p.link(index_path("rules", other), p.t("English", "中文"))
        + " · "
        + p.link(index_path("law", p.lang), p.t("按条文查", "by article")),
        "",
        p.t(
            f"规则包 `{p.pack.id}` 有 {len(rules)} 个场景，其中 {settling} 个在条件具备时可以由机器结案；场景测试 {count} 个。由规则包生成，不要手改。",
            f"The pack `{p.pack.id}` has {len(rules)} scenarios; {settling} of them may be settled by machine where the conditions hold; {count} scenario tests. Made from the pack; do not edit.",
        ),
    ]
    groups: dict[str, list[Rule]] = {}
    for rule in rules:
        groups.setdefault(rule.id.partition(".")[0] if "." in rule.id else "", []).append(rule)
    for group, members in sorted(groups.items()):
        lines += [
            "",
            f"## {group or p.t('其他', 'other')}",
            "",
            p.t(
                "| 场景 | 编号 | 机器结案 | 一般转 | 依据 | 测试 |",
                "| Scenario | Id | Settled by machine | Else to | On | Tests |",
            ),
            "|---|---|---|---|---|---|",
        ]
        for rule in members:
            settle = rule.settle
            what = (
                p.t("、", ", ").join(dict.fromkeys(say(f"kind-{r.kind}", p.lang) for r in settle.remedies))
                if settle
                else p.t("从不", "never")
            )
            if rule.status != "stable":
                what = p.word(rule.status)
            on = ", ".join(
                dict.fromkeys(p.article(b.citation) for b in rule.basis if {"elements", "remedies"} & set(b.supports))
            )
            lines.append(
                f"| {p.rule(rule)} | `{rule.scenario}` | {what} | {p.word(rule.refer.tier)} | {on} | {len(tests.get(rule.id, ()))} |"
            )
    if outside:
        lines += [
            "",
            p.t("## 不属受理范围", "## Out of scope"),
            "",
            p.t("认出来，告诉消费者去哪里。", "Recognised, and told where to go."),
            "",
        ]
        lines += [f"- {p.rule(rule)} `{rule.scenario}`: {p.texts(rule.strategy.opening)}" for rule in outside]
    lines += [
        "",
        '<a id="gates"></a>',
        "",
        p.t("## 关口", "## Gates"),
        "",
        p.t(
            "只要开了一个，整件投诉交人，机器既不结案，也不驳回。",
            "One open gate sends the whole complaint to people; a machine neither settles nor turns it down.",
        ),
        "",
    ]
    for gate in p.pack.gates.values():
        on = p.t("、", "; ").join(p.article(c) for c in gate.basis)
        lines.append(
            f"- **{p.texts(gate.title)}** `{gate.id}` → {p.word(gate.tier)}{p.t('：', ': ')}{p.texts(gate.why)}{p.t('（', ' (')}{on}{p.t('）', ')')}"
        )
    lines.append(
        p.t(
            "- 另外，事实有争议、索赔超过上限、字段读不出的，由引擎直接交人。",
            "- Besides, facts in dispute, a claim above the limit and an unreadable field go to people by the engine itself.",
        )
    )
    lines += _named(p)
    return "\n".join(lines) + "\n"


def _named(p: Page) -> list[str]:
    """The named conditions, each with the rules that use it."""
    if not p.pack.conditions:
        return []
    lines = [
        "",
        p.t("## 共用条件", "## Named conditions"),
        "",
        p.t(
            "几个场景用同样的话说的条件，只写一处；各场景的页面里是写开的。",
            "What several scenarios say in the same words is written once; their pages have it written out.",
        ),
        "",
    ]
    reading = [(p.rule(rule), rule.conditions) for rule in p.pack.rules.values()]
    reading += [(p.texts(gate.title), (gate.when,)) for gate in p.pack.gates.values()]
    reading += [(p.texts(forum.title), (forum.when,)) for forum in p.pack.forums.values() if forum.when is not None]
    users: dict[str, list[str]] = {}
    for shown, conditions in reading:
        for name in {name for c in conditions for leaf in leaves_of(c) for _, name in leaf.via}:
            users.setdefault(name, []).append(shown)
    for name, named in p.pack.conditions.items():
        used = p.t("、", ", ").join(users.get(name, ()))
        lines.append(f"- **{p.texts(named.label)}** `{name}`" + (p.t(f"：{used}", f": {used}") if used else ""))
        lines += p.condition(named.when, depth=1)
    return lines


def write(found: Mapping[str, str], folder: Path) -> None:
    """Write pages below ``docs`` and remove those of the folder that are made no more."""
    docs = ROOT / "docs"
    for path in folder.rglob("*.md"):
        if path.relative_to(docs).as_posix() not in found:
            path.unlink()
    for name, text in found.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def main() -> None:
    pack = load_pack("cn-ecommerce")
    write(pages(pack, tests_of(pack)), ROOT / "docs" / "rules")


if __name__ == "__main__":
    main()
