"""``funnel schema``: JSON schemas for editors and other programs."""

from __future__ import annotations

from pathlib import Path

import click

from funnel.cli._common import USAGE, fail, lang_option, open_pack


@click.command(name="schema")
@click.argument("name", required=False, metavar="[NAME]")
@click.option(
    "--pack",
    "pack_name",
    default=None,
    metavar="NAME|FOLDER",
    help="Complete this pack's facts and signals. 按规则包补全事实名。",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write all of them here. 全部写到目录。",
)
@lang_option
def command(name: str | None, pack_name: str | None, out: Path | None, lang: str) -> None:
    """Print the JSON schema NAME, or write all to a folder. 输出 JSON Schema。

    NAME: complaint, decision, rule, vocabulary, signals, gates, shown, statutes, calendar, forums, conditions, pack,
    scenarios, examples.
    """
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    from funnel.schemas import NAMES, schema  # noqa: PLC0415 (as above)

    pack = open_pack(pack_name, lang) if pack_name else None

    def text(which: str) -> bytes:
        return orjson.dumps(schema(which, pack), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"

    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for which in NAMES:
            (out / f"{which}.schema.json").write_bytes(text(which))
        click.echo(f"{len(NAMES)} → {out}")
        return
    if name not in NAMES:
        fail(f"choose one of: {', '.join(NAMES)}" if lang == "en" else f"可选：{'、'.join(NAMES)}", USAGE)
    click.echo(text(name).decode(), nl=False)
