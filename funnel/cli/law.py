"""``funnel law``: look into the statute register and check it against texts."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnel.cli._common import CLEAN, FINDINGS, USAGE, DateType, fail, lang_option, open_pack, pack_option

if TYPE_CHECKING:
    from funnel.law.texts import TextFinding


@click.group(name="law")
def command() -> None:
    """Look into the statute register, and check it against the texts of the law. 法规登记表。"""


@command.command(name="show")
@click.argument("citation", metavar="STATUTE[@VERSION][/ARTICLE]")
@pack_option
@click.option(
    "--on", type=DateType(), default=None, metavar="DATE", help="The law of this day; default: today. 哪一天的法律。"
)
@lang_option
def show(citation: str, pack_name: str, on: dt.date | None, lang: str) -> None:
    """Show a statute or an article: versions, gist, and the rules that cite it. 显示条文要旨和引用它的规则。"""
    from funnel.facts.vocabulary import pick  # noqa: PLC0415 (late, for a quick --help)
    from funnel.law.register import LawError  # noqa: PLC0415 (as above)

    pack = open_pack(pack_name, lang)
    day = on or dt.datetime.now(dt.UTC).date()
    name = citation.partition("/")[0].partition("@")[0]
    try:
        statute = pack.register.statute(name)
        resolved = pack.register.resolve(citation, day) if "/" in citation else None
    except LawError as error:
        fail(f"funnel law: {error}", USAGE)
    click.echo(f"{statute.id}  {pick(statute.title, lang)}  ({pick(statute.issuer, lang)})")
    for version in statute.versions:
        here = "→" if version.in_force(day) else " "
        verified = (
            f"verified {version.verified.how} {version.verified.when}" if version.verified else "not verified 未核实"
        )
        click.echo(f" {here} {version.id}: {version.from_} – {version.until or ''}  {verified}")
        if version.note:
            click.echo(f"     {pick(version.note, lang)}")
    articles = [resolved.article] if resolved else statute.articles
    for article in articles:
        click.echo(f"\n{statute.id}/{article.number}  {pick(article.title, lang)}\n  {pick(article.gist, lang)}")
        cited = f"{statute.id}/{article.number}"
        users = [r.id for r in pack.rules.values() if cited in _citations(r)]
        if users:
            click.echo(("  引用它的规则：" if lang != "en" else "  cited by: ") + ", ".join(users))


def _citations(rule: object) -> set[str]:
    from funnel.pack.model import Rule  # noqa: PLC0415 (late, for a quick --help)

    assert isinstance(rule, Rule)  # noqa: S101 (packs hold nothing else)
    found = {basis.citation for basis in rule.basis} | {o.basis for o in rule.overrides}
    found |= {citation for exception in rule.exceptions for citation in exception.basis}
    return {_plain(citation) for citation in found}


def _plain(citation: str) -> str:
    statute, _, article = citation.partition("/")
    return f"{statute.partition('@')[0]}/{article}"


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
@click.option("--since", required=True, type=DateType(), metavar="DATE")
@pack_option
@lang_option
def changes(since: dt.date, pack_name: str, lang: str) -> None:
    """List versions that came into force since a day, with the rules they touch. 某日以来的法律变化。"""
    from funnel.facts.vocabulary import pick  # noqa: PLC0415 (late, for a quick --help)

    pack = open_pack(pack_name, lang)
    for change in pack.register.changes_since(since):
        statute, version = change.statute, change.version
        rules = [r.id for r in pack.rules.values() if any(c.startswith(statute.id + "/") for c in _citations(r))]
        click.echo(
            f"{version.from_}  {statute.id}@{version.id}  {pick(statute.title, lang)}  {', '.join(rules) or '—'}"
        )
