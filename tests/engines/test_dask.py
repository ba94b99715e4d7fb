"""The same pack inside Dask, with worker processes started for real on this machine."""

import os
import signal
from pathlib import Path

import pytest
from engines_helper import split

pytest.importorskip("pyarrow", reason="needs the extra funnel[dask]")
pytest.importorskip("dask", reason="needs the extra funnel[dask]")
distributed = pytest.importorskip("distributed", reason="needs the extra funnel[dask]")

import dask.bag  # noqa: E402 (after the skip)

from funnel.batch.dask import decide_bag  # noqa: E402 (as above)

pytestmark = pytest.mark.filterwarnings("ignore")  # the engine's own


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as found,
    ):
        yield found


def test_dask_decides_as_one_process_does_and_in_order(client, plan, complaints, alone):
    lines = dask.bag.read_text(str(complaints), blocksize=1_500)
    assert lines.npartitions > 2
    assert split(decide_bag(lines, plan).compute()) == alone


def test_mappings_are_decided_as_their_json(client, plan):
    found = decide_bag(
        dask.bag.from_sequence([{"id": "a", "text": "买了半个月还不发货"}], npartitions=1), plan
    ).compute()
    assert [(item["id"], item["code"]) for item in found] == [("a", None)]


def _kill_once(line, flag):
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return line
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def test_a_worker_that_is_killed_is_replaced_and_loses_no_row(client, plan, complaints, alone, tmp_path):
    flag = str(tmp_path / "killed")
    lines = dask.bag.read_text(str(complaints), blocksize=1_500).map(_kill_once, flag=flag)
    decided = decide_bag(lines, plan).filter(lambda item: item["decision"] is not None).pluck("decision")
    decided.to_textfiles(str(tmp_path / "d-*.jsonl"), last_endline=True)
    assert Path(flag).exists()
    found = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("d-*.jsonl")))
    assert found.splitlines() == alone[0]


def test_a_worker_with_another_pack_fails_the_job_and_says_why(client, other_pack, complaints):
    with pytest.raises(Exception, match="the pack mini here is"):
        decide_bag(dask.bag.read_text(str(complaints)), other_pack).compute()
