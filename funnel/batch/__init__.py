"""Batches: read complaints from files of every common kind, decide each, report what came of it."""

from funnel.batch.plan import Plan, plan_for
from funnel.batch.runner import Progress, run_batch
from funnel.batch.source import RowProblem, Source, open_source
from funnel.batch.summary import Summary

__all__ = ["Plan", "Progress", "RowProblem", "Source", "Summary", "open_source", "plan_for", "run_batch"]
