"""A run that is killed at any point goes on, and nobody can tell from what it writes."""

import gzip
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from funnel.batch.ids import ENTRY, SeenIds
from funnel.batch.longrun import LongRun, sidecars
from funnel.batch.source import open_source
from funnel.batch.tally import Tally
from funnel.errors import BatchError, ResumeError

HERE = Path(__file__).parent
MINI = HERE.parent / "packs" / "mini"
TEXTS = ["一直不发货，催了也没用", "用了两天就坏了", "店家不给退货", "东西很好"]

SETTLES = {"received_at": "2026-11-10", "facts": {"goods_intact": True}}
ORDER = {"category": "general", "price": 10, "quantity": 1, "signed_at": "2026-11-08T10:00:00"}


def lines(count):
    # Of each order two complaints, the second one in the later half: what the first part has seen must be known there.
    # A fourth of them is settled.
    half = count // 2
    found = [
        json.dumps(
            {"id": f"n{n}", "text": TEXTS[n % 4], f"odd{n % 3}": 1, **SETTLES, "order": {**ORDER, "id": f"o{n % half}"}}
        )
        for n in range(count)
    ]
    found[4] = "{broken"
    found[count - 2] = found[1]  # a duplicate of what the first part of the run has seen
    return found


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(lines(40)) + "\n")
    return path


@pytest.fixture
def drafts(tmp_path):
    """The small pack with one rule a draft, so that there is something to shadow."""
    folder = tmp_path / "mini"
    shutil.copytree(MINI, folder)
    rule = next(path for path in sorted(folder.rglob("*.yaml")) if "\nstatus: stable" in path.read_text("utf-8"))
    rule.write_text(rule.read_text("utf-8").replace("\nstatus: stable", "\nstatus: draft"), "utf-8")
    return folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize(("jobs", "step"), [("1", "1"), ("2", "12")])  # with processes to start, fewer points
def test_killed_before_whatever_it_does_to_files_a_run_goes_on_to_the_same_bytes(tmp_path, source, drafts, jobs, step):
    if jobs == "2":
        source.write_text("\n".join(lines(24)) + "\n")
    command = [sys.executable, str(HERE / "resume_harness.py"), str(tmp_path), jobs, str(drafts), step]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["points"] > 20


def command(source, out, *more):
    return [sys.executable, "-m", "funnel", "run", *map(str, [source] if isinstance(source, Path) else source), "-o", str(out), "--pack", str(MINI), "--as-of", "2026-11-20", "--lang", "en", "--format", "json", *more]  # fmt: skip


def run(source, out, *more):
    return subprocess.run(command(source, out, *more), capture_output=True, text=True, check=False)


def interrupt(source, out, *more):
    """Run until there is a checkpoint, then SIGKILL."""
    state = sidecars(out)[1]
    process = subprocess.Popen(command(source, out, "--jobs", "1", "--checkpoint-every", "50", *more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    deadline = time.monotonic() + 60
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert state.exists()
    assert not out.exists()


@pytest.fixture
def long(tmp_path):
    path = tmp_path / "long.jsonl"
    path.write_text("\n".join(lines(30_000)) + "\n")
    return path


def test_going_on_reads_ids_counts_and_time_of_before(tmp_path, long):
    short = tmp_path / "short.jsonl"
    short.write_text("\n".join(lines(2_000)) + "\n")
    out, plain = tmp_path / "o.jsonl", tmp_path / "plain.jsonl"
    interrupt(short, out)
    done = run(short, out, "--resume", "--jobs", "2")
    assert done.returncode == 0
    assert re.search(r"going on: [\d,]+ rows", done.stderr)
    other = run(short, plain, "--jobs", "1")
    one, two = json.loads(done.stdout), json.loads(other.stdout)
    assert one.pop("seconds") > 0
    del two["seconds"]
    assert one == two
    assert one["rejected"] == {"bad-json": 1, "duplicate-id": 1}
    assert out.read_bytes() == plain.read_bytes()
    assert not any(path.exists() for path in sidecars(out))


def changes(tmp_path, long):
    """What may change between two parts of a run, and what the message must name."""
    text = long.read_text()
    pack = tmp_path / "other" / "mini"

    def grow():
        long.write_text(text + lines(60)[0] + "\n")

    def edit():
        stat = long.stat()
        long.write_text(text.replace("n1", "m1", 1))
        os.utime(long, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # only the bytes tell

    def touch():
        os.utime(long)

    def new_pack():
        shutil.copytree(MINI, pack)
        manifest = pack / "pack.yaml"
        manifest.write_text(manifest.read_text("utf-8").replace("settle_limit: ", "settle_limit: 1"), "utf-8")

    return [
        (grow, [], "input has changed"),
        (edit, [], "input has changed"),
        (touch, [], "input has changed"),
        (new_pack, ["--pack", str(pack)], "the pack"),
        (None, ["--as-of", "2026-11-21"], "--as-of"),
        (None, ["--lang", "zh"], "--lang"),
        (None, ["--map", "odd1=extra.x"], "--map"),
        (None, ["--input-format", "jsonl"], "--input-format"),
        (None, ["--rejects", str(tmp_path / "r.jsonl")], "--rejects"),
    ]


def test_whatever_has_changed_since_is_named_and_refused_and_the_progress_kept(tmp_path, long):
    out = tmp_path / "o.jsonl"
    interrupt(long, out)
    kept = [path.read_bytes() for path in sidecars(out) if path.exists()]
    backup = tmp_path / "backup.jsonl"
    shutil.copy2(long, backup)
    for change, more, word in changes(tmp_path, long):
        if change is not None:
            change()
        done = run(long, out, "--resume", *more)
        assert done.returncode == 2, word
        assert word in done.stderr
        assert "Traceback" not in done.stderr
        assert [path.read_bytes() for path in sidecars(out) if path.exists()] == kept
        shutil.copy2(backup, long)
    assert not out.exists()


def test_another_list_of_files_is_refused(tmp_path, long, source):
    interrupt(long, tmp_path / "o.jsonl")
    done = run([long, source], tmp_path / "o.jsonl", "--resume")
    assert done.returncode == 2
    assert "list of input files" in done.stderr


def test_nothing_to_go_on_from_begins_anew_and_says_so(tmp_path, source):
    out = tmp_path / "o.jsonl"
    done = run(source, out, "--resume")
    assert done.returncode == 0
    assert "no checkpoint" in done.stderr
    before = out.read_bytes()
    done = run(source, out, "--resume")  # a run that is done
    assert done.returncode == 0
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.jsonl", "o.jsonl"]


def test_without_resume_a_run_begins_anew_and_says_what_it_gives_up(tmp_path):
    path, out = tmp_path / "c.jsonl", tmp_path / "o.jsonl"
    path.write_text("\n".join(lines(1_500)) + "\n")
    interrupt(path, out)
    done = run(path, out)
    assert done.returncode == 0
    assert "had done" in done.stderr
    assert "--resume" in done.stderr
    assert len(out.read_bytes().splitlines()) == 1_498
    assert not any(path.exists() for path in sidecars(out))


@pytest.mark.parametrize(("args", "word"), [(["-"], "standard input"), (["--dry"], "-o decisions.jsonl"), (["--device"], "devices"), (["--stdout"], "devices"), (["--queue", "q.db"], "queue")])  # fmt: skip
def test_what_cannot_be_gone_on_with_is_refused_with_a_reason(tmp_path, source, args, word):
    base = [sys.executable, "-m", "funnel", "run", "--pack", str(MINI), "--resume", "--lang", "en"]
    more = {"-": ["-", "-o", "o.jsonl"], "--dry": [str(source)], "--device": [str(source), "-o", os.devnull], "--stdout": [str(source), "-o", "-"], "--queue": [str(source), *args]}[args[0]]  # fmt: skip
    done = subprocess.run(base + more, capture_output=True, text=True, check=False, cwd=tmp_path, input="{}")
    assert done.returncode == 2
    assert word in done.stderr


def test_two_runs_at_once_on_one_output_do_not_mix(tmp_path, long, source):
    out = tmp_path / "o.jsonl"
    first = subprocess.Popen(
        command(long, out, "--jobs", "1", "--checkpoint-every", "1000000"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    part = sidecars(out)[0]
    deadline = time.monotonic() + 60
    while not part.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    for more in ([], ["--resume"]):
        second = run(source, out, *more)
        assert second.returncode == 2
        assert "another funnel run" in second.stderr
    assert part.exists()
    first.send_signal(signal.SIGINT)
    first.communicate()
    assert run(source, out).returncode == 0  # the lock has gone with the process
    assert len(out.read_bytes().splitlines()) == 38


def test_ctrl_c_after_a_checkpoint_keeps_it_and_says_how_to_go_on(tmp_path, long):
    out = tmp_path / "o.jsonl"
    process = subprocess.Popen(command(long, out, "--jobs", "2", "--checkpoint-every", "50"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
    while not sidecars(out)[1].exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in err
    assert "Traceback" not in err
    assert sidecars(out)[1].exists()


def long_run(tmp_path, **options):
    inputs = options.pop("inputs", [tmp_path / "c.jsonl"])
    return LongRun({"decisions": tmp_path / "o.jsonl"}, identity={"pack": "p"}, inputs=inputs, every=1, **options)


def saved(tmp_path):
    """A checkpoint as a killed run leaves it."""
    handle = os.fork()
    if handle == 0:
        with long_run(tmp_path) as run_:
            run_.stream("decisions").write(b"one\n")
            run_.save(place=1, row=1, tally=Tally(), seconds=1.0, inputs={})
            os._exit(0)
    os.waitpid(handle, 0)


def test_a_checkpoint_that_cannot_be_written_leaves_the_last_one(tmp_path, source, monkeypatch):
    """As on a full disk."""
    with pytest.raises(BatchError, match="No space left"), long_run(tmp_path) as run_:
        run_.stream("decisions").write(b"one\n")
        run_.save(place=1, row=1, tally=Tally(), seconds=1.0, inputs={})
        before = sidecars(tmp_path / "o.jsonl")[1].read_bytes()
        run_.stream("decisions").write(b"two\n")

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(json, "dump", full)
        run_.save(place=1, row=2, tally=Tally(), seconds=1.0, inputs={})
    part, state, fresh, *_ = sidecars(tmp_path / "o.jsonl")
    assert state.read_bytes() == before
    assert not fresh.exists()
    monkeypatch.undo()
    with long_run(tmp_path, resume=True) as run_:
        assert run_.start.row == 1
        assert part.read_bytes() == b"one\n"
        run_.stream("decisions").write(b"two\n")
    assert (tmp_path / "o.jsonl").read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("what", ["part", "ids", "orders", "checkpoint"])
def test_a_file_of_the_run_that_was_tampered_with_is_refused(tmp_path, source, what):
    saved(tmp_path)
    part, state, *_ = sidecars(tmp_path / "o.jsonl")
    {"part": part, "ids": part, "orders": part, "checkpoint": state}[what].write_bytes(b"")
    if what in {"ids", "orders"}:
        part.write_bytes(b"one\n")
        content = json.loads(state.read_text())
        state.write_text(json.dumps({**content, what: 16}))
    with pytest.raises(ResumeError), long_run(tmp_path, resume=True):
        pass
    assert not (tmp_path / "o.jsonl").exists()


def test_a_link_put_in_the_place_of_a_part_is_not_followed(tmp_path, source):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    sidecars(tmp_path / "o.jsonl")[0].symlink_to(victim)
    with pytest.raises(BatchError), long_run(tmp_path):
        pass
    assert victim.read_bytes() == b"precious"


def test_a_link_for_an_output_is_kept_and_its_target_on_another_file_system_replaced(tmp_path, source):
    shm = Path("/dev/shm")  # noqa: S108 (a file system, by its name)
    if not shm.is_dir() or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    target = shm / f"funnel-test-{os.getpid()}.jsonl"
    try:
        (tmp_path / "o.jsonl").symlink_to(target)
        done = run(source, tmp_path / "o.jsonl")
        assert done.returncode == 0
        assert (tmp_path / "o.jsonl").is_symlink()
        assert len(target.read_bytes().splitlines()) == 38
    finally:
        target.unlink(missing_ok=True)


def test_an_input_that_is_a_file_of_the_run_itself_is_refused(tmp_path, source):
    part = sidecars(tmp_path / "o.jsonl")[0]
    shutil.copy(source, part)
    done = run(part, tmp_path / "o.jsonl")
    assert done.returncode == 2
    assert "write over an input" in done.stderr
    assert part.read_bytes() == source.read_bytes()


def test_ids_are_remembered_from_their_log(tmp_path):
    path = tmp_path / "ids"
    with path.open("wb") as log, SeenIds(in_memory=3, log=log) as seen:
        for row, id_ in enumerate("abcdefa"):
            seen.first(id_, row)
    with SeenIds(in_memory=3) as seen:
        data = path.read_bytes()
        seen.again(ENTRY.iter_unpack(data))
        assert len(data) == 6 * ENTRY.size
        assert [seen.first(id_, 99) for id_ in "fag"] == [5, 0, None]


@pytest.mark.parametrize("name", ["c.jsonl", "c.csv", "c.parquet", "c.xlsx", "c.jsonl.gz"])
def test_the_position_in_a_file_never_goes_back_and_ends_at_its_size(tmp_path, name):
    path = tmp_path / name
    rows = [{"id": str(n), "text": TEXTS[n % 4] * 4} for n in range(9_000)]
    if name.endswith("parquet"):
        pa = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pa.Table.from_pylist(rows), path)
    elif name.endswith("xlsx"):
        book = pytest.importorskip("openpyxl").Workbook()
        for row in [list(rows[0])] + [list(row.values()) for row in rows]:
            book.active.append(row)
        book.save(path)
    elif name.endswith("csv"):
        path.write_text("id,text\n" + "".join(f"{row['id']},{row['text']}\n" for row in rows))
    else:
        data = "\n".join(json.dumps(row) for row in rows).encode()
        path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    source = open_source(path)
    seen = [source.position() for _ in source.rows]
    source.close()
    assert seen == sorted(seen)
    assert seen[0] <= source.size
    assert seen[-1] == source.size
    if name != "c.jsonl.gz":  # whose 9,000 rows are one read
        assert seen[len(seen) // 3] < source.size


def on_terminal(arguments, stdin=None):
    """Run with a terminal for stderr, and give what it showed."""
    main, other = pty.openpty()
    process = subprocess.Popen(arguments, stderr=other, stdout=subprocess.DEVNULL, stdin=stdin, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"})  # fmt: skip
    os.close(other)
    shown = b""
    while True:
        ready, _, _ = select.select([main], [], [], 60)
        try:
            data = os.read(main, 65_536) if ready else b""
        except OSError:
            break
        if not data:
            break
        shown += data
    process.wait()
    os.close(main)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode("utf-8", "replace"))


def test_a_terminal_shows_an_estimate_where_the_size_is_known_and_none_where_not(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(lines(1_200)) + "\n")
    shown = on_terminal(command(path, tmp_path / "o.jsonl", "--jobs", "1"))
    assert re.search(r"\d+%", shown)
    assert "left" in shown
    with path.open("rb") as file:
        shown = on_terminal(command(Path("-"), tmp_path / "p.jsonl", "--jobs", "1", "--input-format", "jsonl"), stdin=file)  # fmt: skip
    assert "rows" in shown
    assert "%" not in shown
    assert "left" not in shown


def test_a_pipe_gets_no_progress(tmp_path, source):
    source.write_text(source.read_text().splitlines()[0] + "\n")  # nothing else to tell either
    assert run(source, tmp_path / "o.jsonl").stderr == ""
