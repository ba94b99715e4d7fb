"""``funnel law``: look into the statute register and check it against texts."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnel._nearness import nearest
from funnel.cli._common import CLEAN, FINDINGS, USAGE, DateType, fail, lang_option, open_pack, pack_option
from funnel.law.register import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from funnel.law.register import PendingReach, StatuteVersion, Texts
    from funnel.law.texts import TextFinding
    from funnel.pack.model import Pack


@click.group(name="law")
def command() -> None:
    """Look into the statute register, and check it against the texts of the law. 法规登记表。"""


@command.command(name="show")
@click.argument("citation", required=False, metavar="[STATUTE[@VERSION][/ARTICLE]|WORD]")
@pack_option
@click.option(
    "--on", type=DateType(), default=None, metavar="DATE", help="The law of this day; default: today. A case of that day that is still pending today may also be reached by a later interpretation. 哪一天的法律。"
)  # fmt: skip
@lang_option
def show(citation: str | None, pack_name: str, on: dt.date | None, lang: str) -> None:
    """Show a statute or an article: versions, gist, and the rules that cite it. 显示条文要旨和引用它的规则。

    Without an argument: every statute with its id. A WORD (预付) finds what has it in its name or gist.
    不写就列出全部法规和它们的编号；写一个词就在名称和要旨里找。
    """
    from funnel.facts.vocabulary import pick  # noqa: PLC0415 (late, for a quick --help)
    from funnel.law.register import LawError  # noqa: PLC0415 (as above)
    from funnel.pack.citations import uses  # noqa: PLC0415 (as above)

    pack = open_pack(pack_name, lang)
    today = dt.datetime.now(dt.UTC).date()
    day = on or today
    if citation is None or _is_word(pack, citation):
        found = list(_listed(pack, lang) if citation is None else _with_word(pack, citation, lang))
        if not found:
            none = f"登记表的名称和要旨里没有“{citation}”；全部法规：funnel law show"
            fail(f"funnel law: {none if lang != 'en' else f'nothing in the register has “{citation}”'}", USAGE)
        click.echo("\n".join(found))
        return
    name = citation.partition("/")[0].partition("@")[0]
    try:
        statute = pack.register.statute(name)
        resolved = pack.register.resolve(citation, day, max(day, today)) if "/" in citation else None
    except LawError as error:
        fail(f"funnel law: {error if lang == 'en' else _not_there(pack, citation, day)}", USAGE)
    click.echo(f"{statute.id}  {pick(statute.title, lang)}  ({pick(statute.issuer, lang)})")
    for version in statute.versions:
        here = "→" if version.in_force(day) else " "
        verified = (
            f"verified {version.verified.how} {version.verified.when}"
            if version.verified
            else ("not verified" if lang == "en" else "not verified 未核实")
        )
        click.echo(f" {here} {version.id}: {version.from_} – {version.until or ''}  {verified}")
        if version.reaches_pending:
            click.echo(f"     {_reach(version, version.reaches_pending, lang)}")
        if version.note:
            click.echo(f"     {pick(version.note, lang)}")
    articles = [resolved.article] if resolved else statute.articles
    used = [use for use in uses(pack) if use.statute == statute.id and use.by == "rule"]
    for article in articles:
        click.echo(f"\n{statute.id}/{article.number}  {pick(article.title, lang)}\n  {pick(article.gist, lang)}")
        users = list(dict.fromkeys(use.id for use in used if use.article == article.number))
        if users:
            click.echo(("  引用它的规则：" if lang != "en" else "  cited by: ") + ", ".join(users))


def _reach(version: StatuteVersion, reach: PendingReach, lang: str) -> str:
    """That a version reaches older cases, by which article and how far back."""
    if lang == "en":
        since = f" about facts since {reach.facts_since}" if reach.facts_since else ""
        return f"also reaches cases{since} not finally judged on {version.from_} ({reach.basis})"
    since = f"{reach.facts_since} 以后的事，" if reach.facts_since else ""
    return f"{since}{version.from_} 时还没有终审的案件也适用（{reach.basis}）"


def _listed(pack: Pack, lang: str) -> Iterator[str]:
    """Every statute of the register, by id."""
    for statute in sorted(pack.register.statutes.values(), key=lambda statute: statute.id):
        numbers = len({article.number for article in statute.articles})
        yield f"{statute.id}  {text(statute.title, lang)}  ({numbers} {'条' if lang != 'en' else 'articles'})"


def _with_word(pack: Pack, word: str, lang: str) -> Iterator[str]:
    """Statutes with a word in their name, and articles with it in their title or gist."""
    for statute in sorted(pack.register.statutes.values(), key=lambda statute: statute.id):
        if _says(statute.title, word):
            yield f"{statute.id}  {text(statute.title, lang)}"
        for article in statute.articles:
            if _says(article.title, word) or _says(article.gist, word):
                yield f"{statute.id}/{article.number}  {text(article.title, lang)}\n  {text(article.gist, lang)}"


def _is_word(pack: Pack, citation: str) -> bool:
    """Whether a word is looked for: in Chinese its letters tell, in an English pack that no statute has such an id."""
    if "/" in citation or not citation.isascii():
        return "/" not in citation
    return pack.manifest.language == "en" and citation.partition("@")[0] not in pack.register.statutes


def _says(texts: Texts, word: str) -> bool:
    return any(word.casefold() in said.casefold() for said in texts.values())


def _not_there(pack: Pack, citation: str, day: dt.date) -> str:
    """Why a citation shows nothing, in Chinese."""
    name, slash, number = citation.partition("/")
    name, _, version = name.partition("@")
    statute = pack.register.statutes.get(name)
    if statute is None:
        hit = nearest(name, pack.register.statutes)
        near = f"；是不是“{hit}”（{text(pack.register.statutes[hit].title, 'zh')}）？" if hit else ""
        return f"登记表里没有法规“{name}”{near}；全部法规：funnel law show；按词找：funnel law show 预付"
    if version and version not in {v.id for v in statute.versions}:
        return f"“{name}”没有版本“{version}”；有：{'、'.join(v.id for v in statute.versions)}"
    known = sorted({a.number for a in statute.articles}, key=lambda n: [int(part) for part in n.split("-")])
    if slash and number not in known:
        return f"登记表里没有条文“{citation}”；“{name}”登记了：{'、'.join(known)}"
    return f"“{citation}”在 {day} 不是有效的法律；用 --on 换一天，不写条号看各版的有效期：funnel law show {name}"


@command.command(name="check")
@click.option("--texts", "folder", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR", help="Texts of the statutes: articles.json or ID.md. 法规文本目录。")  # fmt: skip
@pack_option
@lang_option
def check(folder: Path, pack_name: str, lang: str) -> None:
    """Check every cited article and its key words against texts. Exit codes: 0 clean, 1 findings. 核对原文。"""
    from funnel.law.texts import TextsError, check_texts  # noqa: PLC0415 (late, for a quick --help)

    pack = open_pack(pack_name, lang)
    try:
        findings = check_texts(pack.register, folder)
    except TextsError as error:
        fail(f"funnel law: {error}", USAGE)
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.kind] = counts.get(finding.kind, 0) + 1
        if finding.kind not in {"ok", "no_keys"}:
            click.echo(_sentence(finding, lang))
    click.echo(", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items())))
    sys.exit(FINDINGS if any(f.is_problem for f in findings) else CLEAN)


_WORDS = {
    "key_missing": ("关键词“{keys}”不在这一条里", "the key words {keys} are not in it"),
    "key_elsewhere": ("关键词“{keys}”不在这一条，而在第 {found} 条", "the key words {keys} stand in {found} instead"),
    "article_missing": ("原文里没有这一条", "the text has no such article"),
    "statute_missing": ("没有这部法规的原文，未核对", "no text of this statute; not checked"),
    "older": (
        "引的是旧版条号，原文是现行版，未核对",
        "an earlier version is cited, the text is the current one; not checked",
    ),
}


def _sentence(finding: TextFinding, lang: str) -> str:
    zh, en = _WORDS[finding.kind]
    words = (en if lang == "en" else zh).format(keys="、".join(finding.keys), found="、".join(finding.found_in))
    return f"{finding.statute}/{finding.article}: {words}"


@command.command(name="changes")
@click.option(
    "--since", required=True, type=DateType(), metavar="DATE", help="Changes after this day. 这一天之后的变化。"
)
@click.option("--stale", is_flag=True, help="Only rules last reviewed before the change. 只列复核早于变化的规则。")
@pack_option
@lang_option
def changes(since: dt.date, pack_name: str, lang: str, *, stale: bool) -> None:
    """List versions that came into force, and statutes that ended, since a day, with the rules they touch.

    A rule marked ! was last held against the law before the change. Exit codes: 0, or with --stale 1 where such a rule
    is left. 某日以来的法律变化，以及它们触及的规则。
    """
    from funnel.facts.vocabulary import pick  # noqa: PLC0415 (late, for a quick --help)
    from funnel.pack.citations import touched_by, touched_by_end  # noqa: PLC0415 (as above)

    pack = open_pack(pack_name, lang)
    events = [(c.version.from_, f"{c.statute.id}@{c.version.id}", c.statute, touched_by(pack, c)) for c in pack.register.changes_since(since)]  # fmt: skip
    for statute in pack.register.statutes.values():
        end = statute.newest.until
        if end is not None and end > since:
            events.append((end, f"{statute.id}@{statute.newest.id} –", statute, touched_by_end(pack, statute.id, end)))
    left = False
    for on, name, statute, touched in sorted(events, key=lambda event: event[:2]):
        listed = [one for one in touched if one.stale or not stale]
        left = left or any(one.stale for one in listed)
        if stale and not listed:
            continue
        words = f"  → {statute.superseded_by}" if name.endswith("–") and statute.superseded_by else ""
        click.echo(f"{on}  {name}  {pick(statute.title, lang)}{words}")
        version = None if name.endswith("–") else statute.version(name.partition("@")[2])
        if version is not None and version.reaches_pending:
            click.echo(f"    {_reach(version, version.reaches_pending, lang)}")
        for one in listed:
            mark = "!" if one.stale else " "
            reviewed = "复核" if lang != "en" else "reviewed"
            click.echo(f"  {mark} {one.rule.id}  ({reviewed} {one.rule.reviewed})  {', '.join(one.articles)}")
    sys.exit(FINDINGS if stale and left else CLEAN)
