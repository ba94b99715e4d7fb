"""Batches: read complaints from files of every common kind, decide each, report what came of it."""

from funnel.batch.runner import Progress, run_batch
from funnel.batch.source import RowProblem, Source, open_source
from funnel.batch.summary import Summary

__all__ = ["Progress", "RowProblem", "Source", "Summary", "open_source", "run_batch"]
