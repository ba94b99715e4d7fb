"""``funnel learn``: learn from a pack's example complaints what its matters read like."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnel.cli._common import CLEAN, FINDINGS, USAGE, fail, lang_option, open_pack, packs_here, scenarios_folder

if TYPE_CHECKING:
    from funnel.author.learn import Learnt
    from funnel.complaint import Complaint
    from funnel.decision import Decision
    from funnel.pack.examples import Example
    from funnel.pack.model import Pack


_ENOUGH = 40
"""So many sentences of a gate teach something."""
_POORER = 1.1
"""A file so much greater than the new one was learnt from more."""


@click.command(name="learn")
@click.option(
    "--history",
    multiple=True,
    metavar="FILE",
    help="Complaints that people have decided, as for funnel run; may be repeated. 人工处理过的投诉。",
)
@click.option(
    "--labels",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What they decided, JSONL: id, scenarios (none: []), gates; may be repeated. 人工结论。",
)
@click.option("--dry-run", is_flag=True, help="Say how well it would do and write nothing. 只看效果，不写文件。")
@click.option(
    "--pack", "named", default=None, metavar="FOLDER", help="The pack; default: the one below rules/. 规则包。"
)
@lang_option
def command(
    history: tuple[str, ...],
    labels: tuple[Path, ...],
    dry_run: bool,  # noqa: FBT001 (an option)
    named: str | None,
    lang: str,
) -> None:
    """Learn from the examples of a pack what its matters read like, and write likeness.json. 从例子学相似度。

    Examples lie in likeness/ of the pack: complaints as people write them, a file a scenario, and single sentences that open
    a gate, a file a gate. The texts of scenario tests teach as well, and so do complaints of yours that people have decided
    (--history with --labels). What is learnt offers matters where no rule recognises a complaint, and has a person look, or the
    consumer be asked what he meant, where a gate may be open; it never settles anything. The table says how the texts read that were held back: each fifth
    of them in turn. Needs the extra:
    pip install 'funnel[mine]'.

    Exit codes: 0 done, 1 the examples have errors, 2 usage, 3 the pack does not load.
    """
    from funnel.author.learn import LearningError, learn, ordinary, tested  # noqa: PLC0415 (late, for a quick --help)
    from funnel.author.scenario_tests import load_suite, scenario_files  # noqa: PLC0415 (as above)
    from funnel.diagnostics import render_all  # noqa: PLC0415 (as above)
    from funnel.pack.examples import FOLDER, asked_about, read_examples  # noqa: PLC0415 (as above)
    from funnel.pack.loader import LIKENESS  # noqa: PLC0415 (as above)

    pack_name = _which(named, lang)
    pack = open_pack(pack_name, lang, likeness=False)
    read = read_examples(pack)
    errors = [d for d in read.diagnostics if d.severity == "error"]
    if errors:
        click.echo(render_all(errors, lang))
        sys.exit(FINDINGS)
    if not (read.examples or read.sayings):
        fail(
            f"{pack.id} 还没有例子：放在 {FOLDER}/ 里，一个场景一个文件，或者一个关口一个文件"
            if lang != "en"
            else f"{pack.id} has no examples yet: put them into {FOLDER}/, a file a scenario or a gate",
            USAGE,
        )
    if bool(history) != bool(labels):
        fail(
            "--history 要和 --labels 一起用"
            if lang != "en"
            else "--history needs --labels, and --labels needs --history",
            USAGE,
        )
    folder = scenarios_folder(pack)
    tests = () if folder is None else load_suite(pack, list(scenario_files(folder)), folder).tests
    decided = _history(pack, history, labels, lang)
    try:
        quiet = ordinary(pack, tests, decided) if read.sayings else ()
        asked = asked_about(pack)
        learnt = learn(read.examples, tested(pack, tests), decided, sayings=read.sayings, quiet=quiet, asked=asked)
    except LearningError as error:
        fail(error.text(lang), USAGE)
    for line in _table(pack, learnt, lang):
        click.echo(line)
    if not dry_run:
        path = Path(pack.root) / LIKENESS
        _poorer(path, learnt, lang)
        try:
            path.write_text(learnt.likeness.dump(), encoding="utf-8")
        except OSError as error:
            fail(f"{path}: {error.strerror}", USAGE)
        click.echo(f"→ {path}")
    sys.exit(CLEAN)


def _poorer(path: Path, learnt: Learnt, lang: str) -> None:
    """Say so where the file that is replaced had been learnt from much more: from a history that is not given now."""
    from funnel.facts.likeness import LikenessError, parse  # noqa: PLC0415 (late, for a quick --help)

    try:
        old = parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, LikenessError):
        return
    before, now = len(old), len(learnt.likeness)
    if before > now * _POORER:
        click.echo(
            f"注意：原来的 {path.name} 学过更多（{before} 个字和字对，现在 {now} 个）：可能学过人工处理过的投诉（--history），这次没有给"
            if lang != "en"
            else f"note: {path.name} had been learnt from more ({before} characters and pairs, now {now}): perhaps from "
            "complaints that people have decided (--history), which were not given now",
            err=True,
        )


def _which(named: str | None, lang: str) -> str:
    """The pack that is written to: never one that nobody named and that lies elsewhere."""
    here = packs_here()
    if named is None and len(here) != 1:
        packs = ", ".join(here)
        fail(
            "写明学哪个规则包：--pack rules/NAME" + (f"（这里有 {packs}）" if here else "")
            if lang != "en"
            else "say which pack learns: --pack rules/NAME" + (f" (here: {packs})" if here else ""),
            USAGE,
        )
    return here[0] if named is None else named


def _history(pack: Pack, files: tuple[str, ...], labels: tuple[Path, ...], lang: str) -> list[Example]:
    """The complaints of some files that carry a label, with what it says."""
    from funnel.cli._decided import decide_files  # noqa: PLC0415 (late, for a quick --help)
    from funnel.engine.engine import Engine  # noqa: PLC0415 (as above)
    from funnel.errors import BatchError  # noqa: PLC0415 (as above)
    from funnel.pack.examples import Example  # noqa: PLC0415 (as above)

    said = dict(_labels(pack, labels, lang))
    found: list[Example] = []

    def take(complaint: Complaint, _decision: Decision) -> None:
        if complaint.text and complaint.id in said:
            matters, gates = said.pop(complaint.id)
            found.append(Example(complaint.text, matters, gates))

    try:
        decide_files(Engine(pack), files, take) if files else None
    except BatchError as error:
        fail(error.text(lang), USAGE)
    if said:
        left = len(said)
        click.echo(
            f"{left} 条结论没有对应的投诉，第一条的编号是 {next(iter(said))}"
            if lang != "en"
            else f"{left} labels have no complaint; the id of the first is {next(iter(said))}",
            err=True,
        )
    return found


def _labels(
    pack: Pack, files: tuple[Path, ...], lang: str
) -> Iterator[tuple[str, tuple[tuple[str, ...], frozenset[str]]]]:
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    scenarios = {rule.scenario for rule in pack.live_rules}
    for path in files:
        for number, line in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
                id_, matters, gates = row["id"], row["scenarios"], row.get("gates", [])
                outside = row.get("out_of_scope")
                matters = [*matters, f"out_of_scope_{outside}"] if outside else matters
                wrong = {*matters} - scenarios | {*gates} - pack.gates.keys()
            except (ValueError, KeyError, TypeError, AttributeError):
                fail(
                    f"{path}:{number}: 每行要是 JSON，有 id 和 scenarios（没有事由写 []）"
                    if lang != "en"
                    else f"{path}:{number}: a row must be JSON with id and scenarios ([] where there is no grievance)",
                    USAGE,
                )
            if wrong:
                names = ", ".join(sorted(map(str, wrong)))
                fail(
                    f"{path}:{number}: 规则包没有这个场景或关口：{names}"
                    if lang != "en"
                    else f"{path}:{number}: the pack has no such scenario or gate: {names}",
                    USAGE,
                )
            yield str(id_), (tuple(matters), frozenset(gates))


def _table(pack: Pack, learnt: Learnt, lang: str) -> Iterator[str]:
    from rich.cells import cell_len  # noqa: PLC0415 (late, for a quick --help)

    from funnel.author.learn import FALSE_ALARMS, NEAR  # noqa: PLC0415 (as above)
    from funnel.engine._alike import OFFERED  # noqa: PLC0415 (as above)
    from funnel.facts.likeness import GATE, NONE, parts_of_trait  # noqa: PLC0415 (as above)
    from funnel.facts.vocabulary import CLAIMS, pick  # noqa: PLC0415 (as above)
    from funnel.pack.examples import asked_about  # noqa: PLC0415 (as above)

    english = lang == "en"
    # Examples may be written before a rule is stable.
    titles = {rule.scenario: pick(rule.title, lang) for rule in (*pack.rules.values(), *pack.live_rules)}
    titles |= {GATE + gate.id: pick(gate.title, lang) for gate in pack.gates.values()}
    for said in learnt.heard.sentences:
        gate, claims = parts_of_trait(said.name)
        if claims:
            members = pack.vocabulary[CLAIMS].members
            labels = [pick(members[claim].label, lang) for claim in sorted(claims)]
            of_gate = titles[GATE + gate]
            titles[said.name] = f"{of_gate}: {', '.join(labels)}" if english else f"{of_gate}：{'、'.join(labels)}"
    titles[NONE] = "states no grievance" if english else "没有可处理的事由"
    names = [*(taught.name for taught in learnt.taught), *(said.name for said in learnt.heard.sentences)]
    width = max(cell_len(titles[name]) for name in names)

    def row(title: str, *cells: str) -> str:
        return title + " " * (width - cell_len(title)) + "".join(" " * (10 - cell_len(cell)) + cell for cell in cells)

    matters = [taught for taught in learnt.taught if taught.offered is not None]
    gates = [taught for taught in learnt.taught if taught.offered is None]
    yield row("", *(("examples", "first", f"of {OFFERED}") if english else ("例子", "读作它", f"前{OFFERED}个里")))
    for taught in matters:
        yield row(titles[taught.name], str(taught.examples), str(taught.first), str(taught.offered))
    if gates:
        yield ""
        yield row("", *(("examples", "suspected", "wrongly") if english else ("例子", "起疑", "误疑")))
    for taught in gates:
        yield row(titles[taught.name], str(taught.examples), str(taught.first), str(taught.wrong))
    heard = learnt.heard
    if heard.sentences:
        yield ""
        yield row("", *(("sentences", "heard") if english else ("例句", "听出来")))
    for said in heard.sentences:
        few = said.examples < _ENOUGH and said.heard * 2 < said.examples
        note = ("   too few yet: some dozens teach more" if english else "   还太少：写几十句才听得出") if few else ""
        yield row(titles[said.name], str(said.examples), str(said.heard)) + note
    yield ""
    if heard.sentences:
        (near, wrong), (plain, false) = heard.near, heard.ordinary
        yield (
            f"sentences held back, each unlike the others, are heard less often than what people say; heard wrongly: {wrong} of {near} near ones, {false} of {plain} of ordinary texts"
            if english
            else f"例句是留出来读的，句句不一样，比平常的话难听出来；误听：相近的例句 {near} 句里 {wrong} 句，普通投诉的 {plain} 句里 {false} 句"
        )
        asked_gates = {parts_of_trait(said.name)[0] for said in heard.sentences} & asked_about(pack)
        if asked_gates and learnt.likeness.clear <= 0:
            yield (
                f"of {plain} ordinary sentences nothing can be told of what to ask and what a person has to see, and a person sees all; write whole plain complaints into a file with gate: none"
                if english
                else f"普通的句子只有 {plain} 句，分不出哪些先问消费者、哪些交人，都交人；写一个 gate: none 的文件，放平常的整件投诉"
            )
    for name, count in learnt.thin.items():
        shown = titles.get(name, name)
        yield f"{shown}: {count} texts are too few" if english else f"{shown}：整篇的例子只有 {count} 条，太少，没有学"
    for name, count in heard.thin.items():
        shown = titles.get(name, name)
        yield f"{shown}: {count} sentences are too few" if english else f"{shown}：例句只有 {count} 句，太少，没有学"
    total, offered = sum(t.examples for t in matters), sum(t.offered or 0 for t in matters)
    if not total:  # only scenario tests teach what was learnt
        return
    yield (
        f"held back and read: {offered} of {total} ({offered / total:.0%}) among the {OFFERED} likest; where asked, right in {NEAR:.0%}; "
        f"a gate is suspected wrongly in {FALSE_ALARMS:.1%} at most"
        if english
        else f"留出来读的：{total} 条里 {offered} 条（{offered / total:.0%}）在最像的前 {OFFERED} 个里；去问的，{NEAR:.0%} 问得对；"
        f"每个关口误疑最多 {FALSE_ALARMS:.1%}"
    )
