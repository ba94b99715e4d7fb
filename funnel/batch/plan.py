"""What a process must be told to decide rows exactly as another one would: the pack by its digest, the day, the words."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import funnel
from funnel.batch.assemble import Assembler
from funnel.batch.deciding import Decider
from funnel.batch.headers import HeaderReader
from funnel.batch.writers import CsvWriter, JsonlWriter
from funnel.engine.engine import Engine, system_clock
from funnel.engine.shadow import Shadow
from funnel.errors import Lang, PackError, WorkerError
from funnel.facts.vocabulary import BUILT_IN_DATES, SIGNAL_PREFIX
from funnel.pack._nodes import yaml_files
from funnel.pack.examples import FOLDER as EXAMPLES
from funnel.pack.loader import LIKENESS, load_pack
from funnel.pack.model import Pack

_MAX_FILES = 256 * 1024 * 1024
"""Largest pack that is unpacked, in bytes; some two hundred times the shipped one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides what becomes of a row. Two processes with equal plans give equal bytes. Make it with `plan_for`.

    Attributes:
        pack: The pack's id.
        digest: What the pack must be, to the byte of its meaning. A process that finds another one refuses to decide.
        place: Where the pack is: a folder, or the name of a shipped pack. Not used where ``files`` are there.
        moment: What counts as now, for complaints that do not say when they were received. One for all processes, so
            that a row decided again on another day is decided the same.
        version: The version of funnel; another one refuses to decide.
        lang: Language of the texts.
        as_of: The day to decide as of; None: the day of receipt.
        mapping: What headers mean, as the user says.
        matcher: How rules are found.
        output: What decisions are written as.
        shadow: Whether draft rules are looked at too.
        files: The pack's own files, packed, where it travels along.
    """

    pack: str
    digest: str
    place: str
    moment: dt.datetime
    version: str
    lang: Lang
    as_of: dt.date | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    matcher: Literal["compiled", "durable"] = "compiled"
    output: Literal["jsonl", "csv"] = "jsonl"
    shadow: bool = False
    files: bytes | None = None


def plan_for(
    pack: Pack,
    *,
    lang: Lang | None = None,
    as_of: dt.date | None = None,
    mapping: Mapping[str, str] | None = None,
    moment: dt.datetime | None = None,
    ship: bool = True,
) -> Plan:
    """A plan to decide with a pack, for other processes and machines.

    Args:
        pack: The pack, loaded.
        lang: Language of the texts, ``zh`` or ``en``; default: the pack's own.
        as_of: The day to decide as of; default: the day each complaint was received.
        mapping: What columns mean, as for ``funnel run --map``.
        moment: What counts as now; default: now.
        ship: Whether the pack's files travel along (some hundred kilobytes). Else each process loads the pack from the
            same folder, or the shipped pack of that name, and checks the digest.

    Raises:
        PackError: The pack's files have changed since it was loaded.
    """
    plan = Plan(
        pack=pack.id,
        digest=pack.digest,
        place=pack.root,
        moment=moment or system_clock(),
        version=funnel.__version__,
        lang=lang or ("en" if pack.manifest.language == "en" else "zh"),
        as_of=as_of,
        mapping=tuple(sorted((mapping or {}).items())),
    )
    if not ship:
        return plan
    plan = replace(plan, files=_packed(Path(pack.root)))
    try:
        same = _load(plan).digest == pack.digest
    except PackError:
        same = False
    if not same:
        raise PackError(
            f"{pack.root}：规则包的文件在载入之后变了，请重新载入",
            f"{pack.root}: the files have changed since the pack was loaded; load it again",
        )
    return plan


def assembler_for(pack: Pack, mapping: Mapping[str, str] | None = None) -> Assembler:
    """What turns rows into complaints: the pack's facts, and what the user says columns mean.

    Raises:
        MappingError: The mapping names a field that does not exist.
    """
    facts = {
        n: s for n, s in pack.vocabulary.facts.items() if not n.startswith(SIGNAL_PREFIX) and n not in BUILT_IN_DATES
    }
    labels = {text: name for name, spec in sorted(facts.items()) for text in spec.label.values()}
    reader = HeaderReader(facts, labels, mapping)
    types = {name: spec.type for name, spec in facts.items()}
    return Assembler(reader, types, pack.lexicon.language, pack.manifest.currency)


@dataclass(frozen=True, slots=True)
class Ready:
    """A plan made ready in a process."""

    plan: Plan
    headers: HeaderReader
    decider: Decider


@lru_cache(maxsize=2)
def ready(plan: Plan) -> Ready:
    """Load the pack and make it ready, once a process: engines send many small tasks to one process.

    Raises:
        WorkerError: This process has another version of funnel, another pack, or none.
        MatcherError: The matcher cannot be had here.
    """
    if plan.version != funnel.__version__:
        raise WorkerError(
            f"这里的 funnel 是 {funnel.__version__}，不是 {plan.version}；各处装同一个版本",
            f"this process has funnel {funnel.__version__}, not {plan.version}; install one version everywhere",
        )
    try:
        pack = _load(plan)
    except (PackError, OSError) as error:
        zh, en = (error.zh, error.en) if isinstance(error, PackError) else (str(error), str(error))
        raise WorkerError(
            f"这里没有规则包“{plan.pack}”，或它有错误：{zh}", f"this process cannot load the pack {plan.pack}: {en}"
        ) from None
    if pack.digest != plan.digest:
        raise WorkerError(
            f"这里的规则包“{plan.pack}”是 {pack.digest[:12]}，不是 {plan.digest[:12]}；让规则包随计划下发（ship=True），或各处放同一个",
            f"the pack {plan.pack} here is {pack.digest[:12]}, not {plan.digest[:12]}; let it travel with the plan (ship=True) or put the same one everywhere",
        )
    shadows: list[Shadow] | None = [] if plan.shadow else None
    engine = Engine(
        pack,
        lang=plan.lang,
        clock=lambda: plan.moment,
        matcher=plan.matcher,
        shadow=None if shadows is None else shadows.append,
    )
    assembler = assembler_for(pack, dict(plan.mapping))
    encode = CsvWriter.encode if plan.output == "csv" else JsonlWriter.encode
    decider = Decider(assembler, lambda complaint: engine.decide(complaint, as_of=plan.as_of), encode, shadows)
    return Ready(plan, assembler.headers, decider)


def _packed(folder: Path) -> bytes:
    """A pack's files in one piece, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(folder):
            # ZipInfo's own date, 1980, stands for all: files of one meaning should make one plan.
            archive.writestr(
                zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes(), zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


def _files(folder: Path) -> list[Path]:
    """What a pack is loaded from: its YAML and what was learnt from its examples, without the examples themselves."""
    found = [p for p in yaml_files(folder) if p.relative_to(folder).parts[0] != EXAMPLES]
    return sorted(found + [p for p in (folder / LIKENESS,) if p.is_file()])


def _load(plan: Plan) -> Pack:
    if plan.files is None:
        place = Path(plan.place)
        return load_pack(place if (place / "pack.yaml").is_file() else plan.pack)
    with zipfile.ZipFile(io.BytesIO(plan.files)) as archive, tempfile.TemporaryDirectory(prefix="funnel-") as folder:
        if sum(item.file_size for item in archive.infolist()) > _MAX_FILES:
            most = _MAX_FILES // 1024 // 1024
            raise PackError(f"规则包超过 {most} MB", f"the pack is over {most} MB")
        target = Path(folder) / plan.pack  # a pack's folder bears its id
        archive.extractall(target)
        return load_pack(target)
