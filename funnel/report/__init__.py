"""The report: one page of a batch or a queue that opens without a network. Needs the extra ``report``."""

from funnel.report.data import Case, League, Report, Row, Tally, gather
from funnel.report.page import ReportError, render

__all__ = ["Case", "League", "Report", "ReportError", "Row", "Tally", "gather", "render"]
