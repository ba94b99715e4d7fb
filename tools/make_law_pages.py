"""Write `docs/law/`: an index of statutes and one page a statute with the articles cited and who cites them, in two languages."""

from __future__ import annotations

from make_rule_pages import ROOT, write
from pack_words import LANGS, Page, index_path, law_path, parameters

from funnel.facts.vocabulary import pick
from funnel.law.register import Article, Statute, StatuteVersion
from funnel.pack.citations import Use, uses
from funnel.pack.loader import load_pack
from funnel.pack.model import Pack


def pages(pack: Pack) -> dict[str, str]:
    """Every page by its path under ``docs``."""
    figures = parameters(pack)
    by_statute: dict[str, list[Use]] = {}
    for use in uses(pack):
        by_statute.setdefault(use.statute, []).append(use)
    found = {}
    for lang in LANGS:
        for statute in pack.register.statutes.values():
            if statute.articles:
                path = law_path(statute.id, lang)
                found[path] = _statute(Page(pack, lang, path, figures), statute, by_statute.get(statute.id, []))
        path = index_path("law", lang)
        found[path] = _index(Page(pack, lang, path, figures), by_statute)
    return found


def _window(p: Page, version: StatuteVersion) -> str:
    until = f"{version.until}" if version.until else p.t("今", "today")
    if version.verified is None:
        checked = p.t("**未核实**，不能支撑结案", "**not verified**, carries no settlement")
    elif version.verified.how == "text":
        checked = p.t(f"{version.verified.when} 读过原文", f"text read on {version.verified.when}")
    else:
        checked = p.t(
            f"{version.verified.when} 与读过的文本比对", f"compared with a text that was read, {version.verified.when}"
        )
    reach = _reach(p, version)
    return p.t(
        f"`{version.id}`：{version.from_} 至 {until}，{checked}{reach}",
        f"`{version.id}`: {version.from_} to {until}, {checked}{reach}",
    )


def _reach(p: Page, version: StatuteVersion) -> str:
    """That a version reaches older cases, by which article and how far back; empty where it does not."""
    reach = version.reaches_pending
    if reach is None:
        return ""
    number = reach.basis.partition("/")[2]
    since = reach.facts_since
    back = p.t(f"{since} 以后的事，", f" about facts since {since}") if since else ""
    return p.t(
        f"；{back}施行时还没有终审的案件也适用（第{number}条），只给人看，不支撑结案",
        f"; also reaches cases{back} not finally judged by then (article {number}), for people only: it carries no settlement",
    )


def _statute(p: Page, statute: Statute, used: list[Use]) -> str:
    other = "zh" if p.lang == "en" else "en"
    lines = [
        f"# {pick(statute.title, p.lang)} `{statute.id}`",
        "",
        p.link(law_path(statute.id, other), p.t("English", "中文"))
        + " · "
        + p.link(index_path("law", p.lang), p.t("全部法规", "all statutes")),
        "",
        p.t(
            f"{pick(statute.issuer, 'zh')}，{p.word(statute.kind)}。要旨是自己的话，不代替原文；由登记表生成，不要手改。",
            f"{pick(statute.issuer, 'en')}, {p.word(statute.kind)}. The gists are in our own words and replace no text; made from the register, do not edit.",
        ),
        "",
    ]
    for version in reversed(statute.versions):
        note = f" {p.texts(version.note)}" if version.note else ""
        lines.append(f"- {_window(p, version)}{p.t('。', '.')}{note}")
    if statute.superseded_by:
        heir = p.pack.register.statute(statute.superseded_by)
        title = pick(heir.title, p.lang)
        lines.append(
            p.t("- 被取代：", "- superseded by: ")
            + (p.link(law_path(heir.id, p.lang), title) if heir.articles else title)
        )
    for article in sorted(statute.articles, key=_number):
        lines += ["", *_article(p, statute, article, used)]
    return "\n".join(lines) + "\n"


def _number(article: Article) -> tuple[list[int], tuple[str, ...]]:
    return ([int(part) for part in article.number.split("-")], article.versions)


def _article(p: Page, statute: Statute, article: Article, used: list[Use]) -> list[str]:
    newest = article.stands_in(statute.newest.id)
    number = article.number.replace("-", "条之")
    versions = (
        "" if newest else p.t(f"（{'、'.join(article.versions)} 版）", f" (version {', '.join(article.versions)})")
    )
    anchor = f"a{article.number}" if newest else f"a{article.number}-{'-'.join(article.versions)}"
    lines = [
        f'<a id="{anchor}"></a>',
        "",
        p.t(
            f"## 第{number}条{versions} {pick(article.title, 'zh')}",
            f"## Article {article.number}{versions}: {pick(article.title, 'en')}",
        ),
        "",
        p.texts(article.gist),
    ]
    rules: dict[str, list[str]] = {}
    others: list[str] = []
    for use in used:
        if use.article != article.number or not article.stands_in(use.version):
            continue
        if use.by == "rule":
            rules.setdefault(use.id, []).append(_role(p, use))
        elif use.by == "gate":
            others.append(p.t("关口：", "gate: ") + p.texts(p.pack.gates[use.id].title))
        elif use.by == "forum":
            others.append(p.t("去处：", "forum: ") + p.texts(p.pack.forums[use.id].title))
        elif use.by == "parameter":
            others.append(p.t("数值：", "figure: ") + p.name(f"param.{use.id}"))
        else:
            others.append(p.t("推定：", "presumption: ") + p.name(use.id))
    if rules or others:
        lines.append("")
    for name, roles in rules.items():
        said = p.t("、", ", ").join(dict.fromkeys(role for role in roles if role))
        lines.append(f"- {p.rule(p.pack.rules[name])}" + (p.t(f"：{said}", f": {said}") if said else ""))
    return lines + [f"- {text}" for text in others]


def _role(p: Page, use: Use) -> str:
    kind, _, name = use.role.partition(":")
    if kind == "exception":
        found = next(e for e in p.pack.rules[use.id].exceptions if e.id == name)
        return p.t(f"例外“{p.texts(found.title)}”", f"exception “{p.texts(found.title)}”")
    if kind == "parameter":
        return p.name(f"param.{name}")
    return p.word(kind) if kind else ""


def _index(p: Page, by_statute: dict[str, list[Use]]) -> str:
    other = "zh" if p.lang == "en" else "en"
    register = p.pack.register
    versions = sum(len(s.versions) for s in register.statutes.values())
    articles = sum(len(s.articles) for s in register.statutes.values())
    lines = [
        p.t("# 法规与条文", "# Statutes and articles"),
        "",
        p.link(index_path("law", other), p.t("English", "中文"))
        + " · "
        + p.link(index_path("rules", p.lang), p.t("按场景查", "by scenario")),
        "",
        p.t(
            f"登记表有 {len(register.statutes)} 部法规、{versions} 个版本、{articles} 条。每部一页：各版本的起止和核实情况、引用到的条文、谁引用它。按交易发生那天有效的版本判断；没有核实的版本不支撑结案。",
            f"The register has {len(register.statutes)} statutes in {versions} versions with {articles} articles. A page for each: windows and checks of its versions, the articles that are cited, and who cites them. A case goes by the version of its day; what is not verified carries no settlement.",
        ),
        "",
        p.t(
            "生效日起的变化触及哪些规则：`funnel law changes --since 日期`。",
            "What a change touches: `funnel law changes --since DATE`.",
        ),
    ]
    for kind in ("law", "regulation", "interpretation", "rule"):
        members = [s for s in register.statutes.values() if s.kind == kind]
        lines += [
            "",
            f"## {p.word(kind)}",
            "",
            p.t(
                "| 法规 | 编号 | 最新版 | 核实 | 被引用的条文 |",
                "| Statute | Id | Newest version | Checked | Articles cited |",
            ),
            "|---|---|---|---|---|",
        ]
        for statute in sorted(members, key=lambda s: s.id):
            title = pick(statute.title, p.lang)
            name = p.link(law_path(statute.id, p.lang), title) if statute.articles else title
            newest = statute.newest
            window = f"{newest.from_} –" + (f" {newest.until}" if newest.until else "")
            checked = p.t("否", "no") if newest.verified is None else p.t("是", "yes")
            cited = dict.fromkeys(use.article for use in by_statute.get(statute.id, []))
            links = ", ".join(p.link(f"{law_path(statute.id, p.lang)}#a{number}", number) for number in cited)
            lines.append(f"| {name} | `{statute.id}` | {window} | {checked} | {links or '—'} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    write(pages(load_pack("cn-ecommerce")), ROOT / "docs" / "law")


if __name__ == "__main__":
    main()
