"""Batches: read complaints from files of every common kind, decide each, report what came of it.

`run_batch` is what ``funnel run`` is made of: sources (`open_source`), what turns rows into complaints (`assembler_for`), a
function that decides, and writers. ``docs/guide-embedders.md`` has one that runs as it stands.
"""

from funnel.batch.assemble import Assembler
from funnel.batch.deciding import RowRefusedError
from funnel.batch.headers import HeaderReader
from funnel.batch.plan import Plan, assembler_for, plan_for
from funnel.batch.pool import Pool
from funnel.batch.runner import DecisionWriter, Progress, run_batch
from funnel.batch.source import RowProblem, Source, open_source
from funnel.batch.summary import Summary, render_text
from funnel.batch.undecided import HandingOver
from funnel.batch.writers import CsvWriter, JsonlWriter, whole_file

__all__ = [
    "Assembler",
    "CsvWriter",
    "DecisionWriter",
    "HandingOver",
    "HeaderReader",
    "JsonlWriter",
    "Plan",
    "Pool",
    "Progress",
    "RowProblem",
    "RowRefusedError",
    "Source",
    "Summary",
    "assembler_for",
    "open_source",
    "plan_for",
    "render_text",
    "run_batch",
    "whole_file",
]
