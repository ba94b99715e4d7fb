"""Several processes give what one gives, to the byte, and lose nothing when one of them dies."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import funnel
from funnel import Engine
from funnel.batch import HandingOver
from funnel.batch import pool as pools
from funnel.batch.deciding import Table
from funnel.batch.plan import plan_for
from funnel.batch.pool import Pool
from funnel.batch.rows import Row
from funnel.errors import WorkerError
from funnel.queue import Funnel

MINI = Path(__file__).parent.parent / "packs" / "mini"
TEXTS = ["一直不发货，催了也没用", "用了两天就坏了", "店家不给退货", "东西很好"]


@pytest.fixture(scope="module")
def mini():
    return funnel.load_pack(MINI)


@pytest.fixture(scope="module")
def plan(mini):
    return plan_for(mini, ship=False)


def rows(count, file=""):
    found = [json.dumps({"id": f"{file}{n}", "text": TEXTS[n % 4], f"odd{n % 3}": 1}) for n in range(count)]
    found[5] = "{broken"
    found[count // 2] = found[7]  # a duplicate, far from the first
    found[count - 1] = json.dumps({"text": "no id"})
    return found


@pytest.fixture
def files(tmp_path):
    made = [tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "c.csv"]
    made[0].write_text("\n".join(rows(400)) + "\n")
    made[1].write_text("\n".join([*rows(150, "b"), *rows(9)]) + "\n")
    made[2].write_text("投诉内容,颜色\n" + "".join(f"{TEXTS[n % 4]},红\n" for n in range(90)) + "一,二,三\n")
    return [str(path) for path in made]


def command(files, out, *more):
    return [sys.executable, "-m", "funnel", "run", *files, "-o", str(out), "--rejects", str(out) + ".rej", "--pack", str(MINI), "--as-of", "2026-11-20", "--format", "json", *more]  # fmt: skip


def run(files, out, *more, code=0):
    done = subprocess.run(command(files, out, *more), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    summary = json.loads(done.stdout)
    del summary["seconds"]
    return Path(out).read_bytes(), Path(str(out) + ".rej").read_bytes(), summary


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_processes_write_the_same_bytes_as_one(files, tmp_path, suffix):
    one = run(files, tmp_path / f"one.{suffix}", "--jobs", "1")
    assert run(files, tmp_path / f"three.{suffix}", "--jobs", "3") == one
    assert one[2]["rejected"]["duplicate-id"] >= 3
    assert one[2]["rejected"]["bad-json"] == 3
    # By default, other processes begin only after some hundred rows; wherever that is, nothing changes.
    assert run(files, tmp_path / f"default.{suffix}") == one


def test_what_drafts_would_decide_is_written_alike(files, tmp_path):
    folder = tmp_path / "mini"
    shutil.copytree(MINI, folder)
    rule = next(path for path in sorted(folder.rglob("*.yaml")) if "\nstatus: stable" in path.read_text("utf-8"))
    rule.write_text(rule.read_text("utf-8").replace("\nstatus: stable", "\nstatus: draft"), "utf-8")
    found = []
    for jobs in ("1", "2"):
        shadow = tmp_path / f"s{jobs}.jsonl"
        run(files[:1], tmp_path / f"o{jobs}.jsonl", "--jobs", jobs, "--shadow", str(shadow), "--pack", str(folder))
        found.append(shadow.read_bytes())
    assert found[0] == found[1]
    assert found[0]


def decided(plan, works, jobs=2):
    with Pool(plan, jobs) as pool:
        return [(work, found) for work, found in pool.decide(works)]


class Piece:
    def __init__(self, start, count=3):
        self.table = Table("x", {}, "row-")
        self.rows = [Row(n, n, {"id": str(n), "text": TEXTS[n % 4]}) for n in range(start, start + count)]


def test_answers_come_in_the_order_of_the_rows_and_all_of_them(plan):
    works = [Piece(n * 10, n % 4) for n in range(40)]
    found = decided(plan, works, jobs=3)
    assert [work for work, _ in found] == works
    assert [[d.id for d in answer] for _, answer in found] == [[str(r.number) for r in work.rows] for work in works]


def test_no_more_is_read_than_the_workers_need(plan):
    """Back-pressure: whoever takes the answers slowly slows the reading down."""
    read = []

    def works():
        for n in range(200):
            read.append(n)
            yield Piece(n * 10)

    with Pool(plan, 2) as pool:
        for taken, _ in enumerate(pool.decide(works())):
            assert len(read) - taken <= 2 * pools._AHEAD + 1
            time.sleep(0.001)
    assert len(read) == 200


def test_a_worker_that_is_killed_is_replaced_and_no_row_is_lost(plan):
    works = [Piece(n * 10) for n in range(60)]
    found = []
    with Pool(plan, 2) as pool:
        for at, (work, answer) in enumerate(pool.decide(works)):
            found += [(row.number, d.id) for row, d in zip(work.rows, answer, strict=True)]
            if at % 9 == 3:
                for worker in list(pool._workers):
                    worker.kill()
    assert found == [(row.number, str(row.number)) for work in works for row in work.rows]


def test_a_row_that_kills_every_worker_is_named(plan, monkeypatch):
    # A message that cannot be read ends a worker as surely as a crash in C.
    class Deadly:
        def __reduce__(self):
            return os._exit, (9,)

    poison = Row(8, 8, {"id": "8", "text": Deadly()})
    work = Piece(5)
    work.rows.insert(1, poison)
    with Pool(plan, 1) as pool, pytest.raises(WorkerError, match=r"row 8: .*ended 3 times"):
        list(pool.decide([work]))


def test_another_pack_on_disk_than_was_loaded_is_refused(plan):
    with Pool(replace(plan, digest="0" * 64), 2) as pool, pytest.raises(WorkerError, match="the pack mini here is"):
        list(pool.decide([Piece(1)]))


CRASH = """
import funnel.engine.engine as engine
decide = engine.Engine.decide
def crash(self, complaint, *, as_of=None):
    if complaint.id in ("7", "20"):
        raise ValueError(complaint.text)
    return decide(self, complaint, as_of=as_of)
engine.Engine.decide = crash
"""


FULL = """
import funnel.queue._intake as intake
from funnel.errors import StoreFullError
ingest, count = intake.Intake.ingest, []
def full(self, *args, **more):
    count.append(1)
    if len(count) > 5:
        raise StoreFullError("no room")
    return ingest(self, *args, **more)
intake.Intake.ingest = full
"""


def test_a_crash_over_one_row_is_a_reject_in_any_process(files, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(CRASH)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(funnel.__file__).parent.parent)]))
    one = run(files, tmp_path / "one.jsonl", "--jobs", "1", code=1)
    assert run(files, tmp_path / "two.jsonl", "--jobs", "2", code=1) == one
    assert one[2]["rejected"]["engine-error"] == 2


@pytest.fixture
def failing(tmp_path, monkeypatch):
    """Runs the command with an engine that fails over the rows 7 and 20."""
    (tmp_path / "sitecustomize.py").write_text(CRASH)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(funnel.__file__).parent.parent)]))

    def inner(*args, code=1):
        call = [sys.executable, "-m", "funnel", "run", *args, "--pack", str(MINI)]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return inner


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_row_that_the_engine_fails_on_is_told_with_its_count_and_its_place(files, tmp_path, failing, kept, lang):
    bad = tmp_path / "bad.jsonl"
    done = failing(files[0], "--lang", lang, *(["--rejects", str(bad)] if kept else []))
    assert {"zh": "有 2 行判断时出错", "en": "failed on 2 rows"}[lang] in done.stderr
    assert (str(bad) if kept else "--rejects rejects.jsonl") in done.stderr
    if kept:
        lines = [json.loads(line) for line in bad.read_text().splitlines()]
        assert [line["id"] for line in lines if line["code"] == "engine-error"] == ["7", "20"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_with_a_queue_a_row_that_the_engine_fails_on_is_a_case_for_a_person_and_no_reject(
    files, tmp_path, failing, lang
):
    """It was a line in a rejects file and nothing else, and without one it was gone."""
    store, bad, out = (tmp_path / name for name in ("q.db", "bad.jsonl", "o.jsonl"))
    args = (files[0], "--queue", str(store), "-o", str(out), "--rejects", str(bad), "--lang", lang, "--format", "json")
    for known in (False, True):  # run again, it says the same: the cases still wait
        done = failing(*args)
        summary = json.loads(done.stdout)
        assert summary["queue"]["undecided"] == 2
        assert summary["queue"]["known" if known else "new"] == summary["decided"]
        assert {"zh": "有 2 行判断时出错；它们在队列里", "en": "failed on 2 rows; they wait for a person in the queue"}[lang] in done.stderr  # fmt: skip
        assert "engine-error" not in bad.read_text()
        decisions = {line["complaint_id"]: line for line in map(json.loads, out.read_text().splitlines())}
        for id_ in ("7", "20"):
            reasons = decisions[id_]["referral"]["reasons"]
            assert (decisions[id_]["outcome"], [reason["code"] for reason in reasons]) == ("refer", ["engine-error"])
            assert "ValueError" in reasons[0]["text"]
    with closing(Funnel(funnel.load_pack(MINI), store)) as desk:
        cases = {case.external_id: case.state for case in desk.cases(limit=1_000)}
    assert cases["7"] == cases["20"] == "queued"


def test_what_the_engine_failed_on_does_not_end_a_replay(tmp_path, monkeypatch):
    decide = Engine.decide

    def failing(self, complaint, *, as_of=None):
        if complaint.id == "7":
            raise ValueError(complaint.text)
        return decide(self, complaint, as_of=as_of)

    monkeypatch.setattr(Engine, "decide", failing)
    with closing(Funnel(HandingOver(MINI), tmp_path / "q.db")) as desk:
        for id_ in ("6", "7", "8"):
            desk.ingest({"id": id_, "text": "x"})
        assert [(one.status, one.changes) for one in desk.replay()] == [("same", ())] * 3  # it hands over again
    with closing(Funnel(Engine(MINI), tmp_path / "q.db")) as desk:
        assert [(one.status, one.changes) for one in desk.replay()] == [
            ("same", ()),
            ("broken", (("engine", "", "ValueError"),)),
            ("same", ()),
        ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_the_queue_refuses_is_a_reject_with_the_reason_and_no_failure_of_the_engine(tmp_path, lang):
    source, bad = tmp_path / "a.jsonl", tmp_path / "bad.jsonl"
    source.write_text('{"id":"a","text":"x","received_at":"2099-01-01"}\n{"id":"b","text":"x"}\n')
    call = [sys.executable, "-m", "funnel", "run", str(source), "--queue", str(tmp_path / "q.db"), "--rejects", str(bad), "--pack", str(MINI), "--lang", lang]  # fmt: skip
    subprocess.run(call, capture_output=True, check=True)
    (line,) = map(json.loads, bad.read_text().splitlines())
    assert (line["id"], line["code"]) == ("a", "refused")
    assert {"zh": "在将来", "en": "in the future"}[lang] in line["reason"]


STOPPED = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.mark.parametrize(("sign", "code"), STOPPED)
def test_a_run_into_a_queue_that_is_stopped_says_what_it_took_in_and_goes_on(tmp_path, sign, code):
    source, store, out = tmp_path / "a.jsonl", tmp_path / "q.db", tmp_path / "o.jsonl"
    source.write_text("".join(json.dumps({"id": str(n), "text": TEXTS[n % 4]}) + "\n" for n in range(30_000)))
    call = [sys.executable, "-m", "funnel", "run", str(source), "--queue", str(store), "-o", str(out), "--pack", str(MINI), "--lang", "en"]  # fmt: skip
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not store.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2)  # all of them take many times as long
    process.send_signal(sign)
    told, err = process.communicate(timeout=60)
    assert process.returncode == code, (told, err)
    assert "Traceback" not in err
    assert "run the same command again" in err
    with closing(Funnel(funnel.load_pack(MINI), store)) as desk:
        count = len(desk.cases(limit=10_000))
    said = int(re.search(r"queue: (\d+) taken in", err).group(1))
    assert said <= count <= said + 1  # the signal may come between the commit and the counting
    assert not [path.name for path in tmp_path.iterdir() if "o.jsonl" in path.name]
    source.write_text("".join(source.read_text().splitlines(keepends=True)[: count + 3]))
    again = subprocess.run(call, capture_output=True, text=True, check=True)
    assert f"queue: 3 taken in, {count} known already" in again.stdout


def test_a_queue_that_fails_ends_the_run_instead_of_losing_every_row(tmp_path, monkeypatch, files):
    (tmp_path / "sitecustomize.py").write_text(FULL)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(funnel.__file__).parent.parent)]))
    call = [sys.executable, "-m", "funnel", "run", files[0], "--queue", str(tmp_path / "q.db"), "--pack", str(MINI), "--lang", "en"]  # fmt: skip
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no room; " not in done.stdout
    assert "no room" in done.stderr
    assert "queue: 5 taken in" in done.stderr


def state_of(pid):
    """State letter and parent of a process; None where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None


def descendants(pid):
    pids = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [int(child) for child in pids if (state := state_of(child)) is not None and int(state[1]) == pid]


def alive(pid):
    state = state_of(pid)
    return state is not None and state[0] != "Z"


def started(tmp_path, *more):
    """A long run with two workers, once both are up."""
    path = tmp_path / "long.jsonl"
    path.write_text("".join(json.dumps({"id": str(n), "text": TEXTS[n % 4]}) + "\n" for n in range(60_000)))
    process = subprocess.Popen(command([str(path)], tmp_path / "o.jsonl", "--jobs", "2", *more), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    deadline = time.monotonic() + 60
    while len(descendants(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = descendants(process.pid)
    assert len(workers) == 2
    return process, workers


def gone(workers):
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(alive(pid) for pid in workers)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")
def test_ctrl_c_ends_everything_and_leaves_nothing_behind(tmp_path):
    process, workers = started(tmp_path)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert gone(workers)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.jsonl"]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")
def test_sigterm_ends_everything_and_leaves_nothing_behind(tmp_path):
    process, workers = started(tmp_path)
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1
    assert gone(workers)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.jsonl"]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")
def test_workers_end_when_whoever_started_them_is_killed(tmp_path):
    process, workers = started(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    assert gone(workers)
