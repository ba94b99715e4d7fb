"""``funnel explain``: why a complaint is decided as it is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from funnel.cli._common import (
    USAGE,
    as_of_option,
    draft_option,
    fail,
    lang_option,
    open_pack,
    pack_option,
    with_draft,
)
from funnel.errors import Lang


@click.command(name="explain")
@click.argument("what", metavar="FILE|TEXT")
@click.option(
    "--id", "wanted", default=None, metavar="ID", help="Which complaint of a file; default: the first. 文件里的哪一件。"
)
@pack_option
@as_of_option
@draft_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
def command(
    what: str,
    wanted: str | None,
    pack_name: str,
    as_of: dt.date | None,
    draft: str | None,
    form: str,
    lang: Lang,
) -> None:
    """Explain a decision. FILE is a complaint in JSON or JSONL; anything else is taken for the words of a complaint.

    Shows the facts with their grade and the words they came from, every rule considered with what each condition gave,
    the questions, the reasons, and near misses with the smallest change first. 解释一件投诉。
    """
    from funnel.author.explain import explain  # noqa: PLC0415 (late, for a quick --help)
    from funnel.engine.engine import Engine  # noqa: PLC0415 (as above)
    from funnel.errors import ComplaintError  # noqa: PLC0415 (as above)

    content = _content(what, wanted, lang)
    pack = open_pack(pack_name, lang, as_of=as_of)
    if draft is not None:
        pack = with_draft(pack, draft, lang)
    engine = Engine(pack, lang=lang)
    try:
        decision = engine.decide(content, as_of=as_of)
        reasoning = engine.reason(content, as_of=as_of)
    except ComplaintError as error:
        lines = "\n".join(f"  {p.line(lang)}" for p in error.problems)
        fail(f"{'投诉格式有误' if lang != 'en' else 'the complaint does not fit the contract'}:\n{lines}", USAGE)
    if form == "json":
        click.echo(decision.model_dump_json(indent=2))
    else:
        click.echo(explain(pack, reasoning, decision, lang))


def _content(what: str, wanted: str | None, lang: str) -> dict[str, Any]:
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    path = Path(what)
    try:
        is_file = path.is_file()
    except OSError:  # a text too long for a file name
        is_file = False
    if not is_file:
        if what.endswith((".json", ".jsonl")):
            fail(f"{what}: no such file" if lang == "en" else f"{what}：没有这个文件", USAGE)
        return {"id": "text", "text": what}
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        whole = orjson.loads(data)
        items = whole if isinstance(whole, list) else [whole]
    except orjson.JSONDecodeError:
        items = []
        for number, line in enumerate(data.splitlines(), 1):
            if not line.strip():
                continue
            try:
                items.append(orjson.loads(line))
            except orjson.JSONDecodeError as error:
                fail(
                    f"{what}:{number}:{error.colno}: {'not valid JSON' if lang == 'en' else '不是有效的 JSON'}: {error.msg}",
                    USAGE,
                )
    objects: list[dict[str, Any]] = [item for item in items if isinstance(item, dict)]
    for item in objects:
        if wanted is None or str(item.get("id")) == wanted:
            return item
    known = ", ".join(str(item.get("id")) for item in objects[:5])
    return fail(
        f"{what}: no complaint {wanted!r}; there are {len(objects)} ({known} …)"
        if lang == "en"
        else f"{what}：没有编号“{wanted}”；共有 {len(objects)} 件（{known} …）",
        USAGE,
    )
