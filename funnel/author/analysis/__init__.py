"""Exact analysis of a pack: what its rules can and cannot do, found without running a single complaint."""

from funnel.author.analysis._check import Finding, Report, analyse

__all__ = ["Finding", "Report", "analyse"]
