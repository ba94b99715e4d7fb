"""``funnel watch``: check and test again at each save."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from pathlib import Path

import click

from funnel.cli._common import USAGE, about_examples, fail, lang_option, scenarios_folder


@click.command(name="watch")
@click.argument("pack_name", metavar="[PACK]", default="rules/cn-ecommerce")
@click.option(
    "--interval", type=click.FloatRange(0.05, 60), default=0.3, show_default=True, help="Seconds between looks. 秒。"
)
@click.option("--rounds", type=click.IntRange(1), hidden=True, help="End after so many changes.")
@lang_option
def command(pack_name: str, interval: float, rounds: int | None, lang: str) -> None:
    """Check and test a pack in a folder again whenever a file is saved: first what the file touches, then the rest. 随存随查。

    Looks at the files' times, so it works on network drives and in containers too. Ctrl-C ends it.
    """
    from funnel.author.watch import changed, stamps  # noqa: PLC0415 (late, for a quick --help)

    root = Path(pack_name)
    if not (root / "pack.yaml").is_file():
        fail(
            f"{pack_name}: no pack.yaml here; name the pack's folder"
            if lang == "en"
            else f"{pack_name}：这里没有 pack.yaml，写规则包的目录",
            USAGE,
        )
    tests = root.resolve().parent.parent / "scenarios" / root.resolve().name
    folders = [root, *([tests] if tests.is_dir() else [])]
    before = stamps(*folders)
    try:
        _round(pack_name, (), lang)
        while rounds is None or rounds > 0:
            time.sleep(interval)
            after = stamps(*folders)
            files = changed(before, after)
            if files:
                before = after
                _round(pack_name, files, lang)
                rounds = None if rounds is None else rounds - 1
    except KeyboardInterrupt:
        click.echo("")


def _round(pack_name: str, files: Sequence[Path], lang: str) -> None:
    from funnel.author.scenario_tests import load_suite, run, scenario_files  # noqa: PLC0415 (late, for a quick --help)
    from funnel.author.watch import touched  # noqa: PLC0415 (as above)
    from funnel.cli.test import show  # noqa: PLC0415 (as above)
    from funnel.diagnostics import render_all  # noqa: PLC0415 (as above)
    from funnel.engine.decide import compile_pack  # noqa: PLC0415 (as above)
    from funnel.errors import PackNotFoundError  # noqa: PLC0415 (as above)
    from funnel.pack.loader import check_pack  # noqa: PLC0415 (as above)

    started = time.perf_counter()

    def say(zh: str, en: str) -> None:
        click.echo(f"{en if lang == 'en' else zh}  {time.perf_counter() - started:.1f} s")

    if files:
        click.echo("\n— " + ", ".join(file.name for file in files[:4]) + (" …" if len(files) > 4 else ""))  # noqa: PLR2004
    try:
        loaded = check_pack(pack_name, now=dt.datetime.now().astimezone())
    except PackNotFoundError as error:
        click.echo(f"funnel: {error.text(lang)}")
        return
    found = list(loaded.diagnostics)
    if loaded.pack is None:
        click.echo(render_all(found, lang))
        say(f"✗ {len(found)} 处错误，没有载入", f"✗ {len(found)} errors, not loaded")
        return
    folder = scenarios_folder(loaded.pack)
    suite = load_suite(loaded.pack, list(scenario_files(folder)) if folder else [], folder)
    found += [*suite.diagnostics, *about_examples(loaded.pack)]
    if found:
        click.echo(render_all(found, lang))
    compiled = compile_pack(loaded.pack)
    for number, tests in enumerate(touched(loaded.pack, suite, files)):
        if not tests:
            continue
        results = [run(compiled, test, lang=lang) for test in tests]
        failed = sum(not r.passed for r in results)
        if failed:
            show(results, lang)
        which = (
            ("碰到的", "touched") if number == 0 else ("其余的" if files else "全部", "the rest" if files else "all")
        )
        mark = "✗" if failed else "✓"
        say(
            f"{mark} {which[0]} {len(results)} 个测试，{failed} 个未通过",
            f"{mark} {which[1]}: {len(results)} tests, {failed} fail",
        )
