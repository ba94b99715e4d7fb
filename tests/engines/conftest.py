"""Shared by the tests that start a real engine: a plan, and what one process makes of the same complaints."""

import datetime as dt
import json
import subprocess
import sys
from dataclasses import replace

import pytest
from engines_helper import MINI, lines, reject_key

import funnel
from funnel.batch.plan import plan_for


@pytest.fixture(scope="session")
def plan():
    return plan_for(
        funnel.load_pack(MINI),
        as_of=dt.date(2026, 11, 20),
        moment=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
        lang="zh",
    )


@pytest.fixture(scope="session")
def complaints(tmp_path_factory):
    path = tmp_path_factory.mktemp("complaints") / "c.jsonl"
    path.write_text("\n".join(lines(60)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def alone(complaints):
    """Decisions (as bytes) and rejects of ``funnel run`` in one process."""
    out, bad = complaints.with_name("d.jsonl"), complaints.with_name("r.jsonl")
    command = [sys.executable, "-m", "funnel", "run", str(complaints), "-o", str(out), "--rejects", str(bad), "--pack", str(MINI), "--as-of", "2026-11-20", "--jobs", "1", "--lang", "zh"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    rejects = [reject_key(json.loads(line)) for line in bad.read_bytes().splitlines()]
    assert len(rejects) == 3
    return out.read_bytes().splitlines(), rejects


@pytest.fixture
def other_pack(plan):
    """A plan that means a pack which no process here has, and does not bring it along."""
    return replace(plan, digest="0" * 64, files=None)
